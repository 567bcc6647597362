// The distribution functions of two members on the line, side by side.
#pragma once

#include "divergence/ladder.hpp"

#include <kullback/capability.hpp>

#include <algorithm>
#include <cmath>

namespace kullback::divergence {

/// Both distribution functions, from both tails.
class Distributions {
 public:
  explicit Distributions(const Question& question)
      : p_(question.p),
        q_(question.q),
        p_quantiles_(capability<Quantiles>(*p_.family, p_.layout)),
        q_quantiles_(capability<Quantiles>(*q_.family, q_.layout)) {}

  bool known() const { return p_quantiles_ && q_quantiles_; }
  const Members& unknown() const { return p_quantiles_ ? q_ : p_; }

  const Quantiles& p() const { return *p_quantiles_; }
  const Quantiles& q() const { return *q_quantiles_; }

  // P - Q, taken between the smaller tails.
  Eigen::RowVectorXd difference(In x) {
    const Index n = x.cols();
    Eigen::RowVectorXd p(n), q(n), p_above(n), q_above(n);
    p_quantiles_->cdf(p_.layout, p_.theta, x, false, row(p));
    q_quantiles_->cdf(q_.layout, q_.theta, x, false, row(q));
    p_quantiles_->cdf(p_.layout, p_.theta, x, true, row(p_above));
    q_quantiles_->cdf(q_.layout, q_.theta, x, true, row(q_above));
    for (Index i = 0; i < n; ++i) p[i] = p[i] + q[i] < 1 ? p[i] - q[i] : q_above[i] - p_above[i];
    return p;
  }

  // The sizes of what `difference` subtracts: its rounding.
  Eigen::RowVectorXd smaller_tails(In x) {
    const Index n = x.cols();
    Eigen::RowVectorXd out = Eigen::RowVectorXd::Zero(n), below(n), above(n);
    for (const auto& [side, quantiles] : {std::pair{&p_, p_quantiles_}, std::pair{&q_, q_quantiles_}}) {
      quantiles->cdf(side->layout, side->theta, x, false, row(below));
      quantiles->cdf(side->layout, side->theta, x, true, row(above));
      out += below.cwiseMin(above);
    }
    return out;
  }

  // P^-1 - Q^-1 at u = 1 / (1 + exp(-t)); what their rounding alone may have left is 0.
  Eigen::RowVectorXd gap(In t) {
    const Index n = t.cols();
    Eigen::RowVectorXd u(n), out(n), a(n), b(n);
    for (Index i = 0; i < n; ++i) u[i] = std::exp(-std::abs(t(0, i))) / (1 + std::exp(-std::abs(t(0, i))));
    for (const bool upper : {false, true}) {
      p_quantiles_->quantile(p_.layout, p_.theta, u, upper, row(a));
      q_quantiles_->quantile(q_.layout, q_.theta, u, upper, row(b));
      for (Index i = 0; i < n; ++i) {
        if ((t(0, i) > 0) != upper) continue;
        const double size = std::max(std::abs(a[i]), std::abs(b[i]));
        // Where both are beyond doubles nothing is known, and the square of the gap has overflowed before if there is
        // one.
        const bool same = std::abs(a[i] - b[i]) <= 16 * kEpsilon * size || (std::isinf(size) && a[i] == b[i]);
        out[i] = same ? 0 : a[i] - b[i];
      }
    }
    return out;
  }

 private:
  const Members &p_, &q_;
  const Quantiles *p_quantiles_, *q_quantiles_;
};

/// integral (P^-1(u) - Q^-1(u))^2 du for distributions on the integers, whose quantiles are steps.
Estimate by_quantile_steps(const Question& question);

}  // namespace kullback::divergence
