#include "inference/cells.hpp"

#include <algorithm>

namespace kullback::inference {

std::vector<Piece> cut(const Eigen::VectorXd& edges, const Eigen::VectorXd& others) {
  std::vector<Piece> pieces;
  const Index last = others.size() - 1;
  for (Index k = 0; k + 1 < edges.size(); ++k) {
    double low = edges[k];
    const double high = edges[k + 1];
    while (low < high) {
      // The first edge of the other grid above `low` ends the piece.
      const double* next = std::upper_bound(others.data(), others.data() + others.size(), low);
      const Index above = next - others.data();
      const double end = above <= last ? std::min(high, *next) : high;
      pieces.push_back({k, above >= 1 && above <= last ? above - 1 : -1, low, end});
      low = end;
    }
  }
  return pieces;
}

Eigen::VectorXd keep_axes(const Eigen::VectorXd& tensor, const std::vector<Index>& sizes,
                          const std::vector<Index>& kept) {
  Index total = 1;
  for (Index a : kept) total *= sizes[static_cast<std::size_t>(a)];
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(total);
  std::vector<Index> at(sizes.size(), 0);
  for (Index n = 0; n < tensor.size(); ++n) {
    Index index = 0, step = 1;
    for (Index a : kept) {
      index += at[static_cast<std::size_t>(a)] * step;
      step *= sizes[static_cast<std::size_t>(a)];
    }
    sum[index] += tensor[n];
    for (std::size_t a = 0; a < sizes.size() && ++at[a] == sizes[a]; ++a) at[a] = 0;
  }
  return sum;
}

}  // namespace kullback::inference
