// A probability together with its complement, as it was given: neither is lost when it is tiny.
#pragma once

#include <kullback/kullback.hpp>

#include <cmath>
#include <limits>

namespace kullback::counts {

struct Chance {
  double p, q;    ///< q = 1 - p
  double logit;   ///< log(p / q)
  bool by_logit;  ///< which of them is exact

  static Chance of_probability(double p) { return {p, 1 - p, std::log(p) - std::log1p(-p), false}; }
  static Chance of_logit(double logit) { return {1 / (1 + std::exp(-logit)), 1 / (1 + std::exp(logit)), logit, true}; }
  /// p : q as weight : other weight.
  static Chance of_odds(double weight, double other) {
    return {weight / (weight + other), other / (weight + other), std::log(weight / other), false};
  }

  double log_p() const { return by_logit ? -log1pexp(-logit) : p < 0.5 ? std::log(p) : std::log1p(-q); }
  double log_q() const { return by_logit ? -log1pexp(logit) : q < 0.5 ? std::log(q) : std::log1p(-p); }

  /// P(X <= p) for a beta variable X, or P(X > p).
  double beta_cdf(double alpha, double beta, bool upper) const {
    return p > 0.5 ? kullback::beta_cdf(q, beta, alpha, !upper) : kullback::beta_cdf(p, alpha, beta, upper);
  }

  /// to.p - p without cancellation of more than the parameters' own rounding.
  double difference(const Chance& to) const {
    if (by_logit && to.by_logit) return p * to.q * std::expm1(to.logit - logit);
    return p > 0.5 && to.p > 0.5 ? q - to.q : to.p - p;
  }
};

/// log(1 - exp(x)) for x < 0, to rounding: log p from log q.
inline double log_complement(double x) { return x < -0.7 ? std::log1p(-std::exp(x)) : std::log(-std::expm1(x)); }

/// x log(x / m) + m - x with the difference m - x given, and a bound on its rounding.
struct Deviance {
  double value, error;
};
inline Deviance deviance(double x, double m, double difference) {
  if (x == 0) return {m, kEpsilon * m};
  if (!(m > 0)) return {std::numeric_limits<double>::infinity(), 0};
  const double u = difference / x;
  if (u > -0.6 && u < 1) {
    const double value = -x * log1pmx(u);
    return {value, 8 * kEpsilon * value};
  }
  const double ratio = x / m;
  const bool normal = ratio > 1e-300 && ratio < 1e300;
  const double product = x * (normal ? std::log(ratio) : std::log(x) - std::log(m));
  return {product + difference, 4 * kEpsilon * (std::abs(product) + std::abs(difference) + x)};
}

/// KL of one toss with chance a from one with chance b: two deviances, neither negative. [Loader 2000]
inline Deviance toss_kl(const Chance& a, const Chance& b) {
  const double d = a.difference(b);
  const Deviance success = deviance(a.p, b.p, d), failure = deviance(a.q, b.q, -d);
  return {success.value + failure.value, success.error + failure.error};
}

}  // namespace kullback::counts
