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

/// The same for any non-negative function of the integers.
Estimate sum_over_integers(const Question& question,
                           const std::function<Eigen::RowVectorXd(const Eigen::RowVectorXd&)>& f);

/// Two and three dimensions: adaptive cubature.
Estimate integrate_box(const Question& question);

}  // namespace kullback::divergence
