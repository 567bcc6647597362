#include "messages/smooth_table.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace kullback::messages {
namespace {

constexpr double kTolerance = 1e-8;  // nats
constexpr double kRounding = 16 * std::numeric_limits<double>::epsilon();
constexpr Index kFirstPoints = 9, kMostPoints = 65;
constexpr double kLongRange = 2;                       // high/low above which log x is the coordinate
constexpr double kBetween[] = {-0.861, 0.117, 0.693};  // where the polynomial is tried, as shares of the range

double cosine(Index j, Index size) {
  return std::cos(std::numbers::pi * static_cast<double>(j) / static_cast<double>(size - 1));
}

}  // namespace

SmoothTable::Axis::Axis(const Eigen::VectorXd& between, Index points)
    : low(between.minCoeff()),
      high(between.maxCoeff()),
      logarithmic(low > 0 && high > kLongRange * low),
      size(low < high ? points : 1) {}

bool SmoothTable::Axis::covers(const Eigen::VectorXd& x) const { return x.minCoeff() >= low && x.maxCoeff() <= high; }

double SmoothTable::Axis::x(double share) const {
  if (size == 1 || share <= -1) return low;
  if (share >= 1) return high;
  const double a = 0.5 * (1 - share), b = 0.5 * (1 + share);
  const double inside = logarithmic ? std::exp(a * std::log(low) + b * std::log(high)) : a * low + b * high;
  return std::clamp(inside, low, high);
}

Eigen::VectorXd SmoothTable::Axis::points() const {
  Eigen::VectorXd points(size);
  for (Index j = 0; j < size; ++j) points[j] = x(size == 1 ? 0 : cosine(j, size));
  return points;
}

// The barycentric form of Lagrange's polynomial.
Eigen::MatrixXd SmoothTable::Axis::weights(const Eigen::VectorXd& numbers) const {
  if (size == 1) return Eigen::MatrixXd::Ones(numbers.size(), 1);
  const auto coordinate = [&](double x) { return logarithmic ? std::log(x) : x; };
  const Eigen::VectorXd at = points().unaryExpr(coordinate);
  Eigen::MatrixXd weights(numbers.size(), size);
  for (Index i = 0; i < numbers.size(); ++i) {
    const double here = coordinate(numbers[i]);
    Index exactly = -1;
    for (Index j = 0; j < size; ++j) {
      if (here == at[j]) exactly = j;
      const double half = j == 0 || j == size - 1 ? 0.5 : 1;
      weights(i, j) = (j % 2 == 0 ? half : -half) / (here - at[j]);
    }
    if (exactly >= 0)
      weights.row(i) = Eigen::RowVectorXd::Unit(size, exactly);
    else
      weights.row(i) /= weights.row(i).sum();
  }
  return weights;
}

double SmoothTable::Axis::tail(const Eigen::MatrixXd& columns) const {
  if (size == 1) return 0;
  double largest = 0;
  for (const Index k : {size - 2, size - 1}) {
    Eigen::RowVectorXd sum = Eigen::RowVectorXd::Zero(columns.cols());
    for (Index j = 0; j < size; ++j) {
      const double half = j == 0 || j == size - 1 ? 0.5 : 1;
      sum += half * cosine(j * k % (2 * (size - 1)), size) * columns.row(j);
    }
    largest = std::max(largest, 2.0 / static_cast<double>(size - 1) * sum.cwiseAbs().maxCoeff());
  }
  return largest;
}

bool SmoothTable::covers(const Eigen::VectorXd& first, const Eigen::VectorXd& second) const {
  return values_.size() > 0 && first_.covers(first) && second_.covers(second);
}

double SmoothTable::error_between(const TableAt& table) const {
  const auto some = [](const Axis& axis, double sign) {
    Eigen::VectorXd x(axis.size == 1 ? 1 : static_cast<Index>(std::size(kBetween)));
    for (Index i = 0; i < x.size(); ++i) x[i] = axis.x(sign * kBetween[i]);
    return x;
  };
  const Eigen::VectorXd a = some(first_, 1), b = some(second_, -1);
  return (at(a, b) - table(a, b)).cwiseAbs().maxCoeff<Eigen::PropagateNaN>();
}

bool SmoothTable::learn(const TableAt& table, const Eigen::VectorXd& first, const Eigen::VectorXd& second, Index most) {
  SmoothTable next;
  next.first_ = Axis(first, kFirstPoints), next.second_ = Axis(second, kFirstPoints);
  for (;;) {
    Axis &a = next.first_, &b = next.second_;
    if (std::max(a.size, b.size) > kMostPoints || a.size * b.size > most) return false;
    next.values_ = table(a.points(), b.points());
    if (!next.values_.allFinite()) return false;
    const double wanted = std::max(kTolerance, kRounding * next.values_.cwiseAbs().maxCoeff());
    const bool coarse_a = !(a.tail(next.values_) <= wanted), coarse_b = !(b.tail(next.values_.transpose()) <= wanted);
    const bool smooth = !coarse_a && !coarse_b;
    if (smooth && next.error_between(table) <= wanted) break;
    if (smooth && a.size == 1 && b.size == 1) return false;
    if (coarse_a || smooth) a.refine();
    if (coarse_b || smooth) b.refine();
  }
  *this = std::move(next);
  return true;
}

Eigen::MatrixXd SmoothTable::at(const Eigen::VectorXd& first, const Eigen::VectorXd& second) const {
  return first_.weights(first) * values_ * second_.weights(second).transpose();
}

}  // namespace kullback::messages
