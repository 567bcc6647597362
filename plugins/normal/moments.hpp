// Expectations under a normal, as plain functions of theta = (mean, stddev).
#pragma once

#include <kullback/kullback.hpp>

#include <cmath>
#include <complex>

namespace kullback::normal_family {

struct Expectations {
  static Support support(const double*) { return {-plain::kInfinity, plain::kInfinity, false}; }

  static CentralMoments central_moments(const double* t) {
    const double variance = t[1] * t[1];
    return {t[0], variance, 0, 3 * variance * variance};
  }
  static double mean_distance(const double* t, double c) {
    constexpr double kRootTwoOverPi = 0.79788456080286535588;
    const double d = (t[0] - c) / t[1];
    return t[1] * (d * (1 - 2 * normal_cdf(d, true)) + kRootTwoOverPi * std::exp(-d * d / 2));
  }
  static double moment_generating(const double* t, double c) {
    return std::exp(c * t[0] + 0.5 * (c * t[1]) * (c * t[1]));
  }
  static std::complex<double> characteristic(const double* t) { return std::polar(std::exp(-0.5 * t[1] * t[1]), t[0]); }

  static double cdf(const double* t, double x, bool upper) { return normal_cdf((x - t[0]) / t[1], upper); }
  static double quantile(const double* t, double p, bool upper) { return t[0] + t[1] * normal_quantile(p, upper); }
};

}  // namespace kullback::normal_family
