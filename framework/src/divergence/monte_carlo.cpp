// D(p, q) by draws, only where it was allowed: the integrand over the mixture m = (p + q)/2, half of the draws from
// each, so that p/m and q/m never exceed 2. The error is three standard errors, and no error is stated where the tail
// of the summands has no variance.
#include "core/random.hpp"
#include "divergence/ladder.hpp"
#include "parallel/parallel.hpp"

#include <kullback/capability.hpp>
#include <kullback/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace kullback::divergence {

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr Index kDraws = Index{1} << 17;  // from each side
constexpr Index kChunk = 2048;
constexpr double kLargestShape = 0.7;

// The shape of the generalized Pareto distribution of what exceeds a threshold, the excesses ascending. [Zhang &
// Stephens 2009]
double pareto_shape(const std::vector<double>& excess) {
  const auto n = static_cast<double>(excess.size());
  const double quartile = excess[static_cast<std::size_t>(n / 4 + 0.5) - 1], largest = excess.back();
  if (!(quartile > 0)) return kInf;
  const Index candidates = 30 + static_cast<Index>(std::sqrt(n));
  Eigen::VectorXd theta(candidates), likelihood(candidates);
  const auto shape_at = [&](double t) {
    double sum = 0;
    for (const double x : excess) sum += std::log1p(-t * x);
    return sum / n;
  };
  for (Index j = 0; j < candidates; ++j) {
    theta[j] = 1 / largest +
               (1 - std::sqrt(static_cast<double>(candidates) / (static_cast<double>(j) + 0.5))) / (3 * quartile);
    const double k = shape_at(theta[j]);
    likelihood[j] = n * (std::log(-theta[j] / k) - k - 1);
  }
  const Eigen::VectorXd weight = (likelihood.array() - likelihood.maxCoeff()).exp();
  const double k = shape_at(theta.dot(weight) / weight.sum());
  return (n * k + 5) / (n + 10);  // shrunk towards 1/2 as in [Vehtari et al. 2024]
}

double tail_shape(std::vector<double> values) {
  const auto n = static_cast<double>(values.size());
  const auto count = static_cast<std::size_t>(std::min(0.2 * n, 3 * std::sqrt(n)));
  std::nth_element(values.begin(), values.end() - static_cast<std::ptrdiff_t>(count) - 1, values.end());
  const double threshold = values[values.size() - count - 1];
  std::vector<double> excess(values.end() - static_cast<std::ptrdiff_t>(count), values.end());
  for (double& x : excess) x -= threshold;
  std::sort(excess.begin(), excess.end());
  if (!(excess.back() > 0)) return 0;
  return pareto_shape(excess);
}

struct Half {
  double mean = 0, variance = 0, shape = 0;
};

// Draws of one side.
Half run(const Question& question, const Members& from, std::uint64_t sweep) {
  const auto* sampler = capability<Sampler>(*from.family, from.layout);
  const Stream stream(question.options.seed, Purpose::integration);
  std::vector<double> values(static_cast<std::size_t>(kDraws));
  parallel::for_chunks(kDraws, kChunk, [&](Index, Index begin, Index end) {
    const Index n = end - begin;
    Eigen::MatrixXd u(sampler->uniforms(from.layout), n), x(from.layout.dimension, n);
    stream.uniforms(sweep, static_cast<std::uint64_t>(begin), u);
    sampler->sample(from.layout, from.theta, u, x);
    Eigen::RowVectorXd log_p(n), log_q(n), f(n);
    const Members &p = question.p, &q = question.q;
    p.family->log_density(p.layout, p.theta, Points(x), row(log_p));
    q.family->log_density(q.layout, q.theta, Points(x), row(log_q));
    for (Index i = 0; i < n; ++i) {  // relative to the mixture
      const double top = std::max(log_p[i], log_q[i]);
      const double mixture = top + std::log1p(std::exp(-std::abs(log_p[i] - log_q[i]))) - std::log(2.0);
      log_p[i] -= mixture, log_q[i] -= mixture;
    }
    const Eigen::RowVectorXd &lp = log_p, &lq = log_q;
    question.divergence.integrand(row(lp), row(lq), row(f));
    std::copy(f.begin(), f.end(), values.begin() + begin);
  });
  Half out;
  for (const double v : values) out.mean += v / static_cast<double>(kDraws);
  for (const double v : values) out.variance += (v - out.mean) * (v - out.mean) / static_cast<double>(kDraws - 1);
  out.shape = tail_shape(std::move(values));
  return out;
}

}  // namespace

Answer by_monte_carlo(Question& question) {
  if (question.options.formulas_only) return {};
  if (!question.options.allow_monte_carlo) {
    question.missing.push_back(
        "Monte Carlo was not allowed (--allow monte_carlo, or allow: [monte_carlo] in the file)");
    return {};
  }
  for (const Members* side : {&question.p, &question.q})
    if (!capability<Sampler>(*side->family, side->layout)) {
      question.missing.push_back(fmt::format("{} cannot be drawn from", side->family->name()));
      return {};
    }
  const Half p = run(question, question.p, 0), q = run(question, question.q, 1);
  Estimate out;
  out.value = 0.5 * (p.mean + q.mean);
  if (out.value == kInf) return infinite("a draw of p where q has no mass");
  const double shape = std::max(p.shape, q.shape);
  if (shape > kLargestShape) {
    question.missing.push_back(
        fmt::format("Monte Carlo has no standard error: Pareto shape {:.2f} of the largest summands", shape));
    return {};
  }
  const double standard_error = 0.5 * std::sqrt((p.variance + q.variance) / static_cast<double>(kDraws));
  out.error = 3 * standard_error;
  out.method = Method::monte_carlo;
  out.source = fmt::format("{} draws from p and from q, standard error {:.3g}, Pareto shape {:.2f}", kDraws,
                           standard_error, shape);
  return question.divergence.functional() == Functional::alpha_integral
             ? log_integral(question.divergence.order(), std::move(out))
             : out;
}

}  // namespace kullback::divergence
