// Log densities of a statement's cells at the nodes that they read.
#include "messages/numeric.hpp"

#include "messages/numeric_arguments.hpp"
#include "messages/numeric_statistics.hpp"
#include "messages/restricted.hpp"
#include "model/model_error.hpp"
#include "parallel/parallel.hpp"

#include <kullback/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace kullback::messages {
namespace {

using Modifier = model::Statement::Modifier;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr Index kNodes = 512;       // of one cell at once
constexpr Index kBlock = 64;        // nodes that a chunk of cells visits, one after another
constexpr Index kCells = 2048;      // a chunk, at least
constexpr Index kMostChunks = 64;   // of cells
constexpr Index kFewCells = 8;      // that are not worth a call at each node
constexpr Index kAtOnce = 1 << 22;  // numbers of tables that are soon summed

// Log densities: one cell's at some nodes, or some cells' at one node. Nodes are numbered with the first running
// fastest.
struct Batch {
  Index cell, cells, node, nodes;
  const double* values;
};

class Evaluator {
 public:
  explicit Evaluator(const NodesOfReading& at)
      : at_(at),
        statement_(at.model.statements[static_cast<std::size_t>(at.numeric.statement)]),
        child_(at.sources[static_cast<std::size_t>(statement_.variable)]),
        read_(at.numeric.readings[at.reading]),
        arguments_(at),
        dimension_(statement_.layout.dimension),
        numbers_(has_vectors(statement_) ? child_.elements : 1) {
    cells_a_chunk_ = std::max(kCells, (cells() + kMostChunks - 1) / kMostChunks);
  }

  Index cells() const { return picked(at_.end - at_.begin, at_.most); }
  Index nodes() const { return at_.first.size() * at_.second.size(); }
  Index chunks() const { return (cells() + cells_a_chunk_ - 1) / cells_a_chunk_; }

  /// Calls visit(chunk, batch), cells counted from the range's first; batches of one chunk have nodes of their own, or
  /// cells.
  void run(const std::function<void(Index, const Batch&)>& visit) const {
    // Whose arguments are the same for all cells, and whose value is known, is evaluated for all cells at once.
    const Index few = statement_.modifier == Modifier::none ? kFewCells : 2;  // a probability costs more
    const bool by_node = read_.uniform && cells() >= few && own(0) < 0;
    const Index blocks_a_column = (at_.first.size() + kNodes - 1) / kNodes;
    const Index blocks = by_node ? (nodes() + kBlock - 1) / kBlock : blocks_a_column * at_.second.size();
    parallel::for_chunks(chunks() * blocks, 1, [&](Index task, Index, Index) {
      const Index chunk = task / blocks, block = task % blocks;
      const Index begin = chunk * cells_a_chunk_, end = std::min(cells(), begin + cells_a_chunk_);
      const auto to = [&](const Batch& batch) { visit(chunk, batch); };
      if (by_node)
        at_nodes(begin, end, block * kBlock, std::min(nodes(), (block + 1) * kBlock), to);
      else
        at_cells(begin, end, block / blocks_a_column, block % blocks_a_column * kNodes, to);
    });
  }

 private:
  using To = std::function<void(const Batch&)>;

  const NumericStatement::Cell& cell(Index c) const {
    return read_.cells[static_cast<std::size_t>(at_.begin + picked_cell(c, at_.end - at_.begin, at_.most))];
  }
  /// Which member of the reading is the cell's own value; -1: none.
  int own(Index c) const {
    if (child_.kind != Source::Kind::latent) return -1;
    const Reading reading{statement_.variable, child_.member[static_cast<std::size_t>(cell(c).cell)]};
    for (std::size_t i = 0; i < read_.members.size(); ++i)
      if (read_.members[i] == reading) return static_cast<int>(i);
    return -1;
  }
  /// The known value of a cell: one number, or a vector's.
  auto known(Index c) const {
    const Index at = child_.known->dimensions.empty() ? 0 : cell(c).cell;
    return child_.known->values.segment(at * numbers_, numbers_);
  }

  using Terms = NumericArguments::Values;
  double log_mass(const Terms& terms, Index n) const {
    return terms.low[n] < terms.high[n] ? log_mass_or_none(*statement_.family, statement_.layout,
                                                           terms.theta.middleCols(n, 1), terms.low[n], terms.high[n])
                                        : -kInfinity;
  }

  void at_cells(Index begin, Index end, Index column, Index first, const To& visit) const {
    const Index size = std::min(kNodes, at_.first.size() - first), node = column * at_.first.size() + first;
    TermValue value(at_.model, at_.sources, size);
    const Eigen::ArrayXd here = at_.first.segment(first, size);
    const Eigen::ArrayXd there = Eigen::ArrayXd::Constant(size, at_.second[column]);
    Eigen::MatrixXd x(dimension_, size);
    Eigen::RowVectorXd out(size);
    for (Index c = begin; c < end; ++c) {
      const Terms terms = arguments_.at(value, cell(c), here, there);
      const int own_member = own(c);
      if (own_member >= 0)
        x.row(0) = (own_member == 0 ? here : there).matrix().transpose();
      else
        x = known(c).replicate(1, size);
      const bool empty = own_member < 0 && std::isnan(x(0, 0));  // integrated out
      if (!empty) statement_.family->log_density(statement_.layout, terms.theta, Points(x), row(out));
      const bool limited =
          statement_.modifier == Modifier::truncated || (statement_.modifier == Modifier::censored && own_member >= 0);
      for (Index n = 0; n < size; ++n) {
        if (empty)
          out[n] = log_mass(terms, n);
        else if (limited && !(x(0, n) >= terms.low[n] && x(0, n) <= terms.high[n]))
          out[n] = -kInfinity;
        else if (statement_.modifier == Modifier::truncated)
          out[n] -= log_mass(terms, n);
      }
      for (const Index n : terms.impossible) out[n] = -kInfinity;
      check(out);
      visit({c, 1, node, size, out.data()});
    }
  }

