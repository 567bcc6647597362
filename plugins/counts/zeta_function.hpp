// The Hurwitz zeta function.
#pragma once

namespace kullback::counts {

/// sum over k >= 0 of (a + k)^-s, s > 1, a > 0, and its derivative in s.
double hurwitz_zeta(double s, double a);
double hurwitz_zeta_slope(double s, double a);

}  // namespace kullback::counts
