#include "language/evaluate_term.hpp"

#include "language/terms.hpp"

#include <cmath>

namespace kullback::language {

using model::Model;
using model::Selector;
using model::Term;

namespace {

// A selector with a latent level as a known column of levels.
Selector known(const Model& model, const Selector& selector, const Values& values) {
  if (selector.kind != Selector::Kind::latent) return selector;
  std::vector<Selector> of;
  for (const Selector& inner : selector.of) of.push_back(known(model, inner, values));
  const Array levels = gather(model.plates, values[static_cast<std::size_t>(selector.variable)], of);
  Selector column;
  column.kind = Selector::Kind::column;
  column.levels_over = levels.dimensions;
  for (double level : levels.values) column.levels.push_back(static_cast<int>(level));
  return column;
}

Array read(const Model& model, const Term& term, const Values& values) {
  const Array& all = values[static_cast<std::size_t>(term.variable)];
  std::vector<Selector> selectors;
  for (const Selector& s : term.selectors) selectors.push_back(known(model, s, values));
  if (all.dimensions.size() > selectors.size()) {  // a matrix: its second dimension is read whole
    Selector second;
    second.dimension = all.dimensions.back();
    selectors.push_back(second);
  }
  return gather(model.plates, all, selectors);
}

Array list(const Model& model, const Term& term, const Values& values) {
  std::vector<Array> parts;
  for (const Term& child : term.children) parts.push_back(evaluate_term(model, child, values));
  return stacked(model.plates, parts, term.reduced);
}

}  // namespace

Array evaluate_term(const Model& model, const Term& term, const Values& values) {
  const auto child = [&](std::size_t i) { return evaluate_term(model, term.children[i], values); };
  switch (term.kind) {
    case Term::Kind::constant:
      return term.array;
    case Term::Kind::variable:
      return read(model, term, values);
    case Term::Kind::negate:
      return apply(child(0), [](double x) { return -x; });
    case Term::Kind::function:
      if (term.name == "stick_breaking") return stick_breaking(model.plates, child(0), term.reduced);
      return apply(child(0), [f = function_value(term.name)](double x) { return f(x); });
    case Term::Kind::sum:
      return sum_over(model.plates, child(0), term.reduced).sum;
    case Term::Kind::dot:
      return sum_over(model.plates, apply(model.plates, child(0), child(1), std::multiplies<>()), term.reduced).sum;
    case Term::Kind::list:
      return list(model, term, values);
    default:
      return apply(model.plates, child(0), child(1),
                   [op = operator_text(term)](double a, double b) { return operator_value(op, a, b); });
  }
}

Array evaluate_variable(const Model& model, int v, const Values& values) {
  const model::Variable& variable = model.variables[static_cast<std::size_t>(v)];
  Array all{variable.plates, Eigen::VectorXd(cells(model.plates, variable.plates))};
  for (int s : variable.statements) {
    const model::Statement& statement = model.statements[static_cast<std::size_t>(s)];
    const Array part = spread(model.plates, evaluate_term(model, statement.value, values), variable.plates);
    for (Index i = 0; i < all.values.size(); ++i)
      if (statement.serves.empty() || statement.serves[static_cast<std::size_t>(i)]) all.values[i] = part.values[i];
  }
  return all;
}

}  // namespace kullback::language
