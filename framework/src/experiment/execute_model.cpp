#include "experiment/execute_model.hpp"

#include "experiment/draws.hpp"
#include "experiment/model_places.hpp"
#include "experiment/restarts.hpp"
#include "language/families.hpp"
#include "parallel/parallel.hpp"

#include <kullback/capability.hpp>
#include <kullback/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>

namespace kullback::experiment {

namespace {

using messages::ModelJoint;
using messages::Source;
using model::Model;

constexpr const char* kReverse = "reverse_kl";

// The rows of theta by the names of the parameters they are.
void name_parameters(const Members& members, Index d, Variable& variable) {
  const auto sets = members.family->parameterizations();
  Index rows = 0;
  const auto& parameters = sets[static_cast<std::size_t>(members.layout.form)];
  const auto size = [&](const Parameter& p) {
    return p.shape == Shape::scalar ? 1 : p.shape == Shape::vector ? d : d * d;
  };
  for (const Parameter& p : parameters) rows += size(p);
  if (const auto* cells = capability<Tabulated>(*members.family, members.layout)) {
    variable.parameters.emplace_back("edges", cells->edges(members.layout)[0]);
    variable.parameters.emplace_back("probabilities", members.theta.array().exp());
    return;
  }
  if (rows != members.theta.rows()) {
    variable.parameters.emplace_back("theta", members.theta);
    return;
  }
  rows = 0;
  for (const Parameter& p : parameters) {
    variable.parameters.emplace_back(p.name, members.theta.middleRows(rows, size(p)));
    rows += size(p);
  }
}

void add_moments(const Members& members, Variable& variable) {
  const auto* moments = capability<Moments>(*members.family, members.layout);
  const Index d = members.layout.dimension, n = members.theta.cols();
  Eigen::MatrixXd mean(d, n), second(d, n);
  if (!moments || !moments->expect(members.layout, members.theta, "x", mean)) return;
  variable.mean = mean;
  if (moments->expect(members.layout, members.theta, "x2", second))
    variable.stddev = (second.array() - mean.array().square()).max(0).sqrt();
}

// Members with known entries: these have no spread, and the parameters are those of the whole vector.
void put_known_entries(const Source& source, const Members& members, Variable& variable) {
  const Index d = source.elements;
  Eigen::MatrixXd covariance(d * d, source.members());
  capability<Moments>(*members.family, members.layout)->expect(members.layout, members.theta, "x*x'", covariance);
  const std::vector<Index> cells = source.latent_cells();
  for (Index k = 0; k < source.members(); ++k) {
    auto square = covariance.col(k).reshaped(d, d);
    square -= variable.mean.col(k) * variable.mean.col(k).transpose();
    const Eigen::VectorXd known = source.known_at(cells[static_cast<std::size_t>(k)]);
    for (Index i = 0; i < d; ++i) {
      if (std::isnan(known[i])) continue;
      variable.mean(i, k) = known[i];
      variable.stddev(i, k) = 0;
      square.row(i).setZero();
      square.col(i).setZero();
    }
  }
  variable.parameters = {{"mean", variable.mean}, {"covariance", covariance}};
}

// A factor on a grid: moments by the weights of its nodes, and quantiles.
void add_grid(const ModelJoint& joint, int v, const Members& members, Variable& variable) {
  const Eigen::MatrixXd moments = joint.grid_moments(v);
  variable.mean = moments.row(0);
  variable.stddev = moments.row(1);
  const auto& quantiles = *capability<Quantiles>(*members.family, members.layout);
  const Index n = members.theta.cols();
  for (const double p : {0.025, 0.25, 0.5, 0.75, 0.975}) {
    Eigen::RowVectorXd x(n);
    quantiles.quantile(members.layout, members.theta, Eigen::MatrixXd::Constant(1, n, p), false, row(x));
    if (is_whole(joint.model(), v)) x = x.array().round();
    variable.quantiles.emplace_back(p, std::move(x));
  }
}

// A categorical that lives in a pass over the data: its responsibilities, made again.
bool responsibilities(const messages::Pass& pass, Eigen::MatrixXd& probabilities) {
  if (pass.rows() * pass.levels() > kMostResponsibilities) return false;
  probabilities.resize(pass.levels(), pass.rows());
  constexpr Index kGrain = 4096;
  parallel::for_chunks(pass.rows(), kGrain, [&](Index, Index begin, Index end) {
    pass.responsibilities(begin, end, probabilities.middleCols(begin, end - begin));
  });
  return true;
}

void describe_variables(const ModelJoint& joint, Outcome& outcome) {
  const Model& model = joint.model();
  for (std::size_t v = 0; v < model.variables.size(); ++v) {
    const Source& source = joint.sources()[v];
    const messages::Pass* pass = joint.pass_of(static_cast<int>(v));
    if (source.kind != Source::Kind::latent || source.discarded || (source.block < 0 && !pass)) continue;
    const model::Variable& from = model.variables[v];
    Variable variable;
    variable.name = from.name;
    model::Dimensions dimensions = source.plates;
    dimensions.insert(dimensions.end(), source.over.begin(), source.over.end());
    for (int p : dimensions) {
      variable.plates.push_back(model.plates[static_cast<std::size_t>(p)].name);
      variable.shape.push_back(model.plates[static_cast<std::size_t>(p)].size);
    }
    if (source.matrix) {
      variable.plates.push_back(variable.plates.back() + "'");
      variable.shape.push_back(source.elements);
    }
    Members members{source.family, source.layout, {}};
    variable.family = source.family->name();
    const bool categorical = from.levels >= 0;
    if (categorical) variable.levels = model.plates[static_cast<std::size_t>(from.levels)].name;
    if (pass) {
      variable.members = pass->rows();
      if (responsibilities(*pass, members.theta)) variable.parameters.emplace_back("probabilities", members.theta);
    } else {
      members = joint.posterior(static_cast<int>(v));
      variable.members = members.theta.cols();
      name_parameters(members,
                      categorical ? model.plates[static_cast<std::size_t>(from.levels)].size : source.vector_size(),
                      variable);
      if (source.grid)
        add_grid(joint, static_cast<int>(v), members, variable);
      else if (!categorical)
        add_moments(members, variable);
      if (source.partial) put_known_entries(source, members, variable);
    }
    Factors factors{static_cast<int>(v), {}, source.all_latent() ? std::vector<Index>{} : source.latent_cells()};
    if (source.leader >= 0) {
      factors.leader = source.leader;
      for (const Source& other : joint.sources())
        if (other.leader == source.leader) variable.joint.push_back(other.variable->name);
      std::tie(factors.first, factors.count) = messages::coordinates_in_block(source);
      for (Eigen::MatrixXd* moments : {&variable.mean, &variable.stddev})
        if (moments->rows() == members.layout.dimension)
          *moments = moments->middleRows(factors.first, factors.count).eval();
      variable.family = members.family->name();
    }
    if (!source.all_latent())
      for (Index cell : source.latent_cells()) variable.cells.push_back(messages::cell_name(model, source, cell));
    if (members.theta.cols()) {
      factors.members = std::move(members);
      factors.owner = source.own_family;
      outcome.factors.push_back(std::move(factors));
    }
    outcome.variables.push_back(std::move(variable));
  }
}

// Empty cells that the joint integrated out.
void add_missing(const Experiment& experiment, const ModelJoint& joint, Outcome& outcome) {
  const Model& model = joint.model();
  for (std::size_t v = 0; v < model.variables.size(); ++v) {
    const model::Variable& variable = model.variables[v];
    if (variable.role != model::Variable::Role::observed || joint.sources()[v].kind == Source::Kind::latent ||
        !variable.data.values.hasNaN())
      continue;
    // Where responsibilities were too many to keep there is nothing to draw components from.
    bool all = true;
    for (std::size_t z = 0; z < model.variables.size(); ++z)
      all = all && (!joint.pass_of(static_cast<int>(z)) ||
                    std::any_of(outcome.factors.begin(), outcome.factors.end(),
                                [&](const Factors& f) { return f.variable == static_cast<int>(z); }));
    if (!all) continue;
    if (auto report = missing_cells(model, static_cast<int>(v),
                                    Draws(model, outcome.factors, {static_cast<int>(v)}, experiment.settings.seed)))
      outcome.missing.push_back(std::move(*report));
  }
}

void iterate_inside(const Experiment& experiment, ModelJoint& joint) {
  try {
    joint.iterate_locally(*experiment.inner);
  } catch (const UnsupportedError& error) {
    config::fail(experiment.inner_place, "inference.inner", error.what());
  }
}

}  // namespace

std::unique_ptr<ModelJoint> compile_model(const Experiment& experiment, const Registry& registry, Index restart) {
  const Model& model = experiment.model.model;
  try {  // the experiment outlives its joints
    auto joint = make_model_joint(registry, {std::shared_ptr<void>(), &model}, experiment.settings.seed, restart);
    if (experiment.inner) iterate_inside(experiment, *joint);
    return joint;
  } catch (const model::Refusals& refusals) {
    point_at(experiment, refusals.all());
    throw;
  }
}

Results execute_model(const Experiment& experiment, const Registry& registry, Watcher& watcher) {
  const parallel::ThreadLimit limit(experiment.settings.threads);
  std::vector<Restart> restarts;
  const Index best = solve_all(experiment, registry, watcher, restarts);
  Outcome outcome;
  outcome.divergence = kReverse;
  outcome.flat_priors = experiment.model.model.flat_priors();
  outcome.optimizer = choose_optimizer(experiment, registry, *restarts[static_cast<std::size_t>(best)].joint,
                                       experiment.directions.front())
                          .name();
  for (std::size_t r = 0; r < restarts.size(); ++r)
    outcome.traces.emplace_back(restarts.size() > 1 ? fmt::format("restart {}", r) : "", restarts[r].solution.trace);
  if (restarts.size() > 1) outcome.optima = distinct(restarts);
  for (std::size_t r = 0; r < restarts.size(); ++r)
    if (restarts[r].failed()) outcome.failed.emplace_back(static_cast<Index>(r), message_of(restarts[r].failure));
  Restart& chosen = restarts[static_cast<std::size_t>(best)];
  outcome.solution = std::move(chosen.solution);
  outcome.status = to_text(outcome.solution.status);
  outcome.reason = outcome.solution.reason;
  for (const model::Plate& plate : experiment.model.model.plates)
    outcome.plates.push_back({plate.name, plate.size, plate.labels});
  describe_variables(*chosen.joint, outcome);
  if (outcome.solution.status != Status::cancelled) {
    const std::vector<int> wanted = reports_of(experiment.model.model);
    if (!wanted.empty())
      outcome.reports = make_reports(experiment.model.model,
                                     Draws(experiment.model.model, outcome.factors, wanted, experiment.settings.seed));
  }
  if (outcome.solution.status != Status::cancelled) add_missing(experiment, *chosen.joint, outcome);
  watcher.on_outcome(outcome);
  Results results;
  results.status = outcome.status;
  results.reason = outcome.reason;
  results.outcomes.push_back(std::move(outcome));
  return results;
}

}  // namespace kullback::experiment
