// D(p, q) by the first rung that applies.
#include "divergence/ladder.hpp"

#include <kullback/error.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
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

namespace {
// -1 where D is never positive (renyi and tsallis of negative order), else 1.
double sign_of(const Divergence& divergence) { return divergence.outer(1) < 0 ? -1 : 1; }
}  // namespace

Estimate checked(const Question& question, Estimate estimate) {
  if (std::isnan(estimate.value) || std::isnan(estimate.error))
    throw NumericalError(fmt::format("{} came out as not a number ({}, {})", pair_name(question),
                                     to_text(estimate.method), estimate.source));
  if (is_signed(question.divergence)) return estimate;
  const double sign = sign_of(question.divergence);
  if (sign * estimate.value < -estimate.error)
    throw NumericalError(fmt::format("{} came out {}: {} with an error of {} ({}, {})", pair_name(question),
                                     sign > 0 ? "negative" : "positive", estimate.value, estimate.error,
                                     to_text(estimate.method), estimate.source));
  if (sign * estimate.value < 0) estimate.value = 0;
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

using Rung = Answer (*)(Question&);
using Rungs = std::span<const Rung>;
constexpr Rung kFormulas[] = {by_support,   by_rule,       by_image,     by_parts,       by_log_partition,
                              by_quadratic, by_statistics, by_marginals, by_integration, by_draws};
constexpr Rung kNumerical[] = {by_support, by_integration, by_draws};
constexpr Rung kEntropy[] = {by_entropy};
constexpr Rung kCrossEntropy[] = {by_support, by_statistics, by_parts, by_cross_entropy, by_integration, by_draws};
constexpr Rung kTransport[] = {by_rule, by_parts, by_distribution_functions};
constexpr Rung kKernel[] = {by_kernel};
constexpr Rung kScore[] = {by_rule, by_parts, by_scores};
constexpr Rung kGeodesic[] = {by_rule, by_image, by_parts, by_geodesic};
constexpr Rung kChernoff[] = {by_support, by_chernoff};

Rungs rungs(const Question& question) {
  switch (question.divergence.functional()) {
    case Functional::entropy:
      return kEntropy;
    case Functional::cross_entropy:
      return question.options.skip_closed_forms ? Rungs(kNumerical) : Rungs(kCrossEntropy);
    case Functional::chernoff:
      return kChernoff;
    case Functional::wasserstein:
    case Functional::energy:
      return kTransport;
    case Functional::kernel:
      return kKernel;
    case Functional::score:
      return kScore;
    case Functional::geodesic:
      return kGeodesic;
    default:
      return question.options.skip_closed_forms ? Rungs(kNumerical) : Rungs(kFormulas);
  }
}

}  // namespace

// The bound is that of the outer function at both ends of the functional's interval.
Estimate outer(const Divergence& divergence, Estimate inner) {
  Estimate out = inner;
  out.value = divergence.outer(inner.value);
  if (std::isinf(inner.value) || inner.error == 0) {
    out.error =
        std::isinf(out.value) || out.value == 0 || inner.value == out.value ? 0 : 4 * kEpsilon * std::abs(out.value);
    if (inner.method == Method::infinite && !std::isinf(out.value)) out.method = Method::closed_form;
    return out;
  }
  const double high = divergence.outer(inner.value + inner.error);
  const double least = inner.value - inner.error;
  const double low = divergence.outer(is_signed(divergence) ? least : std::max(0.0, least));
  out.error = std::max(std::abs(high - out.value), std::abs(out.value - low));
  if (out.value != inner.value) out.error += 4 * kEpsilon * std::abs(out.value);
  if (std::isinf(out.value)) return infinite("too large for a double: " + inner.source);
  if (std::isinf(out.error)) out.error = std::numeric_limits<double>::max();
  return out;
}

namespace {

Estimate sum(Estimate a, const Estimate& b) {
  if (std::isinf(a.value)) return a;
  if (std::isinf(b.value)) return b;
  a.value += b.value;
  a.error += b.error + kEpsilon * std::abs(a.value);
  a.method = std::max(a.method, b.method);
  if (a.source != b.source) a.source += ", " + b.source;
  return a;
}

}  // namespace

bool is_signed(const Divergence& divergence) {
  return divergence.functional() == Functional::cross_entropy || divergence.functional() == Functional::entropy;
}

Estimate functional(Question& question) {
  for (const Rung rung : rungs(question))
    if (Answer answer = rung(question)) return checked(question, std::move(*answer));
  unsupported(question);
}

namespace {

// The functional of a divergence that is not asked for under its own name.
Estimate part_of(const Question& whole, Functional kind, double order, const Members& p, const Members& q) {
  const Primitive primitive(whole.divergence.name(), kind, order);
  Question question{whole.registry, primitive, p, q, whole.options};
  return functional(question);
}

Estimate functional_of(Question& question) {
  const Divergence& divergence = question.divergence;
  const Members &p = divergence.mirrored() ? question.q : question.p,
                &q = divergence.mirrored() ? question.p : question.q;
  switch (divergence.functional()) {
    case Functional::relative_entropy: {
      Estimate forward = part_of(question, Functional::relative_entropy, 0, p, q);
      return divergence.symmetric() ? sum(std::move(forward), part_of(question, Functional::relative_entropy, 0, q, p))
                                    : forward;
    }
    case Functional::f_divergence: {
      Question same{question.registry, divergence, p, q, question.options};
      return functional(same);
    }
    default:
      return part_of(question, divergence.functional(), divergence.order(), p, q);
  }
}

}  // namespace

}  // namespace divergence

Estimate evaluate(const Registry& registry, const Divergence& divergence, const Members& p, const Members& q,
                  const EvaluateOptions& options) {
  using namespace divergence;
  Question question{registry, divergence, p, q, options};
  const bool alone = divergence.functional() == Functional::entropy;
  if (p.theta.cols() != 1 || (!alone && q.theta.cols() != 1))
    throw DomainError("", fmt::format("{} compares one member with one, not {} with {}", pair_name(question),
                                      p.theta.cols(), q.theta.cols()));
  if (!alone && p.layout.dimension != q.layout.dimension)
    throw DomainError("", fmt::format("p ({}) has {} coordinates, q ({}) has {}", p.family->name(), p.layout.dimension,
                                      q.family->name(), q.layout.dimension));
  if (dynamic_cast<const Primitive*>(&divergence)) {
    if (!options.skip_closed_forms && !is_signed(divergence) && identical(p, q))
      return {0, 0, Method::closed_form, "identical parameters"};
    return functional(question);
  }
  if (!options.skip_closed_forms) {
    if (!is_signed(divergence) && identical(p, q)) return {0, 0, Method::closed_form, "identical parameters"};
    if (Answer answer = by_rule(question)) return checked(question, std::move(*answer));
  }
  return outer(divergence, functional_of(question));
}

}  // namespace kullback
