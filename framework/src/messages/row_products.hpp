// Matrix products of a block of rows with few columns on either side: every sum stays in a register.
#pragma once

#include <kullback/types.hpp>

namespace kullback::messages {

/// Features and levels of a block of rows, columns contiguous. Both are padded: rows to kRowStep, columns to
/// kColumnStep. Padded columns of features are zero from the start; `pad_rows` zeroes the rows beyond `count`.
constexpr Index kRowStep = 32, kColumnStep = 4;
constexpr Index round_up(Index n, Index step) { return (n + step - 1) / step * step; }

/// A matrix of zeros with padded rows and columns.
Eigen::MatrixXd padded_zeros(Index rows, Index columns);
/// Zeros in the rows from `count` to the next multiple of kRowStep.
void pad_rows(Eigen::MatrixXd& block, Index count);

/// levels(n, k) = sum over f of features(n, f) weights(k, f) for the rows below `count`, rounded up. `weights`: padded
/// levels by padded features.
void multiply_rows(const Eigen::MatrixXd& features, const Eigen::MatrixXd& weights, Index count,
                   Eigen::MatrixXd& levels);

/// Sums over rows of features(n, f) levels(n, k).
class RowSums {
 public:
  RowSums(Index features, Index levels);
  /// Adds the rows below `count`, rounded up: those beyond it must be zero in one of the two.
  void add(const Eigen::MatrixXd& features, const Eigen::MatrixXd& levels, Index count);
  /// Features by levels.
  Eigen::MatrixXd total() const;

 private:
  Index features_, levels_;
  Eigen::MatrixXd lanes_;  // the sums of every eighth row, a column a pair; the levels of a feature tile together
};

}  // namespace kullback::messages
