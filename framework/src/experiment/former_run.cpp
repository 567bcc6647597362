#include "experiment/former_run.hpp"

#include "config/data.hpp"
#include "experiment/report.hpp"

#include <kullback/error.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace kullback::experiment {

namespace {

namespace fs = std::filesystem;
using model::Initialization;

fs::path find_folder(const std::string& name, const std::string& experiment_path, const config::Node& at) {
  const fs::path beside = fs::path(experiment_path).parent_path() / name;
  for (const fs::path& folder : {fs::path(name), beside})
    if (fs::exists(folder / "result.json")) return folder;
  config::fail(at, fmt::format("there is no run in '{}': no result.json in it", name));
}

// The numbers of a parameter, member by member: in the file, or in an array beside it.
std::vector<double> read_parameter(const Json& parameter, const fs::path& folder) {
  if (!parameter.is_object()) return numbers_of(parameter);
  std::vector<double> out;
  const Eigen::MatrixXd array = config::read_npy((folder / parameter.at("npy").get<std::string>()).string());
  for (Index i = 0; i < array.rows(); ++i)  // a row a member, or one long row
    for (Index j = 0; j < array.cols(); ++j) out.push_back(array(i, j));
  return out;
}

Initialization read_start(const model::Model& model, const model::Variable& variable, const std::string& run,
                          const std::string& experiment_path, const config::Node& at) {
  if (variable.role == model::Variable::Role::observed) return {};
  const fs::path folder = find_folder(run, experiment_path, at);
  const std::string path = (folder / "result.json").string();
  Initialization start;
  start.kind = Initialization::Kind::moments;
  try {
    const Json result = Json::parse(std::ifstream(path));
    const Json& variables = result.at("variables");
    if (!variables.contains(variable.name))
      config::fail(at, fmt::format("{} has no variable {} to start from", path, variable.name));
    const Json& from = variables.at(variable.name);
    if (!from.contains("parameters"))
      config::fail(at, fmt::format("{} does not hold the factors of {}", path, variable.name));
    if (from.contains("cells"))
      config::fail(
          at, fmt::format("{}: only some cells of {} are latent there; start from the prior", path, variable.name));
    std::vector<Index> shape;
    for (const int p : variable.dimensions()) shape.push_back(model.plates[static_cast<std::size_t>(p)].size);
    if (const auto theirs = from.at("shape").get<std::vector<Index>>();
        !std::equal(shape.begin(), shape.end(), theirs.begin(),
                    theirs.begin() + std::min<std::ptrdiff_t>(std::ssize(shape), std::ssize(theirs))) ||
        theirs.size() < shape.size())
      config::fail(at, fmt::format("{}: {} has other sizes there ({}) than here ({})", path, variable.name,
                                   fmt::join(theirs, " x "), fmt::join(shape, " x ")));
    for (const auto& [name, parameter] : from.at("parameters").items()) {
      const std::vector<double> numbers = read_parameter(parameter, folder);
      // The probabilities of levels are a categorical's moments.
      start.numbers.emplace_back(
          variable.levels >= 0 ? "cell" : name,
          model::Array{{}, Eigen::Map<const Eigen::VectorXd>(numbers.data(), static_cast<Index>(numbers.size()))});
    }
  } catch (const Json::exception& error) {
    config::fail(at, fmt::format("{} is not what a run of a model writes: {}", path, error.what()));
  }
  return start;
}

}  // namespace

void read_former_runs(const config::Node& initialize, Experiment& experiment) {
  model::Model& model = experiment.model.model;
  for (std::size_t v = 0; v < model.initializations.size(); ++v) {
    Initialization& start = model.initializations[v];
    if (start.kind != Initialization::Kind::run) continue;
    const model::Variable& variable = model.variables[v];
    start = read_start(model, variable, start.run, experiment.path, initialize.at(variable.name).at("run"));
  }
}

}  // namespace kullback::experiment
