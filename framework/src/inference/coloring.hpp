// Which members may move together, and the numbering that makes their memory access near unit stride.
#pragma once

#include <kullback/types.hpp>

#include <vector>

namespace kullback::inference {

/// A greedy coloring in index order: each member takes the lowest color that no neighbor has yet.
struct Colors {
  std::vector<int> order;       ///< old number by new number: colors one after another, index order inside a color
  std::vector<Index> begin{0};  ///< where each color begins in the new numbers, and the end: colors + 1 numbers
};

/// `neighbors` is a graph over members: compressed rows; entries on the diagonal are ignored. A member may not move
/// with any other that stands in its row or in whose row it stands.
Colors color_greedily(Index members, const std::vector<int>& row_begin, const std::vector<int>& neighbors);

}  // namespace kullback::inference
