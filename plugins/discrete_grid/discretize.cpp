#include <algorithm>
#include <cmath>
#include <limits>

#include "cells.hpp"

namespace kullback::discrete_grid {
namespace {

Eigen::VectorXd by_product(const Members& p, const Edges& edges) {
  Eigen::VectorXd out = Eigen::VectorXd::Zero(1);
  std::size_t coordinate = 0;
  for (const Members& part : capability<Product>(*p.family, p.layout)->parts(p.layout, p.theta))
    for (Index m = 0; m < part.theta.cols(); ++m) {
      const auto d = static_cast<std::size_t>(part.layout.dimension);
      const Edges own(edges.begin() + static_cast<std::ptrdiff_t>(coordinate),
                      edges.begin() + static_cast<std::ptrdiff_t>(coordinate + d));
      const Eigen::VectorXd next = cell_log_probabilities({part.family, part.layout, part.theta.col(m)}, own);
      Eigen::VectorXd joined(out.size() * next.size());
      for (Index j = 0; j < next.size(); ++j) joined.segment(j * out.size(), out.size()) = out.array() + next[j];
      out = std::move(joined);
      coordinate += d;
    }
  return out;
}

// The points of one cell at a time would be too few for a call: a block of cells each.
Eigen::VectorXd by_quadrature(const Members& p, const Edges& edges) {
  constexpr double kPoints = 4e5;  // aimed at in all
  constexpr Index kBlock = 4096;
  const Index d = p.layout.dimension, total = total_cells(edges);
  const double a_coordinate = std::pow(kPoints / static_cast<double>(total), 1 / static_cast<double>(d));
  const Index n = std::clamp<Index>(static_cast<Index>(a_coordinate), 2, 12);
  const GaussRule rule = gauss_legendre(n);
  Index per_cell = 1;
  for (Index k = 0; k < d; ++k) per_cell *= n;
  const Index block = std::max<Index>(1, kBlock / per_cell);
  const Eigen::VectorXd volumes = log_volumes(edges);

  Eigen::MatrixXd x(d, block * per_cell);
  Eigen::RowVectorXd density(block * per_cell);
  Eigen::VectorXd log_weights = Eigen::VectorXd::Zero(per_cell), out(total);
  for (Index k = 0; k < per_cell; ++k)
    for (Index c = 0, rest = k; c < d; ++c, rest /= n) log_weights[k] += std::log(rule.weights[rest % n]);
  Index filled = 0, first = 0;
  const auto flush = [&] {
    Row values(density.data(), filled * per_cell);
    p.family->log_density(p.layout, p.theta, Points(x.leftCols(filled * per_cell)), values);
    for (Index c = 0; c < filled; ++c) {
      Eigen::Map<Eigen::VectorXd> own(density.data() + c * per_cell, per_cell);
      own += log_weights;
      out[first + c] = log_sum_exp(own.data(), per_cell) + volumes[first + c];
    }
    first += filled;
    filled = 0;
  };
  for_cells(edges, [&](Index, const Index* at) {
    for (Index k = 0; k < per_cell; ++k) {
      Index rest = k;
      for (Index c = 0; c < d; ++c, rest /= n) {
        const auto& e = edges[static_cast<std::size_t>(c)];
        x(c, filled * per_cell + k) = e[at[c]] + (e[at[c] + 1] - e[at[c]]) * rule.nodes[rest % n];
      }
    }
    if (++filled == block) flush();
  });
  if (filled) flush();
  return out;
}

Eigen::VectorXd by_quantiles(const Members& p, const Eigen::VectorXd& edges) {
  const auto* quantiles = capability<Quantiles>(*p.family, p.layout);
  Eigen::RowVectorXd below(edges.size()), above(edges.size());
  const Eigen::MatrixXd x = edges.transpose();
  quantiles->cdf(p.layout, p.theta, x, false, row(below));
  quantiles->cdf(p.layout, p.theta, x, true, row(above));
  Eigen::VectorXd out(cells(edges));
  for (Index i = 0; i < out.size(); ++i) {  // the tail that is smaller keeps its digits
    const double mass = below[i + 1] <= above[i] ? below[i + 1] - below[i] : above[i] - above[i + 1];
    // So far out that its probability is no double, a cell still has a logarithm.
    out[i] = mass > std::numeric_limits<double>::min() ? std::log(mass) : by_quadrature(p, {edges.segment(i, 2)})[0];
  }
  return out;
}

}  // namespace

Eigen::VectorXd cell_log_probabilities(const Members& p, const Edges& edges) {
  if (p.layout.dimension == 1 && capability<Quantiles>(*p.family, p.layout)) return by_quantiles(p, edges.front());
  if (capability<Product>(*p.family, p.layout) && p.layout.dimension > 1) return by_product(p, edges);
  return by_quadrature(p, edges);
}

}  // namespace kullback::discrete_grid
