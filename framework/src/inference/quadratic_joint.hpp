// A target whose log density is a quadratic form, seen by factors with linear and quadratic statistics.
#pragma once

#include "inference/coloring.hpp"
#include "inference/projection_joint.hpp"

#include <array>
#include <vector>

namespace kullback::inference {

/// log p(x) = -x'Px/2 + h'x - c. With x_i the coordinates of a member and j the others:
///   eta_hat = (h_i - sum_j P_ij E x_j,  -P_ii / 2)   for the statistics x and x2, or x and x*x'
/// and the same polynomial averaged over each cell for a grid of one coordinate. Exact. Members of a leaf are
/// renumbered by color; P's rows are kept in the new order, the entries outside a member's own coordinates apart from
/// those inside.
class QuadraticJoint final : public ProjectionJoint, public Coloring {
 public:
  QuadraticJoint(const Projection& projection, QuadraticForm form);

  /// Whether a leaf's statistics (or cells) can take a quadratic message.
  static bool serves(const Leaf& leaf);

  void natural_gradient(Range range, Out eta_hat) const override;
  void refresh(Range changed) override;
  std::vector<std::string> terms() const override;
  void expected_log_density(std::span<double> by_term) const override;
  bool log_normalizer(double& value, double& error) const override;
  std::vector<Range> colors(int block) const override;
  std::vector<Index> sequence(int block) const override;

 private:
  enum class Kind { scalar, vector, grid };
  // One a block: where its coordinates stand in the new numbering, which of its rows are which statistic.
  struct Place {
    Kind kind = Kind::scalar;
    Index begin = 0;      // first coordinate in the new numbering
    Index dimension = 1;  // coordinates a member
    Index x = 0, square = 1;
    std::vector<Index> color_begin;
    Eigen::MatrixXd average;  // grid: E[x] and E[x2] of each cell, one row a cell
  };
  void renumber(const QuadraticForm& form);
  void natural_gradient_scalar(const Place& place, Range range, Out eta_hat) const;
  /// h_i - sum_j P_ij E x_j over the coordinates outside the member.
  double field(Index i) const;
  double own_terms(const Place& place, const Block& block, Index member) const;
  // The first three terms of members [begin, end).
  std::array<double, 3> scalar_terms(const Place& place, const Block& block, Index begin, Index end) const;
  std::array<double, 3> member_terms(const Place& place, const Block& block, Index begin, Index end) const;

  std::vector<Place> places_;
  // All in the new numbering of coordinates.
  std::vector<int> row_begin_, column_;
  std::vector<double> value_;
  Eigen::VectorXd diagonal_, information_, mean_;
  std::vector<Eigen::MatrixXd> own_;  // P inside a member, for members of several coordinates
  std::vector<Index> own_begin_;      // by block: its first member in own_
  Index first_with_lower_ = 0;        // rows before it have no entry left of the diagonal
  double log_normalizer_;
};

}  // namespace kullback::inference
