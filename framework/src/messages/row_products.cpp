#include "messages/row_products.hpp"

#include "messages/lanes.hpp"

#include <algorithm>

namespace kullback::messages {
namespace {

// R vectors of rows by K levels: sums over the features.
template <int R, int K>
void multiply_tile(const double* features, Index rows, Index count, const double* weights, Index width, double* levels,
                   Index stride) {
  Vector sums[R][K] = {};
  for (Index f = 0; f < count; ++f) {
    Vector x[R];
#pragma GCC unroll 4
    for (int r = 0; r < R; ++r) x[r] = load(features + f * rows + r * kLanes);
#pragma GCC unroll 20
    for (int k = 0; k < K; ++k) {
      const double w = weights[f * width + k];
#pragma GCC unroll 4
      for (int r = 0; r < R; ++r) sums[r][k] += x[r] * w;
    }
  }
#pragma GCC unroll 20
  for (int k = 0; k < K; ++k)
#pragma GCC unroll 4
    for (int r = 0; r < R; ++r) store(levels + k * stride + r * kLanes, sums[r][k]);
}

// K levels of all rows, in tiles that fit the registers: at most 24 sums of the 32 there are.
template <int K>
void multiply_levels(const Eigen::MatrixXd& features, const Eigen::MatrixXd& weights, Index first, Index count,
                     Eigen::MatrixXd& levels) {
  constexpr int kVectors = K <= 4 ? 4 : K <= 8 ? 2 : 1;
  for (Index n = 0; n < count; n += kVectors * kLanes)
    multiply_tile<kVectors, K>(features.data() + n, features.rows(), features.cols(), weights.data() + first,
                               weights.rows(), &levels(n, first), levels.rows());
}

constexpr Index kMostLevels = 20;  // of a tile

// Sums of 4 features by 4 levels, each over every eighth row.
void add_tile(const double* features, Index feature_rows, const double* levels, Index level_rows, Index count,
              double* sums) {
  Vector held[kColumnStep][kColumnStep];
#pragma GCC unroll 4
  for (Index f = 0; f < kColumnStep; ++f)
#pragma GCC unroll 4
    for (Index k = 0; k < kColumnStep; ++k) held[f][k] = load(sums + (f * kColumnStep + k) * kLanes);
  for (Index n = 0; n < count; n += kLanes) {
    Vector x[kColumnStep];
#pragma GCC unroll 4
    for (Index f = 0; f < kColumnStep; ++f) x[f] = load(features + f * feature_rows + n);
#pragma GCC unroll 4
    for (Index k = 0; k < kColumnStep; ++k) {
      const Vector r = load(levels + k * level_rows + n);
#pragma GCC unroll 4
      for (Index f = 0; f < kColumnStep; ++f) held[f][k] += x[f] * r;
    }
  }
#pragma GCC unroll 4
  for (Index f = 0; f < kColumnStep; ++f)
#pragma GCC unroll 4
    for (Index k = 0; k < kColumnStep; ++k) store(sums + (f * kColumnStep + k) * kLanes, held[f][k]);
}

}  // namespace

Eigen::MatrixXd padded_zeros(Index rows, Index columns) {
  return Eigen::MatrixXd::Zero(round_up(rows, kRowStep), round_up(columns, kColumnStep));
}

void pad_rows(Eigen::MatrixXd& block, Index count) {
  block.middleRows(count, round_up(count, kRowStep) - count).setZero();
}

void multiply_rows(const Eigen::MatrixXd& features, const Eigen::MatrixXd& weights, Index count,
                   Eigen::MatrixXd& levels) {
  count = round_up(count, kRowStep);
  const Index all = levels.cols(), tiles = (all + kMostLevels - 1) / kMostLevels;
  for (Index tile = 0, first = 0; tile < tiles; ++tile) {
    const Index size = round_up((all - first) / (tiles - tile), kColumnStep);
    switch (size) {
      case 4:
        multiply_levels<4>(features, weights, first, count, levels);
        break;
      case 8:
        multiply_levels<8>(features, weights, first, count, levels);
        break;
      case 12:
        multiply_levels<12>(features, weights, first, count, levels);
        break;
      case 16:
        multiply_levels<16>(features, weights, first, count, levels);
        break;
      default:
        multiply_levels<kMostLevels>(features, weights, first, count, levels);
    }
    first += size;
  }
}

RowSums::RowSums(Index features, Index levels)
    : features_(features),
      levels_(levels),
      lanes_(Eigen::MatrixXd::Zero(kLanes, round_up(features, kColumnStep) * round_up(levels, kColumnStep))) {}

void RowSums::add(const Eigen::MatrixXd& features, const Eigen::MatrixXd& levels, Index count) {
  count = round_up(count, kRowStep);
  double* sums = lanes_.data();
  for (Index f = 0; f < features_; f += kColumnStep)
    for (Index k = 0; k < levels_; k += kColumnStep, sums += kColumnStep * kColumnStep * kLanes)
      add_tile(features.data() + f * features.rows(), features.rows(), levels.data() + k * levels.rows(), levels.rows(),
               count, sums);
}

Eigen::MatrixXd RowSums::total() const {
  Eigen::MatrixXd total(features_, levels_);
  const Index width = round_up(levels_, kColumnStep);
  for (Index f = 0; f < features_; ++f)
    for (Index k = 0; k < levels_; ++k) {
      const Index tile = f / kColumnStep * (width / kColumnStep) + k / kColumnStep;
      total(f, k) = lanes_.col((tile * kColumnStep + f % kColumnStep) * kColumnStep + k % kColumnStep).sum();
    }
  return total;
}

}  // namespace kullback::messages
