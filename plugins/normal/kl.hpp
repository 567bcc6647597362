// KL between normals in closed form.
#pragma once

#include <kullback/kullback.hpp>

namespace kullback::normal_family {

/// KL(p || q) = [ ((mean_p - mean_q) / stddev_q)^2 + r^2 - 1 - 2 log r ] / 2 with r = stddev_p / stddev_q, without
/// cancellation for nearly equal arguments and without overflow of the ratio where the value itself is finite. Sides
/// are arrays of (mean, stddev). [any-thread]
Rule kl_rule();

}  // namespace kullback::normal_family
