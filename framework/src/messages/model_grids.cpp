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
constexpr Index kFirstCells = 128;      // a place of mass
constexpr Index kMostCells = 1 << 16;   // of a grid
constexpr double kMostNumbers = 3.2e7;  // of a grid's block, and of a table of two grids
constexpr double kMostDensities = 4e8;  // evaluated for the tables of a grid
constexpr int kMostBisections = 200;
constexpr double kNoMass = 1e-18;
constexpr Index kManyRows = 10'000, kSomeRows = 500;

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
             const std::vector<Spacing::Range>& likely) {
  const LineMap whole(grid.low, grid.high);
  Spacing spacing(whole, members, density, likely);
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
    sources_ = find_sources(registry, model_, first_discarded, put_on_grids_);
    try {
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

const Eigen::VectorXd& ModelJoint::nodes_of(const NumericStatement::Read& read, std::size_t member) const {
  static const Eigen::VectorXd none = Eigen::VectorXd::Zero(1);  // nothing is read there
  return member < read.members.size() ? grid_of(read.members[member].first)->cells.nodes : none;
}

Eigen::VectorXd ModelJoint::mass_of(const NumericStatement::Read& read, std::size_t member) const {
  if (member >= read.members.size()) return Eigen::VectorXd::Ones(1);
  const auto [source, k] = read.members[member];
  return block(sources_[static_cast<std::size_t>(source)].block).m.col(k);
}

Eigen::MatrixXd ModelJoint::told(const Grid& grid, const Eigen::MatrixXd& by_cell) const {
  const Source& source = sources_[static_cast<std::size_t>(grid.source)];
  Eigen::MatrixXd sum = Eigen::MatrixXd::Zero(grid.cells.nodes.size(), source.members());
  for (Index k = 0; k < source.members(); ++k) {
    const auto message = by_cell.col(source.cell_of[static_cast<std::size_t>(k)]);
    for (Index l = 0; l < message.size(); ++l)
      if (message[l] != 0) sum.col(k) += message[l] * grid.values.row(l).transpose();
  }
  for (const NumericStatement& n : compiled_.numeric)
    for (const NumericStatement::Read& read : n.readings)
      for (std::size_t i = 0; i < read.members.size(); ++i)
        if (read.members[i].first == grid.source)
          sum.col(read.members[i].second) +=
              i == 0 ? expect(read.table, mass_of(read, 1)) : expect(read.table.transpose(), mass_of(read, 0));
  hear(source, grid.cells.nodes.replicate(1, source.members()), sum);
  sum.colwise() += grid.cells.log_ratio;
  return sum;
}

// What a member hears: 1/w of what is sent to the w copies that it stands for, and nothing outside its limits.
void ModelJoint::hear(const Source& source, const Eigen::MatrixXd& nodes, Eigen::MatrixXd& told) const {
  const Eigen::VectorXd& weights = weights_[static_cast<std::size_t>(source.block)];
  if (weights.size() > 0) told.array().rowwise() /= weights.transpose().array();
  if (source.within.size() == 0) return;
  for (Index k = 0; k < told.cols(); ++k) {
    const auto limits = source.within.col(source.cell_of[static_cast<std::size_t>(k)]);
    for (Index i = 0; i < told.rows(); ++i)
      if (!(nodes(i, k) >= limits[0] && nodes(i, k) <= limits[1])) told(i, k) = -kInfinity;
  }
}

Eigen::MatrixXd ModelJoint::told_at(const Grid& grid, const Eigen::MatrixXd& by_cell, bool own,
                                    const Eigen::MatrixXd& nodes, Index most) const {
  const Source& source = sources_[static_cast<std::size_t>(grid.source)];
  const std::vector<Moments::Label>& labels = compiled_.moments[static_cast<std::size_t>(grid.source)].labels;
  Eigen::MatrixXd sum = Eigen::MatrixXd::Zero(nodes.rows(), nodes.cols());
  for (Index k = 0; k < source.members(); ++k) {
    const Eigen::MatrixXd values = label_values(labels, nodes.col(k), source.variable->name);
    const auto message = by_cell.col(source.cell_of[static_cast<std::size_t>(k)]);
    for (Index l = 0; l < message.size(); ++l)
      if (message[l] != 0) sum.col(k) += message[l] * values.row(l).transpose();
  }
  for (const NumericStatement& n : compiled_.numeric) {
    if (own && model_.statements[static_cast<std::size_t>(n.statement)].variable != grid.source) continue;
    for (std::size_t r = 0; r < n.readings.size(); ++r) {
      const NumericStatement::Read& read = n.readings[r];
      for (std::size_t i = 0; i < read.members.size(); ++i) {
        if (read.members[i].first != grid.source) continue;
        const Index k = read.members[i].second;
        // Nodes of the other member that have mass.
        const Eigen::VectorXd mass = mass_of(read, 1 - i);
        Eigen::VectorXd other = nodes_of(read, 1 - i), weights = mass;
        Index kept = 0;
        for (Index j = 0; j < mass.size(); ++j)
          if (mass[j] > kNoMass) {
            other[kept] = other[j];
            weights[kept++] = mass[j];
          }
        other.conservativeResize(kept), weights.conservativeResize(kept);
        const Index step = (static_cast<Index>(read.cells.size()) - 1) / most + 1;
        if (i == 0)
          sum.col(k) += expect(table_of(n, r, nodes.col(k), other, true, step), weights);
        else
          sum.col(k) += expect(table_of(n, r, other, nodes.col(k), true, step).transpose(), weights);
      }
    }
  }
  hear(source, nodes, sum);
  return sum;
}

// The tables that read this grid, where the other grid they read stands already.
void ModelJoint::fill_tables(const Grid& grid) {
  for (NumericStatement& n : compiled_.numeric)
    for (std::size_t r = 0; r < n.readings.size(); ++r) {
      const NumericStatement::Read& read = n.readings[r];
      const bool here = std::any_of(read.members.begin(), read.members.end(),
                                    [&](const Reading& m) { return m.first == grid.source; });
      if (!here && !(read.members.empty() && read.table.size() == 0)) continue;
      if (nodes_of(read, 0).size() == 0 || nodes_of(read, 1).size() == 0) continue;
      fill_table(n, r);
    }
}

void ModelJoint::place(Grid& grid, Cells cells) {
  const auto s = static_cast<std::size_t>(grid.source);
  Block& to = block(sources_[s].block);
  grid.set(std::move(cells), compiled_.moments[s].labels, sources_[s].variable->name);
  to.layout.constants = {grid.cells.edges};
  to.eta = Eigen::MatrixXd::Zero(grid.cells.nodes.size(), to.members());
  to.m = Eigen::MatrixXd::Zero(grid.cells.nodes.size(), to.members());
  fill_tables(grid);
}

Index ModelJoint::rows_told(const Grid& grid) const {
  std::size_t most = 0;
  for (const NumericStatement& n : compiled_.numeric)
    for (const NumericStatement::Read& read : n.readings)
      if (std::any_of(read.members.begin(), read.members.end(),
                      [&](const Reading& m) { return m.first == grid.source; }))
        most = std::max(most, read.cells.size());
  return static_cast<Index>(most);
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
          densities += size * static_cast<double>(read.cells.size());
        }
  return numbers <= kMostNumbers && densities <= kMostDensities;
}

void ModelJoint::settle(Grid& grid, bool own) {
  const auto s = static_cast<std::size_t>(grid.source);
  const int b = sources_[s].block;
  Block& to = block(b);
  const Eigen::MatrixXd by_cell = message(grid.source, own);
  const Spacing::Density density = [&](const Eigen::MatrixXd& nodes) { return told_at(grid, by_cell, own, nodes); };
  const auto best = [&](Cells cells) {
    place(grid, std::move(cells));
    to.eta = own ? told_at(grid, by_cell, true, grid.cells.nodes.replicate(1, to.members())) +
                       grid.cells.log_ratio.replicate(1, to.members())
                 : told(grid, by_cell);
    messages_[static_cast<std::size_t>(b)] = to.eta;
    recompute(b);
  };
  if (grid.integer) {
    best(whole_cells(grid.low, grid.high, to.members(), density, sources_[s].variable->name));
    grid.error = lost_beyond(grid.cells, grid.low, grid.high, to.m.array().log());
    return grid.remember(to.m);
  }
  std::optional<Spacing> spacing;
  if (!grid.given)
    spacing = look(grid, to.members(), density, own ? std::vector<Spacing::Range>{} : std::exchange(grid.likely, {}));
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
  grid.remember(to.m);
}

void ModelJoint::prepare_start(Grid& grid) {
  const auto s = static_cast<std::size_t>(grid.source);
  const int b = sources_[s].block;
  Block& to = block(b);
  const Index members = to.members();
  const Eigen::MatrixXd own = message(grid.source, true), all = message(grid.source, false);
  const auto both = [&](const Eigen::MatrixXd& nodes, Index most) {
    Eigen::MatrixXd densities(nodes.rows(), 2 * members);
    densities << told_at(grid, own, true, nodes.leftCols(members), most),
        told_at(grid, all, false, nodes.rightCols(members), most);
    return densities;
  };
  if (grid.integer) {
    place(grid, whole_cells(
                    grid.low, grid.high, 2 * members,
                    [&](const Eigen::MatrixXd& nodes) { return both(nodes, kAllRows); }, sources_[s].variable->name));
  } else if (!grid.given) {
    const auto look_at = [&](const std::vector<Spacing::Range>& likely, Index most) {
      return Spacing(
          {grid.low, grid.high}, 2 * members, [&](const Eigen::MatrixXd& nodes) { return both(nodes, most); }, likely);
    };
    // Where there are many rows, some of them say where all of them may have their mass.
    const bool many = rows_told(grid) > kManyRows;
    const Spacing spacing = look_at(many ? look_at({}, kSomeRows).found() : std::vector<Spacing::Range>{}, kAllRows);
    if (many) grid.likely.assign(spacing.found().begin() + members, spacing.found().end());
    place(grid, spacing.cells(2 * kFirstCells));
  }
  to.eta =
      told_at(grid, own, true, grid.cells.nodes.replicate(1, members)) + grid.cells.log_ratio.replicate(1, members);
  // Where it is told that it cannot be it does not start, unless it is told so everywhere.
  weigh_tables();
  const Eigen::MatrixXd heard = told(grid, all);
  for (Index k = 0; k < members; ++k) {
    const Eigen::VectorXd possible = (heard.col(k).array() == -kInfinity).select(-kInfinity, to.eta.col(k));
    if (possible.maxCoeff() > -kInfinity) to.eta.col(k) = possible;
  }
  messages_[static_cast<std::size_t>(b)] = to.eta;
  recompute(b);
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
