// D(p, q) by Monte Carlo or quasi-Monte Carlo, only where it was allowed: the integrand over the mixture m = (p + q)/2,
// half of the draws from each, so that p/m and q/m never exceed 2. The error is three standard errors, and no error is
// stated where the tail of the summands has no variance.
#include "core/random.hpp"
#include "divergence/ladder.hpp"
#include "parallel/parallel.hpp"

#include <kullback/capability.hpp>
#include <kullback/error.hpp>

#include <fmt/format.h>

#include <boost/random/sobol.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>

namespace kullback::divergence {

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr Index kDraws = Index{1} << 17;  // from each side
constexpr Index kChunk = 2048;
constexpr Index kPoints = Index{1} << 12;  // of one randomization of Sobol's points
constexpr Index kMostCoordinates = 512;
constexpr double kQuasiErrors =
    3.5;  // standard errors: as rare as 3 of a normal, with the few randomizations there are
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

// Of the largest summands. Beside a few large ones many may lie just below 2, the most that q/m can be: as excesses
// over a threshold among them even a light tail would look heavy. So the threshold is 2, where enough summands exceed
// it.
double tail_shape(const std::vector<double>& values) {
  constexpr double kBound = 2;
  constexpr std::size_t kFewest = 20;
  std::vector<double> excess(values);
  const auto n = static_cast<double>(values.size());
  const auto count = static_cast<std::size_t>(std::min(0.2 * n, 3 * std::sqrt(n)));
  std::sort(excess.begin(), excess.end());
  const auto above = static_cast<std::size_t>(excess.end() - std::upper_bound(excess.begin(), excess.end(), kBound));
  const bool bounded = above >= kFewest && above < count;
  const double threshold = bounded ? kBound : excess[excess.size() - count - 1];
  excess.erase(excess.begin(), excess.end() - static_cast<std::ptrdiff_t>(bounded ? above : count));
  for (double& x : excess) x -= threshold;
  if (!(excess.back() > 0)) return 0;
  return pareto_shape(excess);
}

/// Fills the uniforms of the draws that begin at that one.
using Uniforms = std::function<void(Index begin, Out u)>;

// Counter-based random numbers.
Uniforms random_uniforms(std::uint64_t seed, std::uint64_t sweep) {
  const Stream stream(seed, Purpose::integration);
  return [=](Index begin, Out u) { stream.uniforms(sweep, static_cast<std::uint64_t>(begin), u); };
}

// Sobol's points, shifted modulo 1 by one random vector for each of the randomizations that follow one another.
Uniforms shifted_points(std::uint64_t seed, std::uint64_t sweep, Index rows) {
  const auto points =
      std::make_shared<Eigen::MatrixXd>(Eigen::MatrixXd::Zero(rows, kPoints));  // the first is the origin
  boost::random::sobol engine(static_cast<std::size_t>(rows));
  for (Index k = 1; k < kPoints; ++k)
    for (Index i = 0; i < rows; ++i) (*points)(i, k) = static_cast<double>(engine() >> 11) * 0x1p-53;
  const Stream stream(seed, Purpose::integration);
  return [=](Index begin, Out u) {
    Eigen::MatrixXd shift(rows, 1);
    stream.uniforms(sweep, static_cast<std::uint64_t>(begin / kPoints), shift);
    for (Index k = 0; k < u.cols(); ++k)
      for (Index i = 0; i < rows; ++i) {
        const double moved = (*points)(i, (begin + k) % kPoints) + shift(i, 0);
        u(i, k) = std::clamp(moved < 1 ? moved : moved - 1, 0x1p-54, 1 - 0x1p-53);
      }
  };
}

struct Half {
  double mean = 0, square_error = 0, shape = 0;  // the square of the standard error
};

// Draws of one side.
std::vector<double> draw(const Question& question, const Members& from, const Uniforms& uniforms) {
  const auto* sampler = capability<Sampler>(*from.family, from.layout);
  std::vector<double> values(static_cast<std::size_t>(kDraws));
  parallel::for_chunks(kDraws, kChunk, [&](Index, Index begin, Index end) {
    const Index n = end - begin;
    Eigen::MatrixXd u(sampler->uniforms(from.layout), n), x(from.layout.dimension, n);
    uniforms(begin, u);
    sampler->sample(from.layout, from.theta, u, x);
    Eigen::RowVectorXd log_p(n), log_q(n), f(n);
    const Members &p = question.p, &q = question.q;
    p.family->log_density(p.layout, p.theta, Points(x), row(log_p));
    q.family->log_density(q.layout, q.theta, Points(x), row(log_q));
    Eigen::RowVectorXd scale(n);
    for (Index i = 0; i < n; ++i) {  // relative to the mixture
      const double top = std::max(log_p[i], log_q[i]);
      const double mixture = top + std::log1p(std::exp(-std::abs(log_p[i] - log_q[i]))) - std::log(2.0);
      log_p[i] -= mixture, log_q[i] -= mixture, scale[i] = -mixture;
    }
    const Eigen::RowVectorXd &lp = log_p, &lq = log_q;
    question.divergence.integrand(row(lp), row(lq), row(f));
    undo_scale(question.divergence, row(lp), ConstRow(scale.data(), n), row(f));
    std::copy(f.begin(), f.end(), values.begin() + begin);
  });
  return values;
}

// The mean of groups of independent means: single draws, or the randomizations of one set of points.
Half summarize(const std::vector<double>& values, Index group) {
  Half out;
  const auto groups = static_cast<double>(kDraws / group);
  const Eigen::Map<const Eigen::MatrixXd> table(values.data(), group, kDraws / group);
  const Eigen::RowVectorXd means = table.colwise().mean();
  out.mean = means.mean();
  out.square_error = (means.array() - out.mean).square().sum() / (groups - 1) / groups;
  out.shape = tail_shape(values);
  return out;
}

}  // namespace

