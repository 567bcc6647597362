// Labels of a plate that come from columns: sorted values, and each row's level.
#pragma once

#include "config/data.hpp"
#include "language/arrays.hpp"

#include <span>
#include <string>
#include <vector>

namespace kullback::language {

/// The columns that label rows together: one, or several for nested labels ("school, class").
using LabelColumns = std::vector<const config::Table::Column*>;

/// Row r's label as text; empty where a cell is empty.
std::string label_of_row(const LabelColumns& columns, Index row);

/// The sorted distinct labels of all the sources: in order of the numbers where every column is numeric, else of the
/// text.
std::vector<std::string> sorted_labels(std::span<const LabelColumns> sources, bool& numeric);

/// The 0-based level of every row, NaN for an empty cell. `first_unknown` is the first row whose label the plate lacks
/// (-1).
Eigen::VectorXd levels_of_rows(const LabelColumns& columns, Index rows, const Plate& plate, Index& first_unknown);

}  // namespace kullback::language
