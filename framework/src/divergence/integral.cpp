// D(p, q) of one-dimensional densities by quadrature of the non-negative integrand.
#include "divergence/integral.hpp"

#include "quadrature/coordinate.hpp"
#include "quadrature/features.hpp"
#include "quadrature/quadrature.hpp"

#include <kullback/error.hpp>
#include <kullback/numerics.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace kullback::divergence {

namespace {

using quadrature::Coordinate;
using quadrature::Feature;
using quadrature::Features;
using quadrature::Mapped;
constexpr double kInf = std::numeric_limits<double>::infinity();

// Rows of the integrand.
constexpr Index kValue = 0, kP = 1, kQ = 2, kNoise = 3, kRows = 4;

// Everything that is integrated over one piece, as densities of its coordinate t. The integrand of a divergence is
// homogeneous in (p, q), so the Jacobian goes into both logarithms: beside a bound p alone would overflow.
class Piece {
 public:
  Piece(const Question& question, const Support& p, const Support& q, const Coordinate& coordinate)
      : question_(question), coordinate_(coordinate), p_(question.p, p, coordinate), q_(question.q, q, coordinate) {}

  bool has_p() const { return p_.inside; }

  void inner(double low, double high) { inner_low_ = low, inner_high_ = high; }

  void operator()(In t, Out out) {
    const Index n = t.cols();
    coordinate_.map(t.data(), n, mapped_);
    resize(n);
    evaluate(p_, t, log_p_);
    evaluate(q_, t, log_q_);
    const ConstRow lp(log_p_.data(), n), lq(log_q_.data(), n);
    Row f(value_.data(), n);
    question_.divergence.integrand(lp, lq, f);
    vector_exp(log_p_.data(), p_value_.data(), n);
    vector_exp(log_q_.data(), q_value_.data(), n);
    for (Index i = 0; i < n; ++i) {
      if (std::isnan(f(i))) {
        // Both logarithms -inf is a point outside both; anything else must not happen.
        if (lp(i) == -kInf && lq(i) == -kInf)
          f(i) = 0;
        else
          throw NumericalError(
              fmt::format("the integrand of {} is not a number at x = {}", pair_name(question_), mapped_.x(i)));
      }
      const bool beyond = t(0, i) < inner_low_ || t(0, i) > inner_high_;
      // Far out both densities underflow, and the logarithm of q may overflow: that is no hole in q.
      if (f(i) == kInf && beyond && p_value_(i) == 0) f(i) = 0;
    }
    for (Index i = 0; i < n; ++i) {
      const double p = p_value_(i), q = q_value_(i), jacobian = std::abs(mapped_.log_jacobian(i));
      const double magnitude = (p > 0 ? std::abs(lp(i)) : 0) + (q > 0 ? std::abs(lq(i)) : 0) + 2 * jacobian + 2;
      out(kValue, i) = f(i);
      out(kP, i) = p;
      out(kQ, i) = q;
      out(kNoise, i) = kEpsilon * magnitude * (std::abs(p - q) + f(i));
    }
    // The rounding of t moves the integrand along its slope.
    for (Index i = 1; i < n; ++i) {
      const double step = t(0, i) - t(0, i - 1);
      if (!(step > 0)) continue;
      const double slope = std::abs(f(i) - f(i - 1)) / step;
      if (slope < kInf) out(kNoise, i) += slope * mapped_.rounding(i);
    }
    for (Index i = 0; i < n; ++i)
      if (!(out(kNoise, i) < kInf)) out(kNoise, i) = 0;  // f is infinite there, and that is the answer
  }

 private:
  struct Density {
    Density(const Members& members, const Support& range, const Coordinate& coordinate)
        : family(*members.family),
          layout(members.layout),
          theta(members.theta),
          support(range),
          inside(range.low <= coordinate.low() && range.high >= coordinate.high()),
          bounded(std::isfinite(range.low) || std::isfinite(range.high)) {}
    const Distribution& family;
    const Layout& layout;
    const Eigen::MatrixXd& theta;
    const Support& support;
    bool inside, bounded;
  };

  void resize(Index n) {
    if (value_.size() >= n) return;
    for (auto* row : {&log_p_, &log_q_, &value_, &p_value_, &q_value_}) row->resize(n);
    from_.resize(1, n);
    to_.resize(1, n);
  }

  void evaluate(const Density& density, In t, Eigen::RowVectorXd& out) {
    const Index n = t.cols();
    if (!density.inside) {
      out.head(n).setConstant(-kInf);
      return;
    }
    Row log_density(out.data(), n);
    if (density.bounded) {
      coordinate_.distance_from(density.support.low, mapped_, n, from_.data());
      coordinate_.distance_to(density.support.high, mapped_, n, to_.data());
      density.family.log_density(density.layout, density.theta,
                                 Points(mapped_.x.head(n), from_.leftCols(n), to_.leftCols(n)), log_density);
    } else {
      density.family.log_density(density.layout, density.theta, Points(mapped_.x.head(n)), log_density);
    }
    for (Index i = 0; i < n; ++i) {
      if (std::isnan(log_density(i)) || log_density(i) == kInf)
        throw NumericalError(
            fmt::format("the log density of {} is {} at x = {}", density.family.name(), log_density(i), mapped_.x(i)));
      log_density(i) += mapped_.log_jacobian(i);
    }
  }

