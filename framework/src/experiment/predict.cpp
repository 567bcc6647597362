#include "experiment/predict.hpp"

#include "experiment/averages.hpp"
#include "experiment/exact_prediction.hpp"
#include "experiment/model_record.hpp"
#include "language/read_model.hpp"
#include "messages/limits.hpp"
#include "parallel/parallel.hpp"

#include <kullback/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace kullback::experiment {

namespace {

using model::Model;
using model::Statement;
using Stated = model::Variable;

// A factor within limits: its family is made from the statement.
void restore_limits(const Model& model, Factors& factors) {
  const Stated& variable = model.variables[static_cast<std::size_t>(factors.variable)];
  messages::Source source;
  source.variable = &variable;
  source.known = std::make_shared<model::Array>();
  source.cells = 0;
  messages::restrict(model, model.statements[static_cast<std::size_t>(variable.statements.front())], source);
  factors.owner = source.own_family;
  factors.members.family = source.family;
}

// What cells and coordinates are called; cells without data have no density.
void finish(const Model& model, int v, const Eigen::MatrixXd& data, Prediction& p) {
  const Stated& variable = model.variables[static_cast<std::size_t>(v)];
  p.name = variable.name;
  const Index cells = p.mean.cols();
  for (Index c = 0; c < cells; ++c)
    if (data.col(c).array().isNaN().all())
      p.log_density[c] = p.log_density_error[c] = std::numeric_limits<double>::quiet_NaN();
  const model::Dimensions dimensions =
      cells == language::cells(model.plates, variable.plates) ? variable.plates : variable.dimensions();
  for (Index c = 0; c < cells; ++c) p.cells.push_back(language::cell_text(model.plates, dimensions, c));
  const int along = variable.levels >= 0 ? variable.levels : p.mean.rows() > 1 ? variable.over[0] : -1;
  for (Index i = 0; along >= 0 && i < p.mean.rows(); ++i)
    p.coordinates.push_back(language::label_text(model.plates[static_cast<std::size_t>(along)], i));
}

Prediction average(const Sums& sums, bool categorical, Index draws) {
  const auto s = static_cast<double>(draws);
  Prediction p;
  p.draws = draws;
  const Eigen::ArrayXXd mean = sums.mean / s,
                        between = ((sums.mean_square - s * mean.square()) / std::max(1.0, s - 1)).max(0);
  p.mean = mean;
  if (!categorical) p.variance = sums.variance / s + between;
  p.mean_error = (between / s).sqrt();
  const Eigen::ArrayXd density = sums.density / s,
                       spread = ((sums.density_square - s * density.square()) / std::max(1.0, s - 1)).max(0);
  p.log_density = (sums.log_most + density.log()).transpose();
  p.log_density_error = ((spread / s).sqrt() / density).transpose();
  return p;
}

Prediction without_errors(ExactPrediction exact) {
  Prediction p;
  p.mean_error = Eigen::MatrixXd::Zero(exact.mean.rows(), exact.mean.cols());
  p.log_density_error = Eigen::RowVectorXd::Zero(exact.mean.cols());
  p.mean = std::move(exact.mean);
  p.variance = std::move(exact.variance);
  p.log_density = std::move(exact.log_density);
  return p;
}

// Rows that the exact rule does not serve, since numbers that they rest on are empty, are averages over draws.
void keep_exact(const ExactPrediction& exact, Prediction& p) {
  for (Index c = 0; c < exact.mean.cols(); ++c) {
    if (exact.mean.col(c).array().isNaN().any()) continue;
    p.mean.col(c) = exact.mean.col(c);
    if (p.variance.size() > 0) p.variance.col(c) = exact.variance.col(c);
    p.log_density[c] = exact.log_density[c];
    p.mean_error.col(c).setZero();
    p.log_density_error[c] = 0;
  }
}

// Whether data that the statement of a variable rests on have empty cells.
bool rests_on_gaps(const Model& model, int variable, const std::vector<Factors>& factors) {
  std::vector<char> has_factors(model.variables.size(), 0);
  for (const Factors& f : factors) has_factors[static_cast<std::size_t>(f.variable)] = 1;
  const std::vector<char> needed = Draws::needed(model, {variable}, has_factors);
  for (std::size_t v = 0; v < needed.size(); ++v)
    if (needed[v] && static_cast<int>(v) != variable && model.variables[v].role == Stated::Role::observed &&
        model.variables[v].data.values.hasNaN())
      return true;
  return false;
}

}  // namespace

