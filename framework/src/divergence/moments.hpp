// Expected statistics over columns of members, by whatever names a family knows them.
#pragma once

#include <kullback/capability.hpp>

namespace kullback::divergence {

/// E[label] under each of p's members, `value.cols()` columns (p.theta has as many or one). `c` is empty for a label
/// without a parameter; otherwise it has one number a column, and the statistic is a scalar. A label that the family
/// does not know is tried under its other names ("x" for "x^c" at c = 1, a distance to a point outside the support,
/// powers of an image's preimage, ...). False if nothing serves.
bool expect_columns(const Side& p, Text label, const Eigen::RowVectorXd& c, Out value);

}  // namespace kullback::divergence
