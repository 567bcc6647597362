// How the terms that read a selector are taken apart into slots.
#include "messages/pass.hpp"

#include <algorithm>

namespace kullback::messages {
namespace {

bool same(const KnownFactor& a, const KnownFactor& b) {
  return a.axes == b.axes && a.strides == b.strides && a.offset == b.offset &&
         (a.numbers == b.numbers || a.numbers->numbers() == b.numbers->numbers());
}
bool same(const SelectionFactor& a, const SelectionFactor& b) {
  return a.axis == b.axis && a.axes == b.axes && a.strides == b.strides && a.offset == b.offset &&
         *a.levels == *b.levels;
}
template <class Factor>
bool same(const std::vector<Factor>& a, const std::vector<Factor>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Factor& x, const Factor& y) { return same(x, y); });
}

}  // namespace

bool can_eliminate(const Sources& sources, const std::vector<const Algebra*>& algebras,
                   const std::vector<const Polynomial*>& polynomials, int index) {
  const Source& source = sources[static_cast<std::size_t>(index)];
  if (source.kind != Source::Kind::latent || source.grid || !source.all_latent() || source.plates.empty() ||
      source.statistics.size() != 1 || source.statistics[0].label != "cell" || source.statistics[0].rows < 2)
    return false;
  for (std::size_t p = 0; p < polynomials.size(); ++p) {
    for (const Monomial& monomial : *polynomials[p]) {
      const Atom* mine = nullptr;
      for (const Atom& atom : monomial.atoms) {
        if (atom.source != index) continue;
        if (mine) return false;
        mine = &atom;
      }
      if (!mine) continue;
      std::vector<int> rows;
      for (const Reference& r : mine->cells) {
        if (r.axis < 0 || algebras[p]->gate_at(r.axis) || has_axis(rows, r.axis)) return false;
        rows.push_back(r.axis);
      }
      if (mine->rows.size() != 1 || mine->rows[0].axis < 0 || has_axis(rows, mine->rows[0].axis)) return false;
      for (const Atom& atom : monomial.atoms) {
        if (&atom == mine || atom.source < 0) continue;
        if (sources[static_cast<std::size_t>(atom.source)].eliminated) return false;
        for (const auto* references : {&atom.cells, &atom.rows})
          for (const Reference& r : *references)
            if (has_axis(rows, r.axis)) return false;
      }
      for (const Atom& atom : monomial.atoms)  // a known gate whose levels are the rows
        if (atom.gate >= 0 && has_axis(rows, atom.rows[0].axis)) return false;
    }
  }
  return true;
}

Pass::Pass(const model::Model& model, const Sources& sources, Compiled& compiled, int source)
    : sources_(sources), compiled_(compiled), source_(source) {
  const Source& selector = sources[static_cast<std::size_t>(source)];
  name_ = selector.variable->name;
  levels_ = selector.statistics[0].rows;
  rows_ = selector.cells;
  for (std::size_t k = 0; k < selector.plates.size(); ++k) {
    const model::Plate& plate = model.plates[static_cast<std::size_t>(selector.plates[k])];
    plate_sizes_.push_back(plate.size);
    weights_.push_back(plate.weight);
    weighted_ = weighted_ || plate.weight.size() > 0;
    if (k > 0) inner_ *= plate.size;
  }
  collect(compiled);
}

