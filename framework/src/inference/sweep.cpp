#include "inference/sweep.hpp"

#include "parallel/parallel.hpp"

#include <kullback/error.hpp>
#include <kullback/numerics.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace kullback::inference {
namespace {

constexpr Index kChunkNumbers = 8192;  // rows times members of a chunk: work for tens of microseconds
constexpr Index kPieceNumbers = 1024;  // of a piece
constexpr Index kFewNumbers = 1'000'000;
constexpr std::size_t kFewBlocks = 8;
constexpr Index kAskEvery = 4096;  // members moved one by one between two questions to the observer

// The natural parameter of a logarithm is a shape less a number of order one (alpha - 1 of a beta), and A is computed
// from the shape: as a difference of log Gammas that may nearly cancel, known to the rounding of the shape times its
// slope m.
std::vector<double> shifts(const ExponentialFamily& family, const Layout& layout) {
  std::vector<double> out;
  for (const Statistic& s : family.statistics(layout))
    out.insert(out.end(), static_cast<std::size_t>(s.rows), s.label.starts_with("log_") ? 1.0 : 0.0);
  return out;
}

}  // namespace

Sweeper::Sweeper(Joint& joint, const Settings& settings, Observer& observer, bool checked)
    : joint_(joint),
      settings_(settings),
      observer_(observer),
      coloring_(dynamic_cast<const Coloring*>(&joint)),
      local_(dynamic_cast<LocalPasses*>(&joint)),
      prepared_(dynamic_cast<Prepared*>(&joint)),
      whole_(dynamic_cast<WholeBlocks*>(&joint)),
      checked_(checked) {
  if (whole_ && !whole_->any_whole_blocks()) whole_ = nullptr;
  Index numbers = 0;
  const auto count = static_cast<int>(blocks().size());
  for (int b = 0; b < count; ++b) {
    const Block& from = blocks()[static_cast<std::size_t>(b)];
    Kernel k;
    k.family = capability<ExponentialFamily>(*from.family, from.layout);
    k.colors = coloring_ ? coloring_->colors(b) : std::vector<Range>{{b, 0, from.members()}};
    k.grain = std::max<Index>(1, kChunkNumbers / std::max<Index>(1, from.eta.rows()));
    k.piece = std::max<Index>(1, kPieceNumbers / std::max<Index>(1, from.eta.rows()));
    Index slots = 0;
    for (const Range& color : k.colors) {
      k.first_slot.push_back(slots);
      slots += (color.end - color.begin + k.grain - 1) / k.grain;
    }
    k.sums.resize(static_cast<std::size_t>(slots));
    k.update = joint.update_kind(b);
    k.shift = shifts(*k.family, from.layout);
    k.shift.resize(std::max<std::size_t>(2, k.shift.size()), 0.0);  // fixed rows, and new cells, have none
    numbers += from.eta.size();
    kernels_.push_back(std::move(k));
  }
  after_each_block_ = checked && kernels_.size() > 1 && kernels_.size() <= kFewBlocks && numbers <= kFewNumbers;
}

void Sweeper::begin(double quadrature_error, bool stoppable) {
  report_ = {};
  quadrature_error_ = std::isfinite(quadrature_error) ? quadrature_error : 0;
  stoppable_ = stoppable;
  if (after_each_block_) last_ = bound();
}

void Sweeper::forget() {
  for (Kernel& k : kernels_) k.sums_hold = false;
}

bool Sweeper::stopped() {
  if (stoppable_ && !report_.cancelled && observer_.cancelled()) report_.cancelled = true;
  return report_.cancelled || !report_.fall.empty();
}

bool Sweeper::bound_fell_after(const std::string& what) {
  if (!after_each_block_) return false;
  Bound now = bound();
  const std::string fall = describe_fall(last_, now, quadrature_error_, bound_names());
  if (!fall.empty())
    report_.fall = fmt::format("{} after the update of {}; the largest move was that of {}", fall, what,
                               name_of(report_.farthest));
  last_ = std::move(now);
  return !report_.fall.empty();
}

bool Sweeper::make_passes(int before_block) {
  for (Index p = 0; local_ && p < local_->passes(); ++p) {
    if (local_->before_block(p) != before_block) continue;
    if (stopped()) return false;
    if (const int b = local_->iterated_block(p); b >= 0) assign({b, 0, block(b).members()}, local_->iterated(p));
    local_->make_pass(p);
    if (bound_fell_after(local_->pass_name(p))) return false;
  }
  return true;
}

