// The gamma function and its relatives: scalars, and loops without branches that the compiler vectorizes.
#include "core/stirling.hpp"
#include "core/vector_kernels.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace kullback {

namespace {

using namespace kernel;
constexpr double kHalfLog2Pi = 0.91893853320467274178;

struct LogGamma {
  double value, derivative;
};

// log Gamma(x) = log Gamma(1 + x) - log x, and Stirling's formula at z = 1 + x.
[[gnu::always_inline]] inline LogGamma log_gamma_and_digamma(double x) {
  const double z = 1 + x, t = 1 / (x + 1.5), log_z = logarithm(z);
  const Stirling s = stirling(t);
  const double value = ((x + 0.5) * log_z - z) + ((kHalfLog2Pi + s.value) - logarithm(x));
  // The two poles together: 1 / (2 z) + 1 / x.
  const double poles = (1.5 + 1 / x) / z;
  return {x < kInf ? value : x, (log_z - t * t * s.first) - poles};
}

// (y + 1/2) log((1 + 1/y)/(1 + 1/x)) + (y - x)(x + 1/2)/(x (x + 1)) is what the recurrence adds between 1 + x and x;
// where y is near x it is the difference of two squares that never nearly agree.
[[gnu::always_inline]] inline double bregman(double y, double x) {
  const double by_y = (x - y) / y, by_x = (x - y) / x, shifted = 1 / (x + 1);
  const double t = 1 / (x + 1.5), u = 1 / (y + 1.5);
  const double excess = by_y * shifted;
  const LogExcess l = log_excess(excess, (x / y) * ((y + 1) * shifted));
  const double near = 0.5 * by_x * excess - (y + 0.5) * l.value;
  const double far = (y + 0.5) * l.logarithm - by_x * ((x + 0.5) * shifted);
  const double recurrence = l.close ? near : far;
  return recurrence + stirling_bregman(u, t, y + 1.5, (x - y) * t * u);
}

void log_gamma_loop(const double* x, double* out, Index count) {
#pragma GCC ivdep
  for (Index i = 0; i < count; ++i) out[i] = log_gamma_and_digamma(x[i]).value;
}

void digamma_loop(const double* x, double* out, Index count) {
#pragma GCC ivdep
  for (Index i = 0; i < count; ++i) out[i] = log_gamma_and_digamma(x[i]).derivative;
}

void log_gamma_digamma_loop(const double* x, double* log_gamma, double* digamma, Index count) {
#pragma GCC ivdep
  for (Index i = 0; i < count; ++i) {
    const LogGamma both = log_gamma_and_digamma(x[i]);
    log_gamma[i] = both.value;
    digamma[i] = both.derivative;
  }
}

void stirling_bregman_loop(const double* y, const double* x, double* out, Index count) {
#pragma GCC ivdep
  for (Index i = 0; i < count; ++i) out[i] = bregman(y[i], x[i]);
}

// Runs a loop over whole vectors only, so that an element gives the same bits wherever it stands: the rest is padded.
template <std::size_t kInputs, std::size_t kOutputs, class Loop>
void in_whole_vectors(Loop* loop, std::array<const double*, kInputs> in, std::array<double*, kOutputs> out,
                      Index count) {
  constexpr Index kLanes = 8;
  const Index whole = count - count % kLanes, rest = count - whole;
  std::apply(loop, std::tuple_cat(in, out, std::tuple(whole)));
  if (rest == 0) return;
  alignas(64) std::array<std::array<double, kLanes>, kInputs> from;
  alignas(64) std::array<std::array<double, kLanes>, kOutputs> to;
  for (std::size_t k = 0; k < kInputs; ++k) {
    from[k].fill(1);
    std::copy_n(in[k] + whole, rest, from[k].begin());
    in[k] = from[k].data();
  }
  auto place = out;
  for (std::size_t k = 0; k < kOutputs; ++k) place[k] = to[k].data();
  std::apply(loop, std::tuple_cat(in, place, std::tuple(kLanes)));
  for (std::size_t k = 0; k < kOutputs; ++k) std::copy_n(place[k], rest, out[k] + whole);
}

}  // namespace

double stirling_error(double x) {
  if (!(x > 0)) return x == 0 ? kInf : kNan;
  if (x >= 1) return stirling(1 / (x + 0.5)).value;
  return stirling(1 / (x + 1.5)).value + ((x + 0.5) * (std::log1p(x) - std::log(x)) - 1);
}

