// Data against the statements that make them.
#include "language/statements.hpp"

#include <kullback/error.hpp>

#include <fmt/format.h>

#include <cmath>

namespace kullback::language {

using model::Statement;
using model::Variable;

namespace {

[[noreturn]] void outside(const Draft& draft, const Variable& variable, Index i, const Support& support,
                          const Workspace& w) {
  const double x = variable.data.values[i];
  const std::string what = support.integer && x != std::floor(x) ? "whole numbers only"
                           : x < support.low                     ? fmt::format("no number below {}", support.low)
                                                                 : fmt::format("no number above {}", support.high);
  fail(draft.target, fmt::format("{} is {} where {}, and {} makes {}", variable.name, x,
                                 variable.dimensions().empty() ? "it is read" : w.cell_text(variable.dimensions(), i),
                                 draft.family->name(), what));
}

bool contains_value(const Support& support, double x) {
  return std::isnan(x) || (x >= support.low && x <= support.high && (!support.integer || x == std::floor(x)));
}

// Supports that known parameters move (the trials of a binomial), cell by cell. `any` has numbers for those that are
// not known.
void check_moving(const Draft& draft, const Statement& statement, const Members& any, const Workspace& w) {
  const Variable& variable = w.variable(statement.variable);
  const auto parameters = draft.family->parameterizations()[static_cast<std::size_t>(statement.parameterization)];
  if (any.layout.form != statement.parameterization || any.theta.rows() != static_cast<Index>(parameters.size()))
    return;
  std::vector<Array> known(parameters.size());
  for (std::size_t k = 0; k < parameters.size(); ++k)
    if (statement.arguments[k].kind == model::Term::Kind::constant)
      known[k] = spread(w.plates(), statement.arguments[k].array, variable.dimensions());
  Eigen::MatrixXd theta = any.theta;
  for (Index i = 0; i < variable.data.values.size(); ++i) {
    for (std::size_t k = 0; k < known.size(); ++k)
      if (known[k].values.size() > 0) theta(static_cast<Index>(k), 0) = known[k].values[i];
    const Support support = draft.family->support(any.layout, theta, 0, 0);
    if (!contains_value(support, variable.data.values[i])) outside(draft, variable, i, support, w);
  }
}

}  // namespace

void check_observed(const Draft& draft, const Statement& statement, Workspace& w) {
  const Variable& variable = w.variable(statement.variable);
  if (variable.role != Variable::Role::observed || draft.event == Event::matrix) return;
  if (variable.levels >= 0 && draft.event != Event::levels)
    fail(draft.target, fmt::format("{} holds levels of {}, but {} makes numbers: use a categorical", variable.name,
                                   w.plate(variable.levels).name, draft.family->name()));
  if (draft.event == Event::levels) return;
  const Index d = draft.event == Event::scalar ? 1 : w.plate(variable.over[0]).size;
  const auto a = any_member(*draft.family, statement.parameterization, d, 0),
             b = any_member(*draft.family, statement.parameterization, d, 1);
  if (!a || !b) return;
  // The support where no parameter moves it.
  Support fixed = draft.family->support(a->layout, a->theta, 0, 0);
  const Support other = draft.family->support(b->layout, b->theta, 0, 0);
  const bool low_moves = fixed.low != other.low, high_moves = fixed.high != other.high;
  if (low_moves) fixed.low = -std::numeric_limits<double>::infinity();
  if (high_moves) fixed.high = std::numeric_limits<double>::infinity();
  for (Index i = 0; i < variable.data.values.size(); ++i)
    if (!contains_value(fixed, variable.data.values[i])) outside(draft, variable, i, fixed, w);
  if ((low_moves || high_moves) && draft.event == Event::scalar && draft.fixed_count() == 0)
    check_moving(draft, statement, *a, w);
}

}  // namespace kullback::language