void Sweeper::move_colors(const UpdateRule& rule) {
  for (std::size_t b = 0; b < kernels_.size(); ++b) {
    if (!make_passes(static_cast<int>(b))) return;
    Kernel& k = kernels_[b];
    k.sums_hold = false;
    if (stopped()) return;
    if (!move_whole(static_cast<int>(b), rule))
      for (std::size_t c = 0; c < k.colors.size(); ++c) {
        if (c > 0 && stopped()) return;
        move_range(k.colors[c], rule, static_cast<int>(c));
      }
    k.sums_hold = k.update == Update::exact;
    if (bound_fell_after(blocks()[b].name)) return;
  }
  make_passes(static_cast<int>(kernels_.size()));
}

void Sweeper::move_members(const std::vector<MemberId>& order, const UpdateRule& rule) {
  for (std::size_t n = 0; n < order.size(); ++n) {
    if (n % kAskEvery == 0 && stopped()) return;
    const MemberId id = order[n];
    move_range({id.block, id.member, id.member + 1}, rule);
    const bool last = n + 1 == order.size() || order[n + 1].block != id.block;
    if (last && bound_fell_after(block(id.block).name)) return;
  }
}

void Sweeper::move_all_at_once(const UpdateRule& rule) {
  // Everything is proposed before anything moves.
  std::vector<std::unique_ptr<Scratch>> next;
  for (std::size_t b = 0; b < kernels_.size(); ++b) {
    if (stopped()) return;
    const Kernel& k = kernels_[b];
    const Block& from = block(static_cast<int>(b));
    const Index rows = from.eta.rows(), count = from.members();
    next.push_back(std::make_unique<Scratch>());
    Scratch& all = *next.back();
    prepare({static_cast<int>(b), 0, count});
    all.eta.resize(rows, count);
    all.m.resize(rows, count);
    all.log_partition.resize(count);
    std::vector<Chunk> chunks(static_cast<std::size_t>((count + k.grain - 1) / k.grain));
    parallel::for_chunks(count, k.grain, [&](Index c, Index begin, Index end) {
      const Range part{static_cast<int>(b), begin, end};
      Borrowed borrowed(*this, rows, std::min(k.grain, count));
      Scratch& scratch = *borrowed;
      propose(part, rule, scratch);
      const auto eta = from.eta.middleCols(begin, end - begin);
      for (int halving = 0; k.update == Update::line_search && halving < kHalvings && !in_domain(part, scratch);
           ++halving)
        scratch.eta.leftCols(end - begin) = 0.5 * (eta + scratch.eta.leftCols(end - begin));
      finish(part, scratch);
      Chunk& chunk = chunks[static_cast<std::size_t>(c)];
      chunk = measure(part, scratch);
      if (k.update == Update::line_search) chunk.smallest_gain = std::numeric_limits<double>::infinity();
      all.eta.middleCols(begin, end - begin) = scratch.eta.leftCols(end - begin);
      all.m.middleCols(begin, end - begin) = scratch.m.leftCols(end - begin);
      all.log_partition.segment(begin, end - begin) = scratch.log_partition.head(end - begin);
    });
    for (const Chunk& chunk : chunks) note(static_cast<int>(b), chunk);
  }
  for (std::size_t b = 0; b < kernels_.size(); ++b) {
    kernels_[b].sums_hold = false;
    const Range range{static_cast<int>(b), 0, block(static_cast<int>(b)).members()};
    store(range, *next[b]);
    joint_.refresh(range);
  }
}

void Sweeper::sweep(Index number, const UpdateRule& rule) {
  if (settings_.schedule != Schedule::colored)  // other schedules have no place between two blocks
    for (int b = 0; b <= static_cast<int>(kernels_.size()); ++b)
      if (!make_passes(b)) return;
  switch (settings_.schedule) {
    case Schedule::colored:
      move_colors(rule);
      break;
    case Schedule::jacobi:
      move_all_at_once(rule);
      break;
    case Schedule::sequential:
      move_members(order_of_file(), rule);
      break;
    case Schedule::random:
      move_members(order_at_random(number), rule);
      break;
    case Schedule::residual:
      move_members(order_by_gain(rule), rule);
      break;
  }
  if (report_.smallest_gain < 0 && report_.fall.empty())
    report_.fall = fmt::format("the exact update of {} lost {:.3g} more than its rounding", name_of(report_.smallest),
                               -report_.smallest_gain);
}

}  // namespace kullback::inference