  void at_nodes(Index begin, Index end, Index first, Index last, const To& visit) const {
    const Index size = last - first, count = end - begin;
    TermValue value(at_.model, at_.sources, size);
    Eigen::ArrayXd here(size), there(size);
    for (Index n = 0; n < size; ++n) {
      here[n] = at_.first[(first + n) % at_.first.size()];
      there[n] = at_.second[(first + n) / at_.first.size()];
    }
    const Terms terms = arguments_.at(value, cell(begin), here, there);
    Eigen::MatrixXd x(dimension_, count);
    for (Index c = 0; c < count; ++c) x.col(c) = known(begin + c);
    const bool empty = x.hasNaN();
    Eigen::MatrixXd points = x;
    if (empty) {  // any number that has a density stands in the place of those that are integrated out
      double some = 1;
      for (const double number : x.reshaped())
        if (!std::isnan(number)) some = number;
      points = x.array().isNaN().select(some, x);
    }
    Eigen::RowVectorXd out(count);
    for (Index n = 0; n < size; ++n) {
      if (std::find(terms.impossible.begin(), terms.impossible.end(), n) != terms.impossible.end()) {
        out.setConstant(-kInfinity);
      } else {
        statement_.family->log_density(statement_.layout, terms.theta.middleCols(n, 1), Points(points), row(out));
        const bool truncated = statement_.modifier == Modifier::truncated;
        const double mass = empty || truncated ? log_mass(terms, n) : 0;
        for (Index c = 0; c < count; ++c) {
          if (std::isnan(x(0, c)))
            out[c] = mass;
          else if (truncated)
            out[c] = x(0, c) >= terms.low[n] && x(0, c) <= terms.high[n] ? out[c] - mass : -kInfinity;
        }
      }
      check(out);
      visit({begin, count, first + n, 1, out.data()});
    }
  }

  void check(const Eigen::RowVectorXd& out) const {
    if (out.hasNaN() && !at_.search)
      throw model::ModelError<NumericalError>(model::of_variable(
          child_.variable->name,
          fmt::format("its log density is not a number at a node of the grid of {}", arguments_.grid_name())));
  }

  const NodesOfReading& at_;
  const model::Statement& statement_;
  const Source& child_;
  const NumericStatement::Read& read_;
  NumericArguments arguments_;
  Index dimension_, numbers_;  ///< of a value, as its density takes it and as the data have it
  Index cells_a_chunk_ = kCells;
};

}  // namespace

Eigen::MatrixXd numeric_table(const NodesOfReading& nodes, const Eigen::VectorXd& counts) {
  if (nodes.statistics) return table_by_statistics(nodes, counts);
  const Evaluator evaluator(nodes);
  Eigen::MatrixXd sums = Eigen::MatrixXd::Zero(evaluator.nodes(), std::max<Index>(1, evaluator.chunks()));
  evaluator.run([&](Index chunk, const Batch& batch) {
    auto to = sums.col(chunk).segment(batch.node, batch.nodes);
    if (batch.nodes == 1) {
      double sum = 0;
      for (Index c = 0; c < batch.cells; ++c)
        sum += counts[batch.cell + c] != 0 ? counts[batch.cell + c] * batch.values[c] : 0;  // 0 * inf = 0
      to[0] += sum;
    } else if (const double count = counts[batch.cell]; count != 0) {
      for (Index n = 0; n < batch.nodes; ++n) to[n] += count * batch.values[n];
    }
  });
  for (Index chunk = 1; chunk < sums.cols(); ++chunk) sums.col(0) += sums.col(chunk);
  return sums.col(0).reshaped(nodes.first.size(), nodes.second.size());
}

Eigen::MatrixXd numeric_tables(const NodesOfReading& nodes) {
  if (nodes.statistics) return tables_by_statistics(nodes);
  const Evaluator evaluator(nodes);
  Eigen::MatrixXd tables(evaluator.nodes(), evaluator.cells());
  evaluator.run([&](Index, const Batch& batch) {
    for (Index c = 0; c < batch.cells; ++c)
      for (Index n = 0; n < batch.nodes; ++n) tables(batch.node + n, batch.cell + c) = batch.values[c + n];
  });
  return tables;
}

Eigen::VectorXd numeric_expectations(const NodesOfReading& nodes, const Eigen::VectorXd& first_mass,
                                     const Eigen::VectorXd& second_mass) {
  const Eigen::VectorXd mass = (first_mass * second_mass.transpose()).reshaped();
  const Index step = std::max<Index>(1, kAtOnce / std::max<Index>(1, mass.size()));
  Eigen::VectorXd sums(nodes.end - nodes.begin);
  for (Index at = nodes.begin; at < nodes.end; at += step) {
    NodesOfReading part = nodes;
    part.begin = at, part.end = std::min(nodes.end, at + step);
    sums.segment(at - nodes.begin, part.end - at) = expect(numeric_tables(part).transpose(), mass);
  }
  return sums;
}

Eigen::VectorXd expect(const Eigen::MatrixXd& table, const Eigen::VectorXd& mass) {
  if (table.allFinite()) return table * mass;
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(table.rows());
  for (Index j = 0; j < table.cols(); ++j)
    if (mass[j] > 0) sum += mass[j] * table.col(j);
  return sum;
}

}  // namespace kullback::messages
