#include "kl.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace kullback::normal_family {
namespace {

constexpr Index kBlock = 256;  // pairs a pass where columns have to be copied
constexpr Index kStrip = 32;   // pairs between two requests to the memory
constexpr Index kAhead = 256;  // how many numbers ahead of the arithmetic they are
constexpr Index kLanes = 8;
constexpr double kLog2 = 0.6931471805599453;

struct Value {
  double value, error;
};

// First-order bounds with a margin. In half units in the last place the loop below loses 12 of the squared shift, 12 of
// the form close to equal deviations and, apart from it, 11 of e + e^2/2, which is the value and log r, and 6 of log r.
inline Value bounded(double value, double binary_logarithm) {
  return {value, 8 * kEpsilon * value + 12 * kEpsilon * std::abs(binary_logarithm)};
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
    return bounded(from_means + close, 0);
  }
  const double ratio = stddev_p / stddev_q;
  const double logarithm = ratio > 1e-300 && ratio < 1e300 ? std::log(ratio) : std::log(stddev_p) - std::log(stddev_q);
  const double square = e * (1.0 + 0.5 * e);
  return bounded(from_means + (square - logarithm), logarithm / kLog2);
}

inline std::uint64_t bits(double x) { return std::bit_cast<std::uint64_t>(x); }

// What the loop below may have got wrong, collected by "or" (one word a lane, so that nothing is reduced on the way):
// deviations outside [2^-256, 2^256) might overflow on the way or lose digits, and a value that is not finite may have.
inline std::uint64_t doubt_of_stddevs(double stddev_p, double stddev_q) {
  return (bits(stddev_p) - bits(0x1p-256)) | (bits(stddev_q) - bits(0x1p-256));
}
inline std::uint64_t doubt_of_value(double value) {
  return (bits(std::numeric_limits<double>::max()) - bits(value)) | bits(value);
}
inline bool doubtful(std::uint64_t stddevs, std::uint64_t values) {
  return stddevs >> 61 != 0 || values >> 63 != 0;  // 512 exponents are 61 bits
}
struct Doubts {
  std::uint64_t stddevs[kStrip] = {}, values[kStrip] = {};
};

// A strip of pairs of (mean, stddev). stddev_p = 2^k a with a / stddev_q = (1 + s) / (1 - s) in [2/3, 3/2]; the bits of
// positive numbers are about their logarithms, so k is the rounded difference of bits. With e = (stddev_p - stddev_q) /
// stddev_q and log(a / stddev_q) = s (2 + R(s^2)),
//   r^2 - 1 - 2 log r = e^2 + 2 (e - 2s - k log 2) - 2s R    with e - 2s = s e where k = 0, since e = 2s / (1 - s).
// One division, arithmetic and selections only: the loop is vectorized, and multiplications are what it waits for.
inline void strip(const double* __restrict p, const double* __restrict q, double* __restrict value,
                  double* __restrict error, Doubts& __restrict doubts) {
  for (Index i = 0; i < kStrip; ++i) {
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
    const double s2 = ((a - stddev_q) + (a - stddev_q)) * (inverse_of_both * stddev_q);  // 2s
    const double z = s2 * s2;
    // R by Chebyshev interpolation on s^2 < 0.0403: 6e-17 of the logarithm.
    const double w = z * z;
    const double odd = z * (0.16666666666666738 +
                            w * (0.004464285756700404 + w * (0.00017758451056202736 + w * 9.233462642874314e-06)));
    const double even = w * (0.024999999999571865 + w * (0.0008680539827762691 + w * 3.731113613197588e-05));
    const double series = odd + even;
    const double rest = e - s2;
    const double difference = k == 0 ? s2 * e : (rest + rest) - k * (2 * kLog2);
    const Value found = bounded(0.5 * ((t * t + e * e) + (difference - s2 * series)), k);
    value[i] = found.value;
    error[i] = found.error;
    doubts.stddevs[i] |= doubt_of_stddevs(stddev_p, stddev_q);
    doubts.values[i] |= doubt_of_value(found.value);
  }
}

// A multiple of kStrip pairs. Doubtful ones are done again: which way a pair goes depends on nothing but its numbers.
void pairs(const double* p, const double* q, Index count, double* value, double* error) {
  Doubts doubts;
  for (Index begin = 0; begin < count; begin += kStrip) {
    for (Index i = 2 * begin; i < 2 * (begin + kStrip); i += kLanes) {
      __builtin_prefetch(p + kAhead + i);
      __builtin_prefetch(q + kAhead + i);
    }
    strip(p + 2 * begin, q + 2 * begin, value + begin, error + begin, doubts);
  }
  std::uint64_t stddevs = 0, values = 0;
  for (Index i = 0; i < kStrip; ++i) {
    stddevs |= doubts.stddevs[i];
    values |= doubts.values[i];
  }
  if (!doubtful(stddevs, values)) return;
  for (Index i = 0; i < count; ++i) {
    if (!doubtful(doubt_of_stddevs(p[2 * i + 1], q[2 * i + 1]), doubt_of_value(value[i]))) continue;
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
    // Whole strips only: a pair gives the same bits wherever it stands.
    pairs(a, b, (count + kStrip - 1) / kStrip * kStrip, values, errors);
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
