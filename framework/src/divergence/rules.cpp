// Closed forms that plugins registered.
#include "divergence/ladder.hpp"
#include "parallel/parallel.hpp"

#include <kullback/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace kullback::divergence {

namespace {

// A rule that gives the question's divergence, or Renyi's for the alpha integral that is asked for.
struct Found {
  const Rule* rule = nullptr;
  bool swapped = false;
  double parameter = 0;
  double factor = 1;     ///< of what the rule gives
  bool squared = false;  ///< the functional is the square of what the rule gives
  Text name;
};

// The divergence whose rules give a functional, apart from relative entropies and alpha integrals.
Text rule_name(const Divergence& divergence, bool& squared) {
  squared = false;
  switch (divergence.functional()) {
    case Functional::wasserstein:
      squared = divergence.order() == 2;
      return squared ? "wasserstein_2" : "wasserstein_1";
    case Functional::geodesic:
      squared = true;
      return "fisher_rao";
    case Functional::energy:
      return "energy";
    case Functional::score:
      return "fisher_divergence";
    default:
      return {};
  }
}

Found find(const Registry& registry, const Divergence& divergence, const Side& p, const Side& q) {
  const Text a = p.family.name(), b = q.family.name();
  const bool primitive = dynamic_cast<const Primitive*>(&divergence);
  if (!primitive) {
    const Text name = divergence.name();
    // An order at which a divergence becomes a relative entropy (renyi(1)): the rules of kl serve it.
    if (divergence.functional() == Functional::relative_entropy && !divergence.parameter().empty()) return {};
    if (const Rule* rule = registry.find_rule(name, a, b))
      return {rule, false, divergence.parameter_value(), 1, false, name};
    if (divergence.symmetric())
      if (const Rule* rule = registry.find_rule(name, b, a))
        return {rule, true, divergence.parameter_value(), 1, false, name};
    return {};
  }
  if (divergence.functional() == Functional::relative_entropy)
    return {registry.find_rule("kl", a, b), false, 0, 1, false, "kl"};
  if (divergence.functional() != Functional::alpha_integral) {
    bool squared;
    const Text name = rule_name(divergence, squared);
    if (const Rule* rule = registry.find_rule(name, a, b)) return {rule, false, 0, 1, squared, name};
    if (divergence.functional() != Functional::score)
      if (const Rule* rule = registry.find_rule(name, b, a)) return {rule, true, 0, 1, squared, name};
    return {};
  }
  // |log c| = |a - 1| |D_a(p || q)| = |a| |D_(1-a)(q || p)|, D_a as it is defined: not positive for a < 0.
  const double order = divergence.order();
  if (const Rule* rule = registry.find_rule("renyi", a, b)) return {rule, false, order, order - 1, false, "renyi"};
  if (const Rule* rule = order == 0 ? nullptr : registry.find_rule("renyi", b, a))
    return {rule, true, 1 - order, order, false, "renyi"};
  return {};
}

void call(const Rule& rule, double parameter, const Side& p, const Side& q, Row value, Row error) {
  if (rule.evaluate_at)
    rule.evaluate_at(parameter, p, q, value, error);
  else
    rule.evaluate(p, q, value, error);
}

}  // namespace

void run_rule(const Rule& rule, double parameter, const std::string& pair, const Side& p, const Side& q, Row value,
              Row error) {
  // The cost of a pair is about that of reading its parameters.
  const Index cost = std::max<Index>(1, (p.theta.rows() + q.theta.rows()) / 4);
  const Index grain = std::max<Index>(16, 8192 / cost);
  parallel::for_chunks(value.size(), grain, [&](Index, Index begin, Index end) {
    const Index n = end - begin;
    const auto columns = [&](const In& theta) -> In {
      return theta.cols() == 1 ? theta.leftCols(1) : theta.middleCols(begin, n);
    };
    Row v(value.data() + begin, n), e(error.data() + begin, n);
    call(rule, parameter, {p.family, p.layout, columns(p.theta)}, {q.family, q.layout, columns(q.theta)}, v, e);
    for (Index i = 0; i < n; ++i)
      if (std::isnan(v(i)) || std::isnan(e(i)))
        throw NumericalError(
            fmt::format("{} came out as not a number for pair {} ({})", pair, begin + i + 1, rule.source));
  });
}

bool rule_columns(const Registry& registry, const Divergence& divergence, const Side& p, const Side& q, Row value,
                  Row error, Rule* used) {
  const Found found = find(registry, divergence, p, q);
  if (!found.rule) return false;
  const Side &first = found.swapped ? q : p, &second = found.swapped ? p : q;
  run_rule(*found.rule, found.parameter,
           fmt::format("{}({}, {})", found.name, first.family.name(), second.family.name()), first, second, value,
           error);
  if (found.factor != 1) {
    const double factor = std::abs(found.factor);
    value = value.cwiseAbs() * factor;
    error = error * factor + value.unaryExpr([](double v) { return std::isfinite(v) ? kEpsilon * v : 0.0; });
  }
  if (found.squared)
    for (Index n = 0; n < value.size(); ++n) {
      error[n] = std::isfinite(value[n]) ? (2 * value[n] + error[n]) * error[n] + kEpsilon * value[n] * value[n] : 0;
      value[n] *= value[n];
    }
  if (used) {
    used->method = found.rule->method;
    used->source = found.rule->source;
  }
  return true;
}

Answer by_rule(Question& question) {
  if (question.options.skip_closed_forms) return {};
  Eigen::RowVectorXd value(1), error(1);
  Rule used;
  try {
    if (!rule_columns(question.registry, question.divergence, side(question.p), side(question.q), row(value),
                      row(error), &used)) {
      question.missing.push_back(fmt::format("there is no closed form {}", pair_name(question)));
      return {};
    }
  } catch (const UnsupportedError& reason) {
    question.missing.push_back(
        fmt::format("the closed form {} does not apply: {}", pair_name(question), reason.what()));
    return {};
  }
  if (std::isinf(value(0)))
    return Estimate{value(0), 0, Method::infinite,
                    fmt::format("{} diverges for these parameters {}", pair_name(question), used.source)};
  return Estimate{value(0), error(0), used.method, used.source};
}

}  // namespace kullback::divergence
