#include "inference/stopping.hpp"

#include <algorithm>
#include <cmath>

namespace kullback::inference {

double Stopping::bound_tolerance(double bound, double rounding) const {
  return std::max(tolerance_ * damping_ * (1 + std::abs(bound)), rounding);
}

void Stopping::add(double distance, double change, double bound, double rounding) {
  ++sweeps_;
  if (distance < best_) {
    best_ = distance;
    best_at_ = sweeps_;
  }
  if (!(std::abs(change) <= rounding)) changed_at_ = sweeps_;

  // The slower of the last two contractions: one lucky sweep proves nothing.
  const double ratio = last_ > 0 ? distance / last_ : last_ == 0 ? 0 : -1;
  const double slower = std::max(ratio, ratio_);
  const double limit = std::sqrt(tolerance_) * damping_;
  if (distance == 0) {
    remaining_ = 0;
  } else if (ratio < 0 || slower >= 1) {
    remaining_ = std::numeric_limits<double>::infinity();
  } else {
    remaining_ = distance * slower / (1 - slower);
  }
  // Far below the tolerance distances are rounding, and so are their ratios.
  const bool arrived = distance <= limit && (remaining_ <= limit || distance <= 1e-3 * limit);
  bool settled = true;
  if (!std::isnan(change)) {
    const double allowed = bound_tolerance(bound, rounding);
    const double square = slower * slower;
    const double left =
        std::abs(change) <= rounding || ratio < 0 ? 0 : std::abs(change) * square / std::max(1 - square, 1e-12);
    settled = std::abs(change) <= allowed && (left <= allowed || distance <= 1e-3 * limit);
  }
  converged_ = arrived && settled;
  last_ = distance;
  ratio_ = ratio;
}

void Stopping::restart() { *this = Stopping(tolerance_, damping_); }

}  // namespace kullback::inference
