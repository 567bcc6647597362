#include "language/symmetry.hpp"

#include "language/arrays.hpp"
#include "language/terms.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace kullback::language {

using model::Initialization;
using model::Model;
using model::Posterior;
using model::Selector;
using model::Statement;
using model::Term;
using model::Variable;

namespace {

class Symmetry {
 public:
  explicit Symmetry(const Model& model) : m_(model) {}

  void check(config::Diagnostics& diagnostics) {
    for (std::size_t z = 0; z < m_.variables.size(); ++z)
      if (m_.variables[z].role == Variable::Role::latent && m_.variables[z].levels >= 0)
        check_gates(static_cast<int>(z), diagnostics);
    for (const Statement& statement : m_.statements) {
      for (const Term& argument : statement.arguments) check_products(argument, statement, diagnostics);
      check_products(statement.value, statement, diagnostics);
    }
  }

 private:
  // Whether every cell of the variable starts as its neighbours along plate k do.
  bool exchangeable(int v, int k) {
    const Variable& x = variable(v);
    if (x.role == Variable::Role::constant) return equal_along(x.data, k);
    if (x.role == Variable::Role::observed || !visiting_.insert({v, k}).second)
      return x.role != Variable::Role::observed;
    const bool answer = starts_equal(v) && std::all_of(x.statements.begin(), x.statements.end(), [&](int s) {
                          const Statement& statement = m_.statements[static_cast<std::size_t>(s)];
                          for (std::size_t i = 0; i < x.plates.size(); ++i)
                            if (x.plates[i] == k && statement.fixed[i]) return false;
                          if (!statement.family) return exchangeable(statement.value, k);
                          return std::all_of(statement.arguments.begin(), statement.arguments.end(),
                                             [&](const Term& a) { return exchangeable(a, k); });
                        });
    visiting_.erase({v, k});
    return answer;
  }

  bool exchangeable(const Term& term, int k) {
    if (!contains(term.dimensions, k)) return true;
    if (term.kind == Term::Kind::constant) return equal_along(term.array, k);
    if (term.kind == Term::Kind::list && term.reduced == k) return false;
    if (term.kind == Term::Kind::variable) {
      const Dimensions dimensions = variable(term.variable).dimensions();
      for (std::size_t i = 0; i < term.selectors.size(); ++i) {
        const Selector& s = term.selectors[i];
        if (s.kind == Selector::Kind::aligned && s.dimension == k && !exchangeable(term.variable, dimensions[i]))
          return false;
        if (s.kind == Selector::Kind::column && contains(s.levels_over, k)) return false;
      }
      return true;
    }
    return std::all_of(term.children.begin(), term.children.end(),
                       [&](const Term& child) { return exchangeable(child, k); });
  }

  bool starts_equal(int v) const {
    if (m_.posteriors[static_cast<std::size_t>(v)].kind == Posterior::Kind::fixed) return false;
    const Initialization& start = m_.initializations[static_cast<std::size_t>(v)];
    if (start.kind == Initialization::Kind::automatic || start.kind == Initialization::Kind::prior) return true;
    if (start.kind != Initialization::Kind::value && start.kind != Initialization::Kind::moments) return false;
    return std::all_of(start.numbers.begin(), start.numbers.end(),
                       [](const auto& n) { return n.second.values.size() == 1; });
  }

  bool equal_along(const Array& array, int k) const {
    if (!contains(array.dimensions, k)) return true;
    const Dimensions rest = without(array.dimensions, {k});
    const Array ordered = spread(m_.plates, array, united({k}, rest));
    const Index width = cells(m_.plates, rest);
    for (Index i = width; i < ordered.values.size(); ++i)
      if (ordered.values[i] != ordered.values[i - width]) return false;
    return true;
  }

