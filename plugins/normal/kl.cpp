#include "kl.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace kullback::normal_family {
namespace {

constexpr Index kBlock = 256;  // pairs a pass: eight arrays of them fit the first-level cache
constexpr Index kLanes = 8;

struct Columns {
  alignas(64) double mean[kBlock];
  alignas(64) double stddev[kBlock];
};

// Takes columns [begin, begin + count) of a side apart; a side of one column serves every pair.
void split(In theta, Index begin, Index count, Columns& out) {
  if (theta.cols() == 1) {
    std::fill_n(out.mean, kBlock, theta(0, 0));
    std::fill_n(out.stddev, kBlock, theta(1, 0));
    return;
  }
  const Index stride = theta.outerStride();
  const double* t = theta.data() + begin * stride;
  if (stride == 2) {  // known to the compiler, so that loads are shuffles
    for (Index i = 0; i < count; ++i) {
      out.mean[i] = t[2 * i];
      out.stddev[i] = t[2 * i + 1];
    }
  } else {
    for (Index i = 0; i < count; ++i) {
      out.mean[i] = t[i * stride];
      out.stddev[i] = t[i * stride + 1];
    }
  }
}

// x = 2^exponent * mantissa with mantissa in [1, 2), for x > 0, subnormal too.
struct Binary {
  double exponent, mantissa;
};
inline Binary binary(double x) {
  const bool tiny = x < std::numeric_limits<double>::min();
  const double scaled = x * (tiny ? 0x1p54 : 1.0);
  const auto bits = std::bit_cast<std::uint64_t>(scaled);
  // The exponent field as a double without an integer conversion, which AVX2 lacks.
  const double field = std::bit_cast<double>((bits >> 52) | 0x4330000000000000u) - 0x1p52;
  return {field - (tiny ? 1077.0 : 1023.0), std::bit_cast<double>((bits & 0x000fffffffffffffu) | 0x3ff0000000000000u)};
}

// With e = (stddev_p - stddev_q) / stddev_q, r = 1 + e = 2^k m and s = (m - 1) / (m + 1):
//   log m = s (2 + R(s^2)),  (r^2 - 1) / 2 - log r = e (1 + e/2) - k log 2 - s (2 + R)
//                                                  = s (e (2 + e/2) - R)  where k = 0, since e = 2s / (1 - s).
// Every step is arithmetic or a selection, so that the loop is vectorized.
void kernel(const Columns& p, const Columns& q, Index count, double* __restrict value, double* __restrict error) {
  constexpr double kLog2 = 0.6931471805599453;
  for (Index i = 0; i < count; ++i) {
    const double sp = p.stddev[i], sq = q.stddev[i];
    const bool huge = std::max(std::abs(p.mean[i]), std::abs(q.mean[i])) > 0x1p1022;
    const double half = huge ? 0.5 : 1.0;
    const double t = (half * p.mean[i] - half * q.mean[i]) / sq;
    const double from_means = (t * (huge ? 2.0 : 0.5)) * t;

    const double e = (sp - sq) / sq;
    const Binary a = binary(sp), b = binary(sq);
    const double ratio = a.mantissa / b.mantissa;
    const double up = ratio > 1.4142135623730951 ? 1.0 : 0.0;
    const double down = ratio < 0.7071067811865476 ? 1.0 : 0.0;
    const double k = a.exponent - b.exponent + up - down;
    const double m = ratio * (1.0 - 0.5 * up + down);
    const bool near = k == 0;
    const double s = (near ? e : m - 1.0) / (near ? 2.0 + e : m + 1.0);
    const double z = s * s;
    // Minimax series of log((1 + s) / (1 - s)) / s - 2 for s^2 < 0.0295, relative error below 2^-58 of the logarithm
    // [Sun 1993, fdlibm e_log.c].
    const double w = z * z;
    const double odd =
        z * (6.666666666666735130e-01 +
             w * (2.857142874366239149e-01 + w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01)));
    const double even = w * (3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01));
    const double series = odd + even;
    const double log_m = s * (2.0 + series);
    const double square = e * (1.0 + 0.5 * e);
    const double close = s * (e * (2.0 + 0.5 * e) - series);
    const double apart = (square - log_m) - k * kLog2;
    const double from_stddevs = near ? close : apart;

    value[i] = from_means + from_stddevs;
    // First-order bounds: 4 roundings in the square of t; 12 in the close form; one an operation of the other, on its
    // terms.
    const double terms = near ? 6.0 * close : 2.0 * (std::abs(square) + std::abs(k) * kLog2 + std::abs(log_m));
    error[i] = kEpsilon * (3.0 * from_means + terms);
  }
}

void evaluate(const Side& p, const Side& q, Row value, Row error) {
  Columns a, b;
  for (Index begin = 0; begin < value.size(); begin += kBlock) {
    const Index count = std::min(kBlock, value.size() - begin);
    if (begin == 0 || p.theta.cols() > 1) split(p.theta, begin, count, a);
    if (begin == 0 || q.theta.cols() > 1) split(q.theta, begin, count, b);
    if (count == kBlock) {
      kernel(a, b, kBlock, value.data() + begin, error.data() + begin);
      continue;
    }
    // Whole vectors only: a pair gives the same bits wherever it stands.
    alignas(64) double values[kBlock], errors[kBlock];
    const Index padded = (count + kLanes - 1) / kLanes * kLanes;
    for (Columns* side : {&a, &b}) {
      std::fill(side->mean + count, side->mean + padded, 0.0);
      std::fill(side->stddev + count, side->stddev + padded, 1.0);
    }
    kernel(a, b, padded, values, errors);
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