double stirling_slope(double x) {
  if (!(x > 0)) return x == 0 ? -kInf : kNan;
  const auto slope = [](double t) { return -t * t * stirling(t).first; };
  if (x >= 1) return slope(1 / (x + 0.5));
  return slope(1 / (x + 1.5)) + (std::log1p(x) - std::log(x)) - (1 / x) * ((x + 0.5) / (x + 1));
}

double log_gamma_ratio(double x, double shift) {
  if (shift == 0) return 0;
  const double y = x + shift;
  return (x - 0.5) * std::log1p(shift / x) + shift * std::log(y) - shift + (stirling_error(y) - stirling_error(x));
}

double digamma_difference(double x, double shift) {
  const double y = x + shift;
  double rest;
  if (std::abs(shift) < 0.01 * x) {  // the integral of S'' by Gauss-Legendre with three nodes
    const auto curvature = [&](double at) { return trigamma_excess(at) - 0.5 / at / at; };
    const double middle = x + 0.5 * shift, half = 0.3872983346207417 * shift;
    rest = shift / 18 * (5 * (curvature(middle - half) + curvature(middle + half)) + 8 * curvature(middle));
  } else {
    rest = stirling_slope(y) - stirling_slope(x);
  }
  return std::log1p(shift / x) + 0.5 * (shift / x) / y + rest;
}

double trigamma_excess(double x) {
  if (!(x > 0)) return x == 0 ? kInf : kNan;
  if (x == kInf) return 0;
  // At z = 1 + x: 1/(2 z^2) + S''(z) with S'' = t^3 (2 P' + t P''); and 1/x^2 + 1/z - 1/x = 1/(x^2 z).
  const double z = 1 + x, t = 1 / (x + 1.5);
  const Stirling s = stirling(t);
  return 1 / x / (x * z) + (0.5 / z / z + t * t * t * (2 * s.first + t * s.second));
}

double trigamma(double x) { return x == kInf ? 0 : trigamma_excess(x) + 1 / x; }

double inverse_digamma(double y) {
  if (!std::isfinite(y)) return y > 0 ? kInf : (y < 0 ? 0 : kNan);
  // [Minka 2000, appendix C]; Newton in log x, where digamma is nearly linear at either end.
  double x = y > -2.22 ? std::exp(y) + 0.5 : -1 / (y - digamma(1));
  if (!(x < 1e300)) return std::exp(y);
  for (int i = 0; i < 20; ++i) {
    const double step = (y - digamma(x)) / (x * trigamma(x));
    x *= std::exp(step);
    if (std::abs(step) < 2 * kEpsilon) break;
  }
  return x;
}

double log_beta(double a, double b) {
  if (!(a > 0 && b > 0)) return a == 0 || b == 0 ? kInf : kNan;
  const double low = std::min(a, b), high = std::max(a, b), sum = a + b;
  if (high < 1) {  // all three gamma functions by their poles: B = (1/a + 1/b) Gamma(1+a) Gamma(1+b) / Gamma(1+a+b)
    return std::log(1 / a + 1 / b) + (log_gamma(1 + a) + log_gamma(1 + b) - log_gamma(1 + sum));
  }
  const double ratio = low / high;
  // log Gamma(high) - log Gamma(sum), whose main parts nearly cancel where low is small beside high.
  const double difference = stirling_error(high) - stirling_error(sum) - (high - 0.5) * std::log1p(ratio) + low;
  if (low < 1) return log_gamma(low) - low * std::log(sum) + difference;
  return stirling_error(low) + kHalfLog2Pi - 0.5 * std::log(low) + low * std::log(low / sum) - low + difference;
}

double log1pexp(double x) { return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); }

double logistic(double x) {
  if (x >= 0) return 1 / (1 + std::exp(-x));
  const double e = std::exp(x);
  return e / (1 + e);
}

void vector_log_gamma(const double* x, double* out, Index count) {
  in_whole_vectors<1, 1>(log_gamma_loop, {x}, {out}, count);
}
void vector_digamma(const double* x, double* out, Index count) {
  in_whole_vectors<1, 1>(digamma_loop, {x}, {out}, count);
}
void vector_log_gamma_digamma(const double* x, double* log_gamma, double* digamma, Index count) {
  in_whole_vectors<1, 2>(log_gamma_digamma_loop, {x}, {log_gamma, digamma}, count);
}
void vector_stirling_bregman(const double* y, const double* x, double* out, Index count) {
  in_whole_vectors<2, 1>(stirling_bregman_loop, {y, x}, {out}, count);
}

}  // namespace kullback
