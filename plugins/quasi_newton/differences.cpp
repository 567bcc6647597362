#include "differences.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace kullback::quasi_newton {

namespace {

// The error of the rule is h^4/30 times the fifth derivative, that of the values' rounding eps/h: both are about 1e-13
// here.
constexpr double kStep = 1e-3;
// A narrow valley needs shorter ones: those that change D by no more than this.
constexpr double kLargestChange = 1e-3;
constexpr int kShortenings = 6;
constexpr double kShorter = 0.1;

struct Slope {
  double first = 0, second = 0;
  double change = 0;  // of the value, the largest there was
  bool kink = false;  // a minimum that is none of a smooth function
};

class Along {
 public:
  Along(const Objective& objective, const Eigen::VectorXd& u, double value, Index number)
      : objective_(objective), u_(u), value_(value), number_(number) {}

  bool central(double h, Slope& out) const {
    std::array<double, 4> f{};
    for (std::size_t k = 0; k < 4; ++k)
      if (!at(h * std::array{-2.0, -1.0, 1.0, 2.0}[k], f[k])) return false;
    out.change = 0;
    for (const double each : f) out.change = std::max(out.change, std::abs(value_ - each));
    out.kink = rises_like_a_kink(f[2] - value_, f[3] - value_) && rises_like_a_kink(f[1] - value_, f[0] - value_);
    out.first = (8 * (f[2] - f[1]) - (f[3] - f[0])) / (12 * h);
    out.second = (16 * ((f[2] - value_) + (f[1] - value_)) - ((f[3] - value_) + (f[0] - value_))) / (12 * h * h);
    return true;
  }

  // h may be negative.
  bool one_sided(double h, Slope& out) const {
    std::array<double, 4> f{};
    for (std::size_t k = 0; k < 4; ++k) {
      if (!at(h * static_cast<double>(k + 1), f[k])) return false;
      f[k] -= value_;
    }
    out.change = 0;
    for (const double each : f) out.change = std::max(out.change, std::abs(each));
    out.first = (48 * f[0] - 36 * f[1] + 16 * f[2] - 3 * f[3]) / (12 * h);
    out.second = (-104 * f[0] + 114 * f[1] - 56 * f[2] + 11 * f[3]) / (12 * h * h);
    return true;
  }

 private:
  // By how much the value rises in one step and in two: of a parabola that rises to both sides, fourfold on one of them
  // at least.
  static bool rises_like_a_kink(double once, double twice) { return once > 0 && twice < 3 * once; }

  bool at(double step, double& out) const {
    Eigen::VectorXd moved = u_;
    moved[number_] += step;
    if (moved[number_] < objective_.low()[number_] || moved[number_] > objective_.high()[number_]) return false;
    out = objective_.value(moved).value;
    return std::isfinite(out);
  }

  const Objective& objective_;
  const Eigen::VectorXd& u_;
  double value_;
  Index number_;
};

}  // namespace

Slopes differences(const Objective& objective, const Eigen::VectorXd& u, double value) {
  Slopes out{Eigen::VectorXd::Zero(u.size()), Eigen::VectorXd::Zero(u.size()), {}};
  for (Index i = 0; i < u.size(); ++i) {
    const Along along(objective, u, value, i);
    Slope slope;
    bool found = false;
    double h = kStep;
    for (int n = 0; n < kShortenings; ++n, h *= kShorter) {
      Slope shorter;
      if (!along.central(h, shorter) && !along.one_sided(h, shorter) && !along.one_sided(-h, shorter)) continue;
      slope = shorter;
      found = true;
      if (slope.change <= kLargestChange * (1 + std::abs(value))) break;
    }
    if (!found) out.unknown.push_back(i);
    out.gradient[i] = slope.kink ? 0 : slope.first, out.curvature[i] = slope.second;
  }
  return out;
}

}  // namespace kullback::quasi_newton
