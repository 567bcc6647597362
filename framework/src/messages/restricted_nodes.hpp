// Nodes and weights for exp(g(x)) on an interval, g smooth with one maximum.
#pragma once

#include <kullback/distribution.hpp>

#include <functional>
#include <limits>

namespace kullback::messages {

/// g at each x of a row.
using LogDensity = std::function<void(const Eigen::RowVectorXd& x, Eigen::RowVectorXd& g)>;

/// A discrete distribution that has the moments of exp(g): weights sum to 1. Empty where the interval is.
struct WeightedNodes {
  double log_mass = -std::numeric_limits<double>::infinity();
  Eigen::RowVectorXd x, weights;
};

/// [low, high] is the part of `support` that is wanted; integers where the support has them. Pieces are halved until log
/// mass and the mean of x hold to about 1e-12. Throws NumericalError where exp(g) has no finite integral.
WeightedNodes nodes_between(const LogDensity& g, const Support& support, double low, double high);

/// The x below which a part u of the mass lies; between nodes by interpolation (about 1e-4 of the mass).
double quantile_between(const LogDensity& g, const Support& support, double low, double high, double u);

}  // namespace kullback::messages
