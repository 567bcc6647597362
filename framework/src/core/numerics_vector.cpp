// Exponentials and logarithms of arrays: loops without branches, which the compiler turns into vector instructions.
#include <kullback/numerics.hpp>

#include <bit>
#include <cstdint>
#include <limits>

namespace kullback {

namespace {
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
// log 2 in two parts; the first has 32 bits, so that its product with an exponent is exact.
constexpr double kLog2High = 6.931471803691238e-01;
constexpr double kLog2Low = 1.9082149292705877e-10;

double exp_kernel(double x) {
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

double log_kernel(double x) {
  const bool tiny = x < std::numeric_limits<double>::min();
  const double scaled = tiny ? x * 0x1p54 : x;
  // x = 2^n (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)): the offset moves the cut from 1 to sqrt(1/2).
  constexpr std::uint64_t kOffset = 0x3fe6a09e00000000;
  const auto bits = std::bit_cast<std::uint64_t>(scaled);
  const std::uint64_t exponent = (bits - kOffset + (std::uint64_t{2048} << 52)) >> 52;  // n + 2048, or n + 4096 - 2048
  const double f = std::bit_cast<double>(bits - ((bits - kOffset) & (std::uint64_t{0xfff} << 52))) - 1;
  // An integer below 2^52 to a double without a conversion instruction.
  constexpr double kMagic = 0x1p52;
  const double raw = std::bit_cast<double>(exponent | std::bit_cast<std::uint64_t>(kMagic)) - kMagic;
  const double n = raw - (tiny ? 2048 + 54 : 2048);
  const double s = f / (2 + f);
  const double z = s * s;
  // (2 atanh(s) - 2 s) / (s z), by Chebyshev interpolation: error 2e-18.
  double p = 0.13088034850927554;
  p = p * z + 0.13268638369266824;
  p = p * z + 0.15386244737621667;
  p = p * z + 0.1818179554752114;
  p = p * z + 0.22222222392581045;
  p = p * z + 0.28571428570799785;
  p = p * z + 0.40000000000000883;
  p = p * z + 0.6666666666666666;
  const double half_square = 0.5 * f * f;
  const double value = n * kLog2High + (f - (half_square - (s * (half_square + z * p) + n * kLog2Low)));
  const double finite = x > 0 ? (x < kInf ? value : kInf) : (x == 0 ? -kInf : kNan);
  return x == x ? finite : x;
}
}  // namespace

void vector_exp(const double* x, double* out, Index count) {
#pragma GCC ivdep
  for (Index i = 0; i < count; ++i) out[i] = exp_kernel(x[i]);
}

void vector_log(const double* x, double* out, Index count) {
#pragma GCC ivdep
  for (Index i = 0; i < count; ++i) out[i] = log_kernel(x[i]);
}

}  // namespace kullback
