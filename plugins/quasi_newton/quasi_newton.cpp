// Quasi-Newton descent on a divergence: BFGS with the ends of ranges kept by projection.
#include "differences.hpp"

#include <kullback/kullback.hpp>
#include <kullback/objective.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace kullback::quasi_newton {
namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
constexpr double kLongest = 3;        // of one number in one step: the numbers are scaled so that D changes by about 1
constexpr double kSufficient = 1e-4;  // of the fall that the slope promises
constexpr int kHalvings = 40;
constexpr double kWorthwhile = 1e-7;     // of D: less is no reason for another search number by number
constexpr double kLargestInverse = 1e4;  // of a curvature that is 0 or negative

using Free = Eigen::Array<bool, Eigen::Dynamic, 1>;

// Numbers at an end of their range with the way down leading outside stay there, and so do those at a kink.
Free free_numbers(const Objective& objective) {
  const Objective::State& state = objective.state();
  Free free = Free::Constant(state.at.size(), true);
  for (Index i = 0; i < free.size(); ++i)
    free[i] = state.gradient[i] != 0 && !(state.at[i] <= objective.low()[i] && state.gradient[i] >= 0) &&
              !(state.at[i] >= objective.high()[i] && state.gradient[i] <= 0);
  return free;
}

Eigen::VectorXd only(const Eigen::VectorXd& v, const Free& free) { return free.select(v.array(), 0).matrix(); }

Eigen::MatrixXd from_curvature(const Eigen::VectorXd& curvature) {
  Eigen::VectorXd inverse(curvature.size());
  for (Index i = 0; i < inverse.size(); ++i) inverse[i] = curvature[i] > 1 / kLargestInverse ? 1 / curvature[i] : 1;
  return inverse.asDiagonal();
}

// H <- (I - s y'/s'y) H (I - y s'/s'y) + s s'/s'y: the H nearest to the old one with H y = s.
void learn(Eigen::MatrixXd& h, const Eigen::VectorXd& s, const Eigen::VectorXd& y) {
  const double sy = s.dot(y);
  if (!(sy > 1e-10 * s.norm() * y.norm())) return;
  const Eigen::VectorXd hy = h * y;
  h += ((1 + y.dot(hy) / sy) / sy) * s * s.transpose() - (hy * s.transpose() + s * hy.transpose()) / sy;
}

class QuasiNewton final : public Optimizer {
 public:
  Text name() const override { return "quasi_newton"; }
  Text summary() const override {
    return "BFGS on the divergence's value, for families without natural parameters and divergences of any kind";
  }
  std::optional<std::string> refuses(const Joint& joint, Text) const override {
    if (dynamic_cast<const Objective*>(&joint)) return std::nullopt;
    return "this fit has natural parameters to update, and quasi_newton is for those without (coordinate_ascent serves "
           "reverse_kl, moment_matching forward_kl and alpha divergences)";
  }
  bool raises_bound() const override { return true; }

  void step(Step& step) const override {
    auto& objective = dynamic_cast<Objective&>(step.joint);
    Objective::State& state = objective.state();
    state.stuck.clear();
    if (state.gradient.size() == 0 && !look_around(objective)) return;
    const Free free = free_numbers(objective);
    const Eigen::VectorXd g = only(state.gradient, free);
    Eigen::VectorXd direction = -only(state.inverse_hessian * g, free);
    if (!(direction.dot(g) < 0)) {  // what was learnt does not hold here
      state.inverse_hessian.setIdentity();
      direction = -g;
    }
    const double expected = -0.5 * direction.dot(g);  // fall of D
    state.distance = std::sqrt(2 * expected);
    const double noise = std::max(state.value.error, 8 * kEpsilon * std::abs(state.value.value));
    if (expected == 0) {
      step.finished = true;
      return;
    }
    const Eigen::VectorXd from = state.at, slope = state.gradient;
    if (!descend(objective, direction, g)) {
      step.finished = expected <= noise;
      if (step.finished) return;
      if (search_number_by_number(objective, direction, noise)) {
        state.inverse_hessian.resize(0, 0);
        look_around(objective);
      } else {
        state.stuck = "no step along the direction of descent makes the divergence smaller, though it should fall by " +
                      number_text(expected) + ": it may have a kink here, or none of its digits may be left";
      }
      return;
    }
    if (!look_around(objective)) return;
    learn(state.inverse_hessian, only(state.at - from, free), only(state.gradient - slope, free));
    const Eigen::VectorXd left = only(state.gradient, free_numbers(objective));
    state.distance = std::sqrt(std::max(0.0, left.dot(state.inverse_hessian * left)));
  }

