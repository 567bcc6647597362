// What the families made of one gamma variable share: Y with density rate^shape y^(shape-1) exp(-rate y) /
// Gamma(shape).
#pragma once

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

/// Expectations under Y.
struct Variable {
  double shape, rate;

  double mean() const { return shape / rate; }
  double variance() const { return shape / rate / rate; }
  double stddev() const { return std::sqrt(shape) / rate; }
  double entropy() const;  ///< by Stirling's formula, so that nothing cancels for a large shape
  double mean_log() const { return digamma(shape) - std::log(rate); }
  double mean_log2() const { return mean_log() * mean_log() + trigamma(shape); }
  double power_moment(double c) const;  ///< E[Y^c], +inf where shape + c <= 0
  double moment_generating(double c) const { return c < rate ? std::exp(-shape * std::log1p(-c / rate)) : kInfinity; }
  std::complex<double> characteristic() const {  // (1 - i/rate)^-shape
    return std::polar(std::exp(-0.5 * shape * std::log1p(1 / (rate * rate))), shape * std::atan2(1, rate));
  }
  double cdf(double y, bool upper) const { return gamma_cdf(rate * y, shape, upper); }
  double quantile(double p, bool upper) const { return gamma_quantile(p, shape, upper) / rate; }
  /// E|Y^k - c| for c > 0: c (F - (1 - F)) + E[Y^k] ((1 - G) - G) at Y^k = c, G for a shape larger by k. For k < 0
  /// mirrored.
  double mean_distance(double c, double k) const;
};

/// The family of Math, whose members are images of gamma variables: Math::variable(theta) gives them.
template <class Math>
class ImageOfGamma final : public PlainExponential<Math>, public Image {
 public:
  ImageOfGamma(const Distribution& gamma, Text map) : gamma_(gamma), map_(map) {}
  Text map() const override { return map_; }
  Members preimage(const Layout&, In theta) const override {
    Members out{&gamma_, {}, Eigen::MatrixXd(2, theta.cols())};
    for (Index n = 0; n < theta.cols(); ++n) {
      const Variable y = Math::variable(theta.col(n).data());
      out.theta.col(n) << y.shape, y.rate;
    }
    return out;
  }

 private:
  const Distribution& gamma_;
  Text map_;
};

/// The shape with log(shape) - digamma(shape) = excess > 0.
double shape_of_log_excess(double excess);

/// A block of gamma variables.
constexpr Index kBlock = 256;
using Numbers = std::array<double, kBlock>;
struct Gammas {
  alignas(64) Numbers shape, rate;
};

/// KL of the first `count` pairs, a multiple of 8, and bounds on the roundings. All of the block must be positive
/// numbers.
///
///   KL(p || q) = shape_q phi(r) + phi(shape_q/shape_p)/2 + B(shape_q, shape_p),  r = shape_p rate_q / (shape_q rate_p)
///
/// with phi(r) = r - 1 - log r and B the Bregman divergence of Stirling's error: three terms that are never negative.
void kl_of_gammas(const Gammas& p, const Gammas& q, Index count, double* value, double* error);

/// Columns of theta as gamma variables; the rest of the block is filled.
template <class Math>
void read(const In& theta, Index begin, Index count, Gammas& out) {
  const double* from = plain::column(theta, begin);
  const Index stride = theta.cols() > 1 ? theta.outerStride() : 0;
  for (Index n = 0; n < kBlock; ++n) {
    const Variable y = n < count ? Math::variable(from + n * stride) : Variable{1, 1};
    out.shape[static_cast<std::size_t>(n)] = y.shape, out.rate[static_cast<std::size_t>(n)] = y.rate;
  }
}

/// The rule of KL for a family whose members are gamma variables or images of them under one injective map:
/// Math::variable.
template <class Math>
Rule kl_rule() {
  return {Method::closed_form,
          "shape_q phi(r) + phi(shape_q/shape_p)/2 + B(shape_q, shape_p),  r = shape_p rate_q/(shape_q rate_p)",
          "[Gil et al. 2013, table 3]", [](const Side& p, const Side& q, Row value, Row error) {
            Gammas a, b;
            alignas(64) Numbers values, errors;
            for (Index begin = 0; begin < value.size(); begin += kBlock) {
              const Index count = std::min(kBlock, value.size() - begin);
              if (begin == 0 || p.theta.cols() > 1) read<Math>(p.theta, begin, count, a);
              if (begin == 0 || q.theta.cols() > 1) read<Math>(q.theta, begin, count, b);
              kl_of_gammas(a, b, (count + 7) / 8 * 8, values.data(),
                           errors.data());  // whole vectors: same bits anywhere
              std::copy_n(values.begin(), count, value.data() + begin);
              std::copy_n(errors.begin(), count, error.data() + begin);
            }
          }};
}

const Distribution& add_gamma(Registrar& registrar);
void add_inverse_gamma(Registrar& registrar, const Distribution& gamma);
void add_exponential(Registrar& registrar);
void add_chi_squared(Registrar& registrar);
void add_nakagami_and_chi(Registrar& registrar, const Distribution& gamma);
void add_root_inverse_gamma(Registrar& registrar, const Distribution& gamma);

}  // namespace kullback::gamma_family
