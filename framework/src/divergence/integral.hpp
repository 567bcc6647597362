// D(p, q) by integration.
#pragma once

#include "divergence/ladder.hpp"

namespace kullback::divergence {

/// One dimension: adaptive quadrature.
Estimate integrate_line(const Question& question);

/// One dimension: |log c| of an alpha integral c, also where c under- or overflows.
Estimate integrate_logarithm(const Question& question);

/// Integers: the sum of the integrand from the bulk outward, with a bound on the rest.
Estimate sum_line(const Question& question);

/// Two and three dimensions: adaptive cubature.
Estimate integrate_box(const Question& question);

}  // namespace kullback::divergence
