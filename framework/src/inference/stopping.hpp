// When a run has arrived, and when it only seems so.
#pragma once

#include <kullback/types.hpp>

#include <limits>

namespace kullback::inference {

/// Judges a sequence of sweeps by the change of the bound and by the distance of the member that moved most (in
/// standard deviations). With the contraction r of the distances, what is left to go is distance r/(1 - r), and r^2 of
/// the bound: a slow sequence is not taken for one that has arrived.
class Stopping {
 public:
  /// tolerance: on the bound relative to 1 + |bound|, and its root on the distance; scaled by the damping.
  Stopping(double tolerance, double damping) : tolerance_(tolerance), damping_(damping) {}

  /// One more sweep. `change` of the bound (NaN: there is no bound), and the bound's rounding.
  void add(double distance, double change, double bound, double rounding);

  bool converged() const { return converged_; }
  /// Sweeps since the distance was smallest.
  Index since_best() const { return sweeps_ - best_at_; }
  /// Sweeps since the bound last changed by more than rounding.
  Index since_change() const { return sweeps_ - changed_at_; }
  /// Estimate of the distance left to go.
  double remaining() const { return remaining_; }
  /// What a bound may be off by to count as found.
  double bound_tolerance(double bound, double rounding) const;
  void restart();

 private:
  double tolerance_, damping_;
  Index sweeps_ = 0, best_at_ = 0, changed_at_ = 0;
  double best_ = std::numeric_limits<double>::infinity();
  double last_ = -1, ratio_ = -1;  // -1: not known yet
  double remaining_ = std::numeric_limits<double>::infinity();
  bool converged_ = false;
};

}  // namespace kullback::inference
