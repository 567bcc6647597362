// Which blocks have one precision for all members, and how terms read them.
#include "messages/shared_rows.hpp"

#include <algorithm>

namespace kullback::messages {
namespace {

constexpr Index kFewMembers = 4;

// A block of its own of normal vectors, all cells of its variable in their order.
bool serves(const Compiled& compiled, const Source& source, int index) {
  const auto& s = source.statistics;
  if (s.size() != 2 || s[0].label != "x" || s[1].label != "x*x'" || s[0].rows != source.layout.dimension) return false;
  for (const Encounter& e : compiled.encounters)
    if (e.source == index) return false;
  for (const NumericStatement& n : compiled.numeric)
    if (n.by_statistics == index) return false;
  return source.kind == Source::Kind::latent && source.members() >= kFewMembers && source.leader < 0 &&
         !source.own_family && compiled.moments[static_cast<std::size_t>(index)].direct;
}

// Whose terms are made anew with the cells of a grid.
bool is_at_nodes(const Compiled& compiled, const CompiledStatement& statement) {
  return std::any_of(compiled.nodes.begin(), compiled.nodes.end(),
                     [&](const NodeStatement& n) { return n.statement == statement.statement; });
}

}  // namespace

bool SharedRows::Reading::of_members(const std::vector<int>& axes) const {
  return std::any_of(axes.begin(), axes.end(), [&](int axis) { return has_axis(cell_axes, axis); });
}

bool SharedRows::Reading::as_rows(const View& view, Rows& rows, Index& depth, std::vector<int>& depth_axes) const {
  rows = {view.data, 0, 0};
  depth = 1;
  depth_axes.clear();
  std::size_t found = 0;
  for (std::size_t k = 0; k < view.axes.size(); ++k) {
    const auto at = std::find(cell_axes.begin(), cell_axes.end(), view.axes[k]);
    if (at == cell_axes.end()) {
      if (!depth_axes.empty() || view.strides[k] != 1 || has_axis(inner_axes, view.axes[k])) return false;
      depth_axes.push_back(view.axes[k]);
      depth = (*sizes)[static_cast<std::size_t>(view.axes[k])];
      continue;
    }
    const Index members = cell_strides[static_cast<std::size_t>(at - cell_axes.begin())];
    const Index step = view.strides[k] / members;
    if (step * members != view.strides[k] || (found > 0 && step != rows.step)) return false;
    rows.step = step;
    ++found;
  }
  return found == cell_axes.size() && whole_vector;
}

std::unique_ptr<SharedRows> SharedRows::make(const Compiled& compiled, const Source& source, int index,
                                             std::vector<const Term*>& summed) {
  if (!serves(compiled, source, index)) return nullptr;
  auto rows = std::make_unique<SharedRows>();
  rows->dimension_ = source.layout.dimension;
  rows->members_ = source.members();
  for (const CompiledStatement& statement : compiled.statements)
    for (const Term& term : statement.terms)
      for (std::size_t k = 0; k < term.latent.size(); ++k)
        if (term.latent[k].source == index &&
            (is_at_nodes(compiled, statement) || !rows->read(statement, term, k, source)))
          return nullptr;
  if (rows->readings_.empty()) return nullptr;
  for (Reading& reading : rows->readings_) rows->plan_sums(reading, summed);
  Index count = rows->dimension_ * rows->dimension_;
  for (const Reading& reading : rows->readings_) count += reading.sum_count;
  rows->sums_.resize(static_cast<std::size_t>(count));
  return rows;
}

bool SharedRows::read(const CompiledStatement& statement, const Term& term, std::size_t factor, const Source& source) {
  const LatentFactor& from = term.latent[factor];
  const auto same = [&](const LatentFactor& f) { return f.source == from.source; };
  if (!term.passes.empty() || std::count_if(term.latent.begin(), term.latent.end(), same) != 1) return false;
  const Index d = dimension_, numbers = d + d * d;  // of one member
  Reading reading;
  reading.term = &term;
  reading.sizes = &statement.sizes;
  reading.factor = factor;
  reading.second = from.label != "x";
  reading.inner_offset = from.offset - (reading.second ? d : 0);
  std::vector<std::pair<Index, int>> cells;
  for (std::size_t k = 0; k < from.axes.size(); ++k) {
    if (from.strides[k] >= numbers) {
      cells.emplace_back(-from.strides[k], from.axes[k]);
    } else {
      reading.inner_axes.push_back(from.axes[k]);
      reading.inner_strides.push_back(from.strides[k]);
    }
  }
  std::sort(cells.begin(), cells.end());
  for (const auto& [stride, axis] : cells) {
    reading.cell_axes.push_back(axis);
    reading.cell_strides.push_back(-stride / numbers);
  }
  // Every member once.
  Index count = 1;
  for (std::size_t k = reading.cell_axes.size(); k-- > 0;) {
    if (reading.cell_strides[k] != count || -cells[k].first % numbers != 0) return false;
    count *= statement.sizes[static_cast<std::size_t>(reading.cell_axes[k])];
  }
  if (count != source.cells || reading.cell_axes.empty()) return false;
  inner_ = reading.cell_strides.front();
  if (outer_ > 0 && outer_ != count / inner_) return false;
  outer_ = count / inner_;
  const auto of_members = [&](const auto& f) { return reading.of_members(f.axes); };
  bool others = std::any_of(term.known.begin(), term.known.end(), of_members) ||
                std::any_of(term.selections.begin(), term.selections.end(), of_members);
  for (std::size_t k = 0; k < term.latent.size(); ++k) others = others || (k != factor && of_members(term.latent[k]));
  if (reading.second && others) return false;
  for (const SelectionFactor& s : term.selections)
    if (has_axis(reading.cell_axes, s.axis)) return false;
  reading.whole_vector = !reading.second && reading.inner_offset == 0 && reading.inner_strides == std::vector<Index>{1};
  readings_.push_back(std::move(reading));
  return true;
}

void SharedRows::plan_sums(Reading& reading, std::vector<const Term*>& summed) {
  const Term& term = *reading.term;
  if (reading.second || std::find(summed.begin(), summed.end(), &term) != summed.end()) return;
  for (std::size_t k = 0; k < term.latent.size(); ++k)
    if (k != reading.factor && reading.of_members(term.latent[k].axes)) return;
  for (const SelectionFactor& s : term.selections)
    if (reading.of_members(s.axes)) return;
  std::vector<int> axes;
  for (const KnownFactor& f : term.known)
    if (reading.of_members(f.axes))
      for (const int axis : f.axes)
        if (!has_axis(reading.cell_axes, axis) && !has_axis(reading.inner_axes, axis) && !has_axis(axes, axis))
          axes.push_back(axis);
  axes.insert(axes.end(), reading.inner_axes.begin(), reading.inner_axes.end());
  const Index count = count_of(*reading.sizes, axes);
  if (2 * count > members_ * dimension_) return;  // as long as the rows themselves
  reading.sum_axes = std::move(axes);
  reading.sum_count = count;
  reading.sums = 0;
  for (const Reading& other : readings_)
    if (&other != &reading) reading.sums += other.sum_count;
  summed.push_back(&term);
}

const SharedRows::Reading& SharedRows::reading(const Term& term) const {
  return *std::find_if(readings_.begin(), readings_.end(), [&](const Reading& r) { return r.term == &term; });
}

View SharedRows::factor(const Term& term, std::vector<int>& taken) const {
  const Reading& r = reading(term);
  taken.clear();
  if (r.second) {
    const double* squares = sums_.data() + sums_.size() - static_cast<std::size_t>(dimension_ * dimension_);
    return {squares + r.inner_offset, r.inner_axes, r.inner_strides};
  }
  if (r.sums >= 0) {
    taken = r.cell_axes;
    std::vector<Index> shape;
    for (const int axis : r.sum_axes) shape.push_back((*r.sizes)[static_cast<std::size_t>(axis)]);
    return {sums_.data() + r.sums, r.sum_axes, dense_strides(shape)};
  }
  return view_of(r, mean_);
}

void SharedRows::place(const Reading& reading, std::vector<int>& axes, std::vector<Index>& strides) const {
  axes = reading.cell_axes;
  strides = reading.cell_strides;
  for (std::size_t k = 0; k < reading.inner_axes.size(); ++k) {
    axes.push_back(reading.inner_axes[k]);
    strides.push_back(reading.inner_strides[k] * members_);
  }
}

View SharedRows::view_of(const Reading& reading, const Eigen::MatrixXd& numbers) const {
  View view{numbers.data() + reading.inner_offset * members_, {}, {}};
  place(reading, view.axes, view.strides);
  return view;
}

Target SharedRows::target_of(const Reading& reading, Eigen::MatrixXd& numbers) const {
  Target target{numbers.data() + reading.inner_offset * members_, {}, {}};
  place(reading, target.axes, target.strides);
  return target;
}

}  // namespace kullback::messages
