// Divergences over the rows of a table: distributions whose parameters are columns.
#pragma once

#include "experiment/experiment.hpp"

#include <string>
#include <vector>

namespace kullback::experiment {

/// Named columns of numbers.
struct Columns {
  std::vector<std::string> names;
  Eigen::MatrixXd values;  ///< one row a row of the table
};

/// A CSV file with a header, or a NPY file, whose columns are called c1, c2, ... Throws ConfigError.
Columns read_columns(const std::string& path);

/// One row a row of the table, one column a divergence.
struct BatchValues {
  std::vector<std::string> words;
  Eigen::MatrixXd value, error;
  std::vector<std::vector<Method>> method;  ///< by divergence
};

/// D(p, q) for every row. The texts are distributions that refer to columns by name: "normal(mean = a, stddev = b)";
/// one that does not is the same for all rows. In parallel. Throws ConfigError that points into the text and names the
/// row.
BatchValues compare_columns(const Registry& registry, const Columns& columns, const std::string& p,
                            const std::string& q, const std::vector<std::string>& words,
                            const EvaluateOptions& options);

/// "kl,kl_error,kl_method,..." and one line a row; numbers as text that reads back to the same bits.
std::string to_csv(const BatchValues& values);

/// Values and errors side by side, divergence by divergence, for a .npy file.
Eigen::MatrixXd to_array(const BatchValues& values);

}  // namespace kullback::experiment