  const Question& question_;
  const Coordinate& coordinate_;
  Density p_, q_;
  double inner_low_ = -kInf, inner_high_ = kInf;
  Mapped mapped_;
  Eigen::RowVectorXd log_p_, log_q_, value_, p_value_, q_value_;
  Eigen::MatrixXd from_, to_;
};

std::string where(const Coordinate& coordinate, double t) {
  if (t <= coordinate.low_limit()) return fmt::format("as x -> {}", coordinate.low());
  if (t >= coordinate.high_limit()) return fmt::format("as x -> {}", coordinate.high());
  return fmt::format("at x = {}", coordinate.to_x(t));
}

std::vector<double> break_points(const std::vector<Feature>& features, const Coordinate& coordinate) {
  std::vector<double> t;
  for (const double x : quadrature::thin(features, coordinate.low(), coordinate.high())) {
    const double at = coordinate.to_t(x);
    if (std::isfinite(at) && at > coordinate.low_limit() && at < coordinate.high_limit() &&
        (t.empty() || at > t.back()))
      t.push_back(at);
  }
  if (t.empty()) t = {-1, 0, 1};
  if (t.size() == 1) t = {t[0] - 1, t[0], t[0] + 1};
  return t;
}

void check_normalized(const Question& question, const Members& side, double value, double error) {
  if (std::abs(value - 1) <= 1e-6 + error) return;
  throw NumericalError(fmt::format(
      "{}: the density of {} integrates to {:.6g} instead of 1: it is not normalized, or its mass was not found "
      "(a family says where it is by landmarks, quantiles or moments, and beside a bound by a log density of the "
      "distances)",
      pair_name(question), side.family->name(), value));
}

}  // namespace

Estimate integrate_line(const Question& question) {
  const Support p = question.p.family->support(question.p.layout, question.p.theta, 0, 0);
  const Support q = question.q.family->support(question.q.layout, question.q.theta, 0, 0);
  const Features p_features = quadrature::find_features(*question.p.family, question.p.layout, question.p.theta);
  const Features q_features = quadrature::find_features(*question.q.family, question.q.layout, question.q.theta);
  std::vector<Feature> features = p_features.points;
  features.insert(features.end(), q_features.points.begin(), q_features.points.end());

  // The pieces between the ends of both supports; those with p in them first, since they set the scale of the value.
  std::vector<double> ends = {p.low, p.high, q.low, q.high};
  std::sort(ends.begin(), ends.end());
  ends.erase(std::unique(ends.begin(), ends.end()), ends.end());
  double value = 0, error = 0, noise = 0;
  double p_mass = 0, p_error = 0, q_mass = 0, q_error = 0;
  Index evaluations = 0;
  bool converged = true;
  for (const bool with_p : {true, false})
    for (std::size_t i = 0; i + 1 < ends.size(); ++i) {
      const Coordinate coordinate(ends[i], ends[i + 1], p_features.center, p_features.scale);
      const bool in_p = p.low <= ends[i] && p.high >= ends[i + 1], in_q = q.low <= ends[i] && q.high >= ends[i + 1];
      if (in_p != with_p || (!in_p && !in_q)) continue;
      quadrature::Line line{break_points(features, coordinate), coordinate.low_limit(), coordinate.high_limit(),
                            coordinate.low_flat(), coordinate.high_flat()};
      Piece piece(question, p, q, coordinate);
      piece.inner(line.breaks.front(), line.breaks.back());
      quadrature::Options options;
      // The rule converges so fast that the last digits cost next to nothing, and the error that is stated is the
      // better for it.
      options.relative_tolerance = 5e-3 * question.options.relative_tolerance;
      options.absolute_tolerance = 0.1 * options.relative_tolerance * value;
      options.driving = 1;
      options.noise_component = kNoise;
      const quadrature::Integral integral =
          quadrature::integrate_1d([&](In t, Out out) { piece(t, out); }, kRows, line, options);
      if (integral.infinite)
        return infinite(fmt::format("the integral diverges {}", where(coordinate, integral.infinite_at)));
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
      value, 2 * (error + noise) + 1e-14 * value, Method::quadrature,
      fmt::format("adaptive Gauss-Kronrod, {} evaluations{}", evaluations, converged ? "" : ", tolerance not reached")};
}

Answer by_integration(Question& question) {
  const Index d = question.p.layout.dimension;
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
    for (Index i = 0; i < d; ++i)
      if (side->family->support(side->layout, side->theta, 0, i).integer) {
        question.missing.push_back(fmt::format("{} is discrete", side->family->name()));
        return {};
      }
  }
  return d == 1 ? integrate_line(question) : integrate_box(question);
}

}  // namespace kullback::divergence
