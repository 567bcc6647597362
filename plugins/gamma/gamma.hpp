// What the families made of one gamma variable share: Y with density rate^shape y^(shape-1) exp(-rate y) /
// Gamma(shape).
#pragma once

#include <kullback/plain_exponential.hpp>
#include <kullback/kullback.hpp>

#include <array>
#include <complex>

namespace kullback::gamma_family {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kHalfLog2Pi = 0.91893853320467274178;

/// log density of Y. Far from the bulk, or for a small shape, as it stands; else by the deviance from the mean, whose
/// terms do not cancel however large the shape is. [Loader 2000]
class LogDensity {
 public:
  LogDensity(double shape, double rate)
      : shape_(shape),
        rate_(rate),
        log_ratio_(std::log(rate) - std::log(shape)),
        constant_(0.5 * std::log(shape) - kHalfLog2Pi - stirling_error(shape)) {}
  double operator()(double y, double log_y) const {
    const double rate_y = rate_ * y, u = (rate_y - shape_) / shape_;
    if (shape_ > 4 && std::abs(u) < 0.5) return shape_ * log1pmx(u) + (constant_ - log_y);
    const double power = shape_ == 1 ? 0 : (shape_ - 1) * log_y;  // 0 * inf at y = 0
    return power + (shape_ * (log_ratio_ + 1) + constant_) - rate_y;
  }

 private:
  double shape_, rate_, log_ratio_, constant_;
};

/// H(Y). By Stirling's formula, so that nothing cancels for a large shape.
double entropy(double shape, double rate);

/// E[log Y] and its variance.
double mean_log(double shape, double rate);

/// E[Y^c], +inf where shape + c <= 0.
double power_moment(double shape, double rate, double c);

/// The shape with log(shape) - digamma(shape) = excess > 0.
double shape_of_log_excess(double excess);

/// KL between the gamma variables of the columns of both sides, for any family whose members are images of gamma
/// variables under one injective map: to_gamma turns a column of theta into (shape, rate).
///
///   KL(p || q) = shape_q phi(r) + phi(shape_q/shape_p)/2 + B(shape_q, shape_p),  r = shape_p rate_q / (shape_q rate_p)
///
/// with phi(r) = r - 1 - log r and B the Bregman divergence of Stirling's error: three terms that are never negative.
using ToGamma = void (*)(const double* theta, double& shape, double& rate);
Rule kl_rule(ToGamma to_gamma);

void add_gamma(Registrar& registrar);
void add_inverse_gamma(Registrar& registrar);
void add_exponential(Registrar& registrar);

}  // namespace kullback::gamma_family
