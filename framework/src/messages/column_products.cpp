#include "messages/column_products.hpp"

#include "messages/lanes.hpp"

#include <algorithm>
#include <utility>

namespace kullback::messages {
namespace {

constexpr int kMostWidth =
    5;  // results across; with kVectors of rows, or kDepth columns, they fill most of 32 registers
constexpr int kVectors = 4;
constexpr int kDepth = 5;

template <int Vectors, int Width>
void product_tile(const double* const* columns, Index depth, Index at, const double* factors, Index step, double* to,
                  Index to_step) {
  Vector sums[Width][Vectors] = {};
  for (Index m = 0; m < depth; ++m) {
    Vector numbers[Vectors];
    for (int v = 0; v < Vectors; ++v) numbers[v] = load(columns[m] + at + v * kLanes);
    for (int k = 0; k < Width; ++k) {
      const double factor = factors[m + k * step];
      for (int v = 0; v < Vectors; ++v) sums[k][v] += factor * numbers[v];
    }
  }
  for (int k = 0; k < Width; ++k)
    for (int v = 0; v < Vectors; ++v) store(to + k * to_step + at + v * kLanes, sums[k][v]);
}

// All rows of `Width` columns of results.
template <int Width>
void product_panel(const double* const* columns, Index depth, Index count, const double* factors, Index step,
                   double* to, Index to_step) {
  Index n = 0;
  for (; n + kVectors * kLanes <= count; n += kVectors * kLanes)
    product_tile<kVectors, Width>(columns, depth, n, factors, step, to, to_step);
  for (; n + kLanes <= count; n += kLanes) product_tile<1, Width>(columns, depth, n, factors, step, to, to_step);
  for (; n < count; ++n)
    for (int k = 0; k < Width; ++k) {
      double sum = 0;
      for (Index m = 0; m < depth; ++m) sum += columns[m][n] * factors[m + k * step];
      to[k * to_step + n] = sum;
    }
}

template <int Depth, int Width>
void sum_tile(const double* const* columns, Index count, const double* others, Index step, double* lanes,
              Index lanes_step) {
  Vector sums[Depth][Width];
  for (int m = 0; m < Depth; ++m)
    for (int k = 0; k < Width; ++k) sums[m][k] = load(lanes + m * lanes_step + k * kLanes);
  Index n = 0;
  for (; n + kLanes <= count; n += kLanes) {
    Vector numbers[Width];
    for (int k = 0; k < Width; ++k) numbers[k] = load(others + k * step + n);
    for (int m = 0; m < Depth; ++m) {
      const Vector column = load(columns[m] + n);
      for (int k = 0; k < Width; ++k) sums[m][k] += column * numbers[k];
    }
  }
  for (; n < count; ++n)
    for (int m = 0; m < Depth; ++m)
      for (int k = 0; k < Width; ++k) sums[m][k][n % kLanes] += columns[m][n] * others[k * step + n];
  for (int m = 0; m < Depth; ++m)
    for (int k = 0; k < Width; ++k) store(lanes + m * lanes_step + k * kLanes, sums[m][k]);
}

template <int Width>
void sum_panel(const double* const* columns, Index depth, Index count, const double* others, Index step, double* lanes,
               Index lanes_step) {
  Index m = 0;
  for (; m + kDepth <= depth; m += kDepth)
    sum_tile<kDepth, Width>(columns + m, count, others, step, lanes + m * lanes_step, lanes_step);
  for (; m < depth; ++m) sum_tile<1, Width>(columns + m, count, others, step, lanes + m * lanes_step, lanes_step);
}

// A library's sum begins where memory is aligned, and another place has other last digits.
double sum_in_order(const double* lanes) {
  double sum = 0;
  for (Index l = 0; l < kLanes; ++l) sum += lanes[l];
  return sum;
}

// Calls panel(first, width) for tiles of about equal width, the width a constant.
template <class Panel>
void for_tiles(Index width, const Panel& panel) {
  const Index tiles = (width + kMostWidth - 1) / kMostWidth;
  for (Index t = 0; t < tiles; ++t) {
    const Index first = width * t / tiles;
    dispatch<kMostWidth>(width * (t + 1) / tiles - first, [&](auto count) { panel(first, count); });
  }
}

}  // namespace

Index column_length(Index count) { return padded(count) + kLanes; }

void multiply_columns(const std::vector<const double*>& columns, Index count, const Eigen::MatrixXd& factors,
                      double* to, Index to_step) {
  for_tiles(factors.cols(), [&](Index first, auto width) {
    product_panel<decltype(width)::value>(columns.data(), factors.rows(), count, factors.col(first).data(),
                                          factors.rows(), to + first * to_step, to_step);
  });
}

ColumnSums::ColumnSums(Index depth, Index width)
    : depth_(depth), width_(width), lanes_(static_cast<std::size_t>(depth * width * kLanes), 0.0) {}

void ColumnSums::add(const std::vector<const double*>& columns, Index count, const double* others, Index step) {
  for_tiles(width_, [&](Index first, auto width) {
    sum_panel<decltype(width)::value>(columns.data(), depth_, count, others + first * step, step,
                                      lanes_.data() + first * kLanes, width_ * kLanes);
  });
}

Eigen::MatrixXd ColumnSums::result() const {
  Eigen::MatrixXd sums(depth_, width_);
  for (Index m = 0; m < depth_; ++m)
    for (Index k = 0; k < width_; ++k) sums(m, k) = sum_in_order(lanes_.data() + (m * width_ + k) * kLanes);
  return sums;
}

FeatureColumns::FeatureColumns(const std::vector<std::vector<Factor>>& features, Index block)
    : step_(column_length(block)) {
  for (const auto& factors : features)
    for (const Factor& f : factors)
      if (f.second != 0 && std::find(copied_.begin(), copied_.end(), f) == copied_.end()) copied_.push_back(f);
  numbers_.resize((copied_.size() + features.size()) * static_cast<std::size_t>(step_));
  double* next = numbers_.data() + static_cast<Index>(copied_.size()) * step_;
  for (const auto& factors : features) {
    Made made{next, 1, {}};
    for (const Factor& f : factors) {
      if (f.second == 0)
        made.constant *= *f.first;
      else
        made.of.push_back(numbers_.data() + (std::find(copied_.begin(), copied_.end(), f) - copied_.begin()) * step_);
    }
    if (made.constant == 1 && made.of.size() == 1) {  // as it is
      columns_.push_back(made.of[0]);
      continue;
    }
    columns_.push_back(next);
    std::fill_n(next, step_, made.constant);
    next += step_;
    if (!made.of.empty()) made_.push_back(std::move(made));
  }
}

void FeatureColumns::fill(Index begin, Index count) {
  double* column = numbers_.data();
  for (const auto& [first, step] : copied_) {
    const double* from = first + begin * step;
    for (Index n = 0; n < count; ++n) column[n] = from[n * step];
    column += step_;
  }
  for (const Made& made : made_) {
    const double* a = made.of[0];
    if (made.of.size() == 1) {
      for (Index n = 0; n < count; ++n) made.to[n] = made.constant * a[n];
      continue;
    }
    const double* b = made.of[1];
    for (Index n = 0; n < count; ++n) made.to[n] = made.constant * a[n] * b[n];
    for (std::size_t k = 2; k < made.of.size(); ++k)
      for (Index n = 0; n < count; ++n) made.to[n] *= made.of[k][n];
  }
}

}  // namespace kullback::messages
