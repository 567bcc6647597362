// Data against the statements that make them.
#include "language/statements.hpp"

#include <kullback/error.hpp>

#include <fmt/format.h>

#include <cmath>
#include <limits>

namespace kullback::language {

using model::Statement;
using model::Variable;

namespace {

void check_value(const Draft& draft, const Variable& variable, Index i, const FixedSupport& support,
                 const Workspace& w) {
  const double x = variable.data.values[i];
  if (support.contains(x)) return;
  fail(draft.target, fmt::format("{} is {} where {}, and {} makes {}", variable.name, x,
                                 variable.dimensions().empty() ? "it is read" : w.cell_text(variable.dimensions(), i),
                                 draft.family->name(), outside_text(support.support, x)));
}

// Supports that known parameters move (the trials of a binomial), cell by cell. An end that a parameter moves which is
// not known is nowhere.
void check_moving(const Draft& draft, const Statement& statement, Index d, const Workspace& w) {
  const Variable& variable = w.variable(statement.variable);
  const auto parameters = draft.family->parameterizations()[static_cast<std::size_t>(statement.parameterization)];
  std::vector<Array> known(parameters.size());
  for (std::size_t k = 0; k < parameters.size(); ++k)
    if (statement.arguments[k].kind == model::Term::Kind::constant)
      known[k] = spread(w.plates(), statement.arguments[k].array, variable.dimensions());
  std::vector<Members> any;  // with numbers for those that are not known
  for (const int variant : {0, 1}) {
    auto member = any_member(*draft.family, statement.parameterization, d, variant);
    if (!member || member->layout.form != statement.parameterization ||
        member->theta.rows() != static_cast<Index>(parameters.size()))
      return;
    any.push_back(std::move(*member));
  }
  for (Index i = 0; i < variable.data.values.size(); ++i) {
    std::vector<Support> supports;
    for (Members& member : any) {
      for (std::size_t k = 0; k < known.size(); ++k)
        if (known[k].values.size() > 0) member.theta(static_cast<Index>(k), 0) = known[k].values[i];
      supports.push_back(draft.family->support(member.layout, member.theta, 0, 0));
    }
    FixedSupport support{supports[0]};
    if (support.support.low != supports[1].low) support.support.low = -std::numeric_limits<double>::infinity();
    if (support.support.high != supports[1].high) support.support.high = std::numeric_limits<double>::infinity();
    check_value(draft, variable, i, support, w);
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
  const auto fixed = fixed_support(*draft.family, statement.parameterization, d);
  if (!fixed) return;
  for (Index i = 0; i < variable.data.values.size(); ++i) check_value(draft, variable, i, *fixed, w);
  if (fixed->moves && draft.event == Event::scalar && draft.fixed_count() == 0) check_moving(draft, statement, d, w);
}

}  // namespace kullback::language
