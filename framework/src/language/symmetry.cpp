#include "language/symmetry.hpp"

#include "language/arrays.hpp"
#include "language/terms.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
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

  /// A product over `plate` of two unknown vectors of which one starts told apart and the other does not.
  struct Started {
    const Term* product;
    int first, other, plate;
  };
  std::vector<Started> started() {
    std::vector<Started> found;
    for (const Statement& statement : m_.statements) {
      if (is_report(statement)) continue;
      for (const Term& argument : statement.arguments) find_started(argument, found);
      find_started(statement.value, found);
    }
    return found;
  }

  void check(config::Diagnostics& diagnostics) {
    for (std::size_t z = 0; z < m_.variables.size(); ++z)
      if (m_.variables[z].role == Variable::Role::latent && m_.variables[z].levels >= 0)
        check_gates(static_cast<int>(z), diagnostics);
    for (const Statement& statement : m_.statements) {
      if (is_report(statement)) continue;
      for (const Term& argument : statement.arguments) check_products(argument, statement, diagnostics);
      check_products(statement.value, statement, diagnostics);
    }
  }

 private:
  // A report is no part of the model: it tells nothing apart, and what it multiplies moves nothing.
  bool is_report(const Statement& statement) const {
    return variable(statement.variable).role == Variable::Role::report;
  }

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
      if (is_report(statement)) continue;
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

  // The unknown vectors that a sum of products over one dimension multiplies.
  struct Product {
    const Term *sides, *a, *b;
  };
  std::optional<Product> product(const Term& term) const {
    const bool product =
        term.kind == Term::Kind::dot || (term.kind == Term::Kind::sum && term.children[0].kind == Term::Kind::multiply);
    if (!product || m_.plates[static_cast<std::size_t>(term.reduced)].size < 2) return std::nullopt;
    const auto& sides = term.kind == Term::Kind::dot ? term.children : term.children[0].children;
    const Term *a = unknown_along(sides[0], term.reduced), *b = unknown_along(sides[1], term.reduced);
    if (!a || !b) return std::nullopt;
    return Product{sides.data(), a, b};
  }

  void find_started(const Term& term, std::vector<Started>& found) const {
    for (const Term& child : term.children) find_started(child, found);
    const auto vectors = product(term);
    if (!vectors) return;
    const int a = vectors->a->variable, b = vectors->b->variable;
    if (starts_equal(a) == starts_equal(b) || is_fixed(a) || is_fixed(b)) return;
    found.push_back({&term, starts_equal(a) ? b : a, starts_equal(a) ? a : b, term.reduced});
  }
  bool is_fixed(int v) const { return m_.posteriors[static_cast<std::size_t>(v)].kind == Posterior::Kind::fixed; }

  void check_products(const Term& term, const Statement& statement, config::Diagnostics& diagnostics) {
    for (const Term& child : term.children) check_products(child, statement, diagnostics);
    const auto vectors = product(term);
    const int k = term.reduced;
    if (!vectors || !exchangeable(vectors->sides[0], k) || !exchangeable(vectors->sides[1], k)) return;
    const std::string first = variable(vectors->a->variable).name, second = variable(vectors->b->variable).name;
    diagnostics.error(term.place, term.path,
                      fmt::format("{} and {} both start equal in every coordinate over {}, and equal they stay (a "
                                  "saddle): write initialize: {{{}: random}} under inference",
                                  first, second, m_.plates[static_cast<std::size_t>(k)].name,
                                  m_.is_flat(vectors->b->variable) ? first : second));  // a flat one has no draws
  }

  const Variable& variable(int v) const { return m_.variables[static_cast<std::size_t>(v)]; }

  const Model& m_;
  std::set<std::pair<int, int>> visiting_;
};

}  // namespace

std::string visit_starts_last(Model& model, config::Diagnostics& diagnostics) {
  const bool given = !model.order.empty();
  std::vector<int> order = model.order;
  for (std::size_t v = 0; v < model.variables.size() && !given; ++v)
    if (model.variables[v].role == Variable::Role::latent) order.push_back(static_cast<int>(v));
  std::vector<std::string> moved;
  for (const auto& [product, started, other, plate] : Symmetry(model).started()) {
    const auto first = std::find(order.begin(), order.end(), started),
               last = std::find(order.begin(), order.end(), other);
    if (first > last || last == order.end()) continue;
    const std::string a = model.variables[static_cast<std::size_t>(started)].name,
                      b = model.variables[static_cast<std::size_t>(other)].name;
    if (given) {
      diagnostics.error(product->place, product->path,
                        fmt::format("the start of {} is lost: the schedule visits it before {}, which starts equal in "
                                    "every coordinate over {} and tells it so (a saddle): put {} before {} in the "
                                    "schedule, or start {} too (initialize: {{{}: random}})",
                                    a, b, model.plates[static_cast<std::size_t>(plate)].name, b, a, b, b));
      continue;
    }
    std::rotate(first, last, last + 1);
    moved.push_back(fmt::format("{} before {}, whose start would be lost", b, a));
  }
  if (given) return "inference.schedule";
  if (moved.empty()) return "as the file states them";
  model.order = std::move(order);
  return fmt::format("as the file states them, but {}", fmt::join(moved, ", "));
}

void check_symmetric_starts(const Model& model, config::Diagnostics& diagnostics) {
  Symmetry(model).check(diagnostics);
}

}  // namespace kullback::language
