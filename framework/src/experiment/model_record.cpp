// What a run keeps of its model, and how it is read back.
#include "experiment/model_record.hpp"

#include "experiment/predict.hpp"

#include <kullback/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

namespace kullback::experiment {

namespace {

using language::contains;
using model::Model;
using Stated = model::Variable;

std::vector<double> numbers(const Eigen::MatrixXd& array) { return {array.data(), array.data() + array.size()}; }

// NaN cannot stand in JSON.
Json number_list(const Eigen::MatrixXd& array) {
  Json list = Json::array();
  for (double value : numbers(array)) list.push_back(number(value));
  return list;
}

Eigen::VectorXd vector_of(const Json& list) {
  const std::vector<double> values = numbers_of(list);
  return Eigen::Map<const Eigen::VectorXd>(values.data(), static_cast<Index>(values.size()));
}

bool belongs_to_rows(const language::ModelFile& file, const Stated& variable) {
  return std::any_of(variable.plates.begin(), variable.plates.end(), [&](int p) {
    for (int q = p; q >= 0; q = file.model.plates[static_cast<std::size_t>(q)].second_name_of)
      if (contains(file.row_plates, q)) return true;
    return false;
  });
}

}  // namespace

Json model_record(const Experiment& experiment, const Outcome& outcome) {
  const language::ModelFile& file = experiment.model;
  const Model& model = file.model;
  Json json = {{"plates", Json::object()},
               {"observed", Json::array()},
               {"constants", Json::object()},
               {"row_statistics", Json::object()},
               {"factors", Json::object()}};
  for (std::size_t p = 0; p < model.plates.size(); ++p)
    if (!contains(file.row_plates, static_cast<int>(p)))
      json["plates"][model.plates[p].name] = {{"size", model.plates[p].size}, {"labels", model.plates[p].labels}};
  for (const Stated& variable : model.variables) {
    if (variable.role == Stated::Role::observed) json["observed"].push_back(variable.name);
    if (variable.role == Stated::Role::constant && variable.statements.empty() && !belongs_to_rows(file, variable))
      json["constants"][variable.name] = number_list(variable.data.values);
  }
  for (const auto& [key, array] : file.row_statistics)
    json["row_statistics"][key] = {{"dimensions", array.dimensions}, {"values", number_list(array.values)}};
  for (const Factors& f : outcome.factors) {
    const Stated& variable = model.variables[static_cast<std::size_t>(f.variable)];
    if (belongs_to_rows(file, variable) || variable.role == Stated::Role::observed) continue;
    Json constants = Json::array();
    for (const Eigen::VectorXd& each : f.members.layout.constants) constants.push_back(number_list(each));
    json["factors"][variable.name] = {{"family", std::string(f.members.family->name())},
                                      {"limits", f.owner != nullptr},
                                      {"dimension", f.members.layout.dimension},
                                      {"form", f.members.layout.form},
                                      {"constants", constants},
                                      {"members", f.members.theta.cols()},
                                      {"cells", f.cells},
                                      {"leader", f.leader},
                                      {"first", f.first},
                                      {"count", f.count},
                                      {"theta", number_list(f.members.theta)}};
  }
  return json;
}

ModelRecord read_model_record(const Registry& registry, const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / "model.json";
  std::ifstream in(path);
  if (!in)
    throw ConfigError(
        fmt::format("error: '{}' holds no model that has been run: there is no model.json in it", folder.string()));
  ModelRecord record;
  try {
    const Json json = Json::parse(in);
    for (const auto& [name, plate] : json.at("plates").items()) {
      record.options.data.sizes[name] = plate.at("size").get<Index>();
      const auto labels = plate.at("labels").get<std::vector<std::string>>();
      if (!labels.empty()) record.options.data.labels[name] = labels;
    }
    record.observed = json.at("observed").get<std::vector<std::string>>();
    for (const auto& [name, values] : json.at("constants").items()) record.options.data.known[name] = vector_of(values);
    for (const auto& [key, array] : json.at("row_statistics").items())
      record.options.data.row_statistics[key] = {array.at("dimensions").get<model::Dimensions>(),
                                                 vector_of(array.at("values"))};
    for (const auto& [name, f] : json.at("factors").items()) {
      Members members{f.value("limits", false) ? nullptr : &registry.family(f.at("family").get<std::string>()), {}, {}};
      members.layout.dimension = f.at("dimension").get<Index>();
      members.layout.form = f.at("form").get<int>();
      for (const Json& each : f.at("constants")) members.layout.constants.push_back(vector_of(each));
      const Eigen::VectorXd theta = vector_of(f.at("theta"));
      const auto count = f.at("members").get<Index>();
      members.theta = theta.reshaped(theta.size() / std::max<Index>(1, count), count);
      record.factors.emplace_back(
          name, Factors{-1, std::move(members), f.at("cells").get<std::vector<Index>>(), f.at("leader").get<int>(),
                        f.at("first").get<Index>(), f.at("count").get<Index>()});
    }
  } catch (const Json::exception& error) {
    throw ConfigError(fmt::format("error: {} is not what a run writes: {}", path.string(), error.what()));
  }
  record.options.data.replay = true;
  return record;
}

}  // namespace kullback::experiment
