// Groups of rows for the start of a mixture.
#pragma once

#include "core/random.hpp"

#include <kullback/types.hpp>

namespace kullback::messages {

/// Centers of `count` groups, one a column, by k-means++ [Arthur & Vassilvitskii 2007] and a few rounds of Lloyd on at
/// most 20,000 rows evenly spaced. `rows`: one column a row. Fewer different rows than groups leave centers that are
/// equal.
Eigen::MatrixXd find_centers(const Eigen::MatrixXd& rows, Index count, const Stream& stream, std::uint64_t restart);

/// The nearest center, the lowest of equally near ones.
Index nearest_center(const Eigen::MatrixXd& centers, const Eigen::Ref<const Eigen::VectorXd>& row);

/// The level whose center is nearest, row by row.
std::vector<Index> groups_of(const Eigen::MatrixXd& rows, Index levels, const Stream& stream, Index restart);

}  // namespace kullback::messages
