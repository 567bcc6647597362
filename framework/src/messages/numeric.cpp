#include "messages/numeric.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

namespace kullback::messages {
namespace {

using model::Term;

// Numbers that a term reads; selectors are no numbers.
void latent_in(const Term& term, const model::Model& model, const Sources& sources, std::vector<int>& found) {
  if (term.kind == Term::Kind::variable) {
    const Source& source = sources[static_cast<std::size_t>(term.variable)];
    if (source.kind == Source::Kind::latent && source.variable->levels < 0) found.push_back(term.variable);
    if (source.kind == Source::Kind::derived)
      for (const int s : source.variable->statements)
        latent_in(model.statements[static_cast<std::size_t>(s)].value, model, sources, found);
  }
  for (const Term& child : term.children) latent_in(child, model, sources, found);
}

bool contains(const model::Dimensions& dimensions, int plate) {
  return std::find(dimensions.begin(), dimensions.end(), plate) != dimensions.end();
}

// Whether a term has one value for all cells that read these members; `inside` it may vary.
bool is_uniform(const Term& term, const model::Model& model, const Sources& sources,
                const std::vector<Reading>& members, const model::Dimensions& inside) {
  const auto is_inside = [&](int plate) { return contains(inside, plate); };
  const auto all_uniform = [&](const model::Dimensions& within) {
    return std::all_of(term.children.begin(), term.children.end(),
                       [&](const Term& child) { return is_uniform(child, model, sources, members, within); });
  };
  if (term.kind == Term::Kind::constant)
    return std::all_of(term.array.dimensions.begin(), term.array.dimensions.end(), is_inside);
  if (term.kind == Term::Kind::list) return is_inside(term.reduced) && all_uniform(inside);
  if (term.kind == Term::Kind::sum || term.kind == Term::Kind::dot) {
    model::Dimensions within = inside;
    within.push_back(term.reduced);
    return all_uniform(within);
  }
  if (term.kind != Term::Kind::variable) return all_uniform(inside);
  const Source& source = sources[static_cast<std::size_t>(term.variable)];
  if (source.kind == Source::Kind::known)
    return std::all_of(term.selectors.begin(), term.selectors.end(), [&](const model::Selector& s) {
      return s.kind == model::Selector::Kind::fixed ||
             (s.kind == model::Selector::Kind::aligned && is_inside(s.dimension));
    });
  if (source.kind == Source::Kind::derived)
    return std::all_of(source.variable->statements.begin(), source.variable->statements.end(), [&](int s) {
      const model::Statement& statement = model.statements[static_cast<std::size_t>(s)];
      return statement.serves.empty() && is_uniform(statement.value, model, sources, members, {});
    });
  return source.variable->levels < 0 && source.all_latent() &&
         std::count_if(members.begin(), members.end(), [&](const Reading& m) { return m.first == term.variable; }) == 1;
}

// What serves in the place of a vector of unknown numbers.
std::string instead_of_vector(const model::Model& model, const model::Statement& statement) {
  if (!has_vectors(statement)) return "";
  return fmt::format("; one unknown number times known ones is served ({}: {}(scale * base), scale: gamma(...))",
                     model.variables[static_cast<std::size_t>(statement.variable)].name, statement.family->name());
}

[[noreturn]] void refuse_more_than_two(const model::Model& model, const Sources& sources,
                                       const model::Statement& statement, const std::vector<Reading>& members) {
  std::vector<std::string> names;
  for (const auto& [source, member] : members) {
    const Source& s = sources[static_cast<std::size_t>(source)];
    names.push_back(cell_name(model, s, s.cell_of[static_cast<std::size_t>(member)]));
  }
  if (names.size() > 4) names.resize(4), names.emplace_back("...");
  throw NoRule{-1, fmt::format("a sum over at most two grids, but one of its cells reads {} unknown numbers ({}){}",
                               members.size(), fmt::join(names, ", "), instead_of_vector(model, statement))};
}

[[noreturn]] void refuse_vector(const model::Model& model, const model::Statement& statement, const Source& source,
                                int variable) {
  throw NoRule{variable, fmt::format("a grid for {}, which is {}{}", source.variable->name,
                                     source.leader >= 0 ? "in a joint block: leave it out of the block"
                                                        : "not one number on the line",
                                     source.elements > 1 ? instead_of_vector(model, statement) : "")};
}

// The levels of all selectors that a cell reads, one combination after another.
void for_choices(const Sources& sources, TermValue& terms, Choices& choices, const std::function<void()>& read,
                 const std::function<void()>& visit) {
  terms.choose(choices);
  terms.open.reset();
  read();
  if (!terms.open) return visit();
  choices.push_back(*terms.open);
  const Index levels = sources[static_cast<std::size_t>(choices.back().source)].statistics[0].rows;
  for (Index level = 0; level < levels; ++level) {
    choices.back().level = level;
    for_choices(sources, terms, choices, read, visit);
  }
  choices.pop_back();
}

// Of cells with equal arguments and equal values in a row one is evaluated, as often as they are (counts: a few values
// of many rows).
void count_equal(std::vector<NumericStatement::Cell>& cells, const Source& child) {
  if (child.known->dimensions.empty()) return;
  const auto value = [&](const NumericStatement::Cell& cell) { return child.known->values[cell.cell]; };
  std::vector<NumericStatement::Cell> distinct;
  for (NumericStatement::Cell& cell : cells) {
    const bool again = !distinct.empty() && (value(cell) == value(distinct.back()) ||
                                             (std::isnan(value(cell)) && std::isnan(value(distinct.back()))));
    if (again)
      distinct.back().weight += cell.weight;
    else
      distinct.push_back(std::move(cell));
  }
  cells = std::move(distinct);
}

}  // namespace

bool enters_by_statistics(const Sources& sources, const model::Statement& statement) {
  const Source& child = sources[static_cast<std::size_t>(statement.variable)];
  const auto* family = capability<ExponentialFamily>(*statement.family, statement.layout);
  return child.kind == Source::Kind::latent && !child.grid && !child.partial && !child.discarded && child.leader < 0 &&
         child.limits.size() == 0 && statement.modifier == model::Statement::Modifier::none && family &&
         family->fixed_rows(statement.layout) == 0 && !family->has_base_measure(statement.layout) &&
         (has_vectors(statement) || child.elements == 1);
}

std::vector<int> numbers_of(const model::Model& model, const Sources& sources, const model::Statement& statement) {
  std::vector<int> found, once;
  if (sources[static_cast<std::size_t>(statement.variable)].kind == Source::Kind::latent)
    found.push_back(statement.variable);
  for_terms(statement, [&](const model::Term& term) { latent_in(term, model, sources, found); });
  for (const int v : found)
    if (std::find(once.begin(), once.end(), v) == once.end()) once.push_back(v);
  return once;
}

// One number on the line a cell, in no joint block: what can be put on a grid.
bool can_be_on_a_grid(const model::Model& model, const Source& source) {
  if (source.grid) return true;
  if (source.leader >= 0 || source.elements != 1 || source.matrix || source.variable->levels >= 0) return false;
  for (const int s : source.variable->statements) {
    const model::Statement& statement = model.statements[static_cast<std::size_t>(s)];
    if (statement.family && statement.layout.dimension != 1) return false;
  }
  return true;
}

std::optional<NumericStatement> make_numeric(const model::Model& model, const Sources& sources, int index,
                                             std::vector<int>& needed) {
  const model::Statement& statement = model.statements[static_cast<std::size_t>(index)];
  const Source& child = sources[static_cast<std::size_t>(statement.variable)];
  const bool vectors = has_vectors(statement), by_statistics = enters_by_statistics(sources, statement);
  if (vectors && child.kind == Source::Kind::latent && !by_statistics)
    throw NoRule{statement.variable, "a value that is known, or whose factor is of that exponential family"};
  std::vector<int> found;
  if (child.kind == Source::Kind::latent && !by_statistics) found.push_back(statement.variable);
  for_terms(statement, [&](const model::Term& term) { latent_in(term, model, sources, found); });
  for (const int v : found) {
    const Source& source = sources[static_cast<std::size_t>(v)];
    if (!can_be_on_a_grid(model, source)) refuse_vector(model, statement, source, v);
    if (!source.grid && std::find(needed.begin(), needed.end(), v) == needed.end()) needed.push_back(v);
  }
  if (!needed.empty()) return std::nullopt;
  NumericStatement numeric;
  numeric.statement = index;
  numeric.by_statistics = by_statistics ? statement.variable : -1;
  std::map<std::vector<Reading>, std::size_t> places;
  TermValue terms(model, sources, 1);
  const bool found_latent = child.kind == Source::Kind::latent && !by_statistics;
  for_served_cells(model, sources, statement, [&](Index cell, const Position& at, double weight) {
    const bool latent = found_latent && child.member[static_cast<std::size_t>(cell)] >= 0;
    if (vectors || by_statistics ? child.left_out(cell)
                                 : !latent && std::isnan(child.known->values[cell]) && !child.integrated)
      return;
    Choices choices;
    const auto read = [&] {
      terms.noted.clear();
      if (latent) terms.noted.emplace_back(statement.variable, child.member[static_cast<std::size_t>(cell)]);
      for (std::size_t i = 0; i < statement.arguments.size(); ++i) terms.values(statement, i, at);
      if (statement.low) terms.value(*statement.low, at);
      if (statement.high) terms.value(*statement.high, at);
    };
    for_choices(sources, terms, choices, read, [&] {
      std::vector<Reading> members = terms.noted;
      std::sort(members.begin(), members.end());
      if (members.size() > 2) refuse_more_than_two(model, sources, statement, members);
      const auto place = places.emplace(members, numeric.readings.size());
      if (place.second) numeric.readings.emplace_back().members = members;
      NumericStatement::Read& to = numeric.readings[place.first->second];
      to.cells.push_back({cell, at, weight, choices});
      for (const Choice& c : choices)
        if (std::find(to.selectors.begin(), to.selectors.end(), c.source) == to.selectors.end())
          to.selectors.push_back(c.source);
    });
  });
  const Index numbers = vectors ? child.elements : 1;
  model::Dimensions inside = vectors ? inside_of(*child.variable) : model::Dimensions{};
  if (vectors && statement.matrix_dimension >= 0) inside.push_back(statement.matrix_dimension);
  for (NumericStatement::Read& read : numeric.readings) {
    // In the order of what is observed, so that some of them, evenly picked, are like all of them.
    if (child.kind != Source::Kind::latent && !child.known->dimensions.empty())
      std::stable_sort(read.cells.begin(), read.cells.end(), [&](const auto& a, const auto& b) {
        const double x = child.known->values[a.cell * numbers], y = child.known->values[b.cell * numbers];
        return x < y || (!std::isnan(x) && std::isnan(y));
      });
    std::sort(read.selectors.begin(), read.selectors.end());
    read.uniform = true;
    for_terms(statement, [&](const model::Term& term) {
      read.uniform = read.uniform && is_uniform(term, model, sources, read.members, inside);
    });
    if (child.kind != Source::Kind::latent && read.uniform && read.selectors.empty()) count_equal(read.cells, child);
  }
  return numeric;
}

}  // namespace kullback::messages
