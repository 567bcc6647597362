// Members within limits by their means.
#include "messages/restricted.hpp"

#include <kullback/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace kullback::messages {

void tilt_to_mean(const Restricted& family, const Layout& layout, Index x, double mean, Out eta) {
  const Support within = family.support(layout, eta, 0, 0);
  if (!(mean > within.low && mean < within.high))
    throw DomainError("mean",
                      fmt::format("a mean of {} is not between the limits {} and {}", mean, within.low, within.high));
  Eigen::MatrixXd m(static_cast<Index>(family.statistics(layout).size()), 1);
  Eigen::RowVectorXd log_partition(1);
  const auto excess = [&](double natural) {
    eta(x, 0) = natural;
    family.mean(layout, eta, m, row(log_partition));
    return m(x, 0) - mean;
  };
  double low = eta(x, 0), high = low;
  const double first = excess(low);
  if (first == 0) return;
  // The scale on which the mean moves: one over the distance to the nearer limit.
  double step = 1 / std::min({std::abs(mean - within.low), std::abs(within.high - mean), std::abs(first)});
  double& far = first < 0 ? high : low;
  // Where there is no member any more, the mean has run away.
  const auto excess_or_none = [&](double natural) {
    try {
      return excess(natural);
    } catch (const NumericalError&) {
      return -first;
    }
  };
  for (; (excess_or_none(far) < 0) == (first < 0); step *= 2) {
    (first < 0 ? low : high) = far;
    far += first < 0 ? step : -step;
  }
  constexpr int kHalvings = 60;  // as many as a number has digits, and some
  for (int k = 0; k < kHalvings; ++k) {
    const double middle = 0.5 * (low + high);
    (excess_or_none(middle) < 0 ? low : high) = middle;
  }
  eta(x, 0) = 0.5 * (low + high);
}

}  // namespace kullback::messages
