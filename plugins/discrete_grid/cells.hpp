// The geometry of a tensor grid. Cells are numbered with the first coordinate running fastest.
#pragma once

#include <kullback/kullback.hpp>

namespace kullback::discrete_grid {

using Edges = std::vector<Eigen::VectorXd>;  // by coordinate, ascending
inline constexpr Index kMaxCells = 10'000'000;

inline Index cells(const Eigen::VectorXd& edges) { return edges.size() - 1; }
Index total_cells(const Edges& edges);

/// log of each cell's length, area or volume.
Eigen::VectorXd log_volumes(const Edges& edges);

/// The number of the cell x lies in along one coordinate; -1 outside. Cells are [low, high); the last one is closed.
Index find_cell(const Eigen::VectorXd& edges, double x);

/// Visits all cells: visit(cell, index of each coordinate).
template <class Visit>
void for_cells(const Edges& edges, const Visit& visit) {
  Index at[3] = {0, 0, 0};
  const Index total = total_cells(edges);
  for (Index cell = 0; cell < total; ++cell) {
    visit(cell, at);
    for (std::size_t k = 0; k < edges.size() && ++at[k] == cells(edges[k]); ++k) at[k] = 0;
  }
}

/// Nodes and weights on [0, 1], weights summing to 1; exact for polynomials of degree 2 count - 1.
struct GaussRule {
  Eigen::VectorXd nodes, weights;
};
GaussRule gauss_legendre(Index count);

/// The logarithm of each cell's probability under a distribution of as many coordinates: by differences of the
/// distribution function from the nearer tail, as sums for independent coordinates, else (and where the difference is
/// too small for a double) by Gauss-Legendre quadrature of the density. -inf only where the density vanishes.
Eigen::VectorXd cell_log_probabilities(const Members& distribution, const Edges& edges);

/// A member from arguments, and the grid of one that is to be fitted.
Members make_member(const Distribution& family, const Arguments& arguments);
Layout open_layout(const Arguments& arguments, const Opening& opening);

/// The exact sum over the cells of the common refinement.
Rule kl_rule();

}  // namespace kullback::discrete_grid
