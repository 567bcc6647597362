// From the terms of a statement to polynomials in expected statistics: expressions are put in place of the labels
// demanded of them.
#pragma once

#include "messages/polynomial.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace kullback::messages {

/// Where a term is read: which axis, or which level, each of its dimensions stands for.
using Environment = std::vector<std::pair<int, Reference>>;

/// Labels of known arrays that have been evaluated, by the array's numbers: all statements share them.
using KnownCache = std::map<std::pair<const double*, std::string>, std::shared_ptr<const Known>>;

/// Numbers on grids that a statement reads as known, node by node.
struct Pins {
  struct Grid {
    int source;
    Eigen::MatrixXd nodes;  ///< of all members, or one column a member
  };
  std::vector<Grid> grids;
  bool search = true;  ///< what is no number at a node is NaN, and no mistake
  const Grid* find(int source) const;
};

/// Throws NoRule: there is no closed form of this label of it.
[[noreturn]] void no_rule(Text label, const std::string& what);

/// A label of numbers, also a parametric one with a number for its c ("lgamma((x-1)/2)"). False: there is no such
/// label.
bool label_of_numbers(Text label, In x, Out value);

class Substitution {
 public:
  /// `pins`: null where no number is known node by node.
  Substitution(const model::Model& model, const Sources& sources, Algebra& algebra, KnownCache& cache,
               const Pins* pins = nullptr)
      : model_(model), sources_(sources), algebra_(algebra), cache_(cache), pins_(pins) {}

  /// E[label of the value], for labels of numbers: x, x2, log_x, 1/x, ... x2 of a + b is x2 of a + 2 a b + x2 of b;
  /// log_x of a b is log_x of a + log_x of b. Throws NoRule.
  Polynomial expand(const model::Term& term, Text label, const Environment& at);

  /// E[label of a matrix]: x, inverse (one number at the two levels that `at` gives for `rows` and `columns`), log_det.
  Polynomial expand_matrix(const model::Term& term, Text label, const Environment& at, int rows, int columns);

  /// The statistic of a variable's value whose cells and elements are read at these references.
  Polynomial statistic(int source, Text label, std::vector<Reference> cells, std::vector<Reference> elements);

  /// A label of known numbers; 0 for empty cells: a mask stands beside them.
  Polynomial known(const model::Array& array, Text label, const std::vector<Reference>& references) const;
  /// The same; data that are read as they stand are not copied.
  Polynomial known(const std::shared_ptr<const model::Array>& array, Text label,
                   const std::vector<Reference>& references) const;

  Environment bind(Environment at, int plate, Reference to) const;
  /// What selectors of these dimensions read, and what a plate is bound to.
  std::vector<Reference> references(const std::vector<model::Selector>& selectors, const model::Dimensions& dimensions,
                                    const Environment& at);
  Reference find(int plate, const Environment& at) const;

  /// At which nodes, of which cells, something that was read is too large for a number: 1 there.
  const Polynomial& too_large() const { return too_large_; }

 private:
  /// What reads data and one pinned number, as known numbers along the axis of its nodes.
  std::optional<Polynomial> at_nodes(const model::Term& term, Text label, const Environment& at);
  bool reads_one(const model::Term& term, const Environment& at, bool reduced, int& axis);
  Polynomial pinned(const Pins::Grid& grid, Text label, std::vector<Reference> cells);
  int node_axis(const Pins::Grid& grid, std::vector<Reference> cells);
  Eigen::MatrixXd values_at(const model::Term& term, const Pins::Grid& grid) const;
  /// Numbers along nodes, and where they are too large (null: nowhere).
  struct AlongNodes {
    std::shared_ptr<const Known> known, too_large;
  };
  /// A label of values at nodes, a row a cell of `shape`.
  AlongNodes along_nodes(const Pins::Grid& grid, Eigen::MatrixXd values, Text label, std::vector<Index> shape) const;
  Polynomial read_along(const AlongNodes& numbers, std::vector<Reference> cells);
  Polynomial variable(const model::Term& term, Text label, const Environment& at);
  Polynomial derived(int source, Text label, const std::vector<Reference>& references);
  Polynomial power(const model::Term& term, Text label, const Environment& at);
  Polynomial logarithm(const model::Term& term, const Environment& at);
  /// A label of numbers as others read it: the log of 0 is finite (kLogOfZero). Throws NoRule.
  static Eigen::VectorXd label_of(const Eigen::VectorXd& numbers, Text label);
  Polynomial comparison(const model::Term& term, Text label, const Environment& at);
  Polynomial listed(const model::Term& term, Text label, const Environment& at);
  Polynomial log_of_sticks(const model::Term& term, const Environment& at);
  Polynomial value(const model::Term& term, const Environment& at);
  Reference reference(const model::Selector& selector, int dimension, const Environment& at);
  std::vector<Index> shape_of(const model::Array& array) const;
  bool is_matrix(const model::Term& term, int rows, int columns) const;

  const model::Model& model_;
  const Sources& sources_;
  Algebra& algebra_;
  KnownCache& cache_;
  const Pins* pins_;
  Polynomial too_large_;
  std::map<std::pair<const model::Term*, std::string>, AlongNodes> along_;
};

/// A known array as an atom, or as a number where nothing of it varies.
Polynomial known_factor(std::shared_ptr<const Known> known, std::vector<Reference> cells);

}  // namespace kullback::messages
