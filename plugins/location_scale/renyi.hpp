// Renyi divergences that no exponential family gives.
#pragma once

#include "location_scale.hpp"

namespace kullback::location_scale {

/// log of the integral of p^order q^(1 - order) of exponential variables with rate_q/rate_p = ratio = 1 + excess; +inf
/// where it diverges. The error is a bound on the rounding of its own arithmetic.
Bounded exponential_log_integral(double order, double ratio, double excess);

/// log of the integral of p^order q^(1 - order) over (order - 1), of two Laplace members; +inf where the integral
/// diverges.
Bounded laplace_renyi(double order, const double* p, const double* q);

/// The same of two Cauchy members. Finite for every order.
Bounded cauchy_renyi(double order, const double* p, const double* q);

/// The same of two Gumbel members of equal scale.
Bounded gumbel_renyi(double order, const double* p, const double* q);

}  // namespace kullback::location_scale
