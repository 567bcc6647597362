#include "inference/node_joint.hpp"

#include "inference/cells.hpp"
#include "inference/regression.hpp"

#include <kullback/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace kullback::inference {
namespace {

constexpr Index kMostEvaluations = 20'000'000;  // of the density, for one table
constexpr double kMostWork = 1e8;               // of a refinement: evaluations times parameters / 8
constexpr double kNever = -std::numeric_limits<double>::infinity();

struct GaussPoint {
  double node, share;  // in (0, 1); shares sum to one
};
const std::array<std::vector<GaussPoint>, 4>& gauss_points() {
  static const std::array<std::vector<GaussPoint>, 4> points = [] {
    const auto on_unit = [](std::vector<GaussPoint> rule) {
      for (GaussPoint& p : rule) p = {0.5 * (1 + p.node), 0.5 * p.share};
      return rule;
    };
    const double a = 0.57735026918962576, b = 0.77459666924148338, c = 0.33998104358485626, d = 0.86113631159405258;
    const double wc = 0.65214515486254614, wd = 0.34785484513745386;
    return std::array<std::vector<GaussPoint>, 4>{on_unit({{0, 2}}), on_unit({{-a, 1}, {a, 1}}),
                                                  on_unit({{-b, 5.0 / 9}, {0, 8.0 / 9}, {b, 5.0 / 9}}),
                                                  on_unit({{-d, wd}, {-c, wc}, {c, wc}, {d, wd}})};
  }();
  return points;
}

struct AxisNode {
  Index cell;
  double x, share;
};

}  // namespace

bool NodeJoint::serves(const Leaf& leaf) {
  return leaf.layout.dimension <= 3 &&
         (capability<Tabulated>(*leaf.family, leaf.layout) || capability<Nodes>(*leaf.family, leaf.layout));
}

NodeJoint::NodeJoint(const Projection& projection) : ProjectionJoint(projection, true) {
  exact_ = capability<Tabulated>(*projection.target.family, projection.target.layout) != nullptr;
  for (const Block& b : blocks()) exact_ = exact_ && capability<Tabulated>(*b.family, b.layout);
  match_target();
  for (int b = 0; b < static_cast<int>(blocks().size()); ++b) {
    Block& start = block(b);
    if (capability<Tabulated>(*start.family, start.layout)) start.eta.setZero();
    const Leaf& leaf = *origin(b).leaf;
    leaf.exponential->mean(leaf.layout, start.eta, start.m, row(start.log_partition));
  }
  check_supports(*this, "reverse_kl");
  if (evaluations(0) > kMostEvaluations)
    throw UnsupportedError(
        fmt::format("the grids have {} cells together, more than {}; take fewer", evaluations(0), kMostEvaluations));
  for (int b = 0; b < static_cast<int>(blocks().size()); ++b) sets_.push_back(make_nodes(b, level_));
  tensor_.evaluate(projection.target, sets_);
  if (tensor_.has_zeros() && all_fixed()) start_inside_support();
}

bool NodeJoint::all_fixed() const {
  return std::all_of(blocks().begin(), blocks().end(),
                     [](const Block& b) { return capability<Tabulated>(*b.family, b.layout) != nullptr; });
}

Update NodeJoint::update_kind(int b) const {
  return capability<Tabulated>(*block(b).family, block(b).layout) ? Update::exact : Update::line_search;
}

