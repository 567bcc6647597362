#include "messages/row_products.hpp"

#include "messages/lanes.hpp"

#include <algorithm>

namespace kullback::messages {
namespace {

constexpr Index kTileRows = 8;

// `Count` rows times `Vectors` groups of lanes of the table.
template <int Vectors, int Count>
void table_tile(const double* rows, Index step, Index depth, const double* table, Index table_step, Index width,
                double* to, Index to_step) {
  Vector sums[Count][Vectors] = {};
  for (Index m = 0; m < depth; ++m) {
    Vector cells[Vectors];
    for (int v = 0; v < Vectors; ++v) cells[v] = load(table + m * table_step + v * kLanes);
    for (int r = 0; r < Count; ++r) {
      const double number = rows[r * step + m];
      for (int v = 0; v < Vectors; ++v) sums[r][v] += number * cells[v];
    }
  }
  for (Index k = 0; k < width; ++k)
    for (int r = 0; r < Count; ++r) to[k * to_step + r] += sums[r][k / kLanes][k % kLanes];
}

template <int Vectors>
void table_columns(const Rows& rows, Index depth, const double* table, Index table_step, Index width, double* to,
                   Index to_step) {
  Index n = 0;
  for (; n + kTileRows <= rows.count; n += kTileRows)
    table_tile<Vectors, kTileRows>(rows.data + n * rows.step, rows.step, depth, table, table_step, width, to + n,
                                   to_step);
  for (; n < rows.count; ++n)
    table_tile<Vectors, 1>(rows.data + n * rows.step, rows.step, depth, table, table_step, width, to + n, to_step);
}

// Sums over the rows for `Vectors` groups of their numbers, that begin at `starts`, and `Width` columns. A group may
// overlap the one before it: only its numbers from `fresh` on are added.
template <int Vectors, int Width>
void sum_tile(const Rows& rows, const Index* starts, const Index* fresh, const double* columns, Index column_step,
              double* to, Index to_step) {
  Vector sums[Width][Vectors] = {};
  for (Index n = 0; n < rows.count; ++n) {
    Vector numbers[Vectors];
    for (int v = 0; v < Vectors; ++v) numbers[v] = load(rows.data + n * rows.step + starts[v]);
    for (int k = 0; k < Width; ++k) {
      const double factor = columns[k * column_step + n];
      for (int v = 0; v < Vectors; ++v) sums[k][v] += factor * numbers[v];
    }
  }
  for (int v = 0; v < Vectors; ++v)
    for (Index m = fresh[v]; m < starts[v] + kLanes; ++m)
      for (int k = 0; k < Width; ++k) to[m * to_step + k] += sums[k][v][m - starts[v]];
}

template <int Vectors>
void sum_columns(const Rows& rows, const Index* starts, const Index* fresh, const double* columns, Index column_step,
                 Index width, double* to) {
  constexpr int kTile = 8;
  const auto tile = [&](Index k, auto count) {
    sum_tile<Vectors, decltype(count)::value>(rows, starts, fresh, columns + k * column_step, column_step, to + k,
                                              width);
  };
  Index k = 0;
  for (; k + kTile <= width; k += kTile) tile(k, std::integral_constant<int, kTile>{});
  dispatch<kTile>(width - k, [&](auto count) { tile(k, count); });
}

// Rows shorter than a group of lanes.
void sum_short_rows(const Rows& rows, Index depth, const double* columns, Index column_step, Index width, double* to) {
  for (Index k = 0; k < width; ++k) {
    double sums[kLanes] = {};
    for (Index n = 0; n < rows.count; ++n)
      for (Index m = 0; m < depth; ++m) sums[m] += columns[k * column_step + n] * rows.data[n * rows.step + m];
    for (Index m = 0; m < depth; ++m) to[m * width + k] += sums[m];
  }
}

}  // namespace

void PaddedTable::reset(Index depth, Index width) {
  depth_ = depth;
  width_ = width;
  step_ = padded(width);
  numbers_.assign(static_cast<std::size_t>(depth * step_), 0.0);
}

void add_rows_times_table(const Rows& rows, const PaddedTable& table, double* to, Index to_step) {
  constexpr Index kMost = 3 * kLanes;
  for (Index k = 0; k < table.width(); k += kMost) {
    const Index width = std::min(kMost, table.width() - k);
    const auto columns = width > 2 * kLanes ? table_columns<3> : width > kLanes ? table_columns<2> : table_columns<1>;
    columns(rows, table.depth(), table.data() + k, table.step(), width, to + k * to_step, to_step);
  }
}

void add_rows_times_columns(const Rows& rows, Index depth, const double* columns, Index column_step, Index width,
                            double* to) {
  if (depth < kLanes) return sum_short_rows(rows, depth, columns, column_step, width, to);
  constexpr Index kMost = 3;
  const Index groups = padded(depth) / kLanes;
  for (Index g = 0; g < groups; g += kMost) {
    Index starts[kMost], fresh[kMost];
    const Index vectors = std::min(kMost, groups - g);
    for (Index v = 0; v < vectors; ++v) {
      fresh[v] = (g + v) * kLanes;
      starts[v] = std::min(fresh[v], depth - kLanes);  // the last group ends with the row
    }
    const auto sum = vectors == 3 ? sum_columns<3> : vectors == 2 ? sum_columns<2> : sum_columns<1>;
    sum(rows, starts, fresh, columns, column_step, width, to);
  }
}

}  // namespace kullback::messages
