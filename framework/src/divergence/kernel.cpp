// The maximum mean discrepancy of a Gaussian kernel on the line. exp(-(x - y)^2/(2 h^2)) is the integral over z of
// exp(-(x - z)^2/h^2) exp(-(y - z)^2/h^2), up to a constant, so that the double integral is one of a square:
//
//   sqrt(2/pi)/h integral F(z)^2 dz,   F(z) = integral exp(-(x - z)^2/h^2) (p - q)(x) dx = 2 integral (P - Q)(z + h s)
//   s exp(-s^2) ds
#include "divergence/distributions.hpp"
#include "divergence/piece.hpp"

#include <kullback/error.hpp>
#include <kullback/numerics.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace kullback::divergence {

namespace {

constexpr double kReach = 6.5;  // exp(-s^2) is below 1e-18 beyond
constexpr double kInner = 1e-13;

class Smoothed {
 public:
  Smoothed(const Question& question, double h) : p_(question.p), q_(question.q), both_(question), h_(h) {
    for (const Members* side : {&p_, &q_}) {
      const auto found = quadrature::find_features(*side->family, side->layout, side->theta);
      center_ += 0.5 * found.center;
      scale_ = std::max(scale_, found.scale);
      for (const quadrature::Feature& f : found.points)
        if (std::isfinite(f.x)) features_.push_back(f.x);
      const Support s = side->family->support(side->layout, side->theta, 0, 0);
      for (const double end : {s.low, s.high})
        if (std::isfinite(end)) features_.push_back(end);
    }
    std::sort(features_.begin(), features_.end());
    features_.erase(std::unique(features_.begin(), features_.end()), features_.end());
  }

  double center() const { return center_; }
  double scale() const { return std::max(scale_, h_); }
  const std::vector<double>& features() const { return features_; }

  /// F at z, and a bound on its error.
  std::pair<double, double> operator()(double z) {
    quadrature::Line line{{-kReach, 0, kReach}, -kReach, kReach};
    for (const double x : features_)
      if (const double s = (x - z) / h_; std::abs(s) < kReach && s != 0) line.breaks.push_back(s);
    std::sort(line.breaks.begin(), line.breaks.end());
    quadrature::Options options;
    options.relative_tolerance = kInner;
    options.driving = 1;
    const quadrature::Integral integral = quadrature::integrate_1d(
        [&](In s, Out out) {
          const Index n = s.cols();
          const Eigen::MatrixXd x = (z + h_ * s.array()).matrix();
          const Eigen::RowVectorXd d = both_.difference(x), size = both_.smaller_tails(x);
          for (Index i = 0; i < n; ++i) {
            const double weight = 2 * s(0, i) * std::exp(-s(0, i) * s(0, i));
            out(0, i) = d[i] * weight;
            out(1, i) = 4 * kEpsilon * size[i] * std::abs(weight);
          }
        },
        2, line, options);
    evaluations_ += integral.evaluations;
    return {integral.value(0), integral.error(0) + integral.value(1)};
  }
  Index evaluations() const { return evaluations_; }

