// How a range of members moves: exactly, along a line, or to given numbers.
#include "inference/sweep.hpp"
#include "parallel/parallel.hpp"

#include <kullback/error.hpp>
#include <kullback/numerics.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace kullback::inference {
namespace {

constexpr int kStrictHalvings = 6;

}  // namespace

Sweeper::Borrowed::Borrowed(const Sweeper& owner, Index rows, Index members) : owner_(owner) {
  {
    const std::lock_guard lock(owner.pool_lock_);
    if (!owner.pool_.empty()) {
      scratch_ = std::move(owner.pool_.back());
      owner.pool_.pop_back();
    }
  }
  if (!scratch_) scratch_ = std::make_unique<Scratch>();
  Scratch& s = *scratch_;
  if (s.eta.rows() == rows && s.eta.cols() >= members) return;
  s.eta_hat.resize(rows, members);
  s.eta.resize(rows, members);
  s.m.resize(rows, members);
  for (Eigen::RowVectorXd* numbers : {&s.log_partition, &s.squares, &s.gains, &s.products}) numbers->resize(members);
}

Sweeper::Borrowed::~Borrowed() {
  const std::lock_guard lock(owner_.pool_lock_);
  owner_.pool_.push_back(std::move(scratch_));
}

void Sweeper::fail(Range range, const Scratch& scratch, Index member, const std::string& what) const {
  std::vector<double> values(joint_.terms().size());
  joint_.expected_log_density(values);
  std::string term;
  for (std::size_t t = 0; t < values.size(); ++t)
    if (!std::isfinite(values[t])) term = fmt::format("; the term {} is {}", joint_.terms()[t], values[t]);
  std::string parameters;
  for (Index r = 0; r < std::min<Index>(4, scratch.eta.rows()); ++r)
    parameters += fmt::format("{}{:.6g}", r ? ", " : "", scratch.eta(r, member));
  throw NumericalError(fmt::format("{}: {} (natural parameters [{}{}]{})",
                                   joint_.member_name(range.block, range.begin + member), what, parameters,
                                   scratch.eta.rows() > 4 ? ", ..." : "", term));
}

void Sweeper::propose(Range range, const UpdateRule& rule, Scratch& scratch) const {
  const Block& from = block(range.block);
  const Index count = range.end - range.begin;
  auto next = scratch.eta.leftCols(count);
  const auto eta = from.eta.middleCols(range.begin, count);
  if (rule) {
    auto eta_hat = scratch.eta_hat.leftCols(count);
    joint_.natural_gradient(range, eta_hat);
    rule(eta, eta_hat, next);
  } else {
    joint_.natural_gradient(range, next);
  }
  if (settings_.damping != 1) next = eta + settings_.damping * (next - eta);
}

bool Sweeper::in_domain(Range range, const Scratch& scratch) const {
  const Block& from = block(range.block);
  const auto next = scratch.eta.leftCols(range.end - range.begin);
  return kernel(range.block).family->first_outside(from.layout, next) < 0;
}

void Sweeper::finish(Range range, Scratch& scratch) const {
  const Block& from = block(range.block);
  const Index count = range.end - range.begin;
  const In next = scratch.eta.leftCols(count);
  const ExponentialFamily& family = *kernel(range.block).family;
  if (const Index outside = family.first_outside(from.layout, next); outside >= 0)
    fail(range, scratch, outside, fmt::format("the update leaves the domain of {}", from.family->name()));
  try {
    family.mean(from.layout, next, scratch.m.leftCols(count), Row(scratch.log_partition.data(), count));
  } catch (const NumericalError&) {  // whose it is
    for (Index k = 0; k < count; ++k) try {
        family.mean(from.layout, next.middleCols(k, 1), scratch.m.middleCols(k, 1),
                    Row(scratch.log_partition.data() + k, 1));
      } catch (const NumericalError& error) {
        fail(range, scratch, k, error.what());
      }
    throw;
  }
}

void Sweeper::store(Range range, const Scratch& scratch) {
  Block& to = (whole_ ? whole_->unwritten_blocks() : joint_.blocks())[static_cast<std::size_t>(range.block)];
  const Index count = range.end - range.begin;
  to.eta.middleCols(range.begin, count) = scratch.eta.leftCols(count);
  to.m.middleCols(range.begin, count) = scratch.m.leftCols(count);
  to.log_partition.segment(range.begin, count) = scratch.log_partition.head(count);
}

void Sweeper::move_range(Range range, const UpdateRule& rule, int color) {
  Kernel& k = kernel(range.block);
  if (color < 0) k.sums_hold = false;
  const Index rows = block(range.block).eta.rows();
  prepare(range);
  if (k.update == Update::line_search) return search(range, rule);
  const Index count = range.end - range.begin;
  std::vector<Chunk> chunks(static_cast<std::size_t>((count + k.grain - 1) / k.grain));
  parallel::for_chunks(count, k.grain, [&](Index c, Index begin, Index end) {
    Borrowed borrowed(*this, rows, std::min(k.piece, count));
    Scratch& scratch = *borrowed;
    Chunk chunk;
    for (Index at = begin; at < end; at += k.piece) {
      const Range part{range.block, range.begin + at, range.begin + std::min(end, at + k.piece)};
      propose(part, rule, scratch);
      finish(part, scratch);
      chunk.add(measure(part, scratch));
      store(part, scratch);
      if (coloring_) joint_.refresh(part);  // while it is in the cache
    }
    chunks[static_cast<std::size_t>(c)] = chunk;
  });
  if (!coloring_) joint_.refresh(range);
  for (std::size_t c = 0; c < chunks.size(); ++c) {
    note(range.block, chunks[c]);
    if (color >= 0)
      k.sums[static_cast<std::size_t>(k.first_slot[static_cast<std::size_t>(color)]) + c] = chunks[c].sums;
  }
}

