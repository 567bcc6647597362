#include "kl.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace kullback::normal_family {
namespace {

constexpr Index kBlock = 256;  // pairs a pass where columns have to be copied
constexpr Index kLanes = 8;
constexpr double kLog2 = 0.6931471805599453;

struct Value {
  double value, error;
};

// First-order bounds with a margin: 7 half units in the last place for the squared shift, 11 for the form close to
// equal deviations; apart from it the terms are at most those two and 2 |log| of the result.
inline Value bounded(double from_means, double from_stddevs, double binary_logarithm) {
  return {from_means + from_stddevs,
          kEpsilon * (5.0 * from_means + 8.0 * from_stddevs + 12.0 * std::abs(binary_logarithm))};
}

// Any finite parameters, one pair: ratios before squares, so that only the value itself can overflow.
Value careful(double mean_p, double stddev_p, double mean_q, double stddev_q) {
  const bool huge = std::max(std::abs(mean_p), std::abs(mean_q)) > 0x1p1022;  // their difference might overflow
  const double half = huge ? 0.5 : 1.0;
  const double t = (half * mean_p - half * mean_q) / stddev_q;
  const double from_means = (t * (huge ? 2.0 : 0.5)) * t;
  const double e = (stddev_p - stddev_q) / stddev_q;
  if (std::abs(e) < 0.25) {
    const double close = 0.5 * e * e - log1pmx(e);
    return bounded(from_means, close, 0);
  }
  const double ratio = stddev_p / stddev_q;
  const double logarithm = ratio > 1e-300 && ratio < 1e300 ? std::log(ratio) : std::log(stddev_p) - std::log(stddev_q);
  const double square = e * (1.0 + 0.5 * e);
  return bounded(from_means, square - logarithm, logarithm / kLog2);
}

inline std::uint64_t bits(double x) { return std::bit_cast<std::uint64_t>(x); }

// The sign bit is set if the loop below may have overflowed or lost digits: a deviation of q far from 1, a subnormal
// one of p, or a value that is not finite.
inline std::uint64_t doubtful(double stddev_p, double stddev_q, double value) {
  return (bits(stddev_q) - bits(0x1p-450)) | (bits(0x1p450) - bits(stddev_q)) | (bits(stddev_p) - bits(0x1p-1000)) |
         (bits(std::numeric_limits<double>::max()) - bits(value)) | bits(value);
}

// `count` pairs of (mean, stddev). stddev_p = 2^k a with a / stddev_q = (1 + s) / (1 - s) in [2/3, 3/2]; the bits of
// positive numbers are about their logarithms, so k is the rounded difference of bits. With e = (stddev_p - stddev_q) /
// stddev_q and log(a / stddev_q) = s (2 + R(s^2)),
//   (r^2 - 1) / 2 - log r = e (1 + e/2) - k log 2 - s (2 + R)
//                         = s (e (2 + e/2) - R)  where k = 0, since e = 2s / (1 - s).
// One division, arithmetic and selections only: the loop is vectorized. Returns whether a pair was doubtful (sign bit).
std::uint64_t kernel(const double* __restrict p, const double* __restrict q, Index count, double* __restrict value,
                     double* __restrict error) {
  std::uint64_t doubts = 0;
  for (Index i = 0; i < count; ++i) {
    const double stddev_p = p[2 * i + 1], stddev_q = q[2 * i + 1];
    constexpr std::uint64_t kHalf = std::uint64_t{1} << 51, kField = std::uint64_t{0xfff} << 52;
    const std::uint64_t apart_by = bits(stddev_p) - bits(stddev_q) + kHalf;
    const double a = std::bit_cast<double>(bits(stddev_p) - (apart_by & kField));
    // The exponent as a double without an integer conversion, which AVX2 lacks.
    const double k =
        std::bit_cast<double>(((apart_by + (std::uint64_t{2048} << 52)) >> 52) | bits(0x1p52)) - (0x1p52 + 2048);

    const double sum = a + stddev_q, inverse_of_both = 1.0 / (stddev_q * sum);
    const double inverse = inverse_of_both * sum;
    const double t = (p[2 * i] - q[2 * i]) * inverse, e = (stddev_p - stddev_q) * inverse;
    const double s = (a - stddev_q) * (inverse_of_both * stddev_q);
    const double z = s * s, w = z * z;
    // log((1 + s) / (1 - s)) / s - 2 by Chebyshev interpolation on s^2 < 0.0403: 6e-17 of the logarithm.
    const double odd =
        z * (0.6666666666666695 + w * (0.28571428842882585 + w * (0.18184653881551602 + w * 0.15128105194085276)));
    const double even = w * (0.39999999999314984 + w * (0.2222218195907249 + w * 0.1528264135965732));
    const double series = odd + even;
    const double close = s * (e * (2.0 + 0.5 * e) - series);
    const double apart = e * (1.0 + 0.5 * e) - (s * (2.0 + series) + k * kLog2);
    const Value found = bounded(0.5 * t * t, k == 0 ? close : apart, k);
    value[i] = found.value;
    error[i] = found.error;
    doubts |= doubtful(stddev_p, stddev_q, found.value);
  }
  return doubts;
}

// Doubtful pairs are done again: which way a pair goes depends on nothing but its numbers.
void pairs(const double* p, const double* q, Index count, double* value, double* error) {
  constexpr std::uint64_t kSign = std::uint64_t{1} << 63;
  if ((kernel(p, q, count, value, error) & kSign) == 0) return;
  for (Index i = 0; i < count; ++i) {
    if ((doubtful(p[2 * i + 1], q[2 * i + 1], value[i]) & kSign) == 0) continue;
    const Value found = careful(p[2 * i], p[2 * i + 1], q[2 * i], q[2 * i + 1]);
    value[i] = found.value;
    error[i] = found.error;
  }
}

// A block of columns side by side: in place if they lie so, else copied. The copy is padded to whole vectors.
const double* side_by_side(In theta, Index begin, Index count, double* copy) {
  if (theta.cols() > 1 && theta.outerStride() == 2 && count == kBlock) return theta.data() + 2 * begin;
  if (theta.cols() == 1 && begin > 0) return copy;  // filled by the first block
  for (Index i = 0; i < kBlock; ++i) {
    const bool there = theta.cols() == 1 || i < count;
    const Index column = theta.cols() == 1 ? 0 : begin + i;
    copy[2 * i] = there ? theta(0, column) : 0.0;
    copy[2 * i + 1] = there ? theta(1, column) : 1.0;
  }
  return copy;
}

void evaluate(const Side& p, const Side& q, Row value, Row error) {
  alignas(64) double copy_p[2 * kBlock], copy_q[2 * kBlock], values[kBlock], errors[kBlock];
  for (Index begin = 0; begin < value.size(); begin += kBlock) {
    const Index count = std::min(kBlock, value.size() - begin);
    const double* a = side_by_side(p.theta, begin, count, copy_p);
    const double* b = side_by_side(q.theta, begin, count, copy_q);
    if (count == kBlock) {
      pairs(a, b, kBlock, value.data() + begin, error.data() + begin);
      continue;
    }
    // Whole vectors only: a pair gives the same bits wherever it stands.
    pairs(a, b, (count + kLanes - 1) / kLanes * kLanes, values, errors);
    std::copy_n(values, count, value.data() + begin);
    std::copy_n(errors, count, error.data() + begin);
  }
}

}  // namespace

Rule kl_rule() {
  return {Method::closed_form, "[((mean_p - mean_q)/stddev_q)^2 + r^2 - 1 - 2 log r]/2,  r = stddev_p/stddev_q",
          "[Gil et al. 2013, table 3]", evaluate};
}

}  // namespace kullback::normal_family
