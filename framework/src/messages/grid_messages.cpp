// What the members of grids are told: tables of statements without a closed rule at the nodes that they read.
#include "messages/model_joint.hpp"
#include "messages/numeric.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace kullback::messages {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNoMass = 1e-18;
constexpr double kMostKept = 3.2e7;     // numbers of the tables of cells
constexpr double kManyDensities = 1e7;  // of a table, above which it is worth a smaller one
constexpr Index kMostHints = 64;        // of a statement, and of a member
constexpr double kTolerance = 1e-8;     // nats by which the tables of a statement may be off, all together
constexpr double kBeyond = 40;          // nats that a density has fallen by where no mass is

// Fewer nodes with the same mass and mean (rounded, where nodes are whole numbers): the first, the last, and the
// middles of what lies between.
void gather(Eigen::VectorXd& nodes, Eigen::VectorXd& weights, Index most, bool whole) {
  const Index count = nodes.size();
  if (count <= most) return;
  const Index inside = most - 2;
  for (Index g = 0; g < inside; ++g) {
    const Index begin = 1 + g * (count - 2) / inside, size = 1 + (g + 1) * (count - 2) / inside - begin;
    const double mass = weights.segment(begin, size).sum();
    const double mean = nodes.segment(begin, size).dot(weights.segment(begin, size)) / mass;
    nodes[1 + g] = whole ? std::round(mean) : mean;
    weights[1 + g] = mass;
  }
  nodes[most - 1] = nodes[count - 1], weights[most - 1] = weights[count - 1];
  nodes.conservativeResize(most), weights.conservativeResize(most);
}

// Whether as many tables like this take so many densities that a smaller one is worth while: not where values enter by
// statistics, which are summed first.
bool is_long(const NumericStatement& n, const NumericStatement::Read& read, const Eigen::VectorXd& first,
             const Eigen::VectorXd& second, std::size_t tables = 1) {
  return n.by_statistics < 0 && read.selectors.empty() &&
         static_cast<double>(first.size() * second.size()) * static_cast<double>(read.cells.size() * tables) >
             kManyDensities;
}

}  // namespace

const Eigen::VectorXd& ModelJoint::nodes_of(const NumericStatement::Read& read, std::size_t member) const {
  static const Eigen::VectorXd none = Eigen::VectorXd::Zero(1);  // nothing is read there
  return member < read.members.size() ? grid_of(read.members[member].first)->cells.nodes : none;
}

bool ModelJoint::is_whole(const NumericStatement::Read& read, std::size_t member) const {
  return member < read.members.size() && grid_of(read.members[member].first)->integer;
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
  hear_nodes(grid, false, nullptr, sum);
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
                                    const Eigen::MatrixXd& nodes, const Glance& glance) const {
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
        gather(other, weights, glance.nodes, is_whole(read, 1 - i));
        if (i == 0)
          sum.col(k) += expect(table_of(n, r, nodes.col(k), other, true, glance), weights);
        else
          sum.col(k) += expect(table_of(n, r, other, nodes.col(k), true, glance).transpose(), weights);
      }
    }
  }
  hear_nodes(grid, own, &nodes, sum);
  hear(source, nodes, sum);
  return sum;
}

bool ModelJoint::hears_many(const Grid& grid) const {
  for (const NumericStatement& n : compiled_.numeric)
    for (const NumericStatement::Read& read : n.readings)
      if (std::any_of(read.members.begin(), read.members.end(),
                      [&](const Reading& m) { return m.first == grid.source; }) &&
          n.by_statistics < 0 &&
          read.cells.size() > static_cast<std::size_t>(kManyRows / static_cast<Index>(read.members.size())))
        return true;
  return false;
}

Spacing::Hints ModelJoint::hints(const Grid& grid) const {
  if (hears_many(grid)) return {};
  std::vector<std::vector<double>> values(
      static_cast<std::size_t>(sources_[static_cast<std::size_t>(grid.source)].members()));
  for (const NumericStatement& n : compiled_.numeric) {
    const Source& child =
        sources_[static_cast<std::size_t>(model_.statements[static_cast<std::size_t>(n.statement)].variable)];
    if (child.kind == Source::Kind::latent || child.known->dimensions.empty() ||
        has_vectors(model_.statements[static_cast<std::size_t>(n.statement)]))
      continue;
    for (const NumericStatement::Read& read : n.readings)
      for (const auto& [source, member] : read.members) {
        if (source != grid.source) continue;
        const auto cells = static_cast<Index>(read.cells.size());
        for (Index i = 0; i < picked(cells, kMostHints); ++i) {
          const auto c = static_cast<std::size_t>(picked_cell(i, cells, kMostHints));
          const double y = child.known->values[read.cells[c].cell];
          if (y > grid.low && y < grid.high) values[static_cast<std::size_t>(member)].push_back(y);
        }
      }
  }
  Spacing::Hints hints;
  for (std::vector<double>& of_member : values) {
    std::sort(of_member.begin(), of_member.end());
    of_member.erase(std::unique(of_member.begin(), of_member.end()), of_member.end());
    const auto all = static_cast<Index>(of_member.size());
    Eigen::VectorXd some(picked(all, kMostHints));
    for (Index i = 0; i < some.size(); ++i)
      some[i] = of_member[static_cast<std::size_t>(picked_cell(i, all, kMostHints))];
    hints.push_back(std::move(some));
  }
  return hints;
}

