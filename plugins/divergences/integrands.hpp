// Pointwise integrands that are not made of relative entropies or alpha integrals.
#pragma once

#include <kullback/kullback.hpp>

namespace kullback::divergences {

/// |p - q| / 2
void total_variation(ConstRow log_p, ConstRow log_q, Row out);

/// (p log(2p / (p + q)) + q log(2q / (p + q))) / 2
void jensen_shannon(ConstRow log_p, ConstRow log_q, Row out);

}  // namespace kullback::divergences