 private:
  const Members &p_, &q_;
  Distributions both_;
  double h_, center_ = 0, scale_ = 0;
  std::vector<double> features_;
  Index evaluations_ = 0;
};

// On the integers: the double sum of (p - q)(i) (p - q)(j) k(i - j) over all of both but 1e-18 on either side.
Answer by_double_sum(Question& question, double h) {
  constexpr double kLeftOut = 1e-18, kMostTerms = 4e8;
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const Members* side : {&question.p, &question.q}) {
    const auto* quantiles = capability<Quantiles>(*side->family, side->layout);
    if (!quantiles) {
      question.missing.push_back(fmt::format("{} has no quantiles to say where it ends", side->family->name()));
      return {};
    }
    Eigen::RowVectorXd end(1);
    for (const bool upper : {false, true}) {
      quantiles->quantile(side->layout, side->theta, Eigen::MatrixXd::Constant(1, 1, kLeftOut), upper, row(end));
      (upper ? high : low) = upper ? std::max(high, end[0]) : std::min(low, end[0]);
    }
  }
  const double reach = std::ceil(8.7 * h);  // k is below 4e-17 beyond
  const double count = high - low + 1;
  if (!(count * std::min(count, 2 * reach + 1) <= kMostTerms)) {
    question.missing.push_back(
        fmt::format("the kernel's sum has {:.3g} times {:.3g} terms", count, std::min(count, 2 * reach + 1)));
    return {};
  }
  const auto n = static_cast<Index>(count);
  const Index window = static_cast<Index>(std::min(count - 1, reach));
  const Eigen::MatrixXd x = Eigen::RowVectorXd::LinSpaced(n, low, high);
  Eigen::RowVectorXd log_p(n), log_q(n);
  question.p.family->log_density(question.p.layout, question.p.theta, Points(x), row(log_p));
  question.q.family->log_density(question.q.layout, question.q.theta, Points(x), row(log_q));
  const Eigen::RowVectorXd d = log_p.array().exp() - log_q.array().exp();
  const auto noise = [](double log_mass) {
    return log_mass > -700 ? kEpsilon * std::exp(log_mass) * (4 + std::abs(log_mass)) : 0.0;
  };
  Eigen::VectorXd kernel(window + 1);
  for (Index k = 0; k <= window; ++k) kernel[k] = std::exp(-0.5 * std::pow(static_cast<double>(k) / h, 2));
  double value = 0, rounding = 0;
  for (Index i = 0; i < n; ++i) {
    const Index before = std::min(i, window), after = std::min(n - 1 - i, window);
    const double f = kernel.head(before + 1).dot(d.segment(i - before, before + 1).reverse()) +
                     kernel.segment(1, after).dot(d.segment(i + 1, after));
    value += d[i] * f;
    rounding += 2 * (noise(log_p[i]) + noise(log_q[i])) * std::abs(f) + 4 * kEpsilon * std::abs(d[i] * f);
  }
  // A square: what rounding took below zero is error.
  const double below = std::min(0.0, value);
  return Estimate{value - below, rounding - below + 16 * kLeftOut, Method::exact_sum,
                  fmt::format("sum over {} integers, {} beside each", n, window)};
}

}  // namespace

Answer by_kernel(Question& question) {
  if (question.options.formulas_only) return {};
  if (question.p.layout.dimension != 1) {
    question.missing.push_back("kernels are integrated on the line only");
    return {};
  }
  const auto is_integer = [](const Members& side) {
    return side.family->support(side.layout, side.theta, 0, 0).integer;
  };
  if (is_integer(question.p) && is_integer(question.q)) return by_double_sum(question, question.divergence.order());
  for (const Members* side : {&question.p, &question.q})
    if (!capability<Quantiles>(*side->family, side->layout) || is_integer(*side)) {
      question.missing.push_back(fmt::format("{} has no continuous distribution function", side->family->name()));
      return {};
    }
  const double h = question.divergence.order();
  Smoothed smoothed(question, h);
  const quadrature::Coordinate coordinate(-std::numeric_limits<double>::infinity(),
                                          std::numeric_limits<double>::infinity(), smoothed.center(), smoothed.scale());
  std::vector<quadrature::Feature> breaks;
  for (const double x : smoothed.features())
    for (const double step : {-8.0, -3.0, 0.0, 3.0, 8.0}) breaks.push_back({x + step * h, h});
  std::vector<double> t;
  for (const double x : quadrature::thin(breaks, coordinate.low(), coordinate.high())) {
    const double at = coordinate.to_t(x);
    if (at > coordinate.low_limit() && at < coordinate.high_limit() && (t.empty() || at > t.back())) t.push_back(at);
  }
  quadrature::Options options;
  options.relative_tolerance = question.options.relative_tolerance * 0.01;
  options.driving = 1;
  quadrature::Mapped mapped;
  const quadrature::Integral integral = quadrature::integrate_1d(
      [&](In at, Out out) {
        coordinate.map(at.data(), at.cols(), mapped);
        for (Index i = 0; i < at.cols(); ++i) {
          const auto [f, error] = smoothed(mapped.x[i]);
          const double jacobian = std::exp(mapped.log_jacobian[i]);
          out(0, i) = f == 0 ? 0 : f * f * jacobian;
          out(1, i) = error == 0 ? 0 : error * (2 * std::abs(f) + error) * jacobian;
        }
      },
      2, {t, coordinate.low_limit(), coordinate.high_limit(), coordinate.low_flat(), coordinate.high_flat()}, options);
  const double constant = std::sqrt(2 / std::numbers::pi) / h;
  const double value = constant * integral.value(0);
  return Estimate{value, 2 * constant * (integral.error(0) + integral.value(1)) + 1e-14 * value, Method::quadrature,
                  fmt::format("quadrature of the smoothed difference, {} evaluations", smoothed.evaluations())};
}

}  // namespace kullback::divergence
