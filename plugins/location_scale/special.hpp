// Special functions that several families of this folder need.
#pragma once

#include <kullback/gauss_legendre.hpp>
#include <kullback/numerics.hpp>

#include <boost/math/policies/policy.hpp>

#include <array>
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

/// zeta(k) for k >= 2.
inline double zeta(int k) {
  constexpr std::array<double, 10> kValues = {
      1.6449340668482264, 1.2020569031595942, 1.0823232337111381, 1.03692775514337,  1.0173430619844492,
      1.008349277381923,  1.0040773561979444, 1.0020083928260821, 1.000994575127818, 1.0004941886041194};
  if (k < 12) return kValues[static_cast<std::size_t>(k - 2)];
  double sum = 1;
  for (int n = 2; n <= 12; ++n) sum += std::pow(n, -k);
  return sum;
}

/// log Gamma(1 + e) + Euler's gamma * e: sum of zeta(k) (-e)^k / k from k = 2, never negative. x = 1 + e, given beside
/// it because each is exact where the other is not.
inline double log_gamma_remainder_1(double e, double x) {
  if (std::abs(e) > 0.3) return log_gamma(x) + 0.57721566490153286061 * e;
  double sum = 0, power = -e;
  for (int k = 2; k < 40; ++k) {
    power *= -e;
    sum += zeta(k) * power / k;
    if (std::abs(power) < 1e-18 * sum) break;
  }
  return sum;
}

/// exp(x^2) erfc(x). By Laplace's continued fraction above 2.
inline double erfcx(double x) {
  if (x < 2) return std::exp(x * x) * std::erfc(x);
  double tail = x;
  for (int k = x < 4 ? 70 : 24; k > 0; --k) tail = x + 0.5 * k / tail;
  return 0.56418958354775628695 / tail;
}

/// log of the standard normal distribution function, also where that underflows.
inline double log_normal_cdf(double z) {
  if (z > -2) return z > 2 ? std::log1p(-normal_cdf(z, true)) : std::log(normal_cdf(z));
  return std::log(0.5 * erfcx(-z * 0.70710678118654752440)) - 0.5 * z * z;
}

}  // namespace kullback::location_scale