NodeSet NodeJoint::make_nodes(int b, int level) const {
  const Block& from = block(b);
  const Leaf& leaf = *origin(b).leaf;
  NodeSet set;
  if (const auto* cells = capability<Tabulated>(*from.family, from.layout)) {
    const Members& target = projection().target;
    const auto* target_cells = capability<Tabulated>(*target.family, target.layout);
    const std::vector<Eigen::VectorXd> edges = cells->edges(from.layout);
    std::vector<Eigen::VectorXd> cuts;
    if (target_cells) cuts = target_cells->edges(target.layout);
    std::vector<std::vector<AxisNode>> axes;
    Index total = 1;
    for (std::size_t a = 0; a < edges.size(); ++a) {
      std::vector<AxisNode> nodes;
      const Eigen::VectorXd& e = edges[a];
      if (target_cells) {
        for (const Piece& piece : cut(e, cuts[static_cast<std::size_t>(coordinate(b, 0)) + a]))
          nodes.push_back({piece.cell, 0.5 * (piece.low + piece.high),
                           (piece.high - piece.low) / (e[piece.cell + 1] - e[piece.cell])});
      } else {
        for (Index k = 0; k + 1 < e.size(); ++k)
          for (const GaussPoint& p : gauss_points()[static_cast<std::size_t>(level)])
            nodes.push_back({k, e[k] + p.node * (e[k + 1] - e[k]), p.share});
      }
      total *= static_cast<Index>(nodes.size());
      axes.push_back(std::move(nodes));
    }
    set.fixed = true;
    set.x.resize(from.layout.dimension, total);
    set.share.resize(total);
    set.weights.resize(total);
    set.cell.resize(static_cast<std::size_t>(total));
    for (Index n = 0; n < total; ++n) {
      Index rest = n, cell = 0, step = 1;
      double share = 1;
      for (std::size_t a = 0; a < axes.size(); ++a) {
        const auto size = static_cast<Index>(axes[a].size());
        const AxisNode& node = axes[a][static_cast<std::size_t>(rest % size)];
        rest /= size;
        set.x(static_cast<Index>(a), n) = node.x;
        share *= node.share;
        cell += node.cell * step;
        step *= edges[a].size() - 1;
      }
      set.share[n] = share;
      set.cell[static_cast<std::size_t>(n)] = static_cast<int>(cell);
    }
  } else {
    const auto* nodes = capability<Nodes>(*from.family, from.layout);
    const Index count = nodes->count(from.layout, level);
    set.x.resize(from.layout.dimension, count);
    set.weights.resize(count);
  }
  if (set.fixed) {
    set_weights(b, set);
  } else {
    Eigen::MatrixXd theta(leaf.parameters, 1);
    leaf.exponential->convert(leaf.layout, from.eta, theta, false);
    capability<Nodes>(*from.family, from.layout)->nodes(from.layout, theta, level, set.x, row(set.weights));
  }
  return set;
}

void NodeJoint::set_weights(int b, NodeSet& set) const {
  const auto m = block(b).m.col(0);
  for (Index n = 0; n < set.size(); ++n) set.weights[n] = m[set.cell[static_cast<std::size_t>(n)]] * set.share[n];
}

Index NodeJoint::evaluations(int level) const {
  double total = 1;
  for (int b = 0; b < static_cast<int>(blocks().size()); ++b) {
    const Block& from = block(b);
    if (capability<Tabulated>(*from.family, from.layout)) {
      total *= static_cast<double>(from.eta.rows());
      if (!exact_) total *= std::pow(level + 1, from.layout.dimension);
    } else {
      total *= static_cast<double>(capability<Nodes>(*from.family, from.layout)->count(from.layout, level));
    }
  }
  return static_cast<Index>(std::min(total, 1e18));
}

void NodeJoint::refresh(Range changed) {
  NodeSet& set = sets_[static_cast<std::size_t>(changed.block)];
  if (set.fixed) {
    set_weights(changed.block, set);
  } else {
    set = make_nodes(changed.block, level_);
    tensor_.evaluate(projection().target, sets_);
  }
}

Eigen::VectorXd NodeJoint::cell_average(const NodeSet& set, const Eigen::VectorXd& f, Index cells) const {
  Eigen::VectorXd average = Eigen::VectorXd::Zero(cells);
  for (Index n = 0; n < f.size(); ++n) average[set.cell[static_cast<std::size_t>(n)]] += set.share[n] * f[n];
  return average;
}

