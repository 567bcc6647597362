// Polynomials to arrays: what is known is summed once, what is latent is read from moments with strides.
#include "messages/demands.hpp"
#include "messages/numeric.hpp"
#include "messages/pass.hpp"
#include "messages/statement.hpp"
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

// Axes and strides of references into an array.
template <class Factor>
void place(Factor& factor, const std::vector<Reference>& references, const std::vector<Index>& strides) {
  for (std::size_t k = 0; k < references.size(); ++k) {
    const Reference& r = references[k];
    if (r.axis < 0) {
      factor.offset += r.level * strides[k];
      continue;
    }
    const auto at = std::find(factor.axes.begin(), factor.axes.end(), r.axis);
    if (at != factor.axes.end()) {
      factor.strides[static_cast<std::size_t>(at - factor.axes.begin())] += strides[k];
    } else {
      factor.axes.push_back(r.axis);
      factor.strides.push_back(strides[k]);
    }
  }
}

class TermBuilder {
 public:
  TermBuilder(const model::Model& model, const Sources& sources, const std::vector<Moments>& moments,
              const Algebra& algebra)
      : model_(model), sources_(sources), moments_(moments), algebra_(algebra), sizes_(algebra.sizes()) {}

  Term make(const Monomial& monomial) const {
    Term term;
    term.coefficient = monomial.coefficient;
    for (const Atom& atom : monomial.atoms) {
      if (atom.known)
        term.known.push_back(known(*atom.known, atom.known, atom.cells));
      else if (atom.gate >= 0)
        add_gate(term, atom);
      else
        term.latent.push_back(latent(atom));
    }
    // What no factor varies over is counted.
    for (const int axis : monomial.axes)
      if (!reads(term, axis)) term.coefficient *= static_cast<double>(sizes_[static_cast<std::size_t>(axis)]);
    sum_known(term);
    return term;
  }

 private:
  static KnownFactor known(const Known& numbers, std::shared_ptr<const Known> shared,
                           const std::vector<Reference>& cells) {
    KnownFactor factor;
    factor.numbers = std::move(shared);
    place(factor, cells, dense_strides(numbers.shape));
    return factor;
  }

  void add_gate(Term& term, const Atom& atom) const {
    const Gate& gate = algebra_.gates()[static_cast<std::size_t>(atom.gate)];
    SelectionFactor factor;
    factor.levels = std::make_shared<std::vector<int>>(gate.levels);
    place(factor, atom.cells, dense_strides(gate.shape));
    factor.axis = atom.rows[0].axis;
    if (factor.axis >= 0 && std::find(factor.axes.begin(), factor.axes.end(), factor.axis) == factor.axes.end()) {
      term.selections.push_back(std::move(factor));
      return;
    }
    // At one level, or at a position of its own axes: an indicator.
    auto here = std::make_shared<Known>();
    std::vector<Index> at_axis;
    for (const int axis : factor.axes) {
      here->shape.push_back(sizes_[static_cast<std::size_t>(axis)]);
      at_axis.push_back(axis == factor.axis ? 1 : 0);
    }
    here->values.resize(count_of(sizes_, factor.axes));
    Index cell = 0;
    for_cells<2>(sizes_, factor.axes, {factor.strides.data(), at_axis.data()}, [&](const Index* offset) {
      const int level = (*factor.levels)[static_cast<std::size_t>(factor.offset + offset[0])];
      here->values[cell++] = level == (factor.axis < 0 ? atom.rows[0].level : offset[1]) ? 1 : 0;
    });
    std::vector<Reference> cells;
    for (const int axis : factor.axes) cells.push_back({axis, 0});
    const Known& numbers = *here;
    term.known.push_back(known(numbers, here, cells));
  }

  LatentFactor latent(const Atom& atom) const {
    const Source& source = sources_[static_cast<std::size_t>(atom.source)];
    const Moments& moments = moments_[static_cast<std::size_t>(atom.source)];
    LatentFactor factor;
    factor.source = atom.source;
    factor.label = atom.label;
    factor.offset = moments.row(atom.label);
    std::vector<Index> strides = shape_strides(source.plates);
    for (Index& s : strides) s *= moments.rows;
    place(factor, atom.cells, strides);
    std::vector<Index> inner = shape_strides(source.over);
    if (inner.empty() && atom.label == "cell") inner = {1};
    std::vector<Index> both = inner;
    for (const Index s : inner) both.push_back(s * source.elements);
    place(factor, atom.rows, both);
    return factor;
  }

  std::vector<Index> shape_strides(const model::Dimensions& dimensions) const {
    std::vector<Index> shape;
    for (const int plate : dimensions) shape.push_back(model_.plates[static_cast<std::size_t>(plate)].size);
    return dense_strides(shape);
  }

  static bool reads(const Term& term, int axis) {
    const auto in = [axis](const auto& factor) {
      return std::find(factor.axes.begin(), factor.axes.end(), axis) != factor.axes.end();
    };
    return std::any_of(term.known.begin(), term.known.end(), in) ||
           std::any_of(term.latent.begin(), term.latent.end(), in) ||
           std::any_of(term.selections.begin(), term.selections.end(),
                       [&](const SelectionFactor& s) { return in(s) || s.axis == axis; });
  }