// The tables that read this grid, where the other grid they read stands already.
void ModelJoint::fill_tables(const Grid& grid) {
  fill_nodes(grid);
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

Eigen::MatrixXd ModelJoint::table_of(const NumericStatement& n, std::size_t r, const Eigen::VectorXd& first,
                                     const Eigen::VectorXd& second, bool search, const Glance& glance) const {
  const NumericStatement::Read& read = n.readings[r];
  const auto cells = static_cast<Index>(read.cells.size());
  Eigen::VectorXd often = counts(read, glance.rows);
  const Eigen::MatrixXd statistics = statistics_of(n, read);
  if (glance.for_all) often *= static_cast<double>(cells) / static_cast<double>(often.size());
  const auto table = [&](bool may_fail) {
    return [&, may_fail](const Eigen::VectorXd& a, const Eigen::VectorXd& b) {
      return numeric_table(nodes_of_reading(n, r, a, b, may_fail, glance.rows, statistics), often);
    };
  };
  const bool between = !is_whole(read, 0) && !is_whole(read, 1);
  // A search looks at ranges of which most are not kept.
  const std::size_t tables = search ? 1 : n.readings.size();
  if (often.size() == cells && between && is_long(n, read, first, second, n.readings.size()) &&
      (read.smooth.covers(first, second) ||
       (is_long(n, read, first, second, tables) &&
        read.smooth.learn(table(true), first, second, first.size() * second.size() / 2,
                          kTolerance / static_cast<double>(tables)))))
    return read.smooth.at(first, second);
  return table(search)(first, second);
}

// Of a grid's nodes those between which a member's mass lies, as far as it is known.
Range ModelJoint::zone_of(const NumericStatement::Read& read, std::size_t i) const {
  const Eigen::VectorXd& nodes = nodes_of(read, i);
  Range zone{0, 0, nodes.size()};
  if (i >= read.members.size()) return zone;
  const Eigen::VectorXd mass = mass_of(read, i);
  const std::vector<Reach>& reach = grid_of(read.members[i].first)->reach;
  const auto k = static_cast<std::size_t>(read.members[i].second);
  const bool new_cells = mass.isZero(0);
  if (new_cells && reach.empty()) return zone;
  const auto inside = [&](Index j) {
    return new_cells ? nodes[j] >= reach[k].low && nodes[j] <= reach[k].high : mass[j] > kNoMass;
  };
  while (zone.begin < zone.end && !inside(zone.begin)) ++zone.begin;
  while (zone.end > zone.begin && !inside(zone.end - 1)) --zone.end;
  return zone.begin < zone.end ? zone : Range{0, 0, nodes.size()};
}

// Of many rows: before the first sweep some stand for all; then all are heard where there is mass, and beyond it the
// density has fallen.
Eigen::MatrixXd ModelJoint::long_table(const NumericStatement& n, std::size_t r) const {
  const NumericStatement::Read& read = n.readings[r];
  const Eigen::VectorXd &first = nodes_of(read, 0), &second = nodes_of(read, 1);
  if (at_start_) return table_of(n, r, first, second, false, {kSomeRows, true, kAll});
  const Range rows = zone_of(read, 0), columns = zone_of(read, 1);
  const Index height = rows.end - rows.begin, width = columns.end - columns.begin;
  const Eigen::MatrixXd inside =
      table_of(n, r, first.segment(rows.begin, height), second.segment(columns.begin, width), false, {});
  const double largest = inside.maxCoeff();
  Eigen::MatrixXd table = Eigen::MatrixXd::Constant(first.size(), second.size(), largest - kBeyond);
  table.block(rows.begin, columns.begin, height, width) = inside;
  return table;
}

void ModelJoint::fill_table(NumericStatement& n, std::size_t r) {
  NumericStatement::Read& read = n.readings[r];
  const Eigen::VectorXd &first = nodes_of(read, 0), &second = nodes_of(read, 1);
  const auto cells = static_cast<Index>(read.cells.size());
  read.each.resize(0, 0);
  if (!read.selectors.empty() && n.by_statistics < 0 &&
      static_cast<double>(first.size() * second.size()) * static_cast<double>(cells) <= kMostKept)
    read.each = numeric_tables({model_, sources_, n, r, first, second, false, 0, cells});
  weigh_table(n, r);
}

void ModelJoint::weigh_table(const NumericStatement& n, std::size_t r) const {
  const NumericStatement::Read& read = n.readings[r];
  const Eigen::VectorXd &first = nodes_of(read, 0), &second = nodes_of(read, 1);
  read.version = version_of(n, read);
  if (read.each.size() > 0)
    read.table = expect(read.each, counts(read, kAll)).reshaped(first.size(), second.size());
  else if (is_long(n, read, first, second))
    read.table = long_table(n, r);
  else
    read.table = table_of(n, r, first, second, false, {});
}

}  // namespace kullback::messages
