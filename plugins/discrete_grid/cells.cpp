#include "cells.hpp"

#include <algorithm>
#include <cmath>

namespace kullback::discrete_grid {

Index total_cells(const Edges& edges) {
  Index total = 1;
  for (const auto& e : edges) total *= cells(e);
  return total;
}

Eigen::VectorXd log_volumes(const Edges& edges) {
  Edges logs;
  for (const auto& e : edges) logs.push_back((e.tail(cells(e)) - e.head(cells(e))).array().log());
  Eigen::VectorXd out(total_cells(edges));
  for_cells(edges, [&](Index cell, const Index* at) {
    double sum = 0;
    for (std::size_t k = 0; k < logs.size(); ++k) sum += logs[k][at[k]];
    out[cell] = sum;
  });
  return out;
}

Index find_cell(const Eigen::VectorXd& edges, double x) {
  const double* begin = edges.data();
  const double* end = begin + edges.size();
  if (!(x >= *begin && x <= *(end - 1))) return -1;
  const Index above = std::upper_bound(begin, end, x) - begin;
  return std::min(above, edges.size() - 1) - 1;
}

GaussRule gauss_legendre(Index count) {
  GaussRule rule{Eigen::VectorXd(count), Eigen::VectorXd(count)};
  const double n = static_cast<double>(count);
  for (Index i = 0; i < count; ++i) {
    // Newton's method on the Legendre polynomial from Tricomi's approximation of its root.
    double x = std::cos(3.14159265358979323846 * (static_cast<double>(i) + 0.75) / (n + 0.5)), slope = 1;
    for (int step = 0; step < 100; ++step) {
      double p = 1, before = 0;
      for (Index k = 1; k <= count; ++k) {
        const double order = static_cast<double>(k);
        const double next = ((2 * order - 1) * x * p - (order - 1) * before) / order;
        before = p, p = next;
      }
      slope = n * (x * p - before) / (x * x - 1);
      const double change = p / slope;
      x -= change;
      if (std::abs(change) < 1e-15) break;
    }
    rule.nodes[count - 1 - i] = 0.5 * (1 + x);
    rule.weights[count - 1 - i] = 1 / ((1 - x * x) * slope * slope);
  }
  rule.weights /= rule.weights.sum();
  return rule;
}

}  // namespace kullback::discrete_grid
