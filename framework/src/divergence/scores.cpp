// Divergences that look at slopes: the Fisher divergence of scores, and path lengths in the Fisher metric.
#include "divergence/integral.hpp"
#include "divergence/piece.hpp"

#include "quadrature/gauss_kronrod.hpp"

#include <kullback/capability.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace kullback::divergence {

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

// Derivatives at the nodes of a panel, on [-1, 1], of the polynomial through the values there: barycentric
// differentiation. [Berrut & Trefethen 2004, section 9]
const Eigen::MatrixXd& differentiation() {
  static const Eigen::MatrixXd matrix = [] {
    const std::vector<double>& x = quadrature::rule_21().node;
    const Index n = static_cast<Index>(x.size());
    const auto at = [&](Index i) { return x[static_cast<std::size_t>(i)]; };
    Eigen::VectorXd weight = Eigen::VectorXd::Ones(n);
    for (Index i = 0; i < n; ++i)
      for (Index j = 0; j < n; ++j)
        if (j != i) weight[i] *= 2 * (at(i) - at(j));
    Eigen::MatrixXd out = Eigen::MatrixXd::Zero(n, n);
    for (Index i = 0; i < n; ++i)
      for (Index j = 0; j < n; ++j) {
        if (j == i) continue;
        out(i, j) = weight[i] / weight[j] / (at(i) - at(j));
        out(i, i) -= out(i, j);
      }
    return out;
  }();
  return matrix;
}

// Beside a bound x = bound +- exp(t), where log p - log q becomes flat, its slope in t is rounding, and that in x the
// same times exp(-t). The march ends where the slope is still known to four digits; the integrand's own slope there
// says what is left.
void end_where_known(Piece& piece, quadrature::Line& line, bool low) {
  constexpr int kMost = 1500, kFlat = 3;
  constexpr double kKnown = 1e4;
  const double sign = low ? -1 : 1, start = line.breaks[line.breaks.size() / 2];
  const double limit = low ? line.low_limit : line.high_limit;
  int flat = 0;
  for (int k = 0; k < kMost && sign * (limit - start) > k + 1; ++k) {
    const double at = start + sign * k;
    Eigen::MatrixXd t(1, 2);
    t << at, at + sign;
    piece.logarithms(t);
    const ConstRow p = piece.log_p(2), q = piece.log_q(2);
    if (!p.allFinite() || !q.allFinite()) return;
    const double rounding = kEpsilon * (1 + p.cwiseAbs().maxCoeff() + q.cwiseAbs().maxCoeff());
    flat = std::abs(p[1] - q[1] - p[0] + q[0]) < kKnown * rounding ? flat + 1 : 0;
    if (flat < kFlat || k <= kFlat) continue;
    const double edge = at - sign * (kFlat - 1);
    std::erase_if(line.breaks, [&](double b) { return sign * (edge - b) < 1; });
    line.breaks.push_back(edge - sign);
    if (line.breaks.size() < 2) line.breaks.push_back(edge - 2 * sign);
    std::sort(line.breaks.begin(), line.breaks.end());
    (low ? line.low_limit : line.high_limit) = edge;
    return;
  }
}

// The integrand at single points, the slope at each by a chord inward.
void at_end(Piece& piece, In t, Out out) {
  const double inward = 0.25 * (t(0, 0) - t(0, 1));
  for (Index i = 0; i < t.cols(); ++i) {
    Eigen::MatrixXd pair(1, 2);
    pair << t(0, i), t(0, i) + inward;
    piece.logarithms(pair);
    const ConstRow p = piece.log_p(2), q = piece.log_q(2);
    const double slope = (p[1] - q[1] - p[0] + q[0]) / inward;
    if (std::isfinite(slope) && slope != 0)
      out(0, i) = std::exp(p[0] - 2 * piece.mapped().log_jacobian[0] + 2 * std::log(std::abs(slope)));
  }
}

}  // namespace