Answer by_draws(Question& question) {
  if (question.options.formulas_only) return {};
  if (!question.options.allow_monte_carlo) {
    question.missing.push_back(
        "Monte Carlo was not allowed (--allow monte_carlo, or allow: [monte_carlo] in the file)");
    return {};
  }
  Index rows = 0;
  for (const Members* side : {&question.p, &question.q}) {
    const auto* sampler = capability<Sampler>(*side->family, side->layout);
    if (!sampler) {
      question.missing.push_back(fmt::format("{} cannot be drawn from", side->family->name()));
      return {};
    }
    rows = std::max(rows, sampler->uniforms(side->layout));
  }
  const bool quasi = rows <= kMostCoordinates;
  const auto half = [&](const Members& side, std::uint64_t sweep) {
    const Index own = capability<Sampler>(*side.family, side.layout)->uniforms(side.layout);
    const std::uint64_t seed = question.options.seed;
    return summarize(draw(question, side, quasi ? shifted_points(seed, 2 + sweep, own) : random_uniforms(seed, sweep)),
                     quasi ? kPoints : 1);
  };
  const Half p = half(question.p, 0), q = half(question.q, 1);
  Estimate out;
  out.value = 0.5 * (p.mean + q.mean);
  if (out.value == kInf) return infinite("a draw of p where q has no mass");
  // The summands of alpha integrals between 0 and 1 are at most 2: they have a variance.
  const double order = question.divergence.order();
  const bool bounded = question.divergence.functional() == Functional::alpha_integral && order >= 0 && order <= 1;
  const double shape = bounded ? 0 : std::max(p.shape, q.shape);
  if (shape > kLargestShape) {
    question.missing.push_back(
        fmt::format("Monte Carlo has no standard error: Pareto shape {:.2f} of the largest summands", shape));
    return {};
  }
  const double standard_error = 0.5 * std::sqrt(p.square_error + q.square_error);
  out.error = (quasi ? kQuasiErrors : 3) * standard_error;
  out.method = Method::monte_carlo;
  out.source = quasi ? fmt::format(
                           "quasi-Monte Carlo: {} random shifts of {} Sobol points for p and for q, standard error "
                           "{:.3g}, Pareto shape {:.2f}",
                           kDraws / kPoints, kPoints, standard_error, shape)
                     : fmt::format("{} draws from p and from q, standard error {:.3g}, Pareto shape {:.2f}", kDraws,
                                   standard_error, shape);
  return question.divergence.functional() == Functional::alpha_integral
             ? log_integral(question.divergence.order(), std::move(out))
             : out;
}

}  // namespace kullback::divergence
