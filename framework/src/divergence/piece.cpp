#include "divergence/piece.hpp"

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
constexpr double kInf = std::numeric_limits<double>::infinity();

// A panel that is far wider than the one beside it may see nothing at its nodes of what lies between them (the tail
// below a first quantile, beside the far landmark of the other density): its width grows from there in steps.
void grade(std::vector<double>& t) {
  constexpr double kFarWider = 30, kGrowth = 4;
  const std::vector<double> given = t;
  const auto add = [&](double from, double width, double gap, double sign) {
    for (double at = 2 * width; at < gap / 2; at *= kGrowth) t.push_back(from + sign * at);
  };
  for (std::size_t i = 0; i + 1 < given.size(); ++i) {
    const double gap = given[i + 1] - given[i];
    if (i > 0 && gap > kFarWider * (given[i] - given[i - 1])) add(given[i], given[i] - given[i - 1], gap, 1);
    if (i + 2 < given.size() && gap > kFarWider * (given[i + 2] - given[i + 1]))
      add(given[i + 1], given[i + 2] - given[i + 1], gap, -1);
  }
  std::sort(t.begin(), t.end());
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
  grade(t);
  return t;
}

}  // namespace

std::string where(const Coordinate& coordinate, double t) {
  if (t <= coordinate.low_limit()) return fmt::format("as x -> {}", coordinate.low());
  if (t >= coordinate.high_limit()) return fmt::format("as x -> {}", coordinate.high());
  return fmt::format("at x = {}", coordinate.to_x(t));
}

Piece::Density::Density(const Members& members, const Support& range, const Coordinate& coordinate)
    : family(*members.family),
      layout(members.layout),
      theta(members.theta),
      support(range),
      inside(range.low <= coordinate.low() && range.high >= coordinate.high()),
      bounded(std::isfinite(range.low) || std::isfinite(range.high)) {}

Piece::Piece(const Question& question, const Support& p, const Support& q, const Coordinate& coordinate)
    : question_(question),
      coordinate_(coordinate),
      p_(question.p, p, coordinate),
      q_(question.q, q, coordinate),
      inner_low_(-kInf),
      inner_high_(kInf) {}

void Piece::logarithms(In t) {
  const Index n = t.cols();
  coordinate_.map(t.data(), n, mapped_);
  resize(n);
  evaluate(p_, n, log_p_);
  evaluate(q_, n, log_q_);
}

void Piece::operator()(In t, Out out) {
  const Index n = t.cols();
  logarithms(t);
  const ConstRow lp(log_p_.data(), n), lq(log_q_.data(), n);
  Row f(value_.data(), n);
  question_.divergence.integrand(lp, lq, f);
  undo_scale(question_.divergence, lp, ConstRow(mapped_.log_jacobian.data(), n), f);
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
    // Far out both densities underflow, and one of the logarithms may overflow: that is no hole in its density.
    if (f(i) == kInf && beyond && p_value_(i) == 0 && q_value_(i) == 0 && (lp(i) == -kInf || lq(i) == -kInf)) f(i) = 0;
  }
  for (Index i = 0; i < n; ++i) {
    const double p = p_value_(i), q = q_value_(i), jacobian = std::abs(mapped_.log_jacobian(i));
    const double magnitude = (p > 0 ? std::abs(lp(i)) : 0) + (q > 0 ? std::abs(lq(i)) : 0) + 2 * jacobian + 2;
    out(kValue, i) = f(i);
    out(kP, i) = p;
    out(kQ, i) = q;
    out(kNoise, i) = kEpsilon * magnitude * rounding_size(question_.divergence, p, q, f(i));
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

void Piece::resize(Index n) {
  if (value_.size() >= n) return;
  for (auto* row : {&log_p_, &log_q_, &value_, &p_value_, &q_value_}) row->resize(n);
  from_.resize(1, n);
  to_.resize(1, n);
}

void Piece::evaluate(const Density& density, Index n, Eigen::RowVectorXd& out) {
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

void split_at_sign_changes(const std::function<Eigen::RowVectorXd(In t)>& f, std::vector<double>& breaks) {
  constexpr Index kPoints = 24;
  std::vector<double> found;
  for (std::size_t i = 0; i + 1 < breaks.size(); ++i) {
    const Eigen::MatrixXd t = Eigen::RowVectorXd::LinSpaced(kPoints + 1, breaks[i], breaks[i + 1]);
    const Eigen::RowVectorXd r = f(t);
    for (Index k = 0; k < kPoints; ++k) {
      if (!((r[k] < 0 && r[k + 1] > 0) || (r[k] > 0 && r[k + 1] < 0))) continue;
      double a = t(0, k), b = t(0, k + 1);
      const bool falling = r[k] > 0;
      for (int step = 0; step < 100 && b - a > 4 * kEpsilon * std::max(std::abs(a), std::abs(b)); ++step) {
        const double middle = 0.5 * (a + b);
        ((f(Eigen::MatrixXd::Constant(1, 1, middle))[0] > 0) == falling ? a : b) = middle;
      }
      found.push_back(0.5 * (a + b));
    }
  }
  breaks.insert(breaks.end(), found.begin(), found.end());
  std::sort(breaks.begin(), breaks.end());
  breaks.erase(std::unique(breaks.begin(), breaks.end()), breaks.end());
}

PiecesOfLine::PiecesOfLine(const Question& question, bool gaps)
    : p_(question.p.family->support(question.p.layout, question.p.theta, 0, 0)),
      q_(question.q.family->support(question.q.layout, question.q.theta, 0, 0)) {
  const Features p = quadrature::find_features(*question.p.family, question.p.layout, question.p.theta);
  const Features q = quadrature::find_features(*question.q.family, question.q.layout, question.q.theta);
  std::vector<Feature> features = p.points;
  features.insert(features.end(), q.points.begin(), q.points.end());
  std::vector<double> ends = {p_.low, p_.high, q_.low, q_.high};
  std::sort(ends.begin(), ends.end());
  ends.erase(std::unique(ends.begin(), ends.end()), ends.end());
  for (const bool with_p : {true, false})
    for (std::size_t i = 0; i + 1 < ends.size(); ++i) {
      const bool in_p = p_.low <= ends[i] && p_.high >= ends[i + 1], in_q = q_.low <= ends[i] && q_.high >= ends[i + 1];
      if (in_p != with_p || (!in_p && !in_q && !gaps)) continue;
      const Coordinate coordinate(ends[i], ends[i + 1], p.center, p.scale);
      pieces_.push_back({coordinate,
                         {break_points(features, coordinate), coordinate.low_limit(), coordinate.high_limit(),
                          coordinate.low_flat(), coordinate.high_flat()}});
    }
}

}  // namespace kullback::divergence
