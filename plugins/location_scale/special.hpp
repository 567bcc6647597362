// Differences of gamma functions half a step apart, and the policy for Boost.Math.
#pragma once

#include <kullback/numerics.hpp>

#include <boost/math/policies/policy.hpp>

#include <cmath>

namespace kullback::location_scale {

/// Boost in plain doubles, which never throws.
using Quiet =
    boost::math::policies::policy<boost::math::policies::promote_double<false>,
                                  boost::math::policies::domain_error<boost::math::policies::ignore_error>,
                                  boost::math::policies::pole_error<boost::math::policies::ignore_error>,
                                  boost::math::policies::overflow_error<boost::math::policies::ignore_error>,
                                  boost::math::policies::evaluation_error<boost::math::policies::ignore_error>,
                                  boost::math::policies::rounding_error<boost::math::policies::ignore_error>>;

/// log Gamma(a + 1/2) - log Gamma(a), without cancellation for large a. [asymptotic series of the ratio]
inline double log_gamma_half_step(double a) {
  if (a < 20) return log_gamma(a + 0.5) - log_gamma(a);
  const double y = 1 / (a * a);
  return 0.5 * std::log(a) -
         (1.0 / 8 - y * (1.0 / 192 - y * (1.0 / 640 - y * (17.0 / 14336 - y * (31.0 / 18432 - y * 691.0 / 180224))))) /
             a;
}

/// digamma(a + 1/2) - digamma(a), its derivative.
inline double digamma_half_step(double a) {
  if (a < 20) return digamma(a + 0.5) - digamma(a);
  const double y = 1 / (a * a);
  return 0.5 / a +
         y * (1.0 / 8 - y * (1.0 / 64 - y * (1.0 / 128 - y * (17.0 / 2048 - y * (31.0 / 2048 - y * 7601.0 / 180224)))));
}

}  // namespace kullback::location_scale
