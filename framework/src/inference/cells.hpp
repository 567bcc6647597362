// Cells of tensor grids: where one grid's cells lie in another's, and sums over some of the axes.
#pragma once

#include <kullback/types.hpp>

#include <vector>

namespace kullback::inference {

/// A piece of a cell: the part of it that lies in one cell of another grid (or in none).
struct Piece {
  Index cell = 0;    ///< of the grid that is cut
  Index other = -1;  ///< cell of the grid that cuts; -1 outside it
  double low = 0, high = 0;
};

/// The cells of `edges` cut at the edges of `others`, ascending. Cells that coincide give one piece.
std::vector<Piece> cut(const Eigen::VectorXd& edges, const Eigen::VectorXd& others);

/// A tensor's sum over all axes but `kept`: sizes of the axes, first running fastest. The result's axes are the
/// kept ones, ascending.
Eigen::VectorXd keep_axes(const Eigen::VectorXd& tensor, const std::vector<Index>& sizes,
                          const std::vector<Index>& kept);

}  // namespace kullback::inference
