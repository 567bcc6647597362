// Polynomials to arrays: what is known is summed once, what is latent is read from moments with strides.
#include "messages/node_statements.hpp"
#include "messages/numeric.hpp"
#include "messages/pass.hpp"
#include "messages/statement.hpp"
#include "messages/term_builder.hpp"
#include "messages/terms.hpp"
#include "messages/wider_families.hpp"

#include <kullback/error.hpp>
#include <kullback/labels.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

namespace kullback::messages {
namespace {

std::string readable(std::string label) {
  if (label == "log_x") return "log x";
  if (label == "log2_x") return "log^2 x";
  if (label == "x2") return "x^2";
  if (label == "lgamma_x") return "log Gamma(x)";
  if (label == "log_1mx") return "log(1 - x)";
  return label;
}

// What was asked for and has no closed form, as a sentence.
std::string sentence(const NoRule& none) {
  if (none.message.ends_with("yet")) return none.message;
  const std::size_t end = none.message.find(' ');
  return end == std::string::npos
             ? "it needs " + readable(none.message)
             : fmt::format("it needs {}{}", readable(none.message.substr(0, end)), none.message.substr(end));
}

// What messages of a source need: its labels, in order of appearance.
class Demands {
 public:
  Demands(const Registry& registry, const model::Model& model, Sources& sources)
      : registry_(registry), model_(model), sources_(sources), moments_(sources.size()) {}

  void add(const Polynomial& polynomial, const model::Statement& statement) {
    for (const Monomial& monomial : polynomial)
      for (const Atom& atom : monomial.atoms) {
        if (atom.source < 0 || (atom.label == "cell" && sources_[static_cast<std::size_t>(atom.source)].grid)) continue;
        auto& sent = sent_[{atom.source, &statement}];
        if (std::find(sent.begin(), sent.end(), atom.label) == sent.end()) sent.push_back(atom.label);
      }
  }

  std::vector<Moments> finish() {
    for (std::size_t s = 0; s < sources_.size(); ++s) widen(static_cast<int>(s));
    for (const auto& [key, labels] : sent_) check(key.first, *key.second, labels);
    for (std::size_t s = 0; s < sources_.size(); ++s) {
      Source& source = sources_[s];
      if (source.kind != Source::Kind::latent || holder(sources_, static_cast<int>(s)) != static_cast<int>(s)) continue;
      if (source.grid)  // whatever messages need
        for (const auto& [key, labels] : sent_)
          for (const std::string& label : labels)
            if (key.first == static_cast<int>(s) && !source.has(label)) source.statistics.push_back({label, 1});
      Moments& m = moments_[s];
      m.direct = source.all_latent() && !source.grid && !source.partial && source.limits.size() == 0;
      for (const Statistic& statistic : source.statistics) {
        m.labels.push_back({statistic.label, statistic.rows, m.rows});
        m.rows += statistic.rows;
      }
    }
    return std::move(moments_);
  }

 private:
  void check(int index, const model::Statement& statement, const std::vector<std::string>& labels) const {
    const Source& source = sources_[static_cast<std::size_t>(index)];
    if (source.grid) {
      for (const std::string& l : labels)
        if (label_rows(l, 1) != 1)
          throw UnsupportedError(fmt::format("{}: the statistic {} that is sent to its grid is not known at its nodes",
                                             source.variable->name, l));
      return;
    }
    const bool all = std::all_of(labels.begin(), labels.end(), [&](const std::string& l) { return source.has(l); });
    if (all) return;
    const std::string name = source.variable->name;
    std::vector<std::string> own;
    for (const Statistic& s : source.statistics) own.push_back(readable(s.label));
    std::vector<std::string> sends, better;
    for (const std::string& l : labels) sends.push_back(readable(l));
    for (const FamilyWith& family : families_with(registry_, source, labels))
      better.emplace_back(family.family->name());
    if (source.side_by_side)
      throw UnsupportedError(
          fmt::format("{}: the joint block of normals has statistics (x, x*x'), but {} sends ({}): "
                      "leave it out of the block",
                      name, statement.text, fmt::join(sends, ", ")));
    if (source.leader >= 0)
      throw UnsupportedError(fmt::format(
          "{}: the joint block {} has statistics ({}), but {} sends ({}); say the mean's precision in terms of the "
          "other variable (mu: normal(0, precision = 0.1 * tau)), or leave them factorized",
          name, source.family->name(), fmt::join(own, ", "), statement.text, fmt::join(sends, ", ")));
    throw UnsupportedError(fmt::format(
        "{}: its factor is {} with statistics ({}), but {} sends ({}): use {}posterior: {{{}: discrete_grid}}", name,
        article(source.family->name()), fmt::join(own, ", "),
        statement.text.empty() ? model_.variables[static_cast<std::size_t>(statement.variable)].name : statement.text,
        fmt::join(sends, ", "), better.empty() ? "" : fmt::format("{}, or ", fmt::join(better, " or ")), name));
  }

