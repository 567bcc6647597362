// Stirling's error S(x) = log Gamma(x) - [(x - 1/2) log x - x + log(2 pi)/2] for x >= 1, as one polynomial in
// t = 1/(x + 1/2): S = t sum c_k t^k. Interpolated at Chebyshev nodes of [0, 2/3] with 60 digits; S within 3e-18, S'
// and S'' within a relative 2e-16 and 3e-15. Below 1 the recurrence of the gamma function leads there.
#pragma once

#include <array>
#include <cstddef>

namespace kullback::kernel {

inline constexpr std::array<double, 21> kStirling = {
    0.08333333333333333,    0.0416666666666672,    0.018055555555436777,   0.006250000010722575,
    0.0018353169406082831,  0.0011160870520183848, 0.0010785517127747009,  0.00022161592260412535,
    -0.0007918899826323833, 0.0004474623272361885, -0.0005919241602915158, 0.012265011322568813,
    -0.051872250293016536,  0.12533070422950507,   -0.2088311488529208,    0.2545237036291576,
    -0.22937655445876676,   0.14999171687240045,   -0.06763040137399652,   0.018860182234213683,
    -0.00245537875331668};

/// S and the derivatives of sum c_k t^(k+1) at t, up to the second.
struct Stirling {
  double value, first, second;
};
[[gnu::always_inline]] inline Stirling stirling(double t) {
  double p = kStirling.back(), d = 0, e = 0;  // of sum c_k t^k; e is half its second derivative
#pragma GCC unroll 32
  for (std::size_t k = kStirling.size() - 1; k-- > 0;) {
    e = e * t + d;
    d = d * t + p;
    p = p * t + kStirling[k];
  }
  return {p * t, d * t + p, 2 * (e * t + d)};
}

/// S(y) - S(x) - (y - x) S'(x) for x, y >= 1, at t = 1/(x + 1/2) and u = 1/(y + 1/2). With P(t) = S it is
/// (u - t)^2 (P[t, t, u] + P'(t) / u), a second divided difference by repeated synthetic division.
[[gnu::always_inline]] inline double stirling_bregman(double u, double t, double u_inverse, double u_less_t) {
  double p = kStirling.back(), d = 0, e = 0;
#pragma GCC unroll 32
  for (std::size_t k = kStirling.size() - 1; k-- > 0;) {
    e = e * u + d;
    d = d * t + p;
    p = p * t + kStirling[k];
  }
  e = e * u + d;  // the factor t of P: its constant coefficient is zero
  d = d * t + p;
  return u_less_t * u_less_t * (e + d * u_inverse);
}

}  // namespace kullback::kernel
