// Gauss-Kronrod rules on [-1, 1], nodes ascending.
#pragma once

#include <kullback/types.hpp>

#include <vector>

namespace kullback::quadrature {

struct Rule {
  std::vector<double> node;
  std::vector<double> weight;  ///< Kronrod's
  std::vector<double> gauss;   ///< of the embedded Gauss rule, 0 at the nodes that it lacks
  Index size() const { return static_cast<Index>(node.size()); }
};

/// The rule with 21 nodes, and one with 7 for many small cells.
const Rule& rule_21();
const Rule& rule_7();

/// QUADPACK's bound for the Kronrod value, from its distance to the Gauss value and the integrals of |f| and |f - mean
/// f|.
double quadpack_error(double difference, double absolute, double deviation);

}  // namespace kullback::quadrature
