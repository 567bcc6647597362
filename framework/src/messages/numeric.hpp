// Statements without a closed rule: their log density at the nodes of the grids that they read.
#pragma once

#include "messages/numeric_value.hpp"
#include "messages/terms.hpp"

#include <algorithm>
#include <limits>
#include <optional>

namespace kullback::messages {

/// Whether a statement's latent value can keep a factor of its own exponential family there, whatever numbers the
/// parameters are: its log density is linear in that family's statistics.
bool enters_by_statistics(const Sources& sources, const model::Statement& statement);

/// A statement as a numeric one, if each of its cells reads at most two latent numbers, whatever selectors pick them.
/// Throws NoRule that says why not. Sources among them that are on no grid go to `needed`; then there is none.
std::optional<NumericStatement> make_numeric(const model::Model& model, const Sources& sources, int statement,
                                             std::vector<int>& needed);

/// The latent numbers that a statement reads, each once, and its own; whether one can be put on a grid.
std::vector<int> numbers_of(const model::Model& model, const Sources& sources, const model::Statement& statement);
bool can_be_on_a_grid(const model::Model& model, const Source& source);

/// One reading of a statement, at these nodes of the members that it reads.
struct NodesOfReading {
  const model::Model& model;
  const Sources& sources;
  const NumericStatement& numeric;
  std::size_t reading;
  const Eigen::VectorXd &first, &second;
  bool search;                                     ///< the grid's range is still looked for: a density may be no number
  Index begin = 0, end;                            ///< of its cells
  Index most = std::numeric_limits<Index>::max();  ///< of them that are looked at, evenly picked
  /// The expected statistics of the values, one column a cell of the reading; null unless they enter by these.
  const Eigen::MatrixXd* statistics = nullptr;
};

/// How many of `cells` cells are looked at, and which one is the i-th of them: the first and the last are among them.
inline Index picked(Index cells, Index most) { return std::min(cells, most); }
inline Index picked_cell(Index i, Index cells, Index most) {
  return picked(cells, most) < cells && most > 1 ? i * (cells - 1) / (most - 1) : i;
}

/// The sum of the cells' log densities, each as often as `counts` (one a cell that is looked at) says: nodes of the
/// first member by nodes of the second. Throws NumericalError where one is not a number.
Eigen::MatrixXd numeric_table(const NodesOfReading& nodes, const Eigen::VectorXd& counts);

/// The tables of all cells, one a column.
Eigen::MatrixXd numeric_tables(const NodesOfReading& nodes);

/// The tables of all cells, each summed with the masses of the nodes.
Eigen::VectorXd numeric_expectations(const NodesOfReading& nodes, const Eigen::VectorXd& first_mass,
                                     const Eigen::VectorXd& second_mass);

/// The expected natural parameters of the cells' values, where these enter by their statistics: one column a cell, or
/// one for all where the arguments are the same.
Eigen::MatrixXd numeric_natural(const NodesOfReading& nodes, const Eigen::VectorXd& first_mass,
                                const Eigen::VectorXd& second_mass);

/// table * mass, where 0 * inf is 0.
Eigen::VectorXd expect(const Eigen::MatrixXd& table, const Eigen::VectorXd& mass);

}  // namespace kullback::messages
