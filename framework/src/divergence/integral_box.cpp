// D(p, q) of densities in two and three dimensions by cubature of the non-negative integrand.
#include "divergence/expectations.hpp"
#include "divergence/integral.hpp"

#include "quadrature/chart.hpp"

#include <kullback/error.hpp>
#include <kullback/numerics.hpp>

#include <fmt/format.h>
#include <Eigen/Dense>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>

namespace kullback::divergence {

namespace {

using quadrature::Box;
using quadrature::Location;
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr Index kValue = 0, kP = 1, kQ = 2, kNoise = 3, kRows = 4;

// Inside at least one of the supports: from the lowest low to the highest high.
Box hull(const std::vector<Support>& p, const std::vector<Support>& q) {
  const Index d = static_cast<Index>(p.size());
  Box box{Eigen::VectorXd(d), Eigen::VectorXd(d)};
  for (std::size_t i = 0; i < p.size(); ++i) {
    box.low(static_cast<Index>(i)) = std::min(p[i].low, q[i].low);
    box.high(static_cast<Index>(i)) = std::max(p[i].high, q[i].high);
  }
  return box;
}

// Where the mass of one side is: by its moments if they are finite, otherwise by a search.
Location place(const Members& side, const std::vector<Support>& support) {
  const Index d = side.layout.dimension;
  const auto mean = expectation(side, "x", d);
  if (mean && mean->allFinite()) {
    if (const auto second = expectation(side, "x*x'", d * d); second && second->allFinite()) {
      const Eigen::MatrixXd covariance =
          Eigen::Map<const Eigen::MatrixXd>(second->data(), d, d) - *mean * mean->transpose();
      const Eigen::LLT<Eigen::MatrixXd> factor(covariance);
      if (factor.info() == Eigen::Success) return {*mean, factor.matrixL()};
    }
    if (const auto square = expectation(side, "x2", d); square && square->allFinite()) {
      const Eigen::VectorXd variance = *square - mean->cwiseAbs2();
      if ((variance.array() > 1e-14 * square->array()).all()) {
        const Eigen::VectorXd deviation = variance.cwiseSqrt();
        return {*mean, deviation.asDiagonal()};
      }
    }
  }
  return quadrature::locate([&](In x, Row out) { side.family->log_density(side.layout, side.theta, Points(x), out); },
                            hull(support, support));
}

// The edges of each coordinate's cells, products taken apart; empty where there are none. Moves `at` past the members.
void collect_edges(const Members& members, std::size_t& at, std::vector<Eigen::VectorXd>& edges) {
  for (Index k = 0; k < members.theta.cols(); ++k) {
    const Members member = one(members, k);
    if (const auto* product = capability<Product>(*member.family, member.layout)) {
      for (const Members& part : product->parts(member.layout, member.theta)) collect_edges(part, at, edges);
      continue;
    }
    if (const auto* tabulated = capability<Tabulated>(*member.family, member.layout)) {
      const std::vector<Eigen::VectorXd> own = tabulated->edges(member.layout);
      std::copy(own.begin(), own.end(), edges.begin() + static_cast<std::ptrdiff_t>(at));
    }
    at += static_cast<std::size_t>(member.layout.dimension);
  }
}

// Where the density of one side jumps: the edges of its cells and the ends of its support.
std::vector<std::vector<double>> jumps(const Members& side, const std::vector<Support>& support) {
  std::vector<Eigen::VectorXd> edges(support.size());
  std::size_t first = 0;
  collect_edges(side, first, edges);
  std::vector<std::vector<double>> out(support.size());
  for (std::size_t k = 0; k < support.size(); ++k) {
    out[k].assign(edges[k].begin(), edges[k].end());
    for (const double end : {support[k].low, support[k].high})
      if (std::isfinite(end)) out[k].push_back(end);
  }
  return out;
}

bool any(const std::vector<std::vector<double>>& jumps) {
  return std::any_of(jumps.begin(), jumps.end(), [](const auto& axis) { return !axis.empty(); });
}

void add_breaks(const std::vector<std::vector<double>>& jumps, const quadrature::Chart& chart,
                std::vector<std::vector<double>>& breaks) {
  for (Index i = 0; i < chart.dimension(); ++i) {
    auto& axis = breaks[static_cast<std::size_t>(i)];
    for (const double x : jumps[static_cast<std::size_t>(i)]) {
      const double u = chart.to_u(i, x);
      if (u > -1 && u < 1) axis.push_back(u);
    }
    std::sort(axis.begin(), axis.end());
    axis.erase(std::unique(axis.begin(), axis.end()), axis.end());
  }
}

// By how much a density's integral misses 1, beyond what the cubature did not resolve.
double missing_mass(const Question& question, const Members& side, double mass, double error) {
  const double miss = std::max(0.0, std::abs(mass - 1) - 2 * error - 1e-12);
  if (miss > 1e-2)
    throw NumericalError(
        fmt::format("{}: the density of {} integrates to {:.6g} instead of 1: it is not normalized, or its mass "
                    "was not found (a family says where it is by its moments)",
                    pair_name(question), side.family->name(), mass));
  return miss;
}

}  // namespace

Estimate integrate_box(const Question& question) {
  const Members &p = question.p, &q = question.q;
  const auto p_support = supports(p), q_support = supports(q);
  const Box box = hull(p_support, q_support);
  const Location p_place = place(p, p_support), q_place = place(q, q_support);
  const auto p_jumps = jumps(p, p_support), q_jumps = jumps(q, q_support);
  const bool edges = any(p_jumps) || any(q_jumps);
  const quadrature::Chart chart(box, p_place, edges);
  std::vector<std::vector<double>> breaks = chart.breaks({p_place, q_place});
  if (edges) {
    add_breaks(p_jumps, chart, breaks);
    add_breaks(q_jumps, chart, breaks);
  }
  // The largest integrand (per unit of t) so far out that a decaying tail has nothing left.
  std::atomic<bool> heavy = false;
  constexpr double kFarOut = 250;

  const quadrature::Integrand integrand = [&](In u, Out out) {
    const Index n = u.cols();
    Eigen::MatrixXd x(chart.dimension(), n);
    Eigen::RowVectorXd log_p(n), log_q(n), log_jacobian(n), far(n), f(n), density_p(n), density_q(n);
    chart.map(u, x, row(log_jacobian), row(far));
    p.family->log_density(p.layout, p.theta, Points(x), row(log_p));
    q.family->log_density(q.layout, q.theta, Points(x), row(log_q));
    for (Index i = 0; i < n; ++i)
      if (std::isnan(log_p(i)) || std::isnan(log_q(i)) || log_p(i) == kInf || log_q(i) == kInf)
        throw NumericalError(fmt::format("the log density of {} is {} at x = ({}, ...)",
                                         (std::isfinite(log_p(i)) ? q : p).family->name(),
                                         std::isfinite(log_p(i)) ? log_q(i) : log_p(i), x(0, i)));
    log_p += log_jacobian;
    log_q += log_jacobian;
    const Eigen::RowVectorXd &lp = log_p, &lq = log_q;
    question.divergence.integrand(row(lp), row(lq), row(f));
    undo_scale(question.divergence, row(lp), ConstRow(log_jacobian.data(), n), row(f));
    vector_exp(log_p.data(), density_p.data(), n);
    vector_exp(log_q.data(), density_q.data(), n);
    for (Index i = 0; i < n; ++i) {
      const double a = density_p(i), b = density_q(i);
      if (lp(i) == -kInf && lq(i) == -kInf) f(i) = 0;
      if (f(i) == kInf && a == 0 && far(i) > 1) f(i) = 0;  // both underflow, and the logarithm of q overflowed
      if (far(i) > kFarOut && std::abs(f(i)) > 1e-3) heavy = true;
      const double magnitude =
          (a > 0 ? std::abs(lp(i)) : 0) + (b > 0 ? std::abs(lq(i)) : 0) + 2 * std::abs(log_jacobian(i)) + 2;
      out(kValue, i) = f(i);
      out(kP, i) = a;
      out(kQ, i) = b;
      const double noise = kEpsilon * magnitude * rounding_size(question.divergence, a, b, f(i));
      out(kNoise, i) = noise < kInf ? noise : 0;
    }
  };
  quadrature::Options options;
  options.relative_tolerance = 0.3 * question.options.relative_tolerance;  // the error is stated twice over
  options.max_evaluations = 8000000;
  options.driving = 1;
  options.noise_component = kNoise;
  const quadrature::Integral integral = quadrature::cubature(integrand, kRows, breaks, options);
  if (integral.infinite) return infinite("q has density 0 where p has mass");
  if (heavy) return infinite("the integral diverges in the tails");
  const double value = integral.value(kValue);
  const double p_miss = missing_mass(question, p, integral.value(kP), integral.error(kP));
  const double q_miss = missing_mass(question, q, integral.value(kQ), integral.error(kQ));
  const double error = 2 * (integral.error(kValue) + integral.value(kNoise)) + 1e-14 * std::abs(value) +
                       10 * (1 + std::abs(value)) * p_miss + q_miss;
  return {value, error, Method::cubature,
          fmt::format("adaptive tensor Gauss-Kronrod, {} evaluations{}", integral.evaluations,
                      integral.converged ? "" : ", tolerance not reached")};
}

}  // namespace kullback::divergence
