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

// Whether a term has one value for all cells that read these members.
bool is_uniform(const Term& term, const model::Model& model, const Sources& sources,
                const std::vector<Reading>& members) {
  if (term.kind == Term::Kind::constant) return term.array.dimensions.empty();
  if (term.kind == Term::Kind::list) return false;
  if (term.kind != Term::Kind::variable)
    return std::all_of(term.children.begin(), term.children.end(),
                       [&](const Term& child) { return is_uniform(child, model, sources, members); });
  const Source& source = sources[static_cast<std::size_t>(term.variable)];
  if (source.kind == Source::Kind::known) return source.known->dimensions.empty();
  if (source.kind == Source::Kind::derived)
    return std::all_of(source.variable->statements.begin(), source.variable->statements.end(), [&](int s) {
      const model::Statement& statement = model.statements[static_cast<std::size_t>(s)];
      return statement.serves.empty() && is_uniform(statement.value, model, sources, members);
    });
  return source.variable->levels < 0 && source.all_latent() &&
         std::count_if(members.begin(), members.end(), [&](const Reading& m) { return m.first == term.variable; }) == 1;
}

[[noreturn]] void refuse_more_than_two(const model::Model& model, const Sources& sources,
                                       const std::vector<Reading>& members) {
  std::vector<std::string> names;
  for (const auto& [source, member] : members) {
    const Source& s = sources[static_cast<std::size_t>(source)];
    names.push_back(cell_name(model, s, s.cell_of[static_cast<std::size_t>(member)]));
  }
  if (names.size() > 4) names.resize(4), names.emplace_back("...");
  throw NoRule{-1, fmt::format("a sum over at most two grids, but one of its cells reads {} unknown numbers ({})",
                               members.size(), fmt::join(names, ", "))};
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

}  // namespace

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
  const auto sets = statement.family->parameterizations();
  for (const Parameter& p : sets[static_cast<std::size_t>(statement.parameterization)])
    if (p.shape != Shape::scalar) throw NoRule{-1, "numbers as its parameters, not vectors"};
  for (const int v : numbers_of(model, sources, statement)) {
    const Source& source = sources[static_cast<std::size_t>(v)];
    if (!can_be_on_a_grid(model, source))
      throw NoRule{v, fmt::format("a grid for {}, which is {}", source.variable->name,
                                  source.leader >= 0 ? "in a joint block: leave it out of the block"
                                                     : "not one number on the line")};
    if (!source.grid && std::find(needed.begin(), needed.end(), v) == needed.end()) needed.push_back(v);
  }
  if (!needed.empty()) return std::nullopt;
  NumericStatement numeric;
  numeric.statement = index;
  std::map<std::vector<Reading>, std::size_t> places;
  TermValue terms(model, sources, 1);
  for_served_cells(model, sources, statement, [&](Index cell, const Position& at, double weight) {
    const bool latent = child.kind == Source::Kind::latent && child.member[static_cast<std::size_t>(cell)] >= 0;
    if (!latent && std::isnan(child.known->values[cell]) && !child.integrated) return;
    Choices choices;
    const auto read = [&] {
      terms.noted.clear();
      if (latent) terms.noted.emplace_back(statement.variable, child.member[static_cast<std::size_t>(cell)]);
      for_terms(statement, [&](const model::Term& term) { terms.value(term, at); });
    };
    for_choices(sources, terms, choices, read, [&] {
      std::vector<Reading> members = terms.noted;
      std::sort(members.begin(), members.end());
      if (members.size() > 2) refuse_more_than_two(model, sources, members);
      const auto place = places.emplace(members, numeric.readings.size());
      if (place.second) numeric.readings.push_back({members, {}, {}, {}, {}, 0, false});
      NumericStatement::Read& to = numeric.readings[place.first->second];
      to.cells.push_back({cell, at, weight, choices});
      for (const Choice& c : choices)
        if (std::find(to.selectors.begin(), to.selectors.end(), c.source) == to.selectors.end())
          to.selectors.push_back(c.source);
    });
  });
  for (NumericStatement::Read& read : numeric.readings) {
    // In the order of what is observed, so that some of them, evenly picked, are like all of them.
    if (child.kind != Source::Kind::latent && !child.known->dimensions.empty())
      std::stable_sort(read.cells.begin(), read.cells.end(), [&](const auto& a, const auto& b) {
        const double x = child.known->values[a.cell], y = child.known->values[b.cell];
        return x < y || (!std::isnan(x) && std::isnan(y));
      });
    std::sort(read.selectors.begin(), read.selectors.end());
    read.uniform = true;
    for_terms(statement, [&](const model::Term& term) {
      read.uniform = read.uniform && is_uniform(term, model, sources, read.members);
    });
  }
  return numeric;
}

}  // namespace kullback::messages
