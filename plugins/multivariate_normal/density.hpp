// log densities of dense, diagonal and sparse members.
#pragma once

#include "dense.hpp"

namespace kullback::multivariate_normal {

/// d/2 log 2 pi
double half_log_2pi(const Layout& layout);

/// -|whitened x|^2 / 2 - log sqrt(det(2 pi covariance)) at each point; -inf beside an infinite coordinate.
void log_density(const Layout& layout, In theta, const Points& points, Row out);

}  // namespace kullback::multivariate_normal
