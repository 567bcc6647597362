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

// First-order bounds: 4 roundings in the square of the shift; 12 in the close form; one an operation of the other, on
// its terms.
inline Value bounded(double from_means, double from_stddevs, double terms) {
  return {from_means + from_stddevs, kEpsilon * (3.0 * from_means + terms)};
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
    return bounded(from_means, close, 6.0 * close);
  }
  const double ratio = stddev_p / stddev_q;
  const double logarithm = ratio > 1e-300 && ratio < 1e300 ? std::log(ratio) : std::log(stddev_p) - std::log(stddev_q);
  const double square = e * (1.0 + 0.5 * e);
  return bounded(from_means, square - logarithm, 2.0 * (std::abs(square) + std::abs(logarithm)));
}

// Whether the fast loop may take a pair: no product of its numbers overflows or loses digits.
inline bool plain(double mean_p, double stddev_p, double mean_q, double stddev_q) {
  return std::max(std::abs(mean_p), std::abs(mean_q)) < 0x1p500 && std::max(stddev_p, stddev_q) < 0x1p400 &&
         std::min(stddev_p, stddev_q) > 0x1p-400;
}

// `count` pairs of (mean, stddev). With e = (stddev_p - stddev_q) / stddev_q, r = 1 + e = 2^k (1 + f) and
// s = f / (2 + f): log(1 + f) = s (2 + R(s^2)), and
//   (r^2 - 1) / 2 - log r = e (1 + e/2) - k log 2 - s (2 + R)
//                         = s (e (2 + e/2) - R)  where k = 0, since f = e = 2s / (1 - s).
// Arithmetic and selections only, so that the loop is vectorized.
void kernel(const double* __restrict p, const double* __restrict q, Index count, double* __restrict value,
            double* __restrict error) {
  for (Index i = 0; i < count; ++i) {
    const double stddev_p = p[2 * i + 1], stddev_q = q[2 * i + 1];
    const double inverse = 1.0 / stddev_q;
    const double t = (p[2 * i] - q[2 * i]) * inverse, e = (stddev_p - stddev_q) * inverse, r = stddev_p * inverse;
    const double from_means = 0.5 * t * t;

    // The offset moves the cut between powers of two from 1 to sqrt(1/2).
    constexpr std::uint64_t kOffset = 0x3fe6a09e00000000, kField = std::uint64_t{0xfff} << 52;
    const auto bits = std::bit_cast<std::uint64_t>(r);
    const double f = std::bit_cast<double>(bits - ((bits - kOffset) & kField)) - 1.0;
    // The exponent as a double without an integer conversion, which AVX2 lacks.
    const std::uint64_t exponent = (bits - kOffset + (std::uint64_t{2048} << 52)) >> 52;
    const double k = std::bit_cast<double>(exponent | 0x4330000000000000u) - (0x1p52 + 2048);

    const bool near = k == 0;
    const double x = near ? e : f;
    const double s = x / (2.0 + x);
    const double z = s * s, w = z * z;
    // Minimax series of log((1 + s) / (1 - s)) / s - 2 for s^2 < 0.0295, relative error below 2^-58 of the logarithm
    // [Sun 1993, fdlibm e_log.c].
    const double odd =
        z * (6.666666666666735130e-01 +
             w * (2.857142874366239149e-01 + w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01)));
    const double even = w * (3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01));
    const double series = odd + even;
    const double logarithm = s * (2.0 + series) + k * kLog2;
    const double square = e * (1.0 + 0.5 * e);
    const double close = s * (e * (2.0 + 0.5 * e) - series);
    const Value found = bounded(from_means, near ? close : square - logarithm,
                                near ? 6.0 * close : 5.0 * (std::abs(square) + std::abs(logarithm)));
    value[i] = found.value;
    error[i] = found.error;
  }
}

// Pairs that the fast loop may not take are done again: which way a pair goes depends on nothing but its numbers.
void pairs(const double* p, const double* q, Index count, double* value, double* error) {
  kernel(p, q, count, value, error);
  int strange = 0;
  for (Index i = 0; i < count; ++i) strange |= !plain(p[2 * i], p[2 * i + 1], q[2 * i], q[2 * i + 1]);
  for (Index i = 0; strange && i < count; ++i) {
    if (plain(p[2 * i], p[2 * i + 1], q[2 * i], q[2 * i + 1])) continue;
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