bool Sweeper::move_whole(int b, const UpdateRule& rule) {
  BlockMove move;
  if (!whole_ || rule || settings_.damping != 1 || !whole_->move_whole(b, move)) return false;
  Chunk chunk;
  chunk.square = move.square;
  chunk.farthest = move.farthest;
  chunk.smallest_gain = move.smallest_gain;
  chunk.smallest = move.smallest;
  note(b, chunk);
  std::vector<Sums>& sums = kernel(b).sums;
  std::fill(sums.begin(), sums.end(), Sums{});
  sums.front() = {move.normalizers, move.inner};
  return true;
}

// Where the last step went too far the natural gradient turns round. With c its component along the last step,
// relative, the fixed-point map contracts by r along it, c = 1 - rho (1 - r), and rho' = 1 / (1 - r) = rho / (1 - c)
// would meet the optimum.
double Sweeper::first_step(const LastStep& last, const Eigen::MatrixXd& direction) {
  if (last.direction.size() != direction.size()) return 1;
  const double before = last.direction.cwiseProduct(last.moved).sum();
  const double c = direction.cwiseProduct(last.moved).sum() / before;
  return before > 0 && c < 1 ? std::clamp(last.rho / (1 - c), 1.0 / 64, 1.0) : 1;
}

void Sweeper::search(Range range, const UpdateRule& rule) {
  const Block& from = block(range.block);
  const Index count = range.end - range.begin;
  Borrowed borrowed(*this, from.eta.rows(), count), kept(*this, from.eta.rows(), count);
  Scratch& scratch = *borrowed;
  Scratch& old = *kept;
  propose(range, rule, scratch);
  old.eta.leftCols(count) = from.eta.middleCols(range.begin, count);
  old.m.leftCols(count) = from.m.middleCols(range.begin, count);
  old.log_partition.head(count) = from.log_partition.segment(range.begin, count);
  Eigen::MatrixXd direction = scratch.eta.leftCols(count) - old.eta.leftCols(count);
  if (!direction.allFinite()) fail(range, scratch, 0, "the natural gradient is not finite");
  LastStep& last = kernel(range.block).last;
  const Bound before = checked_ ? bound() : Bound{};
  ++report_.searches;
  Chunk tried;
  double tried_at = 1;
  // First a step after which the bound, on its fixed nodes, is no lower at all: one that overshoots loses less than the
  // quadrature's error and would go back and forth for ever. Where no such step is near, one within that error will do.
  const double first = checked_ ? first_step(last, direction) : 1;
  for (const bool strict : {true, false}) {
    double rho = first;
    for (int halving = 0; halving <= (strict ? kStrictHalvings : kHalvings); ++halving, rho *= 0.5) {
      scratch.eta.leftCols(count) = old.eta.leftCols(count) + rho * direction;
      if (!in_domain(range, scratch)) continue;
      finish(range, scratch);
      tried = measure(range, scratch);
      tried.smallest_gain = std::numeric_limits<double>::infinity();  // no exact update
      store(range, scratch);
      joint_.refresh(range);
      tried_at = rho;
      if (!checked_ || !fell(before, bound(), strict ? 0 : quadrature_error_)) {
        last = {std::move(direction), scratch.m.leftCols(count) - old.m.leftCols(count), rho};
        return note(range.block, tried, 1 / rho);
      }
      store(range, old);
      joint_.refresh(range);
    }
  }
  ++report_.rejected;
  last = {};
  note(range.block, tried, 1 / tried_at);  // the step wanted, from the last one tried
}

void Sweeper::assign(Range range, In eta) {
  kernel(range.block).sums_hold = false;
  const Index rows = eta.rows(), grain = kernel(range.block).grain, count = range.end - range.begin;
  std::vector<Chunk> chunks(static_cast<std::size_t>((count + grain - 1) / grain));
  parallel::for_chunks(count, grain, [&](Index c, Index begin, Index end) {
    Borrowed borrowed(*this, rows, std::min(grain, count));
    Scratch& scratch = *borrowed;
    scratch.eta.leftCols(end - begin) = eta.middleCols(begin, end - begin);
    const Range part{range.block, range.begin + begin, range.begin + end};
    finish(part, scratch);
    chunks[static_cast<std::size_t>(c)] = measure(part, scratch);
    chunks[static_cast<std::size_t>(c)].smallest_gain = std::numeric_limits<double>::infinity();
    store(part, scratch);
  });
  joint_.refresh(range);
  for (const Chunk& chunk : chunks) note(range.block, chunk);
}

}  // namespace kullback::inference
