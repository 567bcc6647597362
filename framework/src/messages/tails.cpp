// Probabilities so far out in a tail that survival functions have underflowed.
#include "messages/restricted_nodes.hpp"

#include <Eigen/Eigenvalues>

#include <algorithm>
#include <cmath>
#include <limits>

namespace kullback::messages {
namespace {

struct Laguerre {
  Eigen::VectorXd nodes, log_weights;
  // The eigenvalues of the recurrence's matrix are the nodes, and the squares of the first elements the weights.
  explicit Laguerre(Index count) {
    Eigen::MatrixXd recurrence = Eigen::MatrixXd::Zero(count, count);
    for (Index i = 0; i < count; ++i) {
      recurrence(i, i) = static_cast<double>(2 * i + 1);
      if (i > 0) recurrence(i, i - 1) = recurrence(i - 1, i) = static_cast<double>(i);
    }
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(recurrence);
    nodes = solver.eigenvalues();
    log_weights = 2 * solver.eigenvectors().row(0).transpose().array().abs().log();
  }
};

Eigen::RowVectorXd log_densities(const LogDensity& g, const Eigen::RowVectorXd& x) {
  Eigen::RowVectorXd values;
  g({x, {}, {}}, values);
  return values;
}

// With u = rate |x - from|, the integral of exp(-u) times what the density is off an exponential.
double log_integral(const Laguerre& rule, const LogDensity& g, double from, double step) {
  const Eigen::RowVectorXd log_density = log_densities(g, from + step * rule.nodes.transpose().array());
  const Eigen::ArrayXd terms = log_density.transpose().array() + rule.nodes.array() + rule.log_weights.array();
  const double largest = terms.maxCoeff();
  return largest + std::log((terms - largest).exp().sum()) + std::log(std::abs(step));
}

}  // namespace

double log_tail(const LogDensity& g, double low, double high, bool from_high) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  constexpr double kClose = 1e-6;    // of the limit: where the rate is taken
  constexpr double kFarEnough = 45;  // e-folds until the other limit
  constexpr double kAgree = 1e-11;
  static const Laguerre coarse(10), fine(16);
  const double from = from_high ? high : low, away = (from_high ? -1 : 1) * kClose * std::abs(from);
  if (!std::isfinite(from) || away == 0) return kNone;
  const Eigen::RowVectorXd two = log_densities(g, Eigen::RowVector2d(from, from + away));
  const double step = away / (two[0] - two[1]);  // one e-fold
  if (!std::isfinite(step) || step * away <= 0 || !(high - low > kFarEnough * std::abs(step))) return kNone;
  const double rough = log_integral(coarse, g, from, step), value = log_integral(fine, g, from, step);
  return std::abs(value - rough) <= kAgree * std::abs(value) ? value : kNone;
}

}  // namespace kullback::messages