  // The factor of an exponential that is a rate is a gamma.
  void widen(int index) {
    std::vector<std::string> labels;
    for (const auto& [key, sent] : sent_)
      if (key.first == index) labels.insert(labels.end(), sent.begin(), sent.end());
    widen_factor(registry_, sources_[static_cast<std::size_t>(index)], labels);
  }

  static std::string article(Text name) {
    return fmt::format("{} {}", Text("aeiou").find(name[0]) == Text::npos ? "a" : "an", name);
  }

  const Registry& registry_;
  const model::Model& model_;
  Sources& sources_;
  std::vector<Moments> moments_;
  std::map<std::pair<int, const model::Statement*>, std::vector<std::string>> sent_;
};

std::string no_density(const std::string& name) {
  return fmt::format(
      "{}: some of what is observed has probability 0 (or an infinite density), whatever the unknowns are: a value at "
      "an "
      "end of the support, or a parameter that is 0",
      name);
}

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
                    Drafts& drafts, Compiled& compiled) {
  const model::Statement& statement = model.statements[static_cast<std::size_t>(s)];
  std::vector<int> needed;
  std::string no_grid;
  try {
    if (auto numeric = make_numeric(model, sources, s, needed)) {
      drafts.polynomials.emplace_back();
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
  if (!no_grid.empty())
    throw UnsupportedError(fmt::format("{}: {} has no closed rule: {}; on grids it needs {}",
                                       model.variables[static_cast<std::size_t>(statement.variable)].name,
                                       statement.text.empty() ? std::string(statement.family->name()) : statement.text,
                                       sentence(none), no_grid));
  add_new(needed, drafts.needed);
  drafts.polynomials.emplace_back();
}

}  // namespace

Compiled compile(const Registry& registry, const model::Model& model, Sources& sources, bool keep_selectors) {
  Compiled compiled;
  Demands demands(registry, model, sources);
  Drafts drafts;
  KnownCache cache;
  std::map<int, int> uses;  // statements of one variable
  for (std::size_t s = 0; s < model.statements.size(); ++s) {
    const model::Statement& statement = model.statements[s];
    if (!statement.family) continue;
    drafts.makers.push_back(std::make_unique<StatementPolynomial>(model, sources, statement, cache));
    try {
      drafts.polynomials.push_back(drafts.makers.back()->make());
    } catch (const NoRule& none) {
      draft_on_grids(model, sources, static_cast<int>(s), none, cache, drafts, compiled);
    }
    demands.add(drafts.polynomials.back(), statement);
    drafts.statements.push_back(static_cast<int>(s));
  }
  const auto& [numbers, polynomials, makers, pins, needed, chosen] = drafts;
  if (!needed.empty()) throw NeedsGrids{needed};
  compiled.moments = demands.finish();
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
        throw UnsupportedError(no_density(model.variables[static_cast<std::size_t>(statement.variable)].name));
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
  return compiled;
}

}  // namespace kullback::messages
