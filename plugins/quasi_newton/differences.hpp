// Slopes of a divergence by differences.
#pragma once

#include <kullback/objective.hpp>

#include <vector>

namespace kullback::quasi_newton {

struct Slopes {
  Eigen::VectorXd gradient;    ///< exactly 0 where the value has a kink that is a minimum
  Eigen::VectorXd curvature;   ///< second derivatives, number by number; not above 0 where they are not known
  std::vector<Index> unknown;  ///< numbers beside which no other has a finite divergence; their gradient is 0
};

/// At `u`, where the divergence is `value`: five points a number, to one side where the range or the finite values end.
Slopes differences(const Objective& objective, const Eigen::VectorXd& u, double value);

}  // namespace kullback::quasi_newton
