// Polynomials to arrays: what is known is summed once, what is latent is read from moments with strides.
#include "messages/demands.hpp"
#include "messages/node_statements.hpp"
#include "messages/numeric.hpp"
#include "messages/pass.hpp"
#include "messages/statement.hpp"
#include "messages/term_builder.hpp"
#include "messages/terms.hpp"
#include "model/model_error.hpp"

#include <kullback/error.hpp>
#include <kullback/labels.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace kullback::messages {
namespace {

// What was asked for and has no closed form, as a sentence.
std::string sentence(const NoRule& none) {
  if (none.message.ends_with("yet")) return none.message;
  const std::size_t end = none.message.find(' ');
  return end == std::string::npos
             ? "it needs " + readable(none.message)
             : fmt::format("it needs {}{}", readable(none.message.substr(0, end)), none.message.substr(end));
}

constexpr const char* kNoDensity =
    "some of what is observed has probability 0 (or an infinite density), whatever the unknowns are: a value at an end "
    "of the support, or a parameter that is 0";

}  // namespace

Index Moments::row(Text label) const {
  for (const Label& l : labels)
    if (l.label == label) return l.row;
  return -1;
}

// Latent selectors that a statement at the nodes of grids reads.
std::set<int> selectors_of(const NumericStatement& numeric) {
  std::set<int> selectors;
  for (const NumericStatement::Read& read : numeric.readings)
    selectors.insert(read.selectors.begin(), read.selectors.end());
  return selectors;
}

namespace {

// Statements on the way to terms.
struct Drafts {
  std::vector<int> statements;
  std::vector<Polynomial> polynomials;
  std::vector<std::unique_ptr<StatementPolynomial>> makers;
  std::vector<std::unique_ptr<Pins>> pins;  // that makers read
  std::vector<int> needed;                  // variables that statements without a rule want on grids
  std::set<int> chosen;                     // selectors that statements on grids read
};

void add_new(const std::vector<int>& from, std::vector<int>& to) {
  for (const int v : from)
    if (std::find(to.begin(), to.end(), v) == to.end()) to.push_back(v);
}

// A statement without a closed rule: it has one at each node of few grids, or its densities are taken at the nodes of
// all that it reads; the fewest numbers are put on grids.
void draft_on_grids(const model::Model& model, const Sources& sources, int s, const NoRule& none, KnownCache& cache,
                    Demands& demands, Drafts& drafts, Compiled& compiled) {
  const model::Statement& statement = model.statements[static_cast<std::size_t>(s)];
  std::vector<int> needed;
  std::string no_grid;
  try {
    if (auto numeric = make_numeric(model, sources, s, needed)) {
      drafts.polynomials.emplace_back();
      if (numeric->by_statistics >= 0) {
        demands.add_own(statement);
        drafts.chosen.insert(numeric->by_statistics);
      }
      drafts.chosen.merge(selectors_of(*numeric));
      numeric->compiled = drafts.statements.size();
      compiled.numeric.push_back(std::move(*numeric));
      return;
    }
  } catch (const NoRule& why) {
    no_grid = why.message;
  }
  const std::vector<int> pins = choose_pins(model, sources, statement);
  std::vector<int> fresh;
  for (const int v : pins)
    if (!sources[static_cast<std::size_t>(v)].grid) fresh.push_back(v);
  if (!pins.empty() && (!no_grid.empty() || fresh.size() < needed.size())) {
    add_new(fresh, drafts.needed);
    drafts.pins.push_back(std::make_unique<Pins>(some_nodes(pins)));
    drafts.makers.back() =
        std::make_unique<StatementPolynomial>(model, sources, statement, cache, drafts.pins.back().get());
    drafts.polynomials.push_back(drafts.makers.back()->make());
    for (const Gate& gate : drafts.makers.back()->algebra().gates())
      if (gate.source >= 0) drafts.chosen.insert(gate.source);
    compiled.nodes.push_back({s, drafts.statements.size(), pins, {}});
    return;
  }
  if (!no_grid.empty()) {
    const std::string right = statement.text.empty() ? std::string(statement.family->name())
                                                     : statement.text.substr(statement.text.find(": ") + 2);
    model::refuse(model::of_statement(
        model, statement,
        fmt::format("{} has no closed rule: {}; on grids it needs {}", right, sentence(none), no_grid)));
  }
  add_new(needed, drafts.needed);
  drafts.polynomials.emplace_back();
}

}  // namespace

