// D(p, q) by the first rung that applies.
#include "divergence/ladder.hpp"

#include <kullback/error.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <limits>

namespace kullback {

namespace divergence {

std::string pair_name(const Question& question) {
  return fmt::format("{}({}, {})", question.divergence.name(), question.p.family->name(), question.q.family->name());
}

Estimate infinite(std::string reason) {
  return {std::numeric_limits<double>::infinity(), 0, Method::infinite, std::move(reason)};
}

Estimate checked(const Question& question, Estimate estimate) {
  if (std::isnan(estimate.value) || std::isnan(estimate.error))
    throw NumericalError(fmt::format("{} came out as not a number ({}, {})", pair_name(question),
                                     to_text(estimate.method), estimate.source));
  if (estimate.value < -estimate.error)
    throw NumericalError(fmt::format("{} came out negative: {} with an error of {} ({}, {})", pair_name(question),
                                     estimate.value, estimate.error, to_text(estimate.method), estimate.source));
  if (estimate.value < 0) estimate.value = 0;
  if (std::isinf(estimate.value)) {
    estimate.error = 0;
    estimate.method = Method::infinite;
  }
  return estimate;
}

namespace {

[[noreturn]] void unsupported(const Question& question) {
  std::vector<std::string> rules;
  for (const auto& [key, unused] : question.registry.rules())
    if (key.divergence == question.divergence.name() &&
        (key.p == question.p.family->name() || key.q == question.q.family->name()))
      rules.push_back(fmt::format("{}({}, {})", key.divergence, key.p, key.q));
  throw UnsupportedError(fmt::format("nothing can evaluate {}: {}; closed forms with one of these families: {}",
                                     pair_name(question), fmt::join(question.missing, "; "),
                                     rules.empty() ? "none" : fmt::format("{}", fmt::join(rules, ", "))));
}

}  // namespace

}  // namespace divergence

Estimate evaluate(const Registry& registry, const Divergence& divergence, const Members& p, const Members& q,
                  const EvaluateOptions& options) {
  using namespace divergence;
  Question question{registry, divergence, p, q, options};
  if (p.theta.cols() != 1 || q.theta.cols() != 1)
    throw DomainError("", fmt::format("{} compares one member with one, not {} with {}", pair_name(question),
                                      p.theta.cols(), q.theta.cols()));
  if (p.layout.dimension != q.layout.dimension)
    throw DomainError("", fmt::format("p ({}) has {} coordinates, q ({}) has {}", p.family->name(), p.layout.dimension,
                                      q.family->name(), q.layout.dimension));
  if (!options.skip_closed_forms && identical(p, q)) return {0, 0, Method::closed_form, "identical parameters"};
  using Rung = Answer (*)(Question&);
  static constexpr Rung kAll[] = {by_support,    by_rule,      by_parts,      by_quadratic,
                                  by_statistics, by_marginals, by_integration};
  static constexpr Rung kNumerical[] = {by_support, by_integration};
  const std::span<const Rung> rungs = options.skip_closed_forms ? std::span<const Rung>(kNumerical) : kAll;
  for (const Rung rung : rungs)
    if (Answer answer = rung(question)) return checked(question, std::move(*answer));
  unsupported(question);
}

}  // namespace kullback
