// D(p, q) of one-dimensional densities by quadrature of the non-negative integrand.
#include "divergence/integral.hpp"
#include "divergence/piece.hpp"

#include <kullback/error.hpp>
#include <kullback/numerics.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace kullback::divergence {

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

void check_normalized(const Question& question, const Members& side, double value, double error) {
  if (std::abs(value - 1) <= 1e-6 + error) return;
  throw NumericalError(fmt::format(
      "{}: the density of {} integrates to {:.6g} instead of 1: it is not normalized, or its mass was not found "
      "(a family says where it is by landmarks, quantiles or moments, and beside a bound by a log density of the "
      "distances)",
      pair_name(question), side.family->name(), value));
}

}  // namespace

Estimate log_integral(double order, Estimate estimate) {
  if (estimate.method == Method::infinite) return estimate;
  const bool below = order >= 0 && order <= 1;
  const double c = below ? 1 - estimate.value : 1 + estimate.value;
  if (!(c > 0)) return infinite("p and q do not overlap as far as doubles can tell");
  estimate.value = std::abs(std::log1p(below ? -estimate.value : estimate.value));
  // At least one end of the interval of c is that far from c in the logarithm.
  estimate.error = below && estimate.error >= c ? kInf : -std::log1p(-std::min(estimate.error / c, 0.999));
  if (std::isinf(estimate.error)) estimate.error = std::numeric_limits<double>::max();
  return estimate;
}

Estimate integrate_line(const Question& question) {
  const PiecesOfLine line(question);
  double value = 0, error = 0, noise = 0;
  double p_mass = 0, p_error = 0, q_mass = 0, q_error = 0;
  Index evaluations = 0;
  bool converged = true;
  for (PiecesOfLine::One part : line.pieces()) {
    Piece piece(question, line.p(), line.q(), part.coordinate);
    piece.inner(part.line.breaks.front(), part.line.breaks.back());
    if (question.divergence.functional() == Functional::f_divergence && piece.has_p() && piece.has_q())
      split_at_sign_changes(
          [&](In t) {
            piece.logarithms(t);
            return Eigen::RowVectorXd(piece.log_p(t.cols()) - piece.log_q(t.cols()));
          },
          part.line.breaks);  // total variation has a kink where p = q
    quadrature::Options options;
    // The rule converges so fast that the last digits cost next to nothing, and the error that is stated is the
    // better for it.
    options.relative_tolerance = 5e-3 * question.options.relative_tolerance;
    options.absolute_tolerance = 0.1 * options.relative_tolerance * std::abs(value);
    options.driving = 1;
    options.noise_component = kNoise;
    const quadrature::Integral integral =
        quadrature::integrate_1d([&](In t, Out out) { piece(t, out); }, kRows, part.line, options);
    if (integral.infinite)
      return infinite(fmt::format("the integral diverges {}", where(part.coordinate, integral.infinite_at)));
    value += integral.value(kValue);
    error += integral.error(kValue);
    noise += integral.value(kNoise);
    p_mass += integral.value(kP), p_error += integral.error(kP);
    q_mass += integral.value(kQ), q_error += integral.error(kQ);
    evaluations += integral.evaluations;
    converged = converged && integral.converged;
  }
  check_normalized(question, question.p, p_mass, p_error);
  check_normalized(question, question.q, q_mass, q_error);
  return {
      value, 2 * (error + noise) + 1e-14 * std::abs(value), Method::quadrature,
      fmt::format("adaptive Gauss-Kronrod, {} evaluations{}", evaluations, converged ? "" : ", tolerance not reached")};
}

Answer by_integration(Question& question) {
  if (question.options.formulas_only) return {};
  const Index d = question.p.layout.dimension;
  bool discrete = false;
  for (const Members* side : {&question.p, &question.q}) {
    if (d > 3) {
      question.missing.push_back(fmt::format("integration ends at 3 dimensions, and there are {}", d));
      return {};
    }
    for (const Text carrier : carriers(*side))
      if (!carrier.empty()) {
        question.missing.push_back(fmt::format("{} lives on {}", side->family->name(), carrier));
        return {};
      }
    for (Index i = 0; i < d; ++i) discrete = discrete || side->family->support(side->layout, side->theta, 0, i).integer;
  }
  const bool alpha = question.divergence.functional() == Functional::alpha_integral;
  const double order = question.divergence.order();
  if (discrete && d > 1) {
    question.missing.push_back("sums over integers are taken in one dimension");
    return {};
  }
  Estimate estimate = discrete ? sum_line(question) : d == 1 ? integrate_line(question) : integrate_box(question);
  if (!alpha) return estimate;
  // Where c is far from 1 its logarithm is integrated for: 1 - c has lost it, or overflowed.
  const bool below = order >= 0 && order <= 1;
  const bool far = estimate.method == Method::infinite || estimate.value > (below ? 0.5 : 1e100);
  if (far && d == 1 && !discrete && order != 0) return integrate_logarithm(question);
  return log_integral(order, std::move(estimate));
}

}  // namespace kullback::divergence
