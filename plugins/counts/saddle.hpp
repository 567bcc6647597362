// Logarithms of masses by Loader's saddle-point form: no difference of large logarithms of factorials. [Loader 2000]
#pragma once

#include <kullback/numerics.hpp>

#include <cmath>

namespace kullback::counts {

constexpr double kHalfLog2Pi = 0.91893853320467274178;

/// log(rate^k e^-rate / k!), rate > 0, k >= 0.
inline double log_poisson_mass(double k, double rate) {
  if (k == 0) return -rate;
  return -bd0(k, rate) - stirling_error(k) - kHalfLog2Pi - 0.5 * std::log(k);
}

/// log of (n over k) p^k q^(n-k), q = 1 - p, for real 0 <= k <= n. log_p and log_q serve the ends.
inline double log_binomial_mass(double k, double n, double p, double q, double log_p, double log_q) {
  if (k == 0) return n == 0 ? 0 : n * log_q;
  if (k == n) return n * log_p;
  const double rest = n - k;
  return stirling_error(n) - stirling_error(k) - stirling_error(rest) - bd0(k, n * p) - bd0(rest, n * q) - kHalfLog2Pi +
         0.5 * (std::log(n / k) - std::log(rest));
}

}  // namespace kullback::counts
