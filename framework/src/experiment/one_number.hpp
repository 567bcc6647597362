// Integrals over one latent number.
#pragma once

#include <kullback/distribution.hpp>

#include <Eigen/Core>
#include <optional>

namespace kullback::experiment {

/// Numbers and their weights under the distribution of one number.
struct Nodes {
  Eigen::RowVectorXd x, log_weight;
};

/// Equal steps in a coordinate without ends, where the density of a smooth family falls off on both sides: the
/// trapezoidal rule converges exponentially. Far into the tails, where the data may be. Nothing for families without
/// quantiles, and where the weights do not come to 1.
std::optional<Nodes> nodes_of(const Members& one);

/// log of the sum of exp(log_terms), one a node. Every second term, doubled, tells how far that is from the integral:
/// nothing where the two differ by more than 1e-8.
std::optional<double> log_integral(const Eigen::RowVectorXd& log_terms);

}  // namespace kullback::experiment
