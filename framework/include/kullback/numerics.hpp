// Functions that stable formulas need. Plain doubles, no errno, no global state: [any-thread].
#pragma once

#include <kullback/types.hpp>

namespace kullback {

/// log(1 + x) - x without cancellation, x > -1: -x^2/2 + x^3/3 - ... Never positive. -inf at x = -1, NaN below.
double log1pmx(double x);

/// exp(x) - 1 - x without cancellation. Never negative; +inf on overflow.
double expm1mx(double x);

/// x log(x/m) + m - x without cancellation: the Poisson deviance, half of it. x >= 0, m > 0; bd0(0, m) = m. [Loader 2000]
double bd0(double x, double m);

/// d log Gamma(x) / dx for x > 0.
double digamma(double x);

/// log Gamma(x) for x > 0; +inf at 0.
double log_gamma(double x);

/// The standard normal distribution function and its inverse, each from either tail.
double normal_cdf(double z, bool upper = false);
double normal_quantile(double p, bool upper = false);

/// log sum exp(values), -inf for an empty or all -inf range, +inf if any value is.
double log_sum_exp(const double* values, Index count);

/// x log(x), 0 at 0.
double xlogx(double x);

/// Rounding of one operation, relative.
inline constexpr double kEpsilon = 2.220446049250313e-16;

/// Batch forms for inner loops: out[i] = f(x[i]), vectorized; within 4 units in the last place.
void vector_exp(const double* x, double* out, Index count);
void vector_log(const double* x, double* out, Index count);

}  // namespace kullback
