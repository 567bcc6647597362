#include "messages/smooth_table.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace kullback::messages {
namespace {

constexpr double kRounding = 16 * std::numeric_limits<double>::epsilon();
constexpr Index kFirstPoints = 9, kMostPoints = 65;
constexpr double kNarrower = 0.5;                      // than a range in which a function is not smooth
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

SmoothTable::Axis SmoothTable::Axis::at(const Eigen::VectorXd& numbers) {
  Axis axis(numbers, numbers.size());
  axis.size = numbers.size();
  axis.given = numbers;
  return axis;
}

bool SmoothTable::Axis::is_short() const { return given.size() > 0 || size <= kMostPoints; }

bool SmoothTable::Axis::covers(const Eigen::VectorXd& x) const {
  if (given.size() > 0) return x.size() == given.size() && x == given;
  return x.minCoeff() >= low && x.maxCoeff() <= high;
}

double SmoothTable::Axis::x(double share) const {
  if (size == 1 || share <= -1) return low;
  if (share >= 1) return high;
  const double a = 0.5 * (1 - share), b = 0.5 * (1 + share);
  const double inside = logarithmic ? std::exp(a * std::log(low) + b * std::log(high)) : a * low + b * high;
  return std::clamp(inside, low, high);
}

Eigen::VectorXd SmoothTable::Axis::points() const {
  if (given.size() > 0) return given;
  Eigen::VectorXd points(size);
  for (Index j = 0; j < size; ++j) points[j] = x(size == 1 ? 0 : cosine(j, size));
  return points;
}

// The barycentric form of Lagrange's polynomial.
Eigen::MatrixXd SmoothTable::Axis::weights(const Eigen::VectorXd& numbers) const {
  if (size == 1) return Eigen::MatrixXd::Ones(numbers.size(), 1);
  if (given.size() > 0) {
    Eigen::MatrixXd units = Eigen::MatrixXd::Zero(numbers.size(), size);
    for (Index i = 0; i < numbers.size(); ++i)
      units(i, std::find(given.begin(), given.end(), numbers[i]) - given.begin()) = 1;
    return units;
  }
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
  if (size == 1 || given.size() > 0) return 0;
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
    for (Index i = 0; i < x.size(); ++i)
      x[i] = axis.given.size() > 0 ? axis.given[i * (axis.size - 1) / 2] : axis.x(sign * kBetween[i]);
    return x;
  };
  const Eigen::VectorXd a = some(first_, 1), b = some(second_, -1);
  return (at(a, b) - table(a, b)).cwiseAbs().maxCoeff<Eigen::PropagateNaN>();
}

bool SmoothTable::refine(const TableAt& table, Index most, double tolerance) {
  for (;;) {
    Axis &a = first_, &b = second_;
    if (a.size * b.size > most || !a.is_short() || !b.is_short()) return false;
    values_ = table(a.points(), b.points());
    if (!values_.allFinite()) return false;
    const double wanted = std::max(tolerance, kRounding * values_.cwiseAbs().maxCoeff());
    const bool coarse_a = !(a.tail(values_) <= wanted), coarse_b = !(b.tail(values_.transpose()) <= wanted);
    const bool smooth = !coarse_a && !coarse_b;
    if (smooth && error_between(table) <= wanted) return true;
    if (smooth && a.is_fixed() && b.is_fixed()) return false;
    if (coarse_a || smooth) a.refine();
    if (coarse_b || smooth) b.refine();
  }
}

// A polynomial in one number at the nodes of the other: some of these say how many points it takes.
bool SmoothTable::refine_along(int number, const TableAt& table, const Eigen::VectorXd (&numbers)[2], Index most,
                               double tolerance) {
  const Eigen::VectorXd& nodes = numbers[1 - number];
  Eigen::VectorXd some(std::min(nodes.size(), kFirstPoints));
  for (Index i = 0; i < some.size(); ++i) some[i] = nodes[i * (nodes.size() - 1) / std::max<Index>(1, some.size() - 1)];
  Axis& along = number == 0 ? first_ : second_;
  Axis& other = number == 0 ? second_ : first_;
  along = Axis(numbers[number], kFirstPoints);
  other = Axis::at(some);
  if (!refine(table, most, tolerance)) return false;
  other = Axis::at(nodes);
  return refine(table, most, tolerance);
}

bool SmoothTable::learn(const TableAt& table, const Eigen::VectorXd& first, const Eigen::VectorXd& second, Index most,
                        double tolerance) {
  const Eigen::VectorXd numbers[2] = {first, second};
  const auto range = [&](int i) { return numbers[i].maxCoeff() - numbers[i].minCoeff(); };
  SmoothTable next;
  next.rough_ = rough_, next.rough_range_ = rough_range_;
  const bool again = rough_ >= 0 && range(rough_) > kNarrower * rough_range_;  // not smooth in that one, as before
  bool found = false;
  if (!again) {
    next.rough_ = -1;
    next.first_ = Axis(first, kFirstPoints), next.second_ = Axis(second, kFirstPoints);
    found = next.refine(table, most, tolerance);
  }
  for (int i = 0; i < 2 && !found; ++i) {
    if (again && i == rough_) continue;
    found = next.refine_along(i, table, numbers, most, tolerance);
    if (found && !again) next.rough_ = 1 - i, next.rough_range_ = range(1 - i);
  }
  if (found) *this = std::move(next);
  return found;
}

Eigen::MatrixXd SmoothTable::at(const Eigen::VectorXd& first, const Eigen::VectorXd& second) const {
  return first_.weights(first) * values_ * second_.weights(second).transpose();
}

}  // namespace kullback::messages
