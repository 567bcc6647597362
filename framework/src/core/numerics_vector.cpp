// Exponentials and logarithms of arrays: loops without branches, which the compiler turns into vector instructions.
#include "core/vector_kernels.hpp"

namespace kullback {

namespace {

using namespace kernel;

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
}  // namespace

void vector_exp(const double* x, double* out, Index count) {
#pragma GCC ivdep
  for (Index i = 0; i < count; ++i) out[i] = exp_kernel(x[i]);
}

void vector_log(const double* x, double* out, Index count) {
#pragma GCC ivdep
  for (Index i = 0; i < count; ++i) out[i] = logarithm(x[i]);
}

void vector_log_excess(const double* excess, const double* ratio, double* out, Index count) {
#pragma GCC ivdep
  for (Index i = 0; i < count; ++i) {
    const double value = log_excess(excess[i], ratio[i]).value;
    out[i] = ratio[i] > 0 && ratio[i] < kInf ? value : kInf;
  }
}

}  // namespace kullback