void Pass::collect(Compiled& compiled) {
  for (std::size_t s = 0; s < compiled.statements.size(); ++s) {
    CompiledStatement& statement = compiled.statements[s];
    for (std::size_t t = 0; t < statement.terms.size(); ++t) {
      Term& term = statement.terms[t];
      const auto mine = std::find_if(term.latent.begin(), term.latent.end(),
                                     [&](const LatentFactor& f) { return f.source == source_; });
      if (mine == term.latent.end()) continue;
      Slot slot;
      slot.statement = s;
      slot.known = term.known;
      slot.selections = term.selections;
      slot.plate_axes.assign(mine->axes.begin(), mine->axes.end() - 1);  // cells first, the level last
      slot.level_axis = mine->axes.back();
      term.latent.erase(mine);
      // What others read of the rows' numbers and of the levels.
      const auto visible = [&](int axis) {
        return std::any_of(term.latent.begin(), term.latent.end(),
                           [&](const LatentFactor& f) { return has_axis(f.axes, axis); });
      };
      const auto keep = [&](int axis) {
        if (!has_axis(slot.plate_axes, axis) && !has_axis(slot.kept, axis) && visible(axis)) slot.kept.push_back(axis);
      };
      for (const KnownFactor& f : slot.known)
        for (const int axis : f.axes) keep(axis);
      for (const SelectionFactor& f : slot.selections) {
        for (const int axis : f.axes) keep(axis);
        keep(f.axis);
      }
      std::erase(slot.kept, slot.level_axis);
      if (visible(slot.level_axis)) slot.kept.push_back(slot.level_axis);  // last: contiguous
      auto found = std::find_if(slots_.begin(), slots_.end(), [&](const Slot& other) {
        return other.statement == s && other.kept == slot.kept && other.plate_axes == slot.plate_axes &&
               other.level_axis == slot.level_axis && same(other.known, slot.known) &&
               same(other.selections, slot.selections);
      });
      if (found == slots_.end()) {
        slot.sums = std::make_shared<Known>();
        for (const int axis : slot.kept) slot.sums->shape.push_back(statement.sizes[static_cast<std::size_t>(axis)]);
        slot.sums->values = Eigen::VectorXd::Zero(count_of(statement.sizes, slot.kept));
        slot.products.assign(static_cast<std::size_t>(slot.sums->values.size()), 0.0);
        slots_.push_back(std::move(slot));
        found = slots_.end() - 1;
      }
      found->terms.push_back(t);
      KnownFactor sums;
      sums.numbers = found->sums;
      sums.axes = found->kept;
      sums.strides = dense_strides(found->sums->shape);
      term.known = {std::move(sums)};
      term.selections.clear();
      term.passes.push_back(source_);
    }
  }
  for (Slot& slot : slots_) classify(slot, compiled);
  find_silent_rows(compiled);
  if (all_gathered()) gathered_ = std::make_unique<GatheredRows>(name_, rows_, levels_);
}

// A row's level that no observation tells anything of: with its own distribution integrated it is 1, whatever its
// parameters are. A factor for it would only loosen the bound.
void Pass::find_silent_rows(const Compiled& compiled) {
  const model::Dimensions& plates = sources_[static_cast<std::size_t>(source_)].plates;
  std::vector<char> silent(static_cast<std::size_t>(rows_), 1);
  for (const Slot& slot : slots_) {
    const Source& child = sources_[static_cast<std::size_t>(compiled.statements[slot.statement].variable)];
    if (compiled.statements[slot.statement].variable == source_) continue;
    const model::Dimensions dimensions = child.variable->dimensions();
    if (child.kind != Source::Kind::known || !child.known->values.hasNaN() || dimensions.size() < plates.size() ||
        !std::equal(plates.begin(), plates.end(), dimensions.begin()))
      return;
    const Index width = child.known->values.size() / rows_;
    for (Index n = 0; n < rows_; ++n)
      if (!child.known->values.segment(n * width, width).array().isNaN().all()) silent[static_cast<std::size_t>(n)] = 0;
  }
  if (std::find(silent.begin(), silent.end(), 1) != silent.end()) silent_ = std::move(silent);
}

// Whether the rows' logits are rows of tables and nothing else; what a weight multiplies it divides again.
bool Pass::all_gathered() const {
  if (slots_.empty() || plate_sizes_.size() != 1 || !silent_.empty()) return false;
  return std::all_of(slots_.begin(), slots_.end(), [&](const Slot& slot) {
    if (slot.kind != Kind::gather || slot.level_stride != 1 || slot.gathered_stride != levels_) return false;
    if (!weighted_) return slot.known.empty();
    if (slot.known.size() != 1) return false;
    const KnownFactor& weight = slot.known.front();
    return weight.offset == 0 && weight.strides == std::vector<Index>{1} && weight.numbers->numbers() == weights_[0];
  });
}

