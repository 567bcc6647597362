// Draws from the posterior of a model: what reports and predictions are computed from.
#pragma once

#include "language/evaluate_term.hpp"

#include <kullback/distribution.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kullback::experiment {

/// The factors of q of one variable: a column a member. Member k is cell `cells[k]` of the variable (all cells, in
/// order, where empty); a cell has as many numbers as a member has coordinates. Of a joint block the variable is
/// coordinates [first, first + count) of every member, and `leader` is one variable for the whole block, so that its
/// variables are drawn together.
struct Factors {
  int variable = -1;
  Members members = {};
  std::vector<Index> cells = {};
  int leader = -1;
  Index first = 0, count = 0;
  std::shared_ptr<const Distribution> owner = {};  ///< of a family that is made for this variable
};

/// Draws values of some variables and of all that they rest on, numbered: draw s is the same whatever was drawn before
/// it.
class Draws {
 public:
  /// Factors of variables that are not needed are dropped.
  Draws(const model::Model& model, std::vector<Factors> factors, const std::vector<int>& wanted, std::uint64_t seed);

  /// The variables that must be known for some others: what they are computed or drawn from, as far as those that have
  /// factors.
  static std::vector<char> needed(const model::Model& model, const std::vector<int>& wanted,
                                  const std::vector<char>& has_factors);

  /// What is known of the variables that are needed: data, constants and cells stated as numbers; empty cells are NaN.
  language::Values known() const;
  /// Sets the cells that have factors to draw `s` of q, and then every deterministic variable. Latent variables without
  /// a factor are drawn from their statement, and so are empty cells of data, which other statements may read.
  void draw(Index s, language::Values& values) const;

 private:
  void draw_factors(Index s, language::Values& values) const;
  void state_cells(const model::Statement& statement, language::Values& values) const;
  void fill_gaps(Index s, const model::Statement& statement, language::Values& values) const;
  void draw_statement(Index s, const model::Statement& statement, language::Values& values) const;

  const model::Model& model_;
  std::vector<Factors> factors_;
  std::vector<char> has_factors_, needed_, has_gaps_;  // by variable
  std::uint64_t seed_;
};

/// Whether a variable's distribution has whole numbers only: those in the middles of the cells where it is on a grid.
bool is_whole(const model::Model& model, int variable);

/// The members that a random statement makes for given arguments: one a cell of the variable's plates (and of its
/// `over`, for families of one number), in order.
Members statement_members(const model::Model& model, const model::Statement& statement, const language::Values& values);

/// The limits of a statement's values, one a cell of the variable's dimensions; infinite where it has none. None at all
/// for a statement that is not truncated.
struct Limits {
  Eigen::VectorXd low, high;
  bool contain(Index cell, double x) const { return x >= low[cell] && x <= high[cell]; }
};
std::optional<Limits> truncation(const model::Model& model, const model::Statement& statement,
                                 const language::Values& values);

/// A deterministic value nobody reads: mean, standard deviation and the mean's standard error in each cell.
struct Report {
  std::string name;
  std::vector<std::string> plates;
  std::vector<Index> shape;
  Index draws = 0;
  Eigen::VectorXd mean, stddev, standard_error;
  std::vector<std::string> cells = {};  ///< of `missing_cells`: which they are ("n = 3")
};

/// The variables that are reports.
std::vector<int> reports_of(const model::Model& model);

/// Every report of the model, from draws of q: 10,000, or fewer where there are very many cells.
std::vector<Report> make_reports(const model::Model& model, const Draws& draws);

/// The posteriors of an observed variable's empty cells: mean and standard deviation of its distribution over draws of
/// q. Each entry of a vector by itself. Nothing for categoricals, truncated and censored variables, and families
/// without moments. `draws` must want the variable.
std::optional<Report> missing_cells(const model::Model& model, int variable, const Draws& draws);

}  // namespace kullback::experiment
