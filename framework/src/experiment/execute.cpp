#include "experiment/execute_model.hpp"
#include "experiment/outcome.hpp"
#include "parallel/parallel.hpp"

#include <kullback/capability.hpp>
#include <kullback/error.hpp>

#include <fmt/format.h>

#include <cmath>
#include <limits>

namespace kullback::experiment {

namespace {

Value value_of(const Registry& registry, const std::string& name, const Divergence& divergence, const Members& p,
               const Members& q, const EvaluateOptions& options = {}) {
  Value value{name, {}, {}};
  try {
    value.estimate = evaluate(registry, divergence, p, q, options);
  } catch (const UnsupportedError& error) {
    value.unavailable = error.what();
  }
  return value;
}

}  // namespace

bool is_success(const std::string& status) {
  return status == "converged" || status == "exact" || status == "infinite" || status == "unsupported";
}

std::vector<Value> compare(const Registry& registry, const Members& p, const Members& q,
                           const std::vector<std::string>& words, const EvaluateOptions& options) {
  std::vector<Value> values;
  for (const std::string& word : words) {
    const Direction direction = direction_of(registry, word);
    values.push_back(value_of(registry, word, *direction.divergence, direction.reversed ? q : p,
                              direction.reversed ? p : q, options));
  }
  return values;
}

std::vector<std::string> all_divergences(const Registry& registry) {
  std::vector<std::string> words;
  for (const std::string& name : registry.divergences()) {
    const Divergence& divergence = registry.divergence(name);
    words.push_back(divergence.written());
    // A mirrored divergence is another's other direction already.
    const bool has_mirror = registry.find_divergence("reverse_" + name) || divergence.mirrored();
    if (!divergence.symmetric() && !has_mirror && divergence.functional() != Functional::entropy)
      words.push_back("reverse_" + divergence.written());
  }
  return words;
}

namespace {

// The standard deviations from first and second moments, one column a member.
Eigen::MatrixXd stddev_of(const Eigen::MatrixXd& mean, const Eigen::MatrixXd& second) {
  return (second.array() - mean.array().square()).max(0).sqrt();
}

Variable summarize_part(const Members& part) {
  Variable variable{"", std::string(part.family->name()), part.theta.cols(), {}, {}, {}};
  const Index d = part.layout.dimension;
  const Index n = part.theta.cols();
  if (const auto* moments = capability<Moments>(*part.family, part.layout)) {
    Eigen::MatrixXd mean(d, n), second(d, n);
    if (moments->expect(part.layout, part.theta, "x", mean)) {
      variable.mean = mean;
      if (moments->expect(part.layout, part.theta, "x2", second)) variable.stddev = stddev_of(mean, second);
    }
  }
  const auto sets = part.family->parameterizations();
  Index at = 0;
  if (part.layout.parts.empty() && !part.layout.pattern && !capability<Tabulated>(*part.family, part.layout)) {
    for (const Parameter& p : sets[static_cast<std::size_t>(part.layout.form)]) {
      const Index rows = part.family->parameter_rows(p, part.layout);
      variable.parameters.emplace_back(p.name, part.theta.middleRows(at, rows));
      at += rows;
    }
  } else if (const auto* cells = capability<Tabulated>(*part.family, part.layout)) {
    std::size_t axis = 0;
    for (Eigen::VectorXd& edges : cells->edges(part.layout))
      variable.parameters.emplace_back(d == 1 ? "edges" : fmt::format("edges_{}", ++axis), std::move(edges));
    variable.parameters.emplace_back("probabilities", part.theta.array().exp());
  } else {
    variable.parameters.emplace_back("theta", part.theta);
  }
  return variable;
}

}  // namespace

std::vector<Variable> summarize(const Members& q, const std::vector<std::string>& coordinates) {
  constexpr Index kMostNamed = 1000;  // beyond this a part of many members is one variable with arrays
  std::vector<Members> parts{q};
  if (const auto* product = capability<Product>(*q.family, q.layout)) parts = product->parts(q.layout, q.theta);
  std::vector<Variable> variables;
  std::size_t at = 0;
  const auto name_of = [&](Index d) {
    std::vector<std::string> names;
    for (Index i = 0; i < d && at < coordinates.size(); ++i) names.push_back(coordinates[at++]);
    return names.empty() ? std::string("x") : fmt::format("{}", fmt::join(names, ","));
  };
  for (const Members& part : parts) {
    const Index n = part.theta.cols();
    if (n > 1 && n <= kMostNamed && !coordinates.empty()) {
      for (Index i = 0; i < n; ++i) {
        variables.push_back(summarize_part({part.family, part.layout, part.theta.col(i)}));
        variables.back().name = name_of(part.layout.dimension);
      }
    } else {
      variables.push_back(summarize_part(part));
      variables.back().name = n == 1 ? name_of(part.layout.dimension) : std::string("x");
    }
  }
  return variables;
}

namespace {

void run_comparison(const Experiment& experiment, const Registry& registry, const Case& c, Results& results,
                    Watcher& watcher) {
  Outcome outcome;
  outcome.case_name = c.name;
  outcome.comparison = true;
  outcome.status = "exact";
  outcome.p = model::to_text(c.target.members);
  outcome.q = model::to_text(*c.approximation.known);
  EvaluateOptions options;
  options.allow_monte_carlo = experiment.allow_monte_carlo;
  options.seed = experiment.settings.seed;
  for (const Direction& direction : experiment.directions) {
    const Members& p = direction.reversed ? *c.approximation.known : c.target.members;
    const Members& q = direction.reversed ? c.target.members : *c.approximation.known;
    outcome.values.push_back(value_of(registry, direction.word, *direction.divergence, p, q, options));
    EvaluateOptions check = options;
    check.skip_closed_forms = true;
    if (experiment.cross_check)
      outcome.values.push_back(value_of(registry, direction.word, *direction.divergence, p, q, check));
  }
  if (c.formula) outcome.values.push_back({"formula", {*c.formula, 0, Method::closed_form, "the file's formula"}, {}});
  watcher.on_outcome(outcome);
  results.outcomes.push_back(std::move(outcome));
}

// What the loop knows itself: log Z - ELBO, where both are known and the target is not one the ladder is exact for.
bool value_from_bound(const Members& p, const Joint& joint, const Solution& solution, Estimate& estimate) {
  double log_z = 0, error = 0;
  if (capability<Quadratic>(*p.family, p.layout) || !joint.log_normalizer(log_z, error)) return false;
  error += solution.bound_error;
  const double value = log_z - solution.bound;
  if (!(error <= 1e-8 * (1 + std::abs(value)))) return false;
  estimate = {value, error, p.layout.dimension == 1 ? Method::quadrature : Method::cubature,
              "log normalizer minus bound"};
  return true;
}

// After the fit: the divergence that was minimized, and KL in both directions, by which all fits can be compared.
void add_values(const Registry& registry, const Case& c, const Direction& direction, const Joint& joint,
                Outcome& outcome) {
  const Members& p = c.target.members;
  const Members& q = outcome.solution.q;
  const auto add = [&](const std::string& word, const Divergence& d, bool reversed) {
    Value value{word, {}, {}};
    const bool minimized = word == direction.word;
    const bool bounded = minimized && reversed && d.functional() == Functional::relative_entropy;
    if (!bounded || !value_from_bound(p, joint, outcome.solution, value.estimate))
      value = value_of(registry, word, d, reversed ? q : p, reversed ? p : q);
    outcome.values.push_back(std::move(value));
  };
  add(direction.word, *direction.divergence, direction.reversed);
  // What was not minimized needs q's log density under p: a factorization more, or a marginal a coordinate.
  constexpr Index kMostForAll = 10'000;
  if (p.layout.dimension > kMostForAll) return;
  for (const char* word : {"reverse_kl", "forward_kl"})
    if (word != direction.word)
      if (const Direction kl = direction_of(registry, word); kl.divergence) add(word, *kl.divergence, kl.reversed);
}

// False if other starts would lead to the same answer.
bool run_projection(const Experiment& experiment, const Registry& registry, const Case& c, const Direction& direction,
                    const Start* start, Results& results, Watcher& watcher) {
  bool again = false;
  Outcome outcome;
  outcome.case_name = c.name;
  outcome.divergence = direction.word;
  outcome.p = c.target_text;
  std::unique_ptr<Joint> joint;
  try {
    joint = make_joint(registry, c, direction);
  } catch (const InfiniteError& error) {
    outcome.status = "infinite";
    outcome.reason = error.what();
    outcome.values.push_back(
        {direction.word, {std::numeric_limits<double>::infinity(), 0, Method::infinite, error.what()}, {}});
  } catch (const UnsupportedError& error) {
    outcome.status = "unsupported";
    outcome.reason = error.what();
  }
  if (joint) {
    const Optimizer& optimizer = choose_optimizer(experiment, registry, *joint, direction);
    again = direction.divergence->functional() != Functional::relative_entropy || direction.reversed ||
            joint->blocks().empty();
    outcome.optimizer = optimizer.name();
    if (start && again) {
      joint->start_from(start->q);
      outcome.start = start->written;
    }
    watcher.on_start(fmt::format("{}{}{}", c.name, c.name.empty() ? "" : ": ", direction.word));
    outcome.solution = solve(*joint, optimizer, experiment.settings, watcher);
    outcome.status = to_text(outcome.solution.status);
    outcome.reason = outcome.solution.reason;
    outcome.q = model::to_text(outcome.solution.q);
    outcome.variables = summarize(outcome.solution.q, c.target.coordinates);
    if (outcome.solution.status != Status::cancelled) add_values(registry, c, direction, *joint, outcome);
  }
  watcher.on_outcome(outcome);
  results.outcomes.push_back(std::move(outcome));
  return again;
}

}  // namespace

Results execute(const Experiment& experiment, const Registry& registry, Watcher& watcher) {
  if (experiment.is_model) return execute_model(experiment, registry, watcher);
  const parallel::ThreadLimit limit(experiment.settings.threads);
  Results results;
  const auto work = [&] {
    for (const Case& c : experiment.cases) {
      if (c.approximation.known) {
        run_comparison(experiment, registry, c, results, watcher);
        continue;
      }
      for (const Direction& direction : experiment.directions) {
        for (std::size_t s = 0; s < std::max<std::size_t>(1, c.starts.size()); ++s) {
          const bool again = run_projection(experiment, registry, c, direction,
                                            c.starts.empty() ? nullptr : &c.starts[s], results, watcher);
          if (results.outcomes.back().status == "cancelled") return;
          if (!again) break;  // matching the target's own moments has one answer from anywhere
        }
      }
    }
  };
  work();
  results.status = "converged";
  for (const Outcome& outcome : results.outcomes)
    if (!is_success(outcome.status) && results.status == "converged") {
      results.status = outcome.status;
      results.reason = outcome.reason;
    }
  // A file whose only question has no answer did not converge.
  if (results.outcomes.size() == 1 && results.outcomes[0].status != "exact") {
    results.status = results.outcomes[0].status;
    results.reason = results.outcomes[0].reason;
  }
  return results;
}

}  // namespace kullback::experiment
