// Blocks that are grids: their messages, their range and their resolution.
#include "messages/model_joint.hpp"

#include <kullback/error.hpp>
#include <kullback/labels.hpp>

#include <cmath>
#include <limits>

namespace kullback::messages {
namespace {

constexpr double kGridTolerance = 1e-7;  // nats that a doubling of the cells may move the bound by
constexpr Index kMostCells = 1 << 16;

}  // namespace

Grid* ModelJoint::grid_of(int source) {
  for (Grid& g : grids_)
    if (g.source == source) return &g;
  return nullptr;
}
const Grid* ModelJoint::grid_of(int source) const { return const_cast<ModelJoint*>(this)->grid_of(source); }

// The log density of every member at any nodes, up to a constant each.
Eigen::MatrixXd ModelJoint::log_density_at(const Grid& grid, const Eigen::MatrixXd& by_cell, bool own,
                                           const Eigen::VectorXd& nodes) const {
  const auto s = static_cast<std::size_t>(grid.source);
  const Source& source = sources_[s];
  const std::vector<Moments::Label>& labels = compiled_.moments[s].labels;
  Grid here;
  const bool as_it_stands = nodes.size() == grid.nodes.size() && nodes == grid.nodes;
  const Eigen::MatrixXd* values = &grid.values;
  if (!as_it_stands) {
    here.values.resize(static_cast<Index>(labels.size()), nodes.size());
    const Eigen::RowVectorXd x = nodes.transpose();
    Eigen::MatrixXd row_of(1, nodes.size());
    for (std::size_t l = 0; l < labels.size(); ++l) {
      evaluate_label(labels[l].label, x, row_of);
      here.values.row(static_cast<Index>(l)) = row_of;
    }
    values = &here.values;
  }
  Eigen::MatrixXd sum = Eigen::MatrixXd::Zero(nodes.size(), source.members());
  for (Index k = 0; k < source.members(); ++k) {
    const auto message = by_cell.col(source.cell_of[static_cast<std::size_t>(k)]);
    for (Index l = 0; l < message.size(); ++l)
      if (message[l] != 0) sum.col(k) += message[l] * values->row(l).transpose();
  }
  for (const NumericStatement& n : compiled_.numeric) {
    if (n.source != grid.source) continue;
    if (own && model_.statements[static_cast<std::size_t>(n.statement)].variable != grid.source) continue;
    if (as_it_stands && n.values.rows() == nodes.size())
      sum += n.values;
    else
      sum += numeric_values(model_, sources_, n, nodes);
  }
  return sum;
}

void ModelJoint::regrid(Grid& grid, bool own) {
  const auto s = static_cast<std::size_t>(grid.source);
  const int b = sources_[s].block;
  Block& to = block(b);
  const Eigen::MatrixXd by_cell = message(grid.source, own);
  Eigen::VectorXd edges =
      grid.choose_edges([&](const Eigen::VectorXd& nodes) { return log_density_at(grid, by_cell, own, nodes); });
  grid.set_edges(std::move(edges), compiled_.moments[s].labels);
  for (NumericStatement& n : compiled_.numeric)
    if (n.source == grid.source) n.values = numeric_values(model_, sources_, n, grid.nodes);
  to.layout.constants = {grid.edges};
  to.eta = log_density_at(grid, by_cell, own, grid.nodes);
  to.m.setZero(to.eta.rows(), to.eta.cols());
  messages_[static_cast<std::size_t>(b)] = to.eta;
  recompute(b);
}

double ModelJoint::quadrature_error() const {
  for (const Grid& grid : grids_)
    if (grid.drifted(block(sources_[static_cast<std::size_t>(grid.source)].block).m))
      return std::numeric_limits<double>::infinity();
  return grid_error_;
}

bool ModelJoint::refine() {
  bool moved = false;
  double error = 0;
  for (Grid& grid : grids_) {
    if (grid.given) continue;
    const auto s = static_cast<std::size_t>(grid.source);
    Block& b = block(sources_[s].block);
    const bool drifted = grid.drifted(b.m);
    if (!drifted && (grid_error_ <= kGridTolerance || 2 * grid.cells > kMostCells)) continue;
    // The gain of a better grid for the same message: the change of its log normalizer.
    prepare({sources_[s].block, 0, b.members()});
    b.eta = messages_[static_cast<std::size_t>(sources_[s].block)];
    recompute(sources_[s].block);
    const double before = b.log_partition.sum();
    if (!drifted) grid.cells *= 2;
    regrid(grid, false);
    error += std::abs(b.log_partition.sum() - before);
    moved = true;
  }
  if (moved) grid_error_ = error;
  return moved;
}

}  // namespace kullback::messages
