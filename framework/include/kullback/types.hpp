// The vocabulary every other header uses: indices, columns of numbers, and views of them.
#pragma once

#include <Eigen/Core>
#include <Eigen/SparseCore>

#include <string_view>

namespace kullback {

using Index = Eigen::Index;
using Text = std::string_view;

/// Columns of numbers that a kernel reads: one column a member, one row a parameter, statistic or
/// coordinate. The inner stride is always one. A plain matrix, a block of its columns or an
/// expression can be passed; an expression is evaluated into a temporary first.
using In = Eigen::Ref<const Eigen::MatrixXd>;

/// Columns of numbers that a kernel writes. Never resized by the kernel: its shape is an input.
using Out = Eigen::Ref<Eigen::MatrixXd>;

/// One number a member, contiguous.
using Row = Eigen::Map<Eigen::RowVectorXd>;
using ConstRow = Eigen::Map<const Eigen::RowVectorXd>;

/// A sparse symmetric matrix is stored in full (both triangles), compressed by row.
using SparseMatrix = Eigen::SparseMatrix<double, Eigen::RowMajor, int>;

/// A row view of a contiguous vector.
inline Row row(Eigen::RowVectorXd& values) { return Row(values.data(), values.size()); }
inline ConstRow row(const Eigen::RowVectorXd& values) { return ConstRow(values.data(), values.size()); }

}  // namespace kullback
