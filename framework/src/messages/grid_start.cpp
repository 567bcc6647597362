// Where the factors on grids begin: cells for the start and for what comes after it, and the part of them with mass.
#include "core/random.hpp"
#include "messages/grid_integers.hpp"
#include "messages/model_joint.hpp"
#include "messages/start.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace kullback::messages {

using model::Initialization;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr Index kFewestCells = 4;        // a place of mass
constexpr double kStartDensities = 1e8;  // evaluated for the tables of a grid

}  // namespace

double ModelJoint::start_densities(const Grid& grid, Index cells) const {
  double densities = 0;
  for (const NumericStatement& n : compiled_.numeric)
    for (const NumericStatement::Read& read : n.readings)
      for (std::size_t i = 0; i < read.members.size(); ++i)
        if (read.members[i].first == grid.source)
          densities += static_cast<double>(cells * nodes_of(read, 1 - i).size()) *
                       static_cast<double>(std::min<std::size_t>(n.densities(read), kSomeRows));
  return densities;
}

void ModelJoint::prepare_start(Grid& grid) {
  const auto s = static_cast<std::size_t>(grid.source);
  const int b = sources_[s].block;
  Block& to = block(b);
  const Index members = to.members();
  const Eigen::MatrixXd own = message(grid.source, true), all = message(grid.source, false);
  const auto both = [&](const Eigen::MatrixXd& nodes, const Glance& glance) {
    Eigen::MatrixXd densities(nodes.rows(), 2 * members);
    densities << told_at(grid, own, true, nodes.leftCols(members), {}),
        told_at(grid, all, false, nodes.rightCols(members), glance);
    return densities;
  };
  if (grid.integer) {
    place(grid,
          whole_cells(
              grid.low, grid.high, 2 * members, [&](const Eigen::MatrixXd& nodes) { return both(nodes, {}); },
              sources_[s].variable->name),
          false);
  } else if (!grid.given) {
    const bool many = hears_many(grid);
    const Glance glance = many ? Glance{kSomeRows, true, kSomeNodes} : Glance{kAll, false, kSomeNodes};
    Spacing::Hints near = hints(grid);
    if (!near.empty()) near.insert(near.begin(), static_cast<std::size_t>(members), Eigen::VectorXd());
    const Spacing spacing(
        {grid.low, grid.high}, 2 * members, [&](const Eigen::MatrixXd& nodes) { return both(nodes, glance); }, {},
        near);
    Index count = 2 * kFirstCells;  // fewer where many members make them many: each is settled after a sweep
    Cells cells = spacing.cells(count);
    while (count > kFewestCells && start_densities(grid, cells.nodes.size()) > kStartDensities)
      cells = spacing.cells(count /= 2);
    place(grid, std::move(cells), false);
  }
  fill_nodes(grid);
  to.eta =
      told_at(grid, own, true, grid.cells.nodes.replicate(1, members), {}) + grid.cells.log_ratio.replicate(1, members);
  messages_[static_cast<std::size_t>(b)] = to.eta;
  recompute(b);
}

void ModelJoint::leave_impossible(Grid& grid) {
  const int b = sources_[static_cast<std::size_t>(grid.source)].block;
  Block& to = block(b);
  weigh_tables();
  const Eigen::MatrixXd heard = told(grid, message(grid.source, false));
  to.eta = messages_[static_cast<std::size_t>(b)];
  for (Index k = 0; k < to.members(); ++k) {
    const Eigen::VectorXd possible = (heard.col(k).array() == -kInfinity).select(-kInfinity, to.eta.col(k));
    if (possible.maxCoeff() > -kInfinity) to.eta.col(k) = possible;
  }
  messages_[static_cast<std::size_t>(b)] = to.eta;
  recompute(b);
}

// By default the middle of the prior: a statistic such as 1/x^2 may have no mean under all of it.
void ModelJoint::start_grid(Grid& grid, const Initialization& start, std::uint64_t seed, Index restart) {
  const int b = sources_[static_cast<std::size_t>(grid.source)].block;
  const Source& source = source_of(b);
  Block& to = block(b);
  grid.error = std::numeric_limits<double>::infinity();
  grid.starting = true;
  constexpr double kTail = 0.1;
  Eigen::MatrixXd from = Eigen::MatrixXd::Constant(1, to.members(), kTail), until = 1 - from.array();
  switch (start.kind) {
    case Initialization::Kind::prior:
      return;
    case Initialization::Kind::automatic:
      break;
    case Initialization::Kind::random:
      start_stream(seed, static_cast<std::size_t>(b)).uniforms(static_cast<std::uint64_t>(restart), 0, from);
      until = from;
      break;
    case Initialization::Kind::moments:
      if (start.numbers.size() != 1 || (start.numbers[0].first != "mean" && start.numbers[0].first != "x"))
        refuse_start(source,
                     fmt::format("a grid starts at one number (a cell), not at {}", start.numbers.front().first));
      [[fallthrough]];
    case Initialization::Kind::value: {
      const Eigen::VectorXd& x = start.numbers.front().second.values;
      for (Index k = 0; k < to.members(); ++k) {
        const double here = x[x.size() == 1 ? 0 : source.cell_of[static_cast<std::size_t>(k)]];
        const Eigen::VectorXd& edges = grid.cells.edges;
        const Index cell = std::upper_bound(edges.data(), edges.data() + edges.size(), here) - edges.data() - 1;
        if (cell < 0 || cell >= grid.cells.nodes.size() || !(to.m(cell, k) > 0))
          refuse_start(source,
                       fmt::format("{} cannot start at {}: its prior has no mass there", member_name(b, k), here));
        from(0, k) = until(0, k) = to.m.col(k).head(cell).sum() + 0.5 * to.m(cell, k);
      }
      break;
    }
    default:
      refuse_start(source, "a grid starts with prior, random or a number");
  }
  for (Index k = 0; k < to.members(); ++k) {
    double below = 0;
    for (Index i = 0; i < to.m.rows(); ++i) {
      const double above = below + to.m(i, k);
      if (above < from(0, k) || below > until(0, k)) to.eta(i, k) = -std::numeric_limits<double>::infinity();
      below = above;
    }
  }
  recompute(b);
}

}  // namespace kullback::messages