void NodeJoint::natural_gradient(Range range, Out eta_hat) const {
  const auto b = static_cast<std::size_t>(range.block);
  const NodeSet& set = sets_[b];
  const Leaf& leaf = *origin(range.block).leaf;
  Eigen::VectorXd f = tensor_.contract(sets_, b);
  if (set.fixed) {
    eta_hat.col(0) = cell_average(set, f, eta_hat.rows());
    if (!(eta_hat.maxCoeff() > kNever))
      throw NumericalError(fmt::format(
          "{}: the target's density is zero somewhere in every one of the {} cells, given the other factors; start q "
          "inside the support",
          member_name(range.block, 0), eta_hat.rows()));
    return;
  }
  Eigen::RowVectorXd weights = set.weights;
  for (Index n = 0; n < f.size(); ++n) {
    if (f[n] != kNever) continue;
    if (weights[n] > kNegligibleWeight)
      throw NumericalError(fmt::format("{}: the target's density is zero at {:.6g}, within reach of q",
                                       member_name(range.block, 0), set.x(0, n)));
    weights[n] = f[n] = 0;
  }
  regress(leaf, set.x, weights, f, eta_hat.col(0));
}

void NodeJoint::expected_log_density(std::span<double> by_term) const { by_term[0] = tensor_.expectation(sets_); }

double NodeJoint::quadrature_error() const {
  if (exact_) return 0;
  const int other = level_ > 0 ? level_ - 1 : 1;
  if (evaluations(other) > kMostEvaluations) return std::numeric_limits<double>::infinity();
  const double here = tensor_.expectation(sets_);
  if (other_level_ != other || !all_fixed()) {
    other_sets_.clear();
    for (int b = 0; b < static_cast<int>(blocks().size()); ++b) other_sets_.push_back(make_nodes(b, other));
    other_tensor_.evaluate(projection().target, other_sets_);
    other_level_ = other;
  } else {
    for (int b = 0; b < static_cast<int>(blocks().size()); ++b)
      set_weights(b, other_sets_[static_cast<std::size_t>(b)]);
  }
  const double there = other_tensor_.expectation(other_sets_);
  // A zero that only the other nodes see is an error without bound.
  return std::isfinite(here) && std::isfinite(there) ? std::abs(here - there) : std::numeric_limits<double>::infinity();
}

bool NodeJoint::refine() {
  const int most = all_fixed() ? 3 : 5;
  if (exact_ || level_ >= most || evaluations(level_ + 1) > kMostEvaluations) return false;
  // A density of many parameters (a kernel estimate) costs in proportion; nodes that stay are evaluated only once.
  const double cost = std::max(1.0, static_cast<double>(projection().target.theta.rows()) / 8);
  if (cost * static_cast<double>(evaluations(level_ + 1)) > (all_fixed() ? 10 * kMostWork : kMostWork)) return false;
  for (const Block& b : blocks())
    if (capability<Tabulated>(*b.family, b.layout) && level_ >= 3) return false;
  ++level_;
  for (int b = 0; b < static_cast<int>(blocks().size()); ++b)
    sets_[static_cast<std::size_t>(b)] = make_nodes(b, level_);
  tensor_.evaluate(projection().target, sets_);
  if (all_fixed() && tensor_.has_zeros() && !std::isfinite(tensor_.expectation(sets_))) start_inside_support();
  return true;
}

bool NodeJoint::log_normalizer(double& value, double& error) const {
  value = error = 0;
  return true;
}