  // The known factors as one array over the axes that latent ones read, unless that would be far larger than they are.
  void sum_known(Term& term) const {
    if (term.known.empty() && term.selections.empty()) return;
    // A pass reads the rows' own numbers.
    for (const LatentFactor& f : term.latent)
      if (sources_[static_cast<std::size_t>(f.source)].eliminated) return;
    std::set<int> visible, axes;
    for (const LatentFactor& f : term.latent) visible.insert(f.axes.begin(), f.axes.end());
    Index numbers = 0;
    Product product;
    for (const KnownFactor& f : term.known) {
      numbers += f.numbers->numbers().size();
      axes.insert(f.axes.begin(), f.axes.end());
      product.views.push_back(view(f));
    }
    for (const SelectionFactor& f : term.selections) {
      numbers += static_cast<Index>(f.levels->size());
      axes.insert(f.axes.begin(), f.axes.end());
      axes.insert(f.axis);
      product.selections.push_back(selection(f));
    }
    std::vector<int> kept;
    for (const int axis : axes)
      if (visible.contains(axis)) kept.push_back(axis);
    const bool selected = !term.selections.empty();
    if (!selected && term.known.size() == 1 && kept.size() == axes.size()) return;
    constexpr Index kAlways = 4096;
    if (count_of(sizes_, kept) > std::max(kAlways, 2 * numbers)) return;
    auto sum = std::make_shared<Known>();
    for (const int axis : kept) sum->shape.push_back(sizes_[static_cast<std::size_t>(axis)]);
    sum->values = Eigen::VectorXd::Zero(count_of(sizes_, kept));
    add_product_in_chunks(sizes_, 1, product, {sum->values.data(), kept, dense_strides(sum->shape)});
    term.selections.clear();
    term.known.clear();
    if (kept.empty()) {
      term.coefficient *= sum->values[0];
      return;
    }
    std::vector<Reference> cells;
    for (const int axis : kept) cells.push_back({axis, 0});
    const Known& whole = *sum;
    term.known.push_back(known(whole, sum, cells));
  }

  const model::Model& model_;
  const Sources& sources_;
  const std::vector<Moments>& moments_;
  const Algebra& algebra_;
  Sizes sizes_;
};

constexpr const char* kNoDensity =
    "some of what is observed has probability 0 (or an infinite density), whatever the unknowns are: a value at an end "
    "of the support, or a parameter that is 0";

// Terms that differ in their known part alone become one where that part is one array over the same axes.
void collect_like(std::vector<Term>& terms) {
  std::vector<Term> out;
  for (Term& term : terms) {
    const auto like = std::find_if(out.begin(), out.end(), [&](const Term& other) {
      return other.latent == term.latent && other.selections.empty() && term.selections.empty() &&
             other.known.empty() && term.known.empty();
    });
    if (like != out.end())
      like->coefficient += term.coefficient;
    else
      out.push_back(std::move(term));
  }
  terms = std::move(out);
}

}  // namespace

View view(const KnownFactor& factor) {
  return {factor.numbers->numbers().data() + factor.offset, factor.axes, factor.strides};
}

Selection selection(const SelectionFactor& factor) {
  return {factor.levels->data() + factor.offset, factor.axes, factor.strides, factor.axis};
}

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

Compiled compile(const Registry& registry, const model::Model& model, Sources& sources, bool keep_selectors) {
  Compiled compiled;
  Demands demands(registry, model, sources);
  std::vector<Polynomial> polynomials;
  std::vector<std::unique_ptr<StatementPolynomial>> makers;
  KnownCache cache;
  model::Kept kept;
  std::vector<int> numbers;
  std::vector<int> needed;  // variables that statements without a rule want on grids
  std::set<int> chosen;     // selectors that statements without a rule read
  std::map<int, int> uses;  // statements of one variable
  for (std::size_t s = 0; s < model.statements.size(); ++s) {
    const model::Statement& statement = model.statements[s];
    if (!statement.family) continue;
    makers.push_back(std::make_unique<StatementPolynomial>(model, sources, statement, cache));
    try {
      if (!kept.run([&] { polynomials.push_back(makers.back()->make()); })) continue;
    } catch (const NoRule& none) {
      std::string no_grid;
      try {
        auto numeric = make_numeric(model, sources, static_cast<int>(s), needed);
        polynomials.emplace_back();
        numbers.push_back(static_cast<int>(s));
        if (numeric) {
          if (numeric->by_statistics >= 0) {
            demands.add_own(statement);
            chosen.insert(numeric->by_statistics);
          }
          chosen.merge(selectors_of(*numeric));
          numeric->compiled = numbers.size() - 1;
          compiled.numeric.push_back(std::move(*numeric));
        }
        continue;
      } catch (const NoRule& why) {
        no_grid = "; on grids it needs " + why.message;
      }
      const std::string right = statement.text.empty() ? std::string(statement.family->name())
                                                       : statement.text.substr(statement.text.find(": ") + 2);
      kept.run([&] {
        model::refuse(model::of_statement(model, statement,
                                          fmt::format("{} has no closed rule: {}{}", right, sentence(none), no_grid)));
      });
      continue;
    }
    demands.add(polynomials.back(), statement);
    numbers.push_back(static_cast<int>(s));
  }
  // Where a factor becomes a grid, what is sent to it is no mistake.
  if (needed.empty()) demands.check(kept);
  kept.throw_if_any();
  if (!needed.empty()) throw NeedsGrids{std::move(needed)};
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
