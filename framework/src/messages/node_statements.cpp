#include "messages/node_statements.hpp"

#include "messages/numeric.hpp"
#include "messages/statement.hpp"
#include "messages/term_builder.hpp"

#include <algorithm>
#include <map>

namespace kullback::messages {
namespace {

constexpr Index kAtOnce = 1 << 22;  // rows times nodes, of each known array while terms are made

bool has_rule(const model::Model& model, const Sources& sources, const model::Statement& statement, const Pins& pins) {
  KnownCache cache;
  StatementPolynomial maker(model, sources, statement, cache, &pins);
  Polynomial polynomial;
  try {
    polynomial = maker.make();
  } catch (const NoRule&) {
    return false;
  }
  for (const Monomial& monomial : polynomial) {
    std::map<int, int> masses;
    for (const Atom& atom : monomial.atoms) {
      if (atom.source < 0) continue;
      const Source& source = sources[static_cast<std::size_t>(atom.source)];
      if (source.variable->levels < 0 && atom.label == "cell") {
        if (++masses[atom.source] > 1) return false;  // two members of one grid
      } else if (!source.grid && !source.has(atom.label)) {
        return false;
      }
    }
  }
  return true;
}

// Terms of a part of the nodes: its axes come after those that there are.
void append(Term term, int first_axis, std::vector<Term>& to) {
  const auto shift = [&](std::vector<int>& axes) {
    for (int& axis : axes) axis += first_axis;
  };
  for (KnownFactor& f : term.known) shift(f.axes);
  for (LatentFactor& f : term.latent) shift(f.axes);
  for (SelectionFactor& f : term.selections) {
    shift(f.axes);
    f.axis += first_axis;
  }
  to.push_back(std::move(term));
}

// The masses of nodes [begin, begin + count) of a source, among all its nodes. False where a term reads none.
bool place_part(Term& term, int source, Index begin, Index count, Index all) {
  for (LatentFactor& f : term.latent) {
    if (!f.mass || f.source != source) continue;
    for (std::size_t k = 0; k + 1 < f.strides.size(); ++k) f.strides[k] = f.strides[k] / count * all;  // of the cells
    f.offset = f.offset / count * all + begin;
    return true;
  }
  return false;
}

}  // namespace

Pins some_nodes(const std::vector<int>& sources) {
  Pins pins;
  for (const int s : sources) pins.grids.push_back({s, Eigen::MatrixXd::Ones(1, 1)});
  return pins;
}

std::vector<int> choose_pins(const model::Model& model, const Sources& sources, const model::Statement& statement) {
  if (statement.modifier != model::Statement::Modifier::none) return {};
  std::vector<int> candidates;
  for (const int v : numbers_of(model, sources, statement)) {
    const Source& source = sources[static_cast<std::size_t>(v)];
    if (can_be_on_a_grid(model, source) && source.all_latent() && !model.is_flat(v)) candidates.push_back(v);
  }
  std::stable_partition(candidates.begin(), candidates.end(),
                        [&](int v) { return sources[static_cast<std::size_t>(v)].grid; });
  for (const int v : candidates)
    if (has_rule(model, sources, statement, some_nodes({v}))) return {v};
  for (std::size_t i = 0; i < candidates.size(); ++i)
    for (std::size_t j = i + 1; j < candidates.size(); ++j)
      if (has_rule(model, sources, statement, some_nodes({candidates[i], candidates[j]})))
        return {candidates[i], candidates[j]};
  return {};
}

TermsAtNodes terms_at_nodes(const model::Model& model, const Sources& sources, const std::vector<Moments>& moments,
                            const model::Statement& statement, const Pins& pins) {
  TermsAtNodes out;
  const Index rows = model.cells(model.variables[static_cast<std::size_t>(statement.variable)].dimensions());
  const Pins::Grid& first = pins.grids.front();
  const Index all = first.nodes.rows(), most = std::clamp<Index>(kAtOnce / std::max<Index>(1, rows), 1, all);
  for (Index begin = 0; begin < all; begin += most) {
    const Index count = std::min(most, all - begin);
    Pins part = pins;
    part.grids.front().nodes = first.nodes.middleRows(begin, count);
    KnownCache cache;
    StatementPolynomial maker(model, sources, statement, cache, &part);
    const Polynomial polynomial = maker.make(), bars = maker.too_large();
    const TermBuilder builder(model, sources, moments, maker.algebra());
    std::vector<Term> terms;
    for (const Monomial& monomial : polynomial) terms.push_back(builder.make(monomial));
    collect_like(terms);
    const auto axes = static_cast<int>(out.sizes.size());
    out.sizes.insert(out.sizes.end(), maker.algebra().sizes().begin(), maker.algebra().sizes().end());
    for (Term& term : terms)  // what reads no nodes counts once
      if (place_part(term, first.source, begin, count, all) || begin == 0) append(std::move(term), axes, out.terms);
    for (const Monomial& monomial : bars) {
      Term term = builder.make(monomial);
      if (place_part(term, first.source, begin, count, all) || begin == 0) append(std::move(term), axes, out.bars);
    }
  }
  return out;
}

}  // namespace kullback::messages
