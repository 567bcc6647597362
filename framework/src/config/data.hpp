// Data files: tables of columns (CSV), arrays (NPY), sparse matrices (Matrix Market).
#pragma once

#include "config/source.hpp"

#include <kullback/types.hpp>

#include <string>
#include <vector>

namespace kullback::config {

/// A CSV file with a header line. Columns whose cells are all numbers or empty are numeric; empty, NA and nan cells are
/// NaN.
struct Table {
  struct Column {
    std::string name;
    bool numeric = true;
    std::vector<double> numbers;      ///< numeric columns
    std::vector<std::string> labels;  ///< other columns, cells as text
  };
  std::string path;
  Index rows = 0;
  std::vector<Column> columns;
  /// Null if there is none.
  const Column* find(std::string_view name) const;
};

/// Reads a CSV file. Throws ConfigError "file:row:column: error: ..." for a ragged row, an empty file, a duplicate or
/// empty header name, an infinite number, bad UTF-8.
Table read_csv(const std::string& path);

/// An array of one dimension (one column) or two, row after row.
struct NumberArray {
  Index rows = 0, columns = 0;
  Eigen::VectorXd values;
};

/// A .npy file of float64/float32/int64/int32, little endian, C or Fortran order, one or two dimensions (one: a
/// column). Throws ConfigError for anything else, for a truncated file, and for numbers that are not finite.
NumberArray read_npy_rows(const std::string& path);
/// The same as a matrix.
Eigen::MatrixXd read_npy(const std::string& path);

/// A Matrix Market file: coordinate, real or integer or pattern, general or symmetric, both triangles in the result.
/// Throws ConfigError for a truncated or malformed file, entries outside the matrix, and numbers that are not finite.
SparseMatrix read_matrix_market(const std::string& path);

/// SHA-256 of a file's bytes, in hexadecimal. Throws ConfigError if it cannot be read.
std::string sha256_file(const std::string& path);

}  // namespace kullback::config
