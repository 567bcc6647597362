// The members of blocks: what they hear of a message by cell, how often each counts, and what others read of them.
#include "messages/completion.hpp"
#include "messages/model_joint.hpp"
#include "messages/numeric.hpp"
#include "model/model_error.hpp"

#include <kullback/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace kullback::messages {

void ModelJoint::receive(int b, const Eigen::MatrixXd& by_cell, Index begin, Index end, Eigen::MatrixXd& to) const {
  const Source& source = source_of(b);
  const Eigen::VectorXd& weights = weights_[static_cast<std::size_t>(b)];
  for (Index k = begin; k < end; ++k) {
    const Index cell = source.cell_of[static_cast<std::size_t>(k)];
    auto eta = to.col(k).head(by_cell.rows());
    eta = by_cell.col(cell);
    // A row that counts w times is w equal factors: what one of them hears.
    if (weights.size() > 0) eta /= weights[k];
    if (source.partial) condition(source.known_at(cell), to.col(k));
  }
}

Eigen::VectorXd ModelJoint::weights_of(const Source& source) const {
  std::vector<Index> sizes;
  bool weighted = false;
  for (const int p : source.plates) weighted = weighted || model_.plates[static_cast<std::size_t>(p)].weight.size() > 0;
  if (!weighted) return {};
  Eigen::VectorXd weights = Eigen::VectorXd::Ones(source.members());
  for (Index k = 0; k < source.members(); ++k) {
    Index rest = source.cell_of[static_cast<std::size_t>(k)];
    for (std::size_t p = source.plates.size(); p-- > 0;) {
      const model::Plate& plate = model_.plates[static_cast<std::size_t>(source.plates[p])];
      if (plate.weight.size() > 0) weights[k] *= plate.weight[rest % plate.size];
      rest /= plate.size;
    }
    if (!(weights[k] > 0))
      model::refuse(model::of_variable(
          source.variable->name,
          fmt::format("{} has weight {}: leave rows that do not count out of the data",
                      cell_name(model_, source, source.cell_of[static_cast<std::size_t>(k)]), weights[k])));
  }
  return weights;
}

void ModelJoint::fill_moments(int source, Index begin, Index end) {
  const auto s = static_cast<std::size_t>(source);
  if (compiled_.moments[s].direct) return;
  const Block& from = block(sources_[s].block);
  if (const Grid* grid = grid_of(source)) {
    fill_masses(source, begin, end);
    for (Index k = begin; k < end; ++k)
      tables_[s].col(sources_[s].cell_of[static_cast<std::size_t>(k)]) = expect(grid->values, from.m.col(k));
    return;
  }
  for (Index k = begin; k < end; ++k) {
    const Index cell = sources_[s].cell_of[static_cast<std::size_t>(k)];
    tables_[s].col(cell) = from.m.col(k).head(tables_[s].rows());
    if (sources_[s].partial) complete(sources_[s].known_at(cell), tables_[s].col(cell));
  }
}

void ModelJoint::share_rows() {
  std::vector<const Term*> summed;
  rows_.resize(blocks_.size());
  std::vector<std::size_t> order(blocks_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  // A term's known factors are summed over the longer of two blocks.
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return blocks_[a].members() > blocks_[b].members(); });
  for (const std::size_t b : order)
    if (weights_[b].size() == 0 && !is_flat(static_cast<int>(b)))
      rows_[b] = SharedRows::make(compiled_, source_of(static_cast<int>(b)), block_source_[b], summed);
}

const SharedRows* ModelJoint::rows_of(int source) const {
  const int b = sources_[static_cast<std::size_t>(source)].block;
  const SharedRows* rows = b < 0 ? nullptr : rows_[static_cast<std::size_t>(b)].get();
  return rows && rows->holds() ? rows : nullptr;
}

bool ModelJoint::any_whole_blocks() const {
  return std::any_of(rows_.begin(), rows_.end(), [](const auto& rows) { return rows != nullptr; });
}

bool ModelJoint::move_whole(int b, inference::BlockMove& move) {
  SharedRows* rows = rows_[static_cast<std::size_t>(b)].get();
  const auto factors = [this](const Term& term, std::size_t without) { return product(term, without); };
  if (!rows || !rows->move(blocks_[static_cast<std::size_t>(b)], factors, move)) return false;
  ++version_[static_cast<std::size_t>(block_source_[static_cast<std::size_t>(b)])];
  return true;
}

void ModelJoint::write_out(int b) const {
  const auto at = static_cast<std::size_t>(b);
  if (at >= rows_.size() || !rows_[at] || !rows_[at]->holds()) return;
  const std::lock_guard lock(writing_);
  rows_[at]->write(blocks_[at]);
}

std::span<const Block> ModelJoint::blocks() const {
  for (std::size_t b = 0; b < rows_.size(); ++b) write_out(static_cast<int>(b));
  return blocks_;
}

// Whoever may change them.
std::span<Block> ModelJoint::blocks() {
  std::as_const(*this).blocks();
  for (const auto& rows : rows_)
    if (rows) rows->forget();
  return blocks_;
}

}  // namespace kullback::messages
