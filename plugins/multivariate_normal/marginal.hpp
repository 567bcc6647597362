// Marginals of dense, diagonal and sparse members.
#pragma once

#include "dense.hpp"

namespace kullback::multivariate_normal {

/// The members' distributions of some coordinates, in the order given: by covariance, or diagonal where theta is.
Members marginal(const Distribution& family, const Layout& layout, In theta, std::span<const Index> coordinates);

}  // namespace kullback::multivariate_normal
