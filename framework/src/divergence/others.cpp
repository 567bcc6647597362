// Functionals that are put together from others: cross-entropy, entropy, Chernoff's information.
#include "divergence/expectations.hpp"
#include "divergence/ladder.hpp"

#include <kullback/capability.hpp>
#include <kullback/error.hpp>

#include <fmt/format.h>

#include <cmath>

namespace kullback::divergence {

namespace {

Estimate formula(double entropy) {
  return {entropy, 8 * kEpsilon * (1 + std::abs(entropy)), Method::closed_form, "entropy of p"};
}

Answer not_known(Question& question) {
  question.missing.push_back(fmt::format("the entropy of {} is not known", question.p.family->name()));
  return {};
}

}  // namespace

Answer by_entropy(Question& question) {
  if (!question.options.skip_closed_forms) {
    if (const auto h = entropy(question.p); h && !std::isnan(*h)) return formula(*h);
    not_known(question);
  }
  // The cross entropy of p and p.
  const Primitive cross(question.divergence.name(), Functional::cross_entropy, 0);
  Question itself{question.registry, cross, question.p, question.p, question.options, question.missing};
  return functional(itself);
}

Answer by_cross_entropy(Question& question) {
  const auto h = entropy(question.p);
  if (!h || !std::isfinite(*h)) return not_known(question);
  if (identical(question.p, question.q)) return formula(*h);
  const Primitive kl("kl", Functional::relative_entropy, 0);
  try {
    Estimate out = evaluate(question.registry, kl, question.p, question.q, question.options);
    if (std::isinf(out.value)) return out;
    out.value += *h;
    out.error += 8 * kEpsilon * (1 + std::abs(*h));
    out.source = "entropy of p + KL: " + out.source;
    return out;
  } catch (const UnsupportedError& reason) {
    question.missing.push_back(reason.what());
    return {};
  }
}

Answer by_chernoff(Question& question) {
  // -log c is concave in the order: golden section, then the best of all that was seen. A slope of 0 makes the error
  // second order.
  const auto at = [&](double order) {
    const Primitive alpha(question.divergence.name(), Functional::alpha_integral, order);
    return evaluate(question.registry, alpha, question.p, question.q, question.options);
  };
  constexpr double kGolden = 0.6180339887498949;
  double low = 0, high = 1, left = 1 - kGolden, right = kGolden;
  Estimate f_left = at(left), f_right = at(right);
  for (int step = 0; step < 45 && high - low > 1e-9; ++step) {
    if (std::isinf(f_left.value)) return f_left;
    if (f_left.value < f_right.value) {
      low = left, left = right, f_left = f_right;
      right = low + kGolden * (high - low), f_right = at(right);
    } else {
      high = right, right = left, f_right = f_left;
      left = high - kGolden * (high - low), f_left = at(left);
    }
  }
  Estimate best = f_left.value > f_right.value ? f_left : f_right;
  // A concave function that agrees at both points to rounding is no larger between them by more.
  best.error += std::abs(f_left.value - f_right.value) + 4 * kEpsilon * best.value;
  best.source = fmt::format("order {:.6g}: {}", f_left.value > f_right.value ? left : right, best.source);
  return best;
}

}  // namespace kullback::divergence