 private:
  // The slopes where the search stands. A number beside which the divergence is infinite stays where it is (the shape
  // that alone gives the support its form), unless it leads lower together with another.
  static bool look_around(Objective& objective) {
    Objective::State& state = objective.state();
    Slopes slopes = differences(objective, state.at, state.value.value);
    for (int tried = 0; tried < kHalvings && leads_lower_in_pairs(objective, slopes.unknown); ++tried)
      slopes = differences(objective, state.at, state.value.value);
    if (static_cast<Index>(slopes.unknown.size()) == state.at.size()) {
      state.stuck = "the divergence is infinite on both sides of " + objective.name_of(slopes.unknown.front());
      return false;
    }
    state.gradient = slopes.gradient;
    if (state.inverse_hessian.size() == 0) state.inverse_hessian = from_curvature(slopes.curvature);
    return true;
  }

  // Goes there.
  static bool leads_lower_in_pairs(Objective& objective, const std::vector<Index>& numbers) {
    const Objective::State& state = objective.state();
    for (const Index i : numbers)
      for (Index j = 0; j < state.at.size(); ++j)
        for (const double step : {0.1, 1e-3})
          for (const int signs : {0, 1, 2, 3}) {
            if (i == j) continue;
            Eigen::VectorXd u = state.at;
            u[i] += signs & 1 ? step : -step;
            u[j] += signs & 2 ? step : -step;
            u = u.cwiseMax(objective.low()).cwiseMin(objective.high());
            const Objective::Value value = objective.value(u);
            if (!(value.value < state.value.value - kWorthwhile * (1 + std::abs(state.value.value)))) continue;
            objective.move(u, value);
            return true;
          }
    return false;
  }

  // Beside a kink slopes lead nowhere. Kinks are where one parameter meets something of the target: each number is
  // brought to its own minimum within the step's length, by golden sections. False if all that gains nothing.
  static bool search_number_by_number(Objective& objective, const Eigen::VectorXd& direction, double noise) {
    constexpr double kGolden = 0.6180339887498949;
    constexpr int kSections = 70;
    const double start = objective.state().value.value;
    for (Index i = 0; i < direction.size(); ++i) {
      if (direction[i] == 0) continue;
      const Eigen::VectorXd from = objective.state().at;
      Eigen::VectorXd u = from;
      const auto value = [&](double t) {
        u[i] = std::clamp(from[i] + t, objective.low()[i], objective.high()[i]);
        return objective.value(u);
      };
      double low = -std::min(std::abs(direction[i]), kLongest), high = -low;
      double a = high - kGolden * (high - low), b = low + kGolden * (high - low);
      Objective::Value at_a = value(a), at_b = value(b);
      for (int k = 0; k < kSections; ++k) {
        if (at_a.value <= at_b.value) {
          high = b, b = a, at_b = at_a;
          at_a = value(a = high - kGolden * (high - low));
        } else {
          low = a, a = b, at_a = at_b;
          at_b = value(b = low + kGolden * (high - low));
        }
      }
      const Objective::Value best = value(at_a.value <= at_b.value ? a : b);
      if (best.value < objective.state().value.value) objective.move(u, best);
    }
    return start - objective.state().value.value > std::max(noise, kWorthwhile * (1 + std::abs(start)));
  }

  // Halves the step until the divergence falls by some of what the slope promises. One that was cut short and serves is
  // doubled for as long as that serves better: towards an infimum at infinite parameters the way is long.
  static bool descend(Objective& objective, const Eigen::VectorXd& direction, const Eigen::VectorXd& gradient) {
    const Eigen::VectorXd from = objective.state().at;
    const double start = objective.state().value.value;
    const auto moves = [&](double t) {
      const Eigen::VectorXd next = (from + t * direction).cwiseMax(objective.low()).cwiseMin(objective.high());
      const double promised = gradient.dot(next - from);
      if (!(promised < 0)) return false;
      const Objective::Value value = objective.value(next);
      if (!(value.value <= start + kSufficient * promised) || !(value.value < objective.state().value.value))
        return false;
      objective.move(next, value);
      return true;
    };
    double t = std::min(1.0, kLongest / direction.lpNorm<Eigen::Infinity>());
    if (moves(t)) {
      while (t < 1 && moves(std::min(1.0, 2 * t))) t *= 2;
      return true;
    }
    for (int halving = 1; halving < kHalvings; ++halving)
      if (moves(t *= 0.5)) return true;
    return false;
  }
};

}  // namespace
}  // namespace kullback::quasi_newton

KULLBACK_PLUGIN("quasi_newton", "1.0.0")(kullback::Registrar& registrar) {
  registrar.optimizer(std::make_unique<kullback::quasi_newton::QuasiNewton>());
}
