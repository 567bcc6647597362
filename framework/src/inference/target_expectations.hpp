// E_p[s]: expectations of an approximating factor's statistics under the target.
#pragma once

#include "inference/leaves.hpp"

namespace kullback::inference {

/// The mean parameters that members of `leaf` would have if they were the target's marginals: one column a member,
/// whose first coordinate `first` gives; `error` bounds the absolute error of each number. Ways, in this order: sums
/// over the target's cells, its moments by label, its marginals' moments or distribution functions, cubature of its
/// density (three dimensions at most). Throws UnsupportedError that names the statistic no way reaches.
void expect_under_target(const Members& target, const Leaf& leaf, const std::vector<Index>& first, Out m, Out error);

}  // namespace kullback::inference
