// The natural gradient of a factor from values at its nodes.
#pragma once

#include "inference/leaves.hpp"

namespace kullback::inference {

/// The eta that best explains f at the nodes: the weighted least squares fit of f on the statistics s(x) and a
/// constant,
///   eta_hat = Cov(s, s)^-1 Cov(s, f) = d E_q[f] / d m.
/// x: one column a node; weights sum to one. Linear and quadratic statistics are fitted in whitened coordinates, others
/// centered and scaled. Throws UnsupportedError naming a statistic whose function is not known, NumericalError when the
/// nodes do not determine the fit.
void regress(const Leaf& leaf, In x, const Eigen::RowVectorXd& weights, const Eigen::VectorXd& f,
             Eigen::Ref<Eigen::VectorXd> eta_hat);

}  // namespace kullback::inference
