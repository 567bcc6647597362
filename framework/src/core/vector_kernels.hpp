// One element's arithmetic of the vectorized functions: no branches, no calls, always inlined into a loop.
#pragma once

#include <kullback/numerics.hpp>

#include <bit>
#include <cstdint>
#include <limits>

namespace kullback::kernel {

inline constexpr double kInf = std::numeric_limits<double>::infinity();
inline constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
// log 2 in two parts; the first has 32 bits, so that its product with an exponent is exact.
inline constexpr double kLog2High = 6.931471803691238e-01;
inline constexpr double kLog2Low = 1.9082149292705877e-10;

/// x = 2^n (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)), for positive finite x.
struct Binary {
  double n, f;
};
[[gnu::always_inline]] inline Binary binary(double x) {
  const bool tiny = x < std::numeric_limits<double>::min();
  const double scaled = tiny ? x * 0x1p54 : x;
  // The offset moves the cut from 1 to sqrt(1/2).
  constexpr std::uint64_t kOffset = 0x3fe6a09e00000000;
  const auto bits = std::bit_cast<std::uint64_t>(scaled);
  const std::uint64_t exponent = (bits - kOffset + (std::uint64_t{2048} << 52)) >> 52;  // n + 2048, or n + 4096 - 2048
  const double f = std::bit_cast<double>(bits - ((bits - kOffset) & (std::uint64_t{0xfff} << 52))) - 1;
  // An integer below 2^52 to a double without a conversion instruction.
  constexpr double kMagic = 0x1p52;
  const double raw = std::bit_cast<double>(exponent | std::bit_cast<std::uint64_t>(kMagic)) - kMagic;
  return {raw - (tiny ? 2048 + 54 : 2048), f};
}

/// (2 atanh(s) - 2 s) / (s z), z = s^2, by Chebyshev interpolation on |s| < 0.1716: error 2e-18.
[[gnu::always_inline]] inline double atanh_series(double z) {
  double p = 0.13088034850927554;
  p = p * z + 0.13268638369266824;
  p = p * z + 0.15386244737621667;
  p = p * z + 0.1818179554752114;
  p = p * z + 0.22222222392581045;
  p = p * z + 0.28571428570799785;
  p = p * z + 0.40000000000000883;
  return p * z + 0.6666666666666666;
}

/// log(1 + f) + n log 2.
[[gnu::always_inline]] inline double assemble(Binary x) {
  const double s = x.f / (2 + x.f), z = s * s, half_square = 0.5 * x.f * x.f;
  return x.n * kLog2High + (x.f - (half_square - (s * (half_square + z * atanh_series(z)) + x.n * kLog2Low)));
}

[[gnu::always_inline]] inline double logarithm(double x) {
  const double value = assemble(binary(x));
  const double finite = x > 0 ? (x < kInf ? value : kInf) : (x == 0 ? -kInf : kNan);
  return x == x ? finite : x;
}

[[gnu::always_inline]] inline double exponential(double x) {
  // n = round(x / log 2), read off the low bits of a sum whose last place is 1.
  constexpr double kRound = 0x1.8p52;
  const double clamped = x > 710 ? 710 : (x < -746 ? -746 : x);  // NaN passes
  const double shifted = clamped * 1.4426950408889634 + kRound;
  const double n = shifted - kRound;
  const double r = (clamped - n * kLog2High) - n * kLog2Low;  // |r| <= 0.3466
  // The Taylor series: its remainder is 4e-18.
  double p = 1.0 / 6227020800;
  p = p * r + 1.0 / 479001600;
  p = p * r + 1.0 / 39916800;
  p = p * r + 1.0 / 3628800;
  p = p * r + 1.0 / 362880;
  p = p * r + 1.0 / 40320;
  p = p * r + 1.0 / 5040;
  p = p * r + 1.0 / 720;
  p = p * r + 1.0 / 120;
  p = p * r + 1.0 / 24;
  p = p * r + 1.0 / 6;
  p = p * r + 0.5;
  const double e = 1 + (r + r * r * p);
  // 2^n in two factors: n runs from -1076 to 1024.
  const auto bits = std::bit_cast<std::int64_t>(shifted) - std::bit_cast<std::int64_t>(kRound);
  const std::int64_t half = ((bits + 2048) >> 1) - 1024;  // logical or arithmetic shift alike: the sum is positive
  const double first = std::bit_cast<double>((half + 1023) << 52);
  const double second = std::bit_cast<double>((bits - half + 1023) << 52);
  return e * first * second;
}

/// exp(digamma(x) - log_scale) for positive x: four steps of the recurrence lead to y = x + 4, where exp(digamma(y)) is
/// u = y - 1/2 times a polynomial in t = 1/u. Interpolated at Chebyshev nodes of [0, 2/7] with 50 digits: error 2e-17.
[[gnu::always_inline]] inline double exp_digamma(double x, double log_scale) {
  const double z = x < 1e30 ? x : 1e30;  // beyond it the steps add nothing
  // 1/z + 1/(z + 1) + 1/(z + 2) + 1/(z + 3) is the logarithmic derivative of their product.
  const double s = z * (z + 3), product = s * (s + 2), derivative = ((4 * z + 18) * z + 22) * z + 6;
  const double u = z + 3.5, inverse = 1 / (u * product), t = product * inverse;
  double p = 0.00811060397429743;
  p = p * t - 0.01667215714533874;
  p = p * t + 0.012351216609364902;
  p = p * t - 0.0009128810546150434;
  p = p * t - 0.0038505813540815374;
  p = p * t - 6.2209067109021251e-06;
  p = p * t + 0.0035525120888555143;
  p = p * t + 2.4895483725789916e-08;
  p = p * t - 0.0064236129537911549;
  p = p * t + 5.984387362909119892e-11;
  p = p * t + 0.041666666665773690;
  p = p * t + 4.8725725379083274e-15;
  p = p * t + 1;
  return exponential(-log_scale - derivative * u * inverse) * ((x + 3.5) * p);
}

/// ratio - 1 - log(ratio), and log(ratio), for a positive finite ratio, where excess = ratio - 1 to its own relative
/// accuracy. `close` where ratio is in [sqrt(1/2), sqrt(2)): there it is s (excess - z P) with s = excess / (2 +
/// excess), z = s^2.
struct LogExcess {
  double value, logarithm;
  bool close;
};
[[gnu::always_inline]] inline LogExcess log_excess(double excess, double ratio) {
  Binary x = binary(ratio);
  const bool close = x.n == 0;
  x.f = close ? excess : x.f;
  const double s = x.f / (2 + x.f), z = s * s, series = z * atanh_series(z), half_square = 0.5 * x.f * x.f;
  const double log_ratio = x.n * kLog2High + (x.f - (half_square - (s * (half_square + series) + x.n * kLog2Low)));
  const double near = s * (x.f - series), apart = excess - log_ratio;
  return {close ? near : apart, log_ratio, close};
}

}  // namespace kullback::kernel

namespace kullback {

/// exp(digamma(x) - log_scale) of positive numbers. A number by itself may differ in its last bit from one among whole
/// vectors of eight.
void vector_exp_digamma(const double* x, double log_scale, double* out, Index count);

}  // namespace kullback