  // What z picks, anywhere in a term: variables and the plates of theirs that it indexes.
  bool collect_gates(const Term& term, int z, std::vector<std::pair<int, int>>& picked) const {
    if (term.kind == Term::Kind::compare)  // a level beside a label tells levels apart
      for (const Term& child : term.children)
        if (child.kind == Term::Kind::variable && child.variable == z) return false;
    if (term.kind == Term::Kind::variable) {
      const Dimensions dimensions = variable(term.variable).dimensions();
      for (std::size_t i = 0; i < term.selectors.size(); ++i) {
        const Selector& s = term.selectors[i];
        if (s.kind == Selector::Kind::latent && s.variable == z) picked.emplace_back(term.variable, dimensions[i]);
      }
    }
    return std::all_of(term.children.begin(), term.children.end(),
                       [&](const Term& child) { return collect_gates(child, z, picked); });
  }

  void check_gates(int z, config::Diagnostics& diagnostics) {
    const Variable& x = variable(z);
    std::vector<std::pair<int, int>> picked;
    for (const Statement& statement : m_.statements) {
      for (const Term& argument : statement.arguments)
        if (!collect_gates(argument, z, picked)) return;
      if (!collect_gates(statement.value, z, picked)) return;
    }
    if (picked.empty() || !starts_equal(z) || m_.plates[static_cast<std::size_t>(x.levels)].size < 2) return;
    for (const auto& [v, plate] : picked)
      if (!exchangeable(v, plate)) return;
    for (int s : x.statements) {
      const Statement& statement = m_.statements[static_cast<std::size_t>(s)];
      if (!statement.family || !exchangeable(statement.arguments[0], x.levels)) return;
    }
    std::vector<std::string> names;
    for (const auto& [v, plate] : picked)
      if (std::find(names.begin(), names.end(), variable(v).name) == names.end()) names.push_back(variable(v).name);
    diagnostics.error(
        x.place, "model." + x.name,
        fmt::format("all levels of {} start equal, in {} and in {}, and equal they stay (a saddle): write initialize: "
                    "{{{}: random}} under inference",
                    m_.plates[static_cast<std::size_t>(x.levels)].name, x.name, fmt::join(names, " and "), x.name));
  }

  const Term* unknown_along(const Term& term, int k) const {
    if (!contains(term.dimensions, k)) return nullptr;
    if (term.kind == Term::Kind::variable && variable(term.variable).role == Variable::Role::latent) return &term;
    for (const Term& child : term.children)
      if (const Term* found = unknown_along(child, k)) return found;
    return nullptr;
  }

  void check_products(const Term& term, const Statement& statement, config::Diagnostics& diagnostics) {
    for (const Term& child : term.children) check_products(child, statement, diagnostics);
    const bool product =
        term.kind == Term::Kind::dot || (term.kind == Term::Kind::sum && term.children[0].kind == Term::Kind::multiply);
    if (!product) return;
    const auto& sides = term.kind == Term::Kind::dot ? term.children : term.children[0].children;
    const int k = term.reduced;
    const Term *a = unknown_along(sides[0], k), *b = unknown_along(sides[1], k);
    if (!a || !b || m_.plates[static_cast<std::size_t>(k)].size < 2) return;
    if (!exchangeable(sides[0], k) || !exchangeable(sides[1], k)) return;
    const std::string first = variable(a->variable).name, second = variable(b->variable).name;
    diagnostics.error(term.place, term.path,
                      fmt::format("{} and {} both start equal in every coordinate over {}, and equal they stay (a "
                                  "saddle): write initialize: {{{}: random}} under inference",
                                  first, second, m_.plates[static_cast<std::size_t>(k)].name, second));
  }

  const Variable& variable(int v) const { return m_.variables[static_cast<std::size_t>(v)]; }

  const Model& m_;
  std::set<std::pair<int, int>> visiting_;
};

}  // namespace

void check_symmetric_starts(const Model& model, config::Diagnostics& diagnostics) {
  Symmetry(model).check(diagnostics);
}

}  // namespace kullback::language
