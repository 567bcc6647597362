// Blocks that are grids: their messages, their range and their resolution.
#include "messages/grid_integers.hpp"
#include "messages/model_joint.hpp"
#include "messages/numeric.hpp"

#include <kullback/error.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

namespace kullback::messages {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kTolerance = 1e-7;     // nats that a doubling of the cells may move a grid's log normalizers by
constexpr Index kMostCells = 1 << 16;   // of a grid
constexpr double kMostNumbers = 3.2e7;  // of a grid's block, and of a table of two grids
constexpr double kMostDensities = 4e8;  // evaluated for the tables of a grid
constexpr int kMostBisections = 200;

// Where a member's density ends in a jump (the limit that the data say a limit cannot be below): the last number on
// that side of `inside` at which it is not 0. `none` where it does not jump.
double jump(const Spacing::Density& density, Index members, Index k, double outside, double inside, double none) {
  const auto is_zero = [&](double x) { return density(Eigen::MatrixXd::Constant(1, members, x))(0, k) == -kInfinity; };
  if (!std::isfinite(outside) || !is_zero(outside) || is_zero(inside)) return none;
  for (int step = 0; step < kMostBisections; ++step) {
    const double middle = 0.5 * outside + 0.5 * inside;
    if (middle == outside || middle == inside) break;
    (is_zero(middle) ? outside : inside) = middle;
  }
  return inside;
}

// The spacing for the mass of some members between the ends of a grid, or between jumps inside it: a rule for smooth
// densities does not see a jump inside a cell.
Spacing look(const Grid& grid, Index members, const Spacing::Density& density,
             const std::vector<Spacing::Range>& likely, const Spacing::Hints& hints) {
  const LineMap whole(grid.low, grid.high);
  Spacing spacing(whole, members, density, likely, hints);
  double low = kInfinity, high = -kInfinity;
  for (Index k = 0; k < members; ++k) {
    const Spacing::Range& r = spacing.found()[static_cast<std::size_t>(k)];
    const double inside = whole.x(r.center);
    low = std::min(low, jump(density, members, k, whole.x(r.from), inside, grid.low));
    high = std::max(high, jump(density, members, k, whole.x(r.to), inside, grid.high));
  }
  if ((low == grid.low && high == grid.high) || !(low < high)) return spacing;
  return {LineMap(low, high), members, density};
}

}  // namespace

void ModelJoint::compile_with_grids(const Registry& registry, std::size_t first_discarded, bool keep_selectors) {
  for (;;) {
    try {
      sources_ = find_sources(registry, model_, first_discarded, put_on_grids_);
      compiled_ = compile(registry, model_, sources_, keep_selectors);
      return;
    } catch (const NeedsGrids& needs) {
      put_on_grids_.insert(put_on_grids_.end(), needs.sources.begin(), needs.sources.end());
    }
  }
}

Grid* ModelJoint::grid_of(int source) {
  for (Grid& g : grids_)
    if (g.source == source) return &g;
  return nullptr;
}
const Grid* ModelJoint::grid_of(int source) const { return const_cast<ModelJoint*>(this)->grid_of(source); }

void ModelJoint::place(Grid& grid, Cells cells, bool fill) {
  const auto s = static_cast<std::size_t>(grid.source);
  Block& to = block(sources_[s].block);
  grid.set(std::move(cells), compiled_.moments[s].labels, sources_[s].variable->name);
  to.layout.constants = {grid.cells.edges};
  to.eta = Eigen::MatrixXd::Zero(grid.cells.nodes.size(), to.members());
  to.m = Eigen::MatrixXd::Zero(grid.cells.nodes.size(), to.members());
  if (fill) fill_tables(grid);
}

bool ModelJoint::affordable(const Grid& grid, Index cells) const {
  const Index members = sources_[static_cast<std::size_t>(grid.source)].members();
  if (cells > kMostCells || static_cast<double>(cells * members) > kMostNumbers) return false;
  double densities = 0, numbers = 0;
  for (const NumericStatement& n : compiled_.numeric)
    for (const NumericStatement::Read& read : n.readings)
      for (std::size_t i = 0; i < read.members.size(); ++i)
        if (read.members[i].first == grid.source) {
          const double size = static_cast<double>(cells * nodes_of(read, 1 - i).size());
          numbers += size;
          if (read.smooth.empty()) densities += size * static_cast<double>(n.densities(read));
        }
  for (const NodeStatement& n : compiled_.nodes)
    if (std::find(n.pins.begin(), n.pins.end(), grid.source) != n.pins.end())
      densities += static_cast<double>(cells) * rows_of_statement(n);
  return numbers <= kMostNumbers && densities <= kMostDensities;
}