Compiled compile(const Registry& registry, const model::Model& model, Sources& sources, bool keep_selectors) {
  Compiled compiled;
  Demands demands(registry, model, sources);
  Drafts drafts;
  KnownCache cache;
  model::Kept kept;
  std::map<int, int> uses;  // statements of one variable
  for (std::size_t s = 0; s < model.statements.size(); ++s) {
    const model::Statement& statement = model.statements[s];
    if (!statement.family) continue;
    drafts.makers.push_back(std::make_unique<StatementPolynomial>(model, sources, statement, cache));
    const bool good = kept.run([&] {
      try {
        drafts.polynomials.push_back(drafts.makers.back()->make());
      } catch (const NoRule& none) {
        draft_on_grids(model, sources, static_cast<int>(s), none, cache, demands, drafts, compiled);
      }
    });
    if (!good) continue;
    demands.add(drafts.polynomials.back(), statement);
    drafts.statements.push_back(static_cast<int>(s));
  }
  const auto& [numbers, polynomials, makers, pins, needed, chosen] = drafts;
  // Where a factor becomes a grid, what is sent to it is no mistake.
  if (needed.empty()) demands.check(kept);
  kept.throw_if_any();
  if (!needed.empty()) throw NeedsGrids{needed};
  compiled.moments = demands.finish();
  if (!demands.wanted_on_grids().empty()) throw NeedsGrids{demands.wanted_on_grids()};
  std::vector<const Algebra*> algebras;
  std::vector<const Polynomial*> all;
  for (std::size_t k = 0; k < polynomials.size(); ++k) {
    algebras.push_back(&makers[k]->algebra());
    all.push_back(&polynomials[k]);
  }
  for (std::size_t s = 0; s < sources.size() && !keep_selectors; ++s)
    sources[s].eliminated =
        !chosen.contains(static_cast<int>(s)) && can_eliminate(sources, algebras, all, static_cast<int>(s));
  for (std::size_t k = 0; k < polynomials.size(); ++k) {
    const model::Statement& statement = model.statements[static_cast<std::size_t>(numbers[k])];
    const Algebra& algebra = makers[k]->algebra();
    CompiledStatement out;
    out.name = model.variables[static_cast<std::size_t>(statement.variable)].name;
    if (const int use = ++uses[statement.variable]; use > 1) out.name += fmt::format(" ({})", use);
    out.statement = numbers[k];
    out.variable = statement.variable;
    out.sizes = algebra.sizes();
    const TermBuilder builder(model, sources, compiled.moments, algebra);
    for (const Monomial& monomial : polynomials[k]) out.terms.push_back(builder.make(monomial));
    collect_like(out.terms);
    for (const Term& term : out.terms)
      if (term.latent.empty() && term.known.empty() && has_log_of_zero(term.coefficient))
        kept.run([&] {
          model::refuse(
              model::of_variable(model.variables[static_cast<std::size_t>(statement.variable)].name, kNoDensity));
        });
    for (const Algebra::Pair& pair : algebra.pairs())
      compiled.encounters.push_back(
          {pair.source, static_cast<int>(compiled.statements.size()), pair.first, pair.second});
    compiled.gates.push_back(algebra.gates());
    for (const NumericStatement& n : compiled.numeric)
      if (n.compiled == k)
        for (const int s : selectors_of(n)) {
          compiled.gates.back().emplace_back();
          compiled.gates.back().back().source = s;
        }
    compiled.statements.push_back(std::move(out));
  }
  kept.throw_if_any();
  return compiled;
}

}  // namespace kullback::messages
