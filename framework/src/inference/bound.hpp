// The bound of a joint by term, and whether it fell.
#pragma once

#include <kullback/types.hpp>

#include <string>
#include <vector>

namespace kullback::inference {

/// The bound by term: those of E_q[log p~], then each block's entropy.
struct Bound {
  std::vector<double> terms;
  double value = 0;
  double rounding = 0;  ///< 64 epsilon times the sum of the terms' magnitudes
};

/// Whether a bound fell by more than rounding and `slack`; NaN counts as a fall.
bool fell(const Bound& before, const Bound& after, double slack);

/// Says by how much a bound fell and in which term most; empty if it did not fall.
std::string describe_fall(const Bound& before, const Bound& after, double slack, const std::vector<std::string>& names);

/// <a, b> where 0 * inf = 0: a cell without mass has eta = -inf.
double guarded_dot(const double* a, const double* b, Index rows);

}  // namespace kullback::inference
