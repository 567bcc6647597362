// Any density of up to three coordinates, seen by factors with nodes: grids (cells of fixed places) and families with
// quadrature.
#pragma once

#include "inference/node_tensor.hpp"
#include "inference/projection_joint.hpp"

namespace kullback::inference {

/// E_q[log p] by sums over the tensor product of the factors' nodes. One block a factor. With f(x_b) = E[log p | x_b]
///   a grid:   eta_hat[cell] = average of f over the cell: linear in m, exact on these nodes
///   others:   eta_hat = regression of f on the statistics at the nodes: line search
/// A cell's nodes are its Gauss-Legendre points (one, two, ... a coordinate), or the middles of the pieces that the
/// target's own cells cut it into: then the average is exact.
class NodeJoint final : public ProjectionJoint {
 public:
  explicit NodeJoint(const Projection& projection);

  /// Whether a leaf has nodes of some kind.
  static bool serves(const Leaf& leaf);

  Update update_kind(int block) const override;
  void natural_gradient(Range range, Out eta_hat) const override;
  void refresh(Range changed) override;
  std::vector<std::string> terms() const override { return {"log p"}; }
  void expected_log_density(std::span<double> by_term) const override;
  /// The difference to the next coarser nodes (to the next finer ones where there are none coarser).
  double quadrature_error() const override;
  bool refine() override;
  bool log_normalizer(double& value, double& error) const override;

 private:
  NodeSet make_nodes(int block, int level) const;
  void set_weights(int block, NodeSet& set) const;
  Index evaluations(int level) const;
  bool all_fixed() const;
  void start_inside_support();
  Eigen::VectorXd cell_average(const NodeSet& set, const Eigen::VectorXd& f, Index cells) const;

  bool exact_ = false;  // grids only, on a target with cells
  int level_ = 0;
  std::vector<NodeSet> sets_;
  NodeTensor tensor_;
  // Grids only: the nodes the error is measured against, which stay as well.
  mutable std::vector<NodeSet> other_sets_;
  mutable NodeTensor other_tensor_;
  mutable int other_level_ = -1;
};

/// The largest boxes of cells (a set of cells for each factor) in which p is positive everywhere, grown greedily from
/// the densest cell by mass: q must stay inside such a box. `mass` is a tensor over cells, negative where p has a zero.
std::vector<std::vector<char>> positive_box(const Eigen::VectorXd& mass, const std::vector<Index>& sizes);

}  // namespace kullback::inference
