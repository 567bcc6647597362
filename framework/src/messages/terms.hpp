// The statements of a model as sums of products over arrays: E_q[log p~] in the form that is computed.
#pragma once

#include "messages/numeric_value.hpp"
#include "messages/polynomial.hpp"
#include "messages/smooth_table.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace kullback::messages {

/// Known numbers that a term reads.
struct KnownFactor {
  std::shared_ptr<const Known> numbers;
  std::vector<int> axes;
  std::vector<Index> strides;
  Index offset = 0;
};

/// A known gate that a term reads.
struct SelectionFactor {
  std::shared_ptr<const std::vector<int>> levels;
  std::vector<int> axes;
  std::vector<Index> strides;
  Index offset = 0;
  int axis = -1;
};

/// A statistic that a term reads from the moments of its source.
struct LatentFactor {
  int source = -1;
  std::string label;
  std::vector<int> axes;
  std::vector<Index> strides;
  Index offset = 0;
  bool mass = false;  ///< of the nodes of a grid, in place of a statistic
  bool operator==(const LatentFactor&) const = default;
};

/// coefficient * sum over all axes of the product of the factors.
struct Term {
  double coefficient = 1;
  std::vector<KnownFactor> known;
  std::vector<SelectionFactor> selections;
  std::vector<LatentFactor> latent;
  std::vector<int> passes;  ///< selectors whose counts are among the known numbers
};

/// One statement, or the cells of it that are of one kind.
struct CompiledStatement {
  std::string name;  ///< as the bound lists it
  int statement = -1;
  int variable = -1;  ///< whose distribution it is
  Sizes sizes;
  std::vector<Term> terms;
};

/// What is read of a source: the labels, and where each stands among the numbers of one cell.
struct Moments {
  struct Label {
    std::string label;
    Index rows = 1;
    Index row = 0;
  };
  std::vector<Label> labels;
  Index rows = 0;       ///< numbers a cell
  bool direct = false;  ///< they are the block's mean parameters as they stand
  Index row(Text label) const;
};

/// Two ways in which one statement reads a source, which may meet at different members.
struct Encounter {
  int source = -1;
  int statement = -1;  ///< into Compiled::statements
  std::vector<Reference> first, second;
};

/// A statement without a closed rule: its log density at the nodes of the one or two grids that each cell reads.
struct NumericStatement {
  /// A cell of the statement, at one level of each selector that it reads: it counts as much as these are probable.
  struct Cell {
    Index cell;
    Position at;
    double weight;
    Choices choices;
  };
  /// Cells that read the same members.
  struct Read {
    std::vector<Reading> members;  ///< at most two, ascending
    std::vector<int> selectors;    ///< of its cells, ascending
    std::vector<Cell> cells;
    Eigen::MatrixXd each;  ///< with selectors: the table of every cell as a column; empty where they are too many
    /// Summed over the cells: nodes of the first member by nodes of the second. With selectors it is as they stood at
    /// `version`.
    mutable Eigen::MatrixXd table;
    mutable std::uint64_t version = 0;
    bool uniform = false;        ///< its arguments have one value for all cells
    mutable SmoothTable smooth;  ///< of the sum over all cells, where these are many and no selector picks them
  };
  int statement = -1;
  std::size_t compiled = 0;  ///< into Compiled::statements
  std::vector<Read> readings;
  /// The latent variable whose distribution it is, where that is an exponential family: its cells are no numbers on
  /// grids, but enter by their expected statistics. -1: none.
  int by_statistics = -1;

  /// Of so many densities is a reading's table a sum, at each node.
  std::size_t densities(const Read& read) const { return by_statistics >= 0 && read.uniform ? 1 : read.cells.size(); }
};

/// A statement that has a closed rule at each node of some grids: what it reads of these numbers is known there.
struct NodeStatement {
  int statement = -1;
  std::size_t compiled = 0;  ///< into Compiled::statements, whose terms are of the nodes as they stand
  std::vector<int> pins;     ///< sources, each on a grid
  std::vector<Term> bars;    ///< positive at nodes where something is too large for a number: they are impossible
};

struct Compiled {
  std::vector<CompiledStatement> statements;
  std::vector<Moments> moments;  ///< one a source
  std::vector<Encounter> encounters;
  std::vector<NumericStatement> numeric;
  std::vector<NodeStatement> nodes;
  std::vector<std::vector<Gate>> gates;  ///< by statement
};

/// Substitutes every statement's expressions into its family's table and sums what is known once. Throws
/// UnsupportedError that names variable, statement and statistic where a message is of no form that the variable's
/// factor can take, NeedsGrids. Marks the selectors that a pass eliminates, unless `keep_selectors`.
Compiled compile(const Registry& registry, const model::Model& model, Sources& sources, bool keep_selectors);

/// Factors as arrays that can be multiplied.
View view(const KnownFactor& factor);
Selection selection(const SelectionFactor& factor);

}  // namespace kullback::messages
