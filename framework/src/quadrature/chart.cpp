#include "quadrature/chart.hpp"

#include <Eigen/Dense>

#include <algorithm>
#include <cmath>
#include <limits>

namespace kullback::quadrature {

namespace {
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kStretch =
    3;  // z = 3 sinh(t) is nearly linear over the bulk: polynomials in u follow a normal density there
const double kLogStretch = std::log(kStretch);
constexpr double kFarthest = 350;  // sinh of more cannot be squared

double to_u(double t) { return std::abs(t) < 1e-8 ? t : (std::sqrt(1 + 4 * t * t) - 1) / (2 * t); }
double bulk_to_u(double z) { return to_u(std::asinh(z / kStretch)); }
}  // namespace

Chart::Chart(const Box& box, const Location& location, bool straight)
    : box_(box), center_(location.center), factor_(location.factor), straight_(straight) {
  const Index d = center_.size();
  for (Index i = 0; i < d; ++i) straight_ = straight_ || kind(i) != Kind::plane;
  if (straight_) {
    const Eigen::VectorXd scales = factor_.rowwise().norm();
    factor_ = scales.asDiagonal();
  }
  log_volume_ = 0;
  for (Index i = 0; i < d; ++i) {
    double scale = factor_(i, i);
    if (kind(i) == Kind::above) scale = factor_(i, i) = std::max(center_(i) - box_.low(i), 1e-300);
    if (kind(i) == Kind::below) scale = factor_(i, i) = std::max(box_.high(i) - center_(i), 1e-300);
    if (kind(i) == Kind::between) scale = factor_(i, i) = 0.5 * (box_.high(i) - box_.low(i));
    log_volume_ += std::log(scale);
  }
}

Chart::Kind Chart::kind(Index i) const {
  const bool low = std::isfinite(box_.low(i)), high = std::isfinite(box_.high(i));
  return low && high ? Kind::between : low ? Kind::above : high ? Kind::below : Kind::plane;
}

void Chart::map(In u, Out x, Row log_jacobian, Row far) const {
  const Index d = dimension();
  std::vector<Kind> kinds;
  for (Index i = 0; i < d; ++i) kinds.push_back(kind(i));
  for (Index n = 0; n < u.cols(); ++n) {
    double log_slope = log_volume_, farthest = 0;
    for (Index i = 0; i < d; ++i) {
      const double v = u(i, n);
      const Kind k = kinds[static_cast<std::size_t>(i)];
      if (k == Kind::between) {
        x(i, n) = v < 0 ? box_.low(i) + factor_(i, i) * (1 + v) : box_.high(i) - factor_(i, i) * (1 - v);
        continue;
      }
      const double rest = (1 - v) * (1 + v);
      const double t = std::clamp(v / rest, -kFarthest, kFarthest);
      farthest = std::max(farthest, std::abs(t));
      log_slope += std::log((1 + v * v) / (rest * rest));
      if (k == Kind::plane) {
        x(i, n) = kStretch * std::sinh(t);
        log_slope += kLogStretch + std::abs(t) + std::log1p(std::exp(-2 * std::abs(t))) - std::log(2.0);
      } else {
        const double sign = k == Kind::above ? 1 : -1;
        log_slope += sign * t;
        x(i, n) =
            k == Kind::above ? box_.low(i) + factor_(i, i) * std::exp(t) : box_.high(i) - factor_(i, i) * std::exp(-t);
      }
    }
    if (!straight_) {
      for (Index i = d; i-- > 0;) {  // lower triangular, in place
        double sum = 0;
        for (Index j = 0; j <= i; ++j) sum += factor_(i, j) * x(j, n);
        x(i, n) = center_(i) + sum;
      }
    } else {
      for (Index i = 0; i < d; ++i)
        if (kinds[static_cast<std::size_t>(i)] == Kind::plane) x(i, n) = center_(i) + factor_(i, i) * x(i, n);
    }
    far[n] = farthest;
    log_jacobian[n] = farthest < kFarthest ? log_slope : -kInf;
  }
}

double Chart::to_u(Index i, double x) const {
  switch (kind(i)) {
    case Kind::plane:
      return bulk_to_u((x - center_(i)) / factor_(i, i));
    case Kind::above:
      return x > box_.low(i) ? quadrature::to_u(std::log((x - box_.low(i)) / factor_(i, i))) : -1;
    case Kind::below:
      return x < box_.high(i) ? quadrature::to_u(-std::log((box_.high(i) - x) / factor_(i, i))) : 1;
    case Kind::between:
      return std::clamp((x - box_.low(i)) / factor_(i, i) - 1, -1.0, 1.0);
  }
  return 0;
}

std::vector<std::vector<double>> Chart::breaks(const std::vector<Location>& others) const {
  const Index d = dimension();
  std::vector<std::vector<double>> out(static_cast<std::size_t>(d));
  constexpr double kReach = 8;  // standard deviations: next to nothing of a normal density is further out
  const Eigen::MatrixXd inverse =
      straight_ ? Eigen::MatrixXd()
                : Eigen::MatrixXd(factor_.triangularView<Eigen::Lower>().solve(Eigen::MatrixXd::Identity(d, d)));
  for (Index i = 0; i < d; ++i) {
    auto& axis = out[static_cast<std::size_t>(i)];
    axis = {-1, 1};
    const auto add = [&](double u) {
      if (u > -1 && u < 1) axis.push_back(u);
    };
    if (kind(i) == Kind::plane) {
      if (d < 3) add(0);  // in three dimensions every split counts to the third power
      for (const double sign : {-1, 1}) add(sign * bulk_to_u(kReach));
    } else if (kind(i) != Kind::between) {
      add(0);
    }
    for (const Location& other : others) {
      double center = other.center(i), width = other.factor.row(i).norm();
      if (!straight_) {
        center = inverse.row(i).dot(other.center - center_);
        width = (inverse.row(i) * other.factor).norm();
      } else if (kind(i) == Kind::plane) {
        center = (center - center_(i)) / factor_(i, i);
        width /= factor_(i, i);
      } else {
        for (const double step : {-kReach, 0.0, kReach}) add(to_u(i, center + step * width));
        continue;
      }
      // What is like the bulk is served by the bulk's own splits, what is wide by the halving of cells.
      if (std::abs(center) < kReach && width > 0.2) continue;
      add(bulk_to_u(center));
      if (width < 0.2)
        for (const double sign : {-1, 1}) add(bulk_to_u(center + sign * kReach * width));
    }
    std::sort(axis.begin(), axis.end());
    // Two splits that are close together serve as one.
    std::vector<double> kept;
    for (const double u : axis)
      if (kept.empty() || u - kept.back() > 1e-9 * (1 - std::abs(u)) + 1e-12) kept.push_back(u);
    kept.back() = 1;
    axis = std::move(kept);
  }
  return out;
}

}  // namespace kullback::quadrature
