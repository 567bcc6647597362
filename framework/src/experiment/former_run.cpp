#include "experiment/former_run.hpp"

#include "config/data.hpp"

#include <kullback/error.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>

namespace kullback::experiment {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using model::Initialization;

fs::path find_folder(const std::string& name, const std::string& experiment_path) {
  const fs::path beside = fs::path(experiment_path).parent_path() / name;
  for (const fs::path& folder : {fs::path(name), beside})
    if (fs::exists(folder / "result.json")) return folder;
  throw ConfigError(fmt::format("error: initialize: there is no run in '{}': no result.json in it", name));
}

void flatten(const Json& numbers, std::vector<double>& out) {
  if (numbers.is_array())
    for (const Json& each : numbers) flatten(each, out);
  else if (numbers.is_string())
    out.push_back((numbers == "inf" ? 1 : -1) * std::numeric_limits<double>::infinity());
  else
    out.push_back(numbers.is_null() ? std::nan("") : numbers.get<double>());
}

// The numbers of a parameter, member by member: in the file, or in an array beside it.
std::vector<double> numbers_of(const Json& parameter, const fs::path& folder) {
  std::vector<double> out;
  if (!parameter.is_object()) {
    flatten(parameter, out);
    return out;
  }
  const Eigen::MatrixXd array = config::read_npy((folder / parameter.at("npy").get<std::string>()).string());
  for (Index i = 0; i < array.rows(); ++i)  // a row a member, or one long row
    for (Index j = 0; j < array.cols(); ++j) out.push_back(array(i, j));
  return out;
}

Initialization read_start(const model::Model& model, const model::Variable& variable, const std::string& run,
                          const std::string& experiment_path) {
  if (variable.role == model::Variable::Role::observed) return {};
  const fs::path folder = find_folder(run, experiment_path);
  const std::string path = (folder / "result.json").string();
  Initialization start;
  start.kind = Initialization::Kind::moments;
  try {
    const Json result = Json::parse(std::ifstream(path));
    const Json& variables = result.at("variables");
    if (!variables.contains(variable.name))
      throw ConfigError(fmt::format("error: initialize: {} has no variable {} to start from", path, variable.name));
    const Json& from = variables.at(variable.name);
    if (!from.contains("parameters"))
      throw ConfigError(fmt::format("error: initialize: {} does not hold the factors of {}", path, variable.name));
    if (from.contains("cells"))
      throw ConfigError(fmt::format(
          "error: initialize: {}: only some cells of {} are latent there; start from the prior", path, variable.name));
    std::vector<Index> shape;
    for (const int p : variable.dimensions()) shape.push_back(model.plates[static_cast<std::size_t>(p)].size);
    if (const auto theirs = from.at("shape").get<std::vector<Index>>();
        !std::equal(shape.begin(), shape.end(), theirs.begin(),
                    theirs.begin() + std::min<std::ptrdiff_t>(std::ssize(shape), std::ssize(theirs))) ||
        theirs.size() < shape.size())
      throw ConfigError(fmt::format("error: initialize: {}: {} has other sizes there ({}) than here ({})", path,
                                    variable.name, fmt::join(theirs, " x "), fmt::join(shape, " x ")));
    for (const auto& [name, parameter] : from.at("parameters").items()) {
      const std::vector<double> numbers = numbers_of(parameter, folder);
      // The probabilities of levels are a categorical's moments.
      start.numbers.emplace_back(
          variable.levels >= 0 ? "cell" : name,
          model::Array{{}, Eigen::Map<const Eigen::VectorXd>(numbers.data(), static_cast<Index>(numbers.size()))});
    }
  } catch (const Json::exception& error) {
    throw ConfigError(fmt::format("error: initialize: {} is not what a run of a model writes: {}", path, error.what()));
  }
  return start;
}

}  // namespace

std::shared_ptr<const model::Model> with_former_runs(const model::Model& model, const std::string& experiment_path) {
  const auto is_run = [](const Initialization& start) { return start.kind == Initialization::Kind::run; };
  if (std::none_of(model.initializations.begin(), model.initializations.end(), is_run))
    return {std::shared_ptr<void>(), &model};
  const auto changed = std::make_shared<model::Model>(model);
  model::Model& out = *changed;
  for (std::size_t v = 0; v < out.initializations.size(); ++v)
    if (is_run(out.initializations[v]))
      out.initializations[v] = read_start(out, out.variables[v], out.initializations[v].run, experiment_path);
  return changed;
}

}  // namespace kullback::experiment
