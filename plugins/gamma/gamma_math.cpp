#include "gamma.hpp"

namespace kullback::gamma_family {

double entropy(double shape, double rate) {
  // log Gamma(a) + (1 - a) digamma(a) + a by Stirling's formula.
  const double stirling = stirling_error(shape) - 0.5 / shape + (1 - shape) * stirling_slope(shape);
  return 0.5 * std::log(shape) + (kHalfLog2Pi + 0.5) - std::log(rate) + stirling;
}

double mean_log(double shape, double rate) { return digamma(shape) - std::log(rate); }

double power_moment(double shape, double rate, double c) {
  if (!(shape + c > 0)) return kInfinity;
  if (c == 1) return shape / rate;
  if (c == 2) return shape / rate * ((shape + 1) / rate);
  if (c == -1) return rate / (shape - 1);
  if (c == -2) return rate / (shape - 1) * (rate / (shape - 2));
  return std::exp(log_gamma_ratio(shape, c) - c * std::log(rate));
}

double shape_of_log_excess(double excess) {
  // Newton's method for log x, from a start within 1.5 % everywhere. [Minka 2002, "Estimating a gamma distribution"]
  const double t = excess - 3;
  double shape = (-t + std::sqrt(t * t + 24 * excess)) / (12 * excess);
  for (int i = 0; i < 30; ++i) {
    const double step = (0.5 / shape - stirling_slope(shape) - excess) / (shape * trigamma_excess(shape));
    shape *= std::exp(step);
    if (std::abs(step) < 4 * kEpsilon) break;
  }
  return shape;
}

namespace {

constexpr Index kBlock = 256;
using Numbers = std::array<double, kBlock>;
struct Gammas {
  alignas(64) Numbers shape, rate;
};

void read(ToGamma to_gamma, const In& theta, Index begin, Index count, Gammas& out) {
  for (Index n = 0; n < kBlock; ++n) {
    const auto k = static_cast<std::size_t>(n);
    if (n < count)
      to_gamma(plain::column(theta, begin + n), out.shape[k], out.rate[k]);
    else
      out.shape[k] = out.rate[k] = 1;  // whole vectors: a pair gives the same bits wherever it stands
  }
}

void kl_block(const Gammas& p, const Gammas& q, Index count, Numbers& value, Numbers& error) {
  alignas(64) Numbers excess, ratio, shape_excess, shape_ratio, spread;
  for (std::size_t i = 0; i < kBlock; ++i) {
    const double by_shape = (p.shape[i] - q.shape[i]) / q.shape[i], by_rate = (q.rate[i] - p.rate[i]) / p.rate[i];
    const double shapes = p.shape[i] / q.shape[i];
    excess[i] = by_shape + by_rate * shapes;
    ratio[i] = shapes * (q.rate[i] / p.rate[i]);
    spread[i] = std::abs(by_shape) + std::abs(by_rate) * shapes;  // what the sum above loses
    shape_excess[i] = (q.shape[i] - p.shape[i]) / p.shape[i];
    shape_ratio[i] = q.shape[i] / p.shape[i];
  }
  alignas(64) Numbers scales, shapes, rest;
  vector_log_excess(excess.data(), ratio.data(), scales.data(), count);
  vector_log_excess(shape_excess.data(), shape_ratio.data(), shapes.data(), count);
  vector_stirling_bregman(q.shape.data(), p.shape.data(), rest.data(), count);
  for (std::size_t i = 0; i < kBlock; ++i) {
    const double sum = q.shape[i] * scales[i] + (0.5 * shapes[i] + rest[i]);
    const double size = std::abs(excess[i]) < 1 ? std::abs(excess[i]) : 1;
    value[i] = sum == sum ? sum : kInfinity;
    error[i] = kEpsilon * (32 * value[i] + 4 * q.shape[i] * (spread[i] * size));
  }
}

}  // namespace

Rule kl_rule(ToGamma to_gamma) {
  return {Method::closed_form,
          "shape_q phi(shape_p rate_q/(shape_q rate_p)) + phi(shape_q/shape_p)/2 + B,  phi(r) = r - 1 - log r",
          "[Gil et al. 2013, table 3]", [to_gamma](const Side& p, const Side& q, Row value, Row error) {
            Gammas a, b;
            alignas(64) Numbers values, errors;
            for (Index begin = 0; begin < value.size(); begin += kBlock) {
              const Index count = std::min(kBlock, value.size() - begin);
              if (begin == 0 || p.theta.cols() > 1) read(to_gamma, p.theta, begin, count, a);
              if (begin == 0 || q.theta.cols() > 1) read(to_gamma, q.theta, begin, count, b);
              kl_block(a, b, (count + 7) / 8 * 8, values, errors);
              std::copy_n(values.begin(), count, value.data() + begin);
              std::copy_n(errors.begin(), count, error.data() + begin);
            }
          }};
}

}  // namespace kullback::gamma_family
