#include "beta.hpp"

namespace kullback::beta_family {

LogDensity::LogDensity(double alpha, double beta)
    : alpha_(alpha),
      beta_(beta),
      sum_(alpha + beta),
      constant_(-log_beta(alpha, beta)),
      constant_in_bulk_(0.5 * (std::log(alpha / sum_) + std::log(beta)) - kHalfLog2Pi + stirling_error(sum_) -
                        stirling_error(alpha) - stirling_error(beta)) {}

double LogDensity::operator()(double y, double log_y, double log_rest) const {
  const double rest = std::exp(log_rest);
  const double u = (sum_ * y - alpha_) / alpha_, v = (sum_ * rest - beta_) / beta_;
  if (alpha_ > 4 && beta_ > 4 && std::abs(u) < 0.5 && std::abs(v) < 0.5) {
    return alpha_ * log1pmx(u) + beta_ * log1pmx(v) + (constant_in_bulk_ - log_y - log_rest);
  }
  const double low = alpha_ == 1 ? 0 : (alpha_ - 1) * log_y, high = beta_ == 1 ? 0 : (beta_ - 1) * log_rest;  // 0 * inf
  return constant_ + low + high;
}

double entropy(double alpha, double beta) {
  const double sum = alpha + beta;
  const double stirling = stirling_error(alpha) + stirling_error(beta) - stirling_error(sum) +
                          (1 - alpha) * stirling_slope(alpha) + (1 - beta) * stirling_slope(beta) +
                          (sum - 2) * stirling_slope(sum);
  return 0.5 * (std::log(alpha / sum) + std::log(beta / sum) - std::log(sum) + 1) + kHalfLog2Pi - 0.5 / alpha -
         0.5 / beta + 1 / sum + stirling;
}

double power_moment(double alpha, double beta, double c) {
  if (!(alpha + c > 0)) return kInfinity;
  const double sum = alpha + beta;
  if (c == 1) return alpha / sum;
  if (c == 2) return alpha / sum * ((alpha + 1) / (sum + 1));
  if (c == -1) return (sum - 1) / (alpha - 1);
  if (c == -2) return (sum - 1) / (alpha - 1) * ((sum - 2) / (alpha - 2));
  return std::exp(log_gamma_ratio(alpha, c) - log_gamma_ratio(sum, c));
}

double mean_log(double alpha, double beta) { return -digamma_difference(alpha, beta); }

double variance_log(double alpha, double beta) {
  const double sum = alpha + beta;
  return beta / alpha / sum + (trigamma_excess(alpha) - trigamma_excess(sum));
}

void solve_mean_logs(double mean_log, double mean_log_rest, double& alpha, double& beta) {
  const double g = std::exp(mean_log), h = std::exp(mean_log_rest), rest = 1 - g - h;
  if (!(mean_log < 0 && mean_log_rest < 0 && rest > 0) || std::isinf(mean_log) || std::isinf(mean_log_rest))
    throw DomainError("", "no beta has these mean parameters: exp E[log x] + exp E[log(1-x)] must be below 1");
  // A start for parameters that are not small [Johnson, Kotz & Balakrishnan 1995, 25.4], then Newton's method for their
  // logarithms; steps are limited, for A is convex but far from quadratic.
  alpha = 0.5 * (1 + g / rest);
  beta = 0.5 * (1 + h / rest);
  for (int i = 0; i < 200; ++i) {
    const double f = mean_log + digamma_difference(alpha, beta), k = mean_log_rest + digamma_difference(beta, alpha);
    const double common = trigamma(alpha + beta);
    // In coordinates log alpha, log beta.
    const double aa = alpha * alpha * variance_log(alpha, beta), bb = beta * beta * variance_log(beta, alpha);
    const double ab = -alpha * beta * common, determinant = aa * bb - ab * ab;
    double by_alpha = (bb * alpha * f - ab * beta * k) / determinant,
           by_beta = (aa * beta * k - ab * alpha * f) / determinant;
    const double size = std::max(std::abs(by_alpha), std::abs(by_beta));
    if (!(size < kInfinity)) break;
    if (size > 2) by_alpha *= 2 / size, by_beta *= 2 / size;
    alpha *= std::exp(by_alpha);
    beta *= std::exp(by_beta);
    if (size < 4 * kEpsilon) break;
  }
}

double fisher(double alpha, double beta, double by_alpha, double by_beta) {
  const double sum = alpha + beta, by_sum = by_alpha + by_beta;
  // trigamma(x) = 1/x + 1/(2 x^2) + rest: of the first two the parts of the sum are taken off in closed form.
  const double across = by_alpha * (beta / sum) - by_beta * (alpha / sum);
  const double small = std::min(alpha, beta), by_small = alpha < beta ? by_alpha : by_beta;
  const double large = std::max(alpha, beta), by_large = alpha < beta ? by_beta : by_alpha;
  const double tilt = (small / sum * by_large - large / sum * by_small) / large;  // by_large / large - by_sum / sum
  const auto rest = [](double x) { return trigamma_excess(x) - 0.5 / x / x; };
  return across * across * (1 / alpha + 1 / beta) +
         0.5 * (by_small / small * (by_small / small) + tilt * (by_large / large + by_sum / sum)) +
         (rest(alpha) * by_alpha * by_alpha + rest(beta) * by_beta * by_beta - rest(sum) * by_sum * by_sum);
}

namespace {

// Terms that are large and of both signs, for parameters far apart: the differences of digamma are exact there.
void careful(double alpha_p, double beta_p, double alpha_q, double beta_q, double& value, double& error) {
  const double terms[] = {log_beta(alpha_q, beta_q), -log_beta(alpha_p, beta_p),
                          (alpha_p - alpha_q) * mean_log(alpha_p, beta_p),
                          (beta_p - beta_q) * mean_log(beta_p, alpha_p)};
  double sum = 0, size = 0;
  for (const double term : terms) sum += term, size += std::abs(term);
  const double bound = 16 * kEpsilon * size;
  if (!(bound < error) || std::isnan(sum)) return;
  value = sum;
  error = bound;
}

// What the difference of two numbers over one of them loses where both are near.
inline double ratio_excess(double by_first, double by_second, double ratio) {
  return std::abs(by_first) + std::abs(by_second) < 1 ? by_first + by_second : ratio - 1;
}

}  // namespace

void kl_of_betas(const Betas& p, const Betas& q, Index count, double* __restrict value, double* __restrict error) {
  alignas(64) Numbers excess_v, ratio_v, excess_w, ratio_w, excess_s, ratio_s, by_l, lost;
#pragma GCC ivdep
  for (std::size_t i = 0; i < kBlock; ++i) {
    const double larges = p.large[i] / q.large[i], smalls = q.small[i] / p.small[i], sums = q.sum[i] / p.sum[i];
    const double by_large = (p.large[i] - q.large[i]) / q.large[i], by_small = (q.small[i] - p.small[i]) / p.small[i];
    const double cross =
        ratio_excess(by_large, by_small * larges, larges * smalls);  // large_p small_q / (large_q small_p) - 1
    const double share = p.small[i] / p.sum[i], other = share * (q.large[i] / q.small[i]);
    excess_v[i] = cross * share;
    ratio_v[i] = larges * sums;
    excess_w[i] = -cross * other;
    ratio_w[i] = sums / smalls;
    excess_s[i] = by_small;
    ratio_s[i] = smalls;
    by_l[i] = (q.large[i] - p.large[i]) / p.large[i];
    const double spread = std::abs(by_large) + std::abs(by_small) * larges,
                 of_cross = spread < 1 ? spread : 1 + std::abs(cross);
    const double size_v = std::abs(excess_v[i]) < 1 ? std::abs(excess_v[i]) : 1;
    const double size_w = std::abs(excess_w[i]) < 1 ? std::abs(excess_w[i]) : 1;
    lost[i] = 4 * of_cross * (share * (q.large[i] * size_v + std::abs(by_l[i])) + other * q.small[i] * size_w);
  }
  alignas(64) Numbers phi_v, phi_w, phi_s, rest_l, rest_s, rest_sum;
  vector_log_excess(excess_v.data(), ratio_v.data(), phi_v.data(), count);
  vector_log_excess(excess_w.data(), ratio_w.data(), phi_w.data(), count);
  vector_log_excess(excess_s.data(), ratio_s.data(), phi_s.data(), count);
  vector_stirling_bregman(q.large.data(), p.large.data(), rest_l.data(), count);
  vector_stirling_bregman(q.small.data(), p.small.data(), rest_s.data(), count);
  vector_stirling_bregman(q.sum.data(), p.sum.data(), rest_sum.data(), count);
  int doubtful = 0;
#pragma GCC ivdep
  for (std::size_t i = 0; i < kBlock; ++i) {
    const double tilt = excess_v[i] * by_l[i], means = q.large[i] * phi_v[i] + q.small[i] * phi_w[i];
    const double sum = means + 0.5 * (phi_s[i] - phi_v[i] - tilt) + (rest_s[i] + (rest_l[i] - rest_sum[i]));
    // What the sums have lost counts by how little they differ.
    const double lost_sums =
        std::abs(p.small[i] - (p.sum[i] - p.large[i])) + std::abs(q.small[i] - (q.sum[i] - q.large[i]));
    const double apart = std::abs(q.sum[i] - p.sum[i]),
                 of_sums = apart > 0 ? 4 / kEpsilon * rest_sum[i] * (lost_sums / apart) : 0;
    const double bound =
        32 * (means + phi_s[i]) + 16 * (std::abs(tilt) + rest_s[i] + rest_l[i] + rest_sum[i]) + of_sums + lost[i];
    value[i] = sum;
    error[i] = kEpsilon * bound;
    doubtful |= !(kEpsilon * bound < 1e-13 * sum);
  }
  if (!doubtful) return;
  for (Index n = 0; n < count; ++n) {
    const auto i = static_cast<std::size_t>(n);
    if (error[i] < 1e-13 * value[i]) continue;
    careful(p.large[i], p.small[i], q.large[i], q.small[i], value[i], error[i]);
    if (!(value[i] > 0)) value[i] = std::isnan(value[i]) ? kInfinity : 0;
    if (std::isnan(error[i])) error[i] = kInfinity;
  }
}

}  // namespace kullback::beta_family