// The step from one row to the next where rows are numbered through all plates; false if there is none.
bool Pass::row_step(const std::vector<int>& axes, const std::vector<Index>& strides, const Slot& slot,
                    Index& step) const {
  std::vector<Index> along;
  for (const int plate : slot.plate_axes) {
    const auto at = std::find(axes.begin(), axes.end(), plate);
    along.push_back(at == axes.end() ? 0 : strides[static_cast<std::size_t>(at - axes.begin())]);
  }
  step = along.back();
  for (std::size_t k = along.size() - 1; k-- > 0;)
    if (along[k] != along[k + 1] * plate_sizes_[k + 1]) return false;
  return true;
}

void Pass::classify(Slot& slot, const Compiled& compiled) {
  const Sizes& sizes = compiled.statements[slot.statement].sizes;
  if (!has_axis(slot.kept, slot.level_axis)) return;
  const std::vector<Index> strides = dense_strides(slot.sums->shape);
  slot.level_stride = strides[slot.kept.size() - 1];
  std::vector<int> others(slot.kept.begin(), slot.kept.end() - 1);
  std::vector<Index> steps;
  bool plain = true;  // every factor steps from row to row, and has no axis but those kept
  for (const KnownFactor& f : slot.known) {
    Index step = 0;
    plain = plain && row_step(f.axes, f.strides, slot, step);
    for (const int axis : f.axes) plain = plain && (has_axis(slot.plate_axes, axis) || has_axis(others, axis));
    steps.push_back(step);
  }
  if (!plain) return;
  if (slot.selections.size() == 1) {
    const SelectionFactor& s = slot.selections.front();
    Index step = 0;
    bool rows_only = slot.plate_axes.size() == 1 && row_step(s.axes, s.strides, slot, step) && s.axes.size() <= 1;
    for (const int axis : s.axes) rows_only = rows_only && has_axis(slot.plate_axes, axis);
    for (const KnownFactor& f : slot.known)
      for (const int axis : f.axes) rows_only = rows_only && has_axis(slot.plate_axes, axis);
    if (!rows_only || others != std::vector<int>{s.axis}) return;
    slot.kind = Kind::gather;
    slot.gathered_stride = strides[0];
    return;
  }
  if (!slot.selections.empty()) return;
  slot.kind = Kind::dense;
  // One feature a cell of the kept axes; equal ones (x_i x_j and x_j x_i) are one.
  std::vector<Index> position(others.size(), 0);
  const Index cells = count_of(sizes, others);
  for (Index cell = 0; cell < cells; ++cell) {
    Index rest = cell, offset = 0;
    for (std::size_t k = others.size(); k-- > 0;) {
      const Index size = sizes[static_cast<std::size_t>(others[k])];
      position[k] = rest % size;
      rest /= size;
      offset += position[k] * strides[k];
    }
    Feature feature;
    for (std::size_t f = 0; f < slot.known.size(); ++f) {
      const KnownFactor& known = slot.known[f];
      const double* first = known.numbers->numbers().data() + known.offset;
      for (std::size_t a = 0; a < known.axes.size(); ++a)
        for (std::size_t k = 0; k < others.size(); ++k)
          if (known.axes[a] == others[k]) first += position[k] * known.strides[a];
      feature.emplace_back(first, steps[f]);
    }
    // Not by address, which decides in what order they are multiplied.
    const auto met = [&](const Feature::value_type& factor) {
      const auto at = std::find(factors_.begin(), factors_.end(), factor);
      if (at != factors_.end()) return at - factors_.begin();
      factors_.push_back(factor);
      return static_cast<std::ptrdiff_t>(factors_.size()) - 1;
    };
    for (const auto& factor : feature) met(factor);
    std::sort(feature.begin(), feature.end(), [&](const auto& a, const auto& b) { return met(a) < met(b); });
    const auto found = std::find(features_.begin(), features_.end(), feature);
    slot.features.push_back(static_cast<int>(found - features_.begin()));
    if (found == features_.end()) features_.push_back(std::move(feature));
    slot.cell_offsets.push_back(offset);
  }
}

}  // namespace kullback::messages
