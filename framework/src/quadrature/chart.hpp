// Coordinates u in (-1, 1)^d for a box with finite or infinite ends: the bulk of a density takes the middle, and every
// scale of a tail a share that falls with its logarithm only.
#pragma once

#include "quadrature/quadrature.hpp"

#include <vector>

namespace kullback::quadrature {

/// x = center + factor sinh(t) on the whole space; beside an end, coordinate by coordinate, x = low + s exp(t); between
/// two ends x is linear in u. t = 2u / (1 - u^2).
class Chart {
 public:
  /// `straight` keeps the coordinates apart (no rotation), for densities with edges.
  Chart(const Box& box, const Location& location, bool straight);

  Index dimension() const { return center_.size(); }
  /// False where all coordinates are turned together: break points then have no place in u.
  bool straight() const { return straight_; }

  /// x and log |dx/du|, the latter -inf where a coordinate is beyond what doubles hold. `far` counts how far out a
  /// point is: the largest |t|.
  void map(In u, Out x, Row log_jacobian, Row far) const;

  /// Splits of the axes: the ends, the bulk, and features at x with a half width each (one a coordinate).
  std::vector<std::vector<double>> breaks(const std::vector<Location>& others) const;

  /// u of the value x of one coordinate; only if straight.
  double to_u(Index coordinate, double x) const;

 private:
  enum class Kind { plane, above, below, between };
  Kind kind(Index i) const;
  Box box_;
  Eigen::VectorXd center_;
  Eigen::MatrixXd factor_;
  bool straight_;
  double log_volume_;
};

}  // namespace kullback::quadrature
