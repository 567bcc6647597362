// log p on the tensor product of the nodes of up to three factors, and its contractions.
#pragma once

#include <kullback/distribution.hpp>

#include <array>
#include <string>
#include <vector>

namespace kullback::inference {

/// Nodes of one factor: columns of x are points in its coordinates, weights those of E_q[f] ~ sum w f(x).
struct NodeSet {
  Eigen::MatrixXd x;
  Eigen::RowVectorXd weights;
  bool fixed = false;        ///< a grid's: x stays, weights[n] = m[cell[n]] * share[n]
  std::vector<int> cell;     ///< of a grid's node
  Eigen::RowVectorXd share;  ///< of the cell's volume
  Index size() const { return x.cols(); }
};

/// values[n0 + N0 (n1 + N1 n2)] = log p(x0[n0], x1[n1], x2[n2]).
class NodeTensor {
 public:
  /// Evaluates the target's density at all combinations, in parallel. Throws NumericalError naming a point where it is
  /// NaN or +inf.
  void evaluate(const Members& target, const std::vector<NodeSet>& sets);

  /// f[n] = sum over the other factors' nodes of w log p: E[log p | this factor at its node n]. 0 * (-inf) = 0.
  Eigen::VectorXd contract(const std::vector<NodeSet>& sets, std::size_t kept) const;

  /// E[log p].
  double expectation(const std::vector<NodeSet>& sets) const;

  bool has_zeros() const { return has_zeros_; }
  double operator[](Index n) const { return values_[n]; }
  Index size() const { return values_.size(); }

 private:
  Eigen::VectorXd values_;
  bool has_zeros_ = false;  // some log p is -inf
};

/// Weights below this at a node that moves with q do not see a density of zero there: q's tail beyond rounding.
inline constexpr double kNegligibleWeight = 1e-18;

}  // namespace kullback::inference
