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