Answer by_scores(Question& question) {
  if (question.options.formulas_only) return {};
  const Support s = question.p.family->support(question.p.layout, question.p.theta, 0, 0);
  if (question.p.layout.dimension != 1 || s.integer) {
    question.missing.push_back("scores are compared in one continuous dimension");
    return {};
  }
  const PiecesOfLine line(question);
  double value = 0, error = 0;
  Index evaluations = 0;
  for (PiecesOfLine::One part : line.pieces()) {
    Piece piece(question, line.p(), line.q(), part.coordinate);
    if (!piece.has_p()) continue;
    if (!piece.has_q()) return infinite("p has mass where q has none");
    if (std::isfinite(part.coordinate.low())) end_where_known(piece, part.line, true);
    if (std::isfinite(part.coordinate.high())) end_where_known(piece, part.line, false);
    quadrature::Options options;
    options.relative_tolerance = question.options.relative_tolerance;
    options.driving = 1;
    options.noise_component = 1;
    const Eigen::MatrixXd& slope = differentiation();
    const quadrature::Integral integral = quadrature::integrate_1d(
        [&](In t, Out out) {
          const Index n = t.cols();
          out.setZero();
          if (n % quadrature::kPanelNodes != 0) {  // the two points at the end of a march
            at_end(piece, t, out);
            return;
          }
          piece.logarithms(t);
          const ConstRow lp = piece.log_p(n), lq = piece.log_q(n);
          for (Index begin = 0; begin < n; begin += quadrature::kPanelNodes) {
            const Index m = quadrature::kPanelNodes;
            const Eigen::VectorXd r = (lp.segment(begin, m) - lq.segment(begin, m)).transpose();
            if (!r.allFinite()) {
              for (Index i = begin; i < begin + m; ++i)  // log q grows beyond doubles, and its slope too
                if (lq[i] == -kInf && std::exp(lp[i]) > 0) out(0, i) = kInf;
              continue;
            }
            const double half = 0.5 * (t(0, begin + m - 1) - t(0, begin)) / quadrature::rule_21().node.back();
            Eigen::VectorXd d = slope * r / half;
            // Where r grows by orders of magnitude over a panel, its polynomial at the low end is made of the other
            // end's error: chords say how steep r can be.
            for (Index i = 0; i < m; ++i) {
              const auto chord = [&](Index a) { return (r[a + 1] - r[a]) / (t(0, begin + a + 1) - t(0, begin + a)); };
              const double left = chord(std::max<Index>(i - 1, 0)), right = chord(std::min(i, m - 2));
              if (std::isnan(d[i])) d[i] = 0;  // a panel without width, at a cusp: its noise is infinite
              const double most = 4 * std::max(std::abs(left), std::abs(right));
              if (std::abs(d[i]) > most) d[i] = 0.5 * (left + right);
            }
            for (Index i = 0; i < m; ++i) {
              // In one exponent: far out the density underflows where the slope overflows.
              const double log_density = lp[begin + i] - 2 * piece.mapped().log_jacobian[begin + i];
              const double noise = 30 * kEpsilon * (std::abs(lp[begin + i]) + std::abs(lq[begin + i])) / half;
              const double steep = std::abs(d[i]);
              out(0, begin + i) = steep == 0 ? 0 : std::exp(log_density + 2 * std::log(steep));
              // By the size here: what a far end of an unresolved panel does to it is not rounding.
              out(1, begin + i) = std::exp(log_density + std::log(noise) + std::log(2 * steep + noise));
            }
          }
        },
        2, part.line, options);
    if (integral.infinite)
      return infinite(fmt::format("the integral diverges {}", where(part.coordinate, integral.infinite_at)));
    value += integral.value(0);
    error += integral.error(0) + integral.value(1);
    evaluations += integral.evaluations;
  }
  if (constexpr double kSmall = 1e-10; value > kSmall && 2 * error > value) {
    question.missing.push_back(
        "the integral of the squared difference of scores does not converge (at a cusp it diverges)");
    return {};
  }
  return Estimate{value, 2 * error + 1e-14 * value, Method::quadrature,
                  fmt::format("quadrature of the difference of scores, {} evaluations", evaluations)};
}

// A family with one natural parameter has one path: its length is the integral of sqrt(I).
Answer by_geodesic(Question& question) {
  const auto* family = capability<ExponentialFamily>(*question.p.family, question.p.layout);
  const auto* fisher = capability<Fisher>(*question.p.family, question.p.layout);
  if (question.p.family != question.q.family || !identical(question.p.layout, question.q.layout) || !family ||
      !fisher) {
    question.missing.push_back("paths need members of one family with Fisher information");
    return {};
  }
  Index rows = 0;
  for (const Statistic& s : family->statistics(question.p.layout)) rows += s.rows;
  const Index fixed = family->fixed_rows(question.p.layout);
  if (rows != 1) {
    question.missing.push_back("the shortest path between members with several parameters has no general formula");
    return {};
  }
  Eigen::MatrixXd a(1 + fixed, 1), b(1 + fixed, 1);
  family->convert(question.p.layout, question.p.theta, a, true);
  family->convert(question.q.layout, question.q.theta, b, true);
  if (a.bottomRows(fixed) != b.bottomRows(fixed) || !a.allFinite() || !b.allFinite()) return {};
  const Eigen::MatrixXd delta = b - a;
  // From either end to the middle: beside an end where the speed is large its distance must be known.
  double length = 0, error = 0;
  for (const bool from_a : {true, false}) {
    const Eigen::MatrixXd start = from_a ? a : b, way = from_a ? delta : Eigen::MatrixXd(-delta);
    const quadrature::Integral half = quadrature::integrate_1d(
        [&](In t, Out out) {
          const Index n = t.cols();
          const Eigen::MatrixXd eta = start.replicate(1, n) + way * t, step = way.replicate(1, n);
          Eigen::RowVectorXd f(n);
          fisher->fisher(question.p.layout, eta, step, row(f));
          for (Index i = 0; i < n; ++i) out(0, i) = std::sqrt(f[i]);
        },
        1, {{0, 0.5}, 0, 0.5}, {.relative_tolerance = 1e-14});
    length += half.value(0);
    error += 2 * half.error(0);
  }
  error += 1e-14 * length;
  return Estimate{length * length, 2 * length * error, Method::quadrature, "length of the line of natural parameters"};
}

}  // namespace kullback::divergence
