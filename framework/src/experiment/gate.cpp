#include "experiment/gate.hpp"

namespace kullback::experiment {

using model::Selector;
using model::Term;
using model::Variable;

Gate::Gate(const model::Model& model, const model::Statement& statement, const std::vector<Factors>& factors)
    : model_(model) {
  for (const Factors& f : factors) has_factor_.insert(f.variable);
  for (const Term& argument : statement.arguments) visit(argument);
}

void Gate::visit(const Term& term) {
  if (term.kind == Term::Kind::variable) {
    const Variable& x = model_.variables[static_cast<std::size_t>(term.variable)];
    read_.insert(term.variable);
    if (x.role == Variable::Role::deterministic)
      for (int s : x.statements) {
        const int before = variable_;
        visit(model_.statements[static_cast<std::size_t>(s)].value);
        plain_ = plain_ && variable_ == before;  // a gate inside might be read in another cell
      }
    if (x.levels >= 0) plain_ = plain_ && x.role == Variable::Role::constant;
    for (const Selector& selector : term.selectors) visit(selector);
  }
  for (const Term& child : term.children) visit(child);
}

void Gate::visit(const Selector& selector) {
  if (selector.kind != Selector::Kind::latent) return;
  const Variable& z = model_.variables[static_cast<std::size_t>(selector.variable)];
  plain_ = plain_ && (variable_ < 0 || variable_ == selector.variable) && z.role == Variable::Role::latent &&
           !has_factor_.contains(selector.variable) && z.statements.size() == 1;
  variable_ = selector.variable;
  for (std::size_t i = 0; i < selector.of.size(); ++i)
    plain_ = plain_ && selector.of[i].kind == Selector::Kind::aligned && selector.of[i].dimension == z.plates[i];
}

}  // namespace kullback::experiment
