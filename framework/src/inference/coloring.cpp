#include "inference/coloring.hpp"

#include <algorithm>

namespace kullback::inference {

Colors color_greedily(Index members, const std::vector<int>& row_begin, const std::vector<int>& neighbors) {
  std::vector<int> color(static_cast<std::size_t>(members), -1);
  std::vector<int> taken_by;  // by color: the last member that saw it taken
  for (std::size_t i = 0; i < color.size(); ++i) {
    for (int k = row_begin[i]; k < row_begin[i + 1]; ++k) {
      const int c = color[static_cast<std::size_t>(neighbors[static_cast<std::size_t>(k)])];
      if (c >= 0) taken_by[static_cast<std::size_t>(c)] = static_cast<int>(i);
    }
    std::size_t lowest = 0;
    while (lowest < taken_by.size() && taken_by[lowest] == static_cast<int>(i)) ++lowest;
    if (lowest == taken_by.size()) taken_by.push_back(-1);
    color[i] = static_cast<int>(lowest);
  }
  Colors colors;
  colors.begin.assign(taken_by.size() + 1, 0);
  for (int c : color) ++colors.begin[static_cast<std::size_t>(c) + 1];
  for (std::size_t c = 1; c < colors.begin.size(); ++c) colors.begin[c] += colors.begin[c - 1];
  std::vector<Index> next(colors.begin.begin(), colors.begin.end() - 1);
  colors.order.resize(color.size());
  for (std::size_t i = 0; i < color.size(); ++i)
    colors.order[static_cast<std::size_t>(next[static_cast<std::size_t>(color[i])]++)] = static_cast<int>(i);
  return colors;
}

}  // namespace kullback::inference
