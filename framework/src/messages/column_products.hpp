// Products of blocks of columns, as a pass over rows needs them: columns times a small matrix, and products of columns
// summed over the rows. Registers hold tiles of results; columns are read where they stand.
#pragma once

#include <kullback/types.hpp>

#include <vector>

namespace kullback::messages {

/// Length to give to columns of `count` numbers: those at a multiple of a power of two would share their places in the
/// first-level cache.
Index column_length(Index count);

/// to(n, k) = sum over m of columns[m][n] factors(m, k), n < count. Column k of `to` begins at to + k * to_step.
void multiply_columns(const std::vector<const double*>& columns, Index count, const Eigen::MatrixXd& factors,
                      double* to, Index to_step);

/// sums(m, k) += sum over n of columns[m][n] others(n, k), piece by piece.
class ColumnSums {
 public:
  ColumnSums(Index depth, Index width);
  void add(const std::vector<const double*>& columns, Index count, const double* others, Index step);
  Eigen::MatrixXd result() const;

 private:
  Index depth_, width_;
  std::vector<double> lanes_;  // sums of every eighth row: eight a result
};

/// Numbers of the rows and their products as columns of a block of rows.
class FeatureColumns {
 public:
  /// First number and step a row.
  using Factor = std::pair<const double*, Index>;
  FeatureColumns(const std::vector<std::vector<Factor>>& features, Index block);
  FeatureColumns(const FeatureColumns&) = delete;
  FeatureColumns& operator=(const FeatureColumns&) = delete;
  /// The features of rows [begin, begin + count).
  void fill(Index begin, Index count);
  const std::vector<const double*>& columns() const { return columns_; }

 private:
  struct Made {  // a constant times columns
    double* to;
    double constant;
    std::vector<const double*> of;
  };
  std::vector<Factor> copied_;
  std::vector<double> numbers_;
  Index step_;
  std::vector<Made> made_;
  std::vector<const double*> columns_;  // by feature
};

}  // namespace kullback::messages
