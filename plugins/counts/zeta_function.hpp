// The Hurwitz zeta function.
#pragma once

namespace kullback::counts {

/// The sum over k >= 0 of (a + k)^-s for s > 1, a > 0, and its first two derivatives in s.
struct ZetaSeries {
  double value, slope, curvature;
};
ZetaSeries zeta_series(double s, double a);

}  // namespace kullback::counts