void ModelJoint::settle(Grid& grid, bool own) {
  const auto s = static_cast<std::size_t>(grid.source);
  const int b = sources_[s].block;
  Block& to = block(b);
  const Eigen::MatrixXd by_cell = message(grid.source, own);
  const auto look_at = [&](const Glance& glance) -> Spacing::Density {
    return [&, glance](const Eigen::MatrixXd& nodes) { return told_at(grid, by_cell, own, nodes, glance); };
  };
  const auto best = [&](Cells cells) {
    place(grid, std::move(cells), !own);
    to.eta = own ? told_at(grid, by_cell, true, grid.cells.nodes.replicate(1, to.members()), {}) +
                       grid.cells.log_ratio.replicate(1, to.members())
                 : told(grid, by_cell);
    messages_[static_cast<std::size_t>(b)] = to.eta;
    recompute(b);
  };
  if (grid.integer) {
    best(whole_cells(grid.low, grid.high, to.members(), look_at({}), sources_[s].variable->name));
    grid.error = lost_beyond(grid.cells, grid.low, grid.high, to.m.array().log());
    if (own) fill_nodes(grid);
    return grid.remember(to.m);
  }
  std::optional<Spacing> spacing;
  if (!grid.given) {
    std::vector<Spacing::Range> likely;
    if (!own && hears_many(grid))
      likely = Spacing({grid.low, grid.high}, to.members(), look_at({kSomeRows, false, kSomeNodes})).found();
    spacing =
        look(grid, to.members(), look_at({kAll, false, kSomeNodes}), likely, own ? Spacing::Hints{} : hints(grid));
    grid.reach = spacing->reach();
  }
  const auto cells = [&](Index count) {
    return spacing ? spacing->cells(count) : even_cells(grid.low, grid.high, count);
  };
  // A count that the model gives is halved, to know the error, and then stands.
  Index count = grid.count > 0 ? std::max<Index>(1, grid.count / 2) : kFirstCells;
  best(cells(count));
  for (bool go_on = true; go_on;) {
    const Eigen::RowVectorXd before = to.log_partition;
    count = grid.count > 0 ? grid.count : 2 * count;
    best(cells(count));
    const Eigen::VectorXd& weights = weights_[static_cast<std::size_t>(b)];
    const Eigen::VectorXd moved = (to.log_partition - before).cwiseAbs().transpose();
    grid.error = weights.size() > 0 ? weights.dot(moved) : moved.sum();
    go_on = grid.count == 0 && !(grid.error <= kTolerance) && !own && affordable(grid, 2 * grid.cells.nodes.size());
  }
  if (own) fill_nodes(grid);
  grid.remember(to.m);
}

double ModelJoint::quadrature_error() const {
  double error = 0;
  for (const Grid& grid : grids_)
    error += grid.starting                                                                  ? 0
             : grid.drifted(block(sources_[static_cast<std::size_t>(grid.source)].block).m) ? kInfinity
                                                                                            : grid.error;
  return error;
}

bool ModelJoint::refine() {
  bool moved = false;
  for (Grid& grid : grids_) {
    const Block& b = block(sources_[static_cast<std::size_t>(grid.source)].block);
    if (grid.starting || (std::isfinite(grid.error) && !grid.drifted(b.m))) continue;
    settle(grid, false);
    moved = true;
  }
  return moved;
}

Eigen::MatrixXd ModelJoint::grid_moments(int variable) const {
  const Grid* grid = grid_of(variable);
  if (!grid) return {};
  const Source& source = sources_[static_cast<std::size_t>(variable)];
  const Eigen::MatrixXd mass = block(source.block).m(Eigen::all, source.members_by_cell());
  Eigen::MatrixXd moments(2, mass.cols());
  moments.row(0) = grid->cells.nodes.transpose() * mass;
  for (Index k = 0; k < mass.cols(); ++k)
    moments(1, k) = std::sqrt((grid->cells.nodes.array() - moments(0, k)).square().matrix().dot(mass.col(k)));
  return moments;
}

}  // namespace kullback::messages
