#include "messages/gram.hpp"

#include "messages/lanes.hpp"

#include <algorithm>

namespace kullback::messages {
namespace {

// A tile of 3 vectors by 8 columns fills 24 of 32 registers.
constexpr int kVectors = 3;
constexpr int kWidth = 8;
constexpr Index kDepth = 256;  // of the columns that stay in the cache while all tiles go over them

// Rows [row, row + Vectors * kLanes) of `Width` columns, without the first `skip` rows.
template <int Vectors, int Width>
void gram_tile(const double* x, Index depth, Index step, Index row, Index column, Index skip, double* to,
               Index columns) {
  Vector sums[Width][Vectors] = {};
  const double *rows = x + row, *factors = x + column;
  for (Index d = 0; d < depth; ++d, rows += step, factors += step) {
    Vector numbers[Vectors];
    for (int v = 0; v < Vectors; ++v) numbers[v] = load(rows + v * kLanes);
    for (int k = 0; k < Width; ++k)
      for (int v = 0; v < Vectors; ++v) sums[k][v] += factors[k] * numbers[v];
  }
  for (int k = 0; k < Width; ++k) {
    double* at = to + (column + k) * columns + row;
    if (skip == 0)
      for (int v = 0; v < Vectors; ++v) store(at + v * kLanes, load(at + v * kLanes) + sums[k][v]);
    else
      for (Index l = skip; l < kLanes; ++l) at[l] += sums[k][0][l];
  }
}

}  // namespace

void add_gram(const double* x, Index columns, Index depth, Index step, double* to) {
  for (Index begin = 0; begin < depth; begin += kDepth) {
    const double* from = x + begin * step;
    const Index count = std::min(kDepth, depth - begin);
    for (Index column = 0; column < columns; column += kWidth)
      dispatch<kWidth>(std::min<Index>(kWidth, columns - column), [&](auto width) {
        Index row = column;
        for (; row + kVectors * kLanes <= columns; row += kVectors * kLanes)
          gram_tile<kVectors, width>(from, count, step, row, column, 0, to, columns);
        for (; row + kLanes <= columns; row += kLanes)
          gram_tile<1, width>(from, count, step, row, column, 0, to, columns);
        // The last rows as the end of a whole vector.
        if (row < columns)
          gram_tile<1, width>(from, count, step, columns - kLanes, column, row - (columns - kLanes), to, columns);
      });
  }
}

}  // namespace kullback::messages