void NodeJoint::start_inside_support() {
  std::vector<Index> sizes;
  Index total = 1;
  for (const Block& b : blocks()) {
    sizes.push_back(b.eta.rows());
    total *= b.eta.rows();
  }
  Eigen::VectorXd mass = Eigen::VectorXd::Zero(total);
  for (Index n = 0; n < tensor_.size(); ++n) {
    Index rest = n, cell = 0, step = 1;
    double share = 1;
    for (std::size_t b = 0; b < sets_.size(); ++b) {
      const Index at = rest % sets_[b].size();
      rest /= sets_[b].size();
      cell += sets_[b].cell[static_cast<std::size_t>(at)] * step;
      share *= sets_[b].share[at];
      step *= sizes[b];
    }
    if (tensor_[n] == kNever) {
      mass[cell] = -1;
    } else if (mass[cell] >= 0) {
      mass[cell] += share * std::exp(tensor_[n]);
    }
  }
  if (!(mass.maxCoeff() >= 0))
    throw NumericalError(
        "the target's density is zero somewhere in every cell of the grids: no q on them is inside its support");
  const std::vector<std::vector<char>> box = positive_box(mass, sizes);
  for (int b = 0; b < static_cast<int>(blocks().size()); ++b) {
    Block& start = block(b);
    for (Index k = 0; k < start.eta.rows(); ++k)
      start.eta(k, 0) = box[static_cast<std::size_t>(b)][static_cast<std::size_t>(k)] ? 0 : kNever;
    recompute(b);
  }
}

std::vector<std::vector<char>> positive_box(const Eigen::VectorXd& mass, const std::vector<Index>& sizes) {
  const std::size_t factors = sizes.size();
  std::vector<std::vector<char>> in;
  for (Index s : sizes) in.emplace_back(static_cast<std::size_t>(s), 0);
  if (factors == 1) {
    for (Index k = 0; k < sizes[0]; ++k) in[0][static_cast<std::size_t>(k)] = mass[k] >= 0;
    return in;
  }
  std::array<Index, 3> size{1, 1, 1}, step{1, 1, 1};
  for (std::size_t b = 0; b < factors; ++b) size[b] = sizes[b];
  step[1] = size[0];
  step[2] = size[0] * size[1];
  while (in.size() < 3) in.emplace_back(1, 1);

  // What each cell of each factor would add: the mass of its combinations with the box, and how many have a zero.
  std::array<std::vector<double>, 3> gain;
  std::array<std::vector<Index>, 3> zeros;
  for (std::size_t b = 0; b < 3; ++b) {
    gain[b].assign(static_cast<std::size_t>(size[b]), 0);
    zeros[b].assign(static_cast<std::size_t>(size[b]), 0);
  }
  const auto meet = [&](std::size_t b, Index k, Index n) {
    if (mass[n] < 0) {
      ++zeros[b][static_cast<std::size_t>(k)];
    } else {
      gain[b][static_cast<std::size_t>(k)] += mass[n];
    }
  };
  Index seed = 0;
  mass.maxCoeff(&seed);
  std::array<Index, 3> at{seed % size[0], seed / step[1] % size[1], seed / step[2]};
  for (std::size_t b = 0; b < 3; ++b) {
    in[b][static_cast<std::size_t>(at[b])] = 1;
    for (Index k = 0; k < size[b]; ++k) meet(b, k, seed + (k - at[b]) * step[b]);
  }
  for (;;) {
    std::size_t best = 3;
    Index cell = 0;
    double most = -1;
    for (std::size_t b = 0; b < factors; ++b)
      for (Index k = 0; k < size[b]; ++k) {
        const auto i = static_cast<std::size_t>(k);
        if (!in[b][i] && zeros[b][i] == 0 && gain[b][i] > most) {
          most = gain[b][i];
          best = b;
          cell = k;
        }
      }
    if (best == 3) break;
    in[best][static_cast<std::size_t>(cell)] = 1;
    // The new slab meets every cell of the two other factors, as far as the third is in the box.
    for (std::size_t c = 0; c < 3; ++c) {
      if (c == best) continue;
      const std::size_t third = 3 - best - c;
      for (Index l = 0; l < size[third]; ++l) {
        if (!in[third][static_cast<std::size_t>(l)]) continue;
        for (Index k = 0; k < size[c]; ++k) meet(c, k, cell * step[best] + l * step[third] + k * step[c]);
      }
    }
  }
  in.resize(factors);
  return in;
}

}  // namespace kullback::inference
