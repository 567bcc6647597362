// D(p, q) by integration.
#pragma once

#include "divergence/ladder.hpp"

namespace kullback::divergence {

/// One dimension: adaptive quadrature.
Estimate integrate_line(const Question& question);

/// Two and three dimensions: adaptive cubature.
Estimate integrate_box(const Question& question);

}  // namespace kullback::divergence
