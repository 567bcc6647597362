#include <algorithm>
#include <cmath>
#include <limits>

#include "cells.hpp"

namespace kullback::discrete_grid {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// A piece of one coordinate's common refinement: the cell of p and of q it lies in (-1: in none), and the logarithms of
// the shares of these cells that it is.
struct Piece {
  Index p, q;
  double log_share_p, log_share_q;
};

std::vector<Piece> refine(const Eigen::VectorXd& p, const Eigen::VectorXd& q) {
  std::vector<Piece> out;
  if (p.size() == q.size() && p == q) {
    for (Index i = 0; i < cells(p); ++i) out.push_back({i, i, 0, 0});
    return out;
  }
  std::vector<double> edges(p.begin(), p.end());
  edges.insert(edges.end(), q.begin(), q.end());
  std::sort(edges.begin(), edges.end());
  edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
  const auto share = [](const Eigen::VectorXd& e, Index cell, double width) {
    return cell < 0 ? 0.0 : std::log(width / (e[cell + 1] - e[cell]));
  };
  for (std::size_t k = 0; k + 1 < edges.size(); ++k) {
    const double low = edges[k], high = edges[k + 1];
    const Index i = high <= p[p.size() - 1] ? find_cell(p, low) : -1,
                j = high <= q[q.size() - 1] ? find_cell(q, low) : -1;
    out.push_back({i, j, share(p, i, high - low), share(q, j, high - low)});
  }
  return out;
}

// The sum of p (r - 1 + exp(-r)), r = log p - log q, over pieces: no term is negative, so nothing cancels.
struct Sum {
  double value = 0, error = 0;

  void add(double log_p, double log_q) {
    if (log_p == -kInfinity) {
      value += std::exp(log_q);
      return;
    }
    if (log_q == -kInfinity) {
      value = kInfinity;
      return;
    }
    const double r = log_p - log_q, mass = std::exp(log_p);
    // exp(-r) alone may overflow where q does not.
    const double term = r > -1 ? mass * expm1mx(-r) : std::exp(log_q) - mass * (1 - r);
    value += term;
    // r carries a rounding of its terms; the derivative of the term by r is p - q.
    error += kEpsilon * (4 * term + std::abs(mass - std::exp(log_q)) * (std::abs(log_p) + std::abs(log_q)));
  }
};

void evaluate(const Side& p, const Side& q, Row value, Row error) {
  const Edges& a = p.layout.constants;
  const Edges& b = q.layout.constants;
  if (a.size() != b.size())
    throw DomainError("", "p has " + std::to_string(a.size()) + " coordinates, but q has " + std::to_string(b.size()));
  std::vector<Piece> axes[3];
  for (std::size_t k = 0; k < 3; ++k) axes[k] = k < a.size() ? refine(a[k], b[k]) : std::vector<Piece>{{0, 0, 0, 0}};
  const Index p1 = cells(a[0]), q1 = cells(b[0]);
  const Index p2 = a.size() > 1 ? p1 * cells(a[1]) : p1, q2 = b.size() > 1 ? q1 * cells(b[1]) : q1;
  for (Index n = 0; n < value.size(); ++n) {
    const double* theta_p = p.theta.col(p.theta.cols() > 1 ? n : 0).data();
    const double* theta_q = q.theta.col(q.theta.cols() > 1 ? n : 0).data();
    Sum sum;
    for (const Piece& z : axes[2])
      for (const Piece& y : axes[1])
        for (const Piece& x : axes[0]) {
          const bool in_p = x.p >= 0 && y.p >= 0 && z.p >= 0, in_q = x.q >= 0 && y.q >= 0 && z.q >= 0;
          if (!in_p && !in_q) continue;
          const double log_p =
              in_p ? theta_p[x.p + p1 * y.p + p2 * z.p] + (x.log_share_p + y.log_share_p + z.log_share_p) : -kInfinity;
          const double log_q =
              in_q ? theta_q[x.q + q1 * y.q + q2 * z.q] + (x.log_share_q + y.log_share_q + z.log_share_q) : -kInfinity;
          sum.add(log_p, log_q);
        }
    value[n] = sum.value;
    error[n] = sum.value == kInfinity ? 0 : sum.error;
  }
}

}  // namespace

Rule kl_rule() {
  return {Method::exact_sum, "sum over the cells of the common refinement of p log(p/q)",
          "exact: both densities are constant on each piece", evaluate};
}

}  // namespace kullback::discrete_grid
