// Divergences of distribution functions on the line: transport distances by quantiles, |P - Q| and its square by cdfs.
#include "divergence/distributions.hpp"
#include "divergence/integral.hpp"
#include "divergence/piece.hpp"

#include <kullback/capability.hpp>
#include <kullback/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace kullback::divergence {

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

bool discrete(const Question& question, bool& mixed) {
  const bool p = question.p.family->support(question.p.layout, question.p.theta, 0, 0).integer;
  const bool q = question.q.family->support(question.q.layout, question.q.theta, 0, 0).integer;
  mixed = p != q;
  return p || q;
}

// integral of |P - Q|^power.
Estimate by_cdfs(const Question& question, Distributions& both, double power) {
  const PiecesOfLine line(question, true);
  double value = 0, error = 0;
  Index evaluations = 0;
  for (PiecesOfLine::One part : line.pieces()) {
    quadrature::Mapped mapped;
    const auto difference = [&](In t) {
      part.coordinate.map(t.data(), t.cols(), mapped);
      return both.difference(mapped.x.leftCols(t.cols()));
    };
    if (power == 1) split_at_sign_changes(difference, part.line.breaks);
    quadrature::Options options;
    options.relative_tolerance = 5e-3 * question.options.relative_tolerance;
    options.absolute_tolerance = 0.1 * options.relative_tolerance * value;
    options.driving = 1;
    options.noise_component = 1;
    const quadrature::Integral integral = quadrature::integrate_1d(
        [&](In t, Out out) {
          const Eigen::RowVectorXd d = difference(t);
          for (Index i = 0; i < t.cols(); ++i) {
            const double size = std::abs(d[i]);
            out(0, i) = size == 0 ? 0 : (power == 1 ? size : size * size) * std::exp(mapped.log_jacobian(i));
            // The rounding of x moves the integrand along its slope.
            const double step = i > 0 ? t(0, i) - t(0, i - 1) : 0;
            const double noise = step > 0 ? std::abs(out(0, i) - out(0, i - 1)) / step * mapped.rounding(i) : 0;
            out(1, i) = noise < kInf ? noise : 0;
          }
        },
        2, part.line, options);
    if (integral.infinite)
      return infinite(fmt::format("the integral diverges {}", where(part.coordinate, integral.infinite_at)));
    value += integral.value(0);
    error += integral.error(0) + integral.value(1);
    evaluations += integral.evaluations;
  }
  return {value, 2 * error + 1e-14 * value, Method::quadrature,
          fmt::format("quadrature of the distribution functions, {} evaluations", evaluations)};
}

// integral of (P^-1 - Q^-1)^2 over the logit of the probability.
Estimate by_quantile_squares(const Question& question, Distributions& both) {
  quadrature::Line line{{}, -690, 690, 1e-6, 1e-6};
  for (double t = -40; t <= 40; t += 4) line.breaks.push_back(t);
  split_at_sign_changes([&](In t) { return both.gap(t); }, line.breaks);
  quadrature::Options options;
  options.relative_tolerance = 5e-3 * question.options.relative_tolerance;
  const quadrature::Integral integral = quadrature::integrate_1d(
      [&](In t, Out out) {
        const Eigen::RowVectorXd g = both.gap(t);
        for (Index i = 0; i < t.cols(); ++i) {
          const double e = std::exp(-0.5 * std::abs(t(0, i))), root = g[i] == 0 ? 0 : g[i] * e / (1 + e * e);
          out(0, i) = root * root;
        }
      },
      1, line, options);
  if (integral.infinite)
    return infinite(
        fmt::format("the integral over the probabilities diverges at {}", integral.infinite_at > 0 ? 1 : 0));
  return {integral.value(0), 2 * integral.error(0) + 1e-14 * integral.value(0), Method::quadrature,
          fmt::format("quadrature of the quantiles, {} evaluations", integral.evaluations)};
}

}  // namespace

Answer by_distribution_functions(Question& question) {
  if (question.options.formulas_only) return {};
  if (question.p.layout.dimension != 1) {
    question.missing.push_back("distribution functions are compared in one dimension");
    return {};
  }
  Distributions both(question);
  if (!both.known()) {
    question.missing.push_back(fmt::format("{} has no distribution function", both.unknown().family->name()));
    return {};
  }
  const bool squares = question.divergence.functional() == Functional::wasserstein && question.divergence.order() == 2;
  const double power = question.divergence.functional() == Functional::energy ? 2 : 1;
  bool mixed = false;
  const bool integers = discrete(question, mixed);
  if (mixed) {
    question.missing.push_back("one is discrete and the other continuous");
    return {};
  }
  Estimate out = squares    ? (integers ? by_quantile_steps(question) : by_quantile_squares(question, both))
                 : integers ? sum_over_integers(question,
                                                [&](const Eigen::RowVectorXd& k) {
                                                  const Eigen::RowVectorXd d = both.difference(k).cwiseAbs();
                                                  return power == 1 ? d : Eigen::RowVectorXd(d.cwiseAbs2());
                                                })
                            : by_cdfs(question, both, power);
  if (power == 2 && std::isfinite(out.value)) out.value *= 2, out.error *= 2;
  return out;
}

}  // namespace kullback::divergence
