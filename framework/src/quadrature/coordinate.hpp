// An unconstrained coordinate t for a piece of the line: end-point singularities and power tails become
// exponential tails, and points keep the logarithms of their distances to the ends.
#pragma once

#include <kullback/distribution.hpp>

namespace kullback::quadrature {

/// Points of a piece in all the forms that a density may want.
struct Mapped {
  Eigen::RowVectorXd x, log_from_low, log_to_high, log_jacobian;
  Eigen::RowVectorXd rounding;  ///< of t: what the rounding of x and t is worth in t
  void resize(Index count);
};

/// x = center + scale sinh(t) on the line, x = low + exp(t), x = high - exp(-t), or low + (high - low)/(1 + exp(-t)).
class Coordinate {
 public:
  Coordinate(double low, double high, double center, double scale);

  double low() const { return low_; }
  double high() const { return high_; }
  double to_t(double x) const;
  double to_x(double t) const;
  void map(const double* t, Index count, Mapped& out) const;

  /// As far as t goes before x overflows, or before nothing can be left beside a finite end.
  double low_limit() const;
  double high_limit() const;

  /// The largest slope that still counts as a decaying tail at each limit.
  double low_flat() const { return bounded_low_ ? 1e-14 : 1e-6; }
  double high_flat() const { return bounded_high_ ? 1e-14 : 1e-6; }

  /// log(x - bound) for a family whose support starts at `bound` <= low, and the same from above.
  void distance_from(double bound, const Mapped& points, Index count, double* out) const;
  void distance_to(double bound, const Mapped& points, Index count, double* out) const;

 private:
  double low_, high_, center_, scale_;
  bool bounded_low_, bounded_high_;
};

}  // namespace kullback::quadrature
