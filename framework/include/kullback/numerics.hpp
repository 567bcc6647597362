// Functions that stable formulas need. Plain doubles, no errno, no global state: [any-thread].
#pragma once

#include <kullback/types.hpp>

namespace kullback {

/// log(1 + x) - x without cancellation, x > -1: -x^2/2 + x^3/3 - ... Never positive. -inf at x = -1, NaN below.
double log1pmx(double x);

/// exp(x) - 1 - x without cancellation. Never negative; +inf on overflow.
double expm1mx(double x);

/// x log(x/m) + m - x without cancellation: the Poisson deviance, half of it. x >= 0, m > 0; bd0(0, m) = m. [Loader
/// 2000]
double bd0(double x, double m);

/// d log Gamma(x) / dx for x > 0.
double digamma(double x);

/// log Gamma(x) for x > 0; +inf at 0.
double log_gamma(double x);

/// The derivative of digamma, for x > 0.
double trigamma(double x);

/// trigamma(x) - 1/x without cancellation: positive, 1/(2 x^2) + ... for large x.
double trigamma_excess(double x);

/// The x > 0 with digamma(x) = y. [Minka 2000]
double inverse_digamma(double y);

/// Stirling's error: log Gamma(x) - [(x - 1/2) log x - x + log(2 pi)/2]; 1/(12 x) - ... for large x.
double stirling_error(double x);

/// Its derivative, digamma(x) - log x + 1/(2 x); -1/(12 x^2) + ... for large x.
double stirling_slope(double x);

/// log Gamma(x + shift) - log Gamma(x) and digamma(x + shift) - digamma(x), also for a shift that is small beside x.
double log_gamma_ratio(double x, double shift);
double digamma_difference(double x, double shift);

/// log Gamma(a) + log Gamma(b) - log Gamma(a + b), also where one of a and b is small beside the other.
double log_beta(double a, double b);

/// The regularized incomplete gamma function: P(X <= x) for a gamma variable of rate 1, `upper`: P(X > x). Its inverse.
double gamma_cdf(double x, double shape, bool upper = false);
double gamma_quantile(double p, double shape, bool upper = false);

/// The regularized incomplete beta function: P(X <= x) for a beta variable, `upper`: P(X > x). Its inverse, with 1 - x
/// beside it, since x alone may round to 1.
struct BetaQuantile {
  double x, rest;
};
double beta_cdf(double x, double alpha, double beta, bool upper = false);
BetaQuantile beta_quantile(double p, double alpha, double beta, bool upper = false);

/// exp(x) E_1(x), x > 0: the exponential integral without its decay; 1/x - 1/x^2 + ... for large x.
double scaled_exponential_integral(double x);

/// log(1 + exp x) and 1 / (1 + exp(-x)).
double log1pexp(double x);
double logistic(double x);

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

/// out[i] = ratio[i] - 1 - log(ratio[i]), never negative, to its own relative accuracy: `excess` is ratio - 1, which
/// the caller has without cancellation. +inf for a ratio of 0 or infinity.
void vector_log_excess(const double* excess, const double* ratio, double* out, Index count);

/// log Gamma and digamma for x in 1e-300 .. 1e300: within 8 units in the last place, beside their roots 4e-16 absolute.
void vector_log_gamma(const double* x, double* out, Index count);
void vector_digamma(const double* x, double* out, Index count);
void vector_log_gamma_digamma(const double* x, double* log_gamma, double* digamma, Index count);

/// out[i] = S(y) - S(x) - (y - x) S'(x), S = stirling_error, for any positive x and y, without cancellation however
/// near they are. Divergences of gamma, beta and Dirichlet distributions consist of it and of vector_log_excess.
void vector_stirling_bregman(const double* y, const double* x, double* out, Index count);

}  // namespace kullback
