// The scalar functions of numerics.hpp.
#include <kullback/numerics.hpp>

#include <math.h>  // lgamma_r: std::lgamma writes the global signgam

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace kullback {

namespace {
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kTwoOverRootPi = 1.1283791670955126;
constexpr double kRootHalf = 0x1.6a09e667f3bcdp-1;
constexpr double kRootHalfRest = -4.8336466567264565e-17;  // 1/sqrt(2) - kRootHalf

// erfc(z / sqrt 2), with the rounding of z / sqrt 2 taken back: in the tail it would cost a relative error of eps z^2.
double erfc_scaled(double z) {
  const double x = z * kRootHalf;
  const double value = std::erfc(x);
  if (!(value > 0) || !std::isfinite(x)) return value;
  const double rest = std::fma(z, kRootHalf, -x) + z * kRootHalfRest;
  return value - rest * kTwoOverRootPi * std::exp(-x * x);
}
}  // namespace

double log1pmx(double x) {
  if (!(x > -0.4 && x < 0.6)) return x == kInf ? -kInf : std::log1p(x) - x;
  // log(1+x) = 2 (r + r^3/3 + ...) with r = x/(2+x), and 2r - x = -r x.
  const double r = x / (2 + x);
  const double y = r * r;
  double series = 0;
  for (int k = 31; k >= 3; k -= 2) series = series * y + 1.0 / k;
  return r * (2 * y * series - x);
}

double expm1mx(double x) {
  if (x == kInf) return kInf;
  if (!(std::abs(x) < 0.7)) return std::expm1(x) - x;
  double series = 1;
  for (int k = 16; k >= 3; --k) series = 1 + x / k * series;
  return x * x / 2 * series;
}

double bd0(double x, double m) {
  if (x == 0) return m;
  if (m == 0 || x == kInf || m == kInf) return x == m ? 0 : kInf;
  const double u = (m - x) / x;
  if (u > -0.6 && u < 4) return -x * log1pmx(u);
  const double ratio = x / m;
  const bool normal = ratio >= std::numeric_limits<double>::min() && ratio < kInf;
  return x * (normal ? std::log(ratio) : std::log(x) - std::log(m)) + (m - x);
}

double digamma(double x) {
  if (!(x > 0)) return x == 0 ? -kInf : kNan;
  // Around its root the Taylor series in the distance to it keeps the relative accuracy.
  constexpr double kRoot = 1.4616321449683622;
  constexpr double kRootRest = 9.549995429965697e-17;
  constexpr std::array<double, 18> kTaylor = {
      0.9676722454476212,    -0.4427631689835921,   0.2584997609556510,    -0.1639427054424065,   0.1078240506912624,
      -0.07219956125645471,  0.04880428816414311,   -0.03316112647484736,  0.02259764823221810,   -0.01542476590494896,
      0.01053879161661218,   -0.007204534386356868, 0.004926781395729853,  -0.003369801655439328, 0.002305126326734928,
      -0.001576936771430197, 0.001078825201916297,  -0.0007380709389960051};
  if (std::abs(x - kRoot) < 0.2) {
    const double d = (x - kRoot) - kRootRest;
    double sum = 0;
    for (std::size_t k = kTaylor.size(); k-- > 0;) sum = sum * d + kTaylor[k];
    return sum * d;
  }
  double shift = 0;
  for (; x < 10; x += 1) shift += 1 / x;
  // B_2k / (2k) for k = 1..8.
  constexpr std::array<double, 8> kAsymptotic = {1.0 / 12,  -1.0 / 120,       1.0 / 252, -1.0 / 240,
                                                 1.0 / 132, -691.0 / 32760.0, 1.0 / 12,  -3617.0 / 8160};
  const double y = 1 / (x * x);
  double sum = 0;
  for (std::size_t k = kAsymptotic.size(); k-- > 0;) sum = (sum + kAsymptotic[k]) * y;
  return std::log(x) - 0.5 / x - sum - shift;
}

double log_gamma(double x) {
  int sign = 0;
  return lgamma_r(x, &sign);
}

double normal_cdf(double z, bool upper) { return 0.5 * erfc_scaled(upper ? z : -z); }

double normal_quantile(double p, bool upper) {
  if (!(p >= 0 && p <= 1)) return kNan;
  if (p > 0.5) return -normal_quantile(1 - p, upper);  // 1 - p is exact here
  if (p == 0) return upper ? kInf : -kInf;
  double z;  // P(Z > z) = p, z >= 0
  if (p > 0.3) {
    // Solves erf(z / sqrt 2) = 2 (1/2 - p): nothing is lost beside the median.
    const double half = 0.5 - p;
    constexpr double kRootTwoPi = 2.5066282746310002;
    z = half * kRootTwoPi;
    for (int i = 0; i < 4; ++i) {
      const double miss = (0.5 * std::erf(z * kRootHalf) - half) * kRootTwoPi * std::exp(z * z / 2);
      z -= miss / (1 - z * miss / 2);
    }
  } else {
    // [Abramowitz & Stegun 26.2.23], then Halley steps on P(Z > z) = p.
    const double t = std::sqrt(-2 * std::log(p));
    z = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
    for (int i = 0; i < 3; ++i) {
      const double tail = normal_cdf(z, true);
      if (tail < 1e-307) break;  // the first guess is all there is among the denormals
      // (tail - p) / density; the ratio of the two is formed first, since both may be near 1e-300
      const double density = 0.3989422804014327 * std::exp(-z * z / 2);
      const double step = (tail - p) / density;
      z += step / (1 - z * step / 2);
    }
  }
  return upper ? z : -z;
}

double log_sum_exp(const double* values, Index count) {
  double top = -kInf;
  for (Index i = 0; i < count; ++i) {
    if (std::isnan(values[i])) return kNan;
    top = std::max(top, values[i]);
  }
  if (!std::isfinite(top)) return top;
  constexpr Index kBuffer = 128;
  std::array<double, kBuffer> buffer;
  double sum = 0;
  for (Index begin = 0; begin < count; begin += kBuffer) {
    const Index n = std::min(kBuffer, count - begin);
    for (Index i = 0; i < n; ++i) buffer[static_cast<std::size_t>(i)] = values[begin + i] - top;
    vector_exp(buffer.data(), buffer.data(), n);
    for (Index i = 0; i < n; ++i) sum += buffer[static_cast<std::size_t>(i)];
  }
  return top + std::log(sum);
}

double xlogx(double x) { return x == 0 ? 0 : x * std::log(x); }

}  // namespace kullback
