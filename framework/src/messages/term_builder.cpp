#include "messages/term_builder.hpp"

#include <algorithm>
#include <set>

namespace kullback::messages {
namespace {

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

KnownFactor known(const Known& numbers, std::shared_ptr<const Known> shared, const std::vector<Reference>& cells) {
  KnownFactor factor;
  factor.numbers = std::move(shared);
  place(factor, cells, dense_strides(numbers.shape));
  return factor;
}

bool reads(const Term& term, int axis) {
  const auto in = [axis](const auto& factor) {
    return std::find(factor.axes.begin(), factor.axes.end(), axis) != factor.axes.end();
  };
  return std::any_of(term.known.begin(), term.known.end(), in) ||
         std::any_of(term.latent.begin(), term.latent.end(), in) ||
         std::any_of(term.selections.begin(), term.selections.end(),
                     [&](const SelectionFactor& s) { return in(s) || s.axis == axis; });
}

}  // namespace

View view(const KnownFactor& factor) {
  return {factor.numbers->numbers().data() + factor.offset, factor.axes, factor.strides};
}

Selection selection(const SelectionFactor& factor) {
  return {factor.levels->data() + factor.offset, factor.axes, factor.strides, factor.axis};
}

Term TermBuilder::make(const Monomial& monomial) const {
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

void TermBuilder::add_gate(Term& term, const Atom& atom) const {
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

LatentFactor TermBuilder::latent(const Atom& atom) const {
  const Source& source = sources_[static_cast<std::size_t>(atom.source)];
  const Moments& moments = moments_[static_cast<std::size_t>(atom.source)];
  if (source.grid && atom.label == "cell") return mass(atom);
  LatentFactor factor;
  factor.source = atom.source;
  factor.label = atom.label;
  factor.offset = moments.row(atom.label);
  std::vector<Index> strides = shape_strides(source.plates);
  for (Index& s : strides) s *= moments.rows;
  place(factor, atom.cells, strides);
  if (source.side_by_side) {
    place_side_by_side(factor, atom);
    return factor;
  }
  std::vector<Index> inner = shape_strides(source.over);
  if (inner.empty() && atom.label == "cell") inner = {1};
  std::vector<Index> both = inner;
  for (const Index s : inner) both.push_back(s * source.elements);
  place(factor, atom.rows, both);
  return factor;
}

LatentFactor TermBuilder::mass(const Atom& atom) const {
  LatentFactor factor;
  factor.source = atom.source;
  factor.label = atom.label;
  factor.mass = true;
  std::vector<Index> strides = shape_strides(sources_[static_cast<std::size_t>(atom.source)].plates);
  for (Index& s : strides) s *= sizes_[static_cast<std::size_t>(atom.rows[0].axis)];
  place(factor, atom.cells, strides);
  place(factor, atom.rows, {1});
  return factor;
}

void TermBuilder::place_side_by_side(LatentFactor& factor, const Atom& atom) const {
  Index step = 1;
  std::vector<Index> strides;
  for (const int v : atom.of) {
    const Source& part = sources_[static_cast<std::size_t>(v)];
    factor.offset += step * part.first;
    for (const Index s : shape_strides(part.over)) strides.push_back(step * s);
    step *= part.layout.dimension;
  }
  place(factor, atom.rows, strides);
}

std::vector<Index> TermBuilder::shape_strides(const model::Dimensions& dimensions) const {
  std::vector<Index> shape;
  for (const int plate : dimensions) shape.push_back(model_.plates[static_cast<std::size_t>(plate)].size);
  return dense_strides(shape);
}

void TermBuilder::sum_known(Term& term) const {
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

}  // namespace kullback::messages
