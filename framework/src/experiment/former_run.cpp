#include "experiment/former_run.hpp"

#include "experiment/model_record.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kullback::experiment {

namespace {

using model::Initialization;

// A parameter's numbers, cell by cell.
model::Array numbers_of(const Factors& f, Index first, Index rows) {
  model::Array array;
  const Index n = f.members.theta.cols();
  array.values.resize(rows * n);
  for (Index k = 0; k < n; ++k) {
    const Index cell = f.cells.empty() ? k : f.cells[static_cast<std::size_t>(k)];
    array.values.segment(cell * rows, rows) = f.members.theta.col(k).segment(first, rows);
  }
  return array;
}

void start_from(const Factors& f, const model::Variable& variable, const model::Model& model, const config::Node& at,
                Initialization& start) {
  if (f.leader >= 0)
    config::fail(at.place, at.path,
                 fmt::format("{} is in a joint block there: such starts are not there yet", variable.name));
  const Index cells = model.cells(variable.plates), n = f.members.theta.cols();
  if (n != cells)
    config::fail(at.place, at.path,
                 fmt::format("the run has {} factors of {}, this model {}", n, variable.name, cells));
  start.kind = Initialization::Kind::moments;
  Index first = 0;
  const auto parameters = f.members.family->parameterizations()[static_cast<std::size_t>(f.members.layout.form)];
  for (const Parameter& p : parameters) {
    const Index rows = f.members.family->parameter_rows(p, f.members.layout);
    start.numbers.emplace_back(p.name, numbers_of(f, first, rows));
    first += rows;
  }
}

}  // namespace

void read_former_runs(const config::Node& initialize, const Registry& registry, Experiment& experiment) {
  model::Model& model = experiment.model.model;
  for (std::size_t v = 0; v < model.initializations.size(); ++v) {
    Initialization& start = model.initializations[v];
    if (start.kind != Initialization::Kind::run) continue;
    const model::Variable& variable = model.variables[v];
    const config::Node& at = initialize.at(variable.name).at("run");
    const ModelRecord record =
        read_model_record(registry, std::filesystem::path(experiment.path).parent_path() / start.run);
    const auto found = std::find_if(record.factors.begin(), record.factors.end(),
                                    [&](const auto& factor) { return factor.first == variable.name; });
    if (found == record.factors.end())
      config::fail(
          at.place, at.path,
          fmt::format("the run in '{}' keeps no factor of {}: factors of rows are not kept", start.run, variable.name));
    start_from(found->second, variable, model, at, start);
  }
}

}  // namespace kullback::experiment