Predictions predict(const Registry& registry, const std::string& run_folder, const std::string& csv, Index draws,
                    std::uint64_t seed) {
  ModelRecord record = read_model_record(registry, run_folder);
  record.options.instead = csv;
  const config::Node root =
      config::parse_yaml(config::read_source((std::filesystem::path(run_folder) / "config.yaml").string()));
  config::Diagnostics diagnostics;
  const language::ModelFile file = language::read_model(root, registry, run_folder, diagnostics, record.options);
  if (diagnostics.empty() && file.row_plates.empty())
    throw UnsupportedError(
        fmt::format("{}: no data of this model are rows of a file, so that there are no new rows of "
                    "it to predict",
                    run_folder));
  for (const std::string& name : file.lacking)
    if (std::find(record.observed.begin(), record.observed.end(), name) == record.observed.end())
      throw ConfigError(fmt::format("error: {} lacks the column that the model reads as {}", csv, name));
  diagnostics.throw_if_any();
  const Model& model = file.model;
  std::vector<Factors> factors;
  for (auto& [name, f] : record.factors)
    for (std::size_t v = 0; v < model.variables.size(); ++v)
      if (model.variables[v].name == name) {
        f.variable = static_cast<int>(v);
        if (!f.members.family) restore_limits(model, f);
        factors.push_back(std::move(f));
        break;
      }
  std::vector<int> wanted;
  for (std::size_t v = 0; v < model.variables.size(); ++v)
    if (std::find(record.observed.begin(), record.observed.end(), model.variables[v].name) != record.observed.end())
      wanted.push_back(static_cast<int>(v));
  const Draws source(model, factors, wanted, seed);

  Predictions predictions;
  const language::Values known = source.known();
  for (int v : wanted) {
    const Stated& variable = model.variables[static_cast<std::size_t>(v)];
    if (variable.statements.size() != 1)
      throw UnsupportedError(
          fmt::format("{} has several statements: predictions for it are not there yet", variable.name));
    const Statement& statement = model.statements[static_cast<std::size_t>(variable.statements[0])];
    const bool categorical = variable.levels >= 0;
    const Index d = statement.layout.dimension;
    const Eigen::MatrixXd data =
        known[static_cast<std::size_t>(v)].values.reshaped(d, known[static_cast<std::size_t>(v)].values.size() / d);
    // Empty cells have no density; any number will do in their place.
    const Eigen::MatrixXd points = data.array().isNaN().select(0.0, data.array());
    auto exact = predict_exactly(model, statement, factors, known, points);
    if (exact && !rests_on_gaps(model, v, factors)) {
      predictions.variables.push_back(without_errors(std::move(*exact)));
      finish(model, v, data, predictions.variables.back());
      continue;
    }
    const Conditional conditional(model, statement, factors, data);
    constexpr Index kGrain = 500;  // each chunk keeps sums of its own
    const Index rows = categorical ? model.plates[static_cast<std::size_t>(variable.levels)].size : d;
    std::vector<Sums> parts(static_cast<std::size_t>((draws + kGrain - 1) / kGrain), Sums(0, 0));
    parallel::for_chunks(draws, kGrain, [&](Index chunk, Index begin, Index end) {
      Sums sums(rows, data.cols());
      language::Values values = known;
      for (Index s = begin; s < end; ++s) {
        source.draw(s, values);
        conditional.add_draw(values, sums);
      }
      parts[static_cast<std::size_t>(chunk)] = std::move(sums);
    });
    Sums all(rows, data.cols());
    for (const Sums& part : parts) all.add(part);
    predictions.variables.push_back(average(all, categorical, draws));
    if (exact) keep_exact(*exact, predictions.variables.back());
    finish(model, v, data, predictions.variables.back());
  }
  return predictions;
}

std::string predictions_csv(const Predictions& predictions) {
  const auto cell = [](double v) { return std::isnan(v) ? std::string() : fmt::format("{}", v); };
  const auto quoted = [](const std::string& text) {
    return text.find(',') == std::string::npos ? text : '"' + text + '"';
  };
  std::string text = "variable,cell,coordinate,mean,variance,log_density,mean_error,log_density_error\n";
  for (const Prediction& p : predictions.variables)
    for (Index c = 0; c < p.mean.cols(); ++c)
      for (Index i = 0; i < p.mean.rows(); ++i)
        text += fmt::format("{},{},{},{},{},{},{},{}\n", p.name, quoted(p.cells[static_cast<std::size_t>(c)]),
                            p.coordinates.empty() ? "" : quoted(p.coordinates[static_cast<std::size_t>(i)]),
                            cell(p.mean(i, c)), p.variance.size() ? cell(p.variance(i, c)) : "", cell(p.log_density[c]),
                            cell(p.mean_error(i, c)), cell(p.log_density_error[c]));
  return text;
}

Json to_json(const Predictions& predictions) {
  const auto columns = [](const Eigen::MatrixXd& array) {
    Json list = Json::array();
    for (Index c = 0; c < array.cols(); ++c) {
      Json column = Json::array();
      for (Index r = 0; r < array.rows(); ++r) column.push_back(number(array(r, c)));
      list.push_back(array.rows() == 1 ? column[0] : column);
    }
    return list;
  };
  Json json = {{"variables", Json::object()}};
  for (const Prediction& p : predictions.variables) {
    Json& j = json["variables"][p.name];
    j["draws"] = p.draws;
    j["cells"] = p.cells;
    if (!p.coordinates.empty()) j["coordinates"] = p.coordinates;
    j[p.variance.size() ? "mean" : "probabilities"] = columns(p.mean);
    if (p.variance.size()) j["variance"] = columns(p.variance);
    j["log_density"] = columns(p.log_density);
    j["mean_error"] = columns(p.mean_error);
    j["log_density_error"] = columns(p.log_density_error);
  }
  return json;
}

}  // namespace kullback::experiment
