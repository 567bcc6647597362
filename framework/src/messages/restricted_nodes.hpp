// Nodes and weights for exp(g(x)) on an interval, g smooth with one maximum.
#pragma once

#include <kullback/distribution.hpp>

#include <functional>
#include <limits>

namespace kullback::messages {

/// Numbers in a support, with the logarithms of their distances to its ends: beside an end x itself has rounded to it.
struct Places {
  Eigen::RowVectorXd x;
  Eigen::RowVectorXd log_from_low, log_to_high;  ///< +inf where there is no end; no numbers for integers
  Points points() const { return x.size() == log_from_low.size() ? Points(x, log_from_low, log_to_high) : Points(x); }
};

/// g at each place.
using LogDensity = std::function<void(const Places& at, Eigen::RowVectorXd& g)>;

/// A discrete distribution that has the moments of exp(g): weights sum to 1. Empty where the interval is.
struct WeightedNodes {
  double log_mass = -std::numeric_limits<double>::infinity();
  Places at;
  Eigen::RowVectorXd weights;
};

/// [low, high] is the part of `support` that is wanted; integers where the support has them. Pieces are halved until
/// log mass and the mean of x hold to about 1e-12. Throws NumericalError where exp(g) has no finite integral.
WeightedNodes nodes_between(const LogDensity& g, const Support& support, double low, double high);

/// log of the mass between low and high far out in a tail, where the density falls nearly exponentially from the limit
/// `from_high` or from low: Gauss-Laguerre. NaN where two rules disagree, or where the other limit is near.
double log_tail(const LogDensity& g, double low, double high, bool from_high);

/// The x below which a part u of the mass lies; between nodes by interpolation (about 1e-4 of the mass).
double quantile_between(const LogDensity& g, const Support& support, double low, double high, double u);

}  // namespace kullback::messages
