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
constexpr int kHalvings = 40;
constexpr int kStrictHalvings = 6;
constexpr Index kManyRows = 16;  // of a member that are worth sums side by side
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr Index kAskEvery = 4096;  // members moved one by one between two questions to the observer

// The products' sum where 0 * inf = 0: a cell without mass has eta = -inf.
double guarded_dot(const double* a, const double* b, Index rows) {
  double sum = 0;
  for (Index r = 0; r < rows; ++r) sum += a[r] == 0 || b[r] == 0 ? 0.0 : a[r] * b[r];
  return sum;
}

// NaN counts as a fall.
bool fell(const Bound& before, const Bound& after, double slack) {
  return !(after.value >= before.value - std::max(before.rounding, after.rounding) - slack);
}

struct Move {
  double square, gain, scale;
  double product;  // <eta', m'>
};

// <eta' - eta, m' - m>, and KL(old || new) = A' - A - <eta' - eta, m> with the size of its terms.
Move move_of(const double* eta, const double* next, const double* m, const double* m_next, double a, double a_next,
             Index rows, const std::vector<double>& shift) {
  double square = 0, inner = 0, scale = 0;
  for (Index r = 0; r < rows; ++r) {
    const auto k = static_cast<std::size_t>(r);
    if (k < shift.size() && shift[k] != 0) scale += shift[k] * (std::abs(m[r]) + std::abs(m_next[r]));
    if (eta[r] == next[r]) continue;  // also -inf
    const double step = next[r] - eta[r];
    if (m_next[r] != m[r]) square += step * (m_next[r] - m[r]);
    if (m[r] != 0) {
      inner += step * m[r];
      scale += (std::abs(next[r]) + std::abs(eta[r])) * std::abs(m[r]);
    }
  }
  return {square, a_next - a - inner, scale + std::abs(a) + std::abs(a_next), guarded_dot(next, m_next, rows)};
}

// The same of many rows, all finite: without branches, in sums that do not wait for one another. Not finite otherwise.
Move move_of_finite(const double* eta, const double* next, const double* m, const double* m_next, double a,
                    double a_next, Index rows, const double* shift) {
  constexpr Index kLanes = 8;
  double square[kLanes] = {}, inner[kLanes] = {}, scale[kLanes] = {}, product[kLanes] = {};
  const auto add = [&](Index r, Index l) {
    const double step = next[r] - eta[r], size = std::abs(m[r]);
    square[l] += step * (m_next[r] - m[r]);
    inner[l] += step * m[r];
    scale[l] += shift[r] * (size + std::abs(m_next[r])) + (std::abs(next[r]) + std::abs(eta[r])) * size;
    product[l] += next[r] * m_next[r];
  };
  Index r = 0;
  for (; r + kLanes <= rows; r += kLanes)
    for (Index l = 0; l < kLanes; ++l) add(r + l, l);
  for (Index l = 0; r < rows; ++r, ++l) add(r, l);
  for (Index l = 1; l < kLanes; ++l) {
    square[0] += square[l];
    inner[0] += inner[l];
    scale[0] += scale[l];
    product[0] += product[l];
  }
  return {square[0], a_next - a - inner[0], scale[0] + std::abs(a) + std::abs(a_next), product[0]};
}

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

void Sweeper::Chunk::add(const Chunk& other) {
  if (other.square > square) {
    square = other.square;
    farthest = other.farthest;
  }
  if (other.smallest_gain < smallest_gain) {
    smallest_gain = other.smallest_gain;
    smallest = other.smallest;
  }
  sums.normalizers += other.sums.normalizers;
  sums.inner += other.sums.inner;
}

Sweeper::Borrowed::~Borrowed() {
  const std::lock_guard lock(owner_.pool_lock_);
  owner_.pool_.push_back(std::move(scratch_));
}

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

Sweeper::Chunk Sweeper::measure(Range range, Scratch& scratch) const {
  if (block(range.block).eta.rows() == 2) {
    const Chunk chunk = measure_pairs(range, scratch);
    if (std::isfinite(chunk.sums.inner + chunk.sums.normalizers + chunk.square + chunk.smallest_gain)) return chunk;
  }
  return measure_any(range, scratch);
}

Sweeper::Chunk Sweeper::measure_pairs(Range range, Scratch& scratch) const {
  const Block& from = block(range.block);
  const Index count = range.end - range.begin;
  const double* eta = from.eta.data() + 2 * range.begin;
  const double* m = from.m.data() + 2 * range.begin;
  const double* a = from.log_partition.data() + range.begin;
  const double* next = scratch.eta.data();
  const double* m_next = scratch.m.data();
  const double* a_next = scratch.log_partition.data();
  double* squares = scratch.squares.data();
  double* gains = scratch.gains.data();
  double* products = scratch.products.data();
  const double t0 = kernel(range.block).shift[0], t1 = kernel(range.block).shift[1];
  for (Index k = 0; k < count; ++k) {
    const double e0 = eta[2 * k], e1 = eta[2 * k + 1], n0 = next[2 * k], n1 = next[2 * k + 1];
    const double m0 = m[2 * k], m1 = m[2 * k + 1], p0 = m_next[2 * k], p1 = m_next[2 * k + 1];
    const double s0 = n0 - e0, s1 = n1 - e1;
    squares[k] = s0 * (p0 - m0) + s1 * (p1 - m1);
    const double scale = (std::abs(n0) + std::abs(e0)) * std::abs(m0) + (std::abs(n1) + std::abs(e1)) * std::abs(m1) +
                         t0 * (std::abs(m0) + std::abs(p0)) + t1 * (std::abs(m1) + std::abs(p1)) + std::abs(a[k]) +
                         std::abs(a_next[k]);
    gains[k] = (a_next[k] - a[k] - (s0 * m0 + s1 * m1)) + 64 * kEpsilon * scale;
    products[k] = n0 * p0 + n1 * p1;
  }
  Chunk chunk;
  chunk.sums = {scratch.log_partition.head(count).sum(), scratch.products.head(count).sum()};
  // A sum is not finite if one of its terms is not; the vectorized extremes may miss that.
  const double poison = 0 * (scratch.squares.head(count).sum() + scratch.gains.head(count).sum());
  chunk.square = scratch.squares.head(count).maxCoeff();
  chunk.smallest_gain = scratch.gains.head(count).minCoeff();
  chunk.farthest = range.begin + (std::find(squares, squares + count, chunk.square) - squares);
  chunk.smallest = range.begin + (std::find(gains, gains + count, chunk.smallest_gain) - gains);
  chunk.square += poison;
  return chunk;
}

Sweeper::Chunk Sweeper::measure_any(Range range, const Scratch& scratch) const {
  const Block& from = block(range.block);
  const Index rows = from.eta.rows(), count = range.end - range.begin;
  Chunk chunk;
  Eigen::RowVectorXd products(count);
  for (Index k = 0; k < count; ++k) {
    const Index at = range.begin + k;
    const double* next = scratch.eta.data() + k * rows;
    const double* m_next = scratch.m.data() + k * rows;
    const double *eta = from.eta.data() + at * rows, *m = from.m.data() + at * rows;
    const double a = from.log_partition[at], a_next = scratch.log_partition[k];
    const std::vector<double>& shift = kernel(range.block).shift;
    const bool many = rows >= kManyRows && static_cast<Index>(shift.size()) >= rows;
    Move move{kNan, kNan, kNan, kNan};
    if (many) move = move_of_finite(eta, next, m, m_next, a, a_next, rows, shift.data());
    if (!std::isfinite(move.square + move.gain + move.scale + move.product))
      move = move_of(eta, next, m, m_next, a, a_next, rows, shift);
    if (std::isnan(move.square) || std::isnan(move.gain)) fail(range, scratch, k, "the update is not finite");
    Chunk one;
    one.square = move.square;
    one.smallest_gain = move.gain + 64 * kEpsilon * move.scale;
    one.farthest = one.smallest = at;
    chunk.add(one);
    products[k] = move.product;
  }
  // Not one by one: the rounding of equal members would add up.
  chunk.sums = {scratch.log_partition.head(count).sum(), products.sum()};
  return chunk;
}

void Sweeper::store(Range range, const Scratch& scratch) {
  Block& to = (whole_ ? whole_->unwritten_blocks() : joint_.blocks())[static_cast<std::size_t>(range.block)];
  const Index count = range.end - range.begin;
  to.eta.middleCols(range.begin, count) = scratch.eta.leftCols(count);
  to.m.middleCols(range.begin, count) = scratch.m.leftCols(count);
  to.log_partition.segment(range.begin, count) = scratch.log_partition.head(count);
}

void Sweeper::note(int b, const Chunk& chunk, double scale) {
  const double distance = std::sqrt(chunk.square) * scale;
  if (distance > report_.distance) {
    report_.distance = distance;
    report_.farthest = {b, chunk.farthest};
  }
  if (chunk.smallest_gain < report_.smallest_gain) {
    report_.smallest_gain = chunk.smallest_gain;
    report_.smallest = {b, chunk.smallest};
  }
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

Bound Sweeper::bound() const {
  const std::size_t terms = joint_.terms().size();
  Bound bound;
  bound.terms.resize(terms + kernels_.size());
  joint_.expected_log_density({bound.terms.data(), terms});
  for (std::size_t b = 0; b < kernels_.size(); ++b) {
    // H = A - <eta, m>: the difference of two terms that may be far larger.
    double normalizers = 0, inner = 0;
    if (kernels_[b].sums_hold) {
      for (const Sums& sums : kernels_[b].sums) {
        normalizers += sums.normalizers;
        inner += sums.inner;
      }
    } else {
      const Block& from = block(static_cast<int>(b));
      const Index rows = from.eta.rows();
      normalizers = parallel::sum_chunks(from.members(), kernels_[b].grain, [&](Index begin, Index end) {
        return from.log_partition.segment(begin, end - begin).sum();
      });
      inner = parallel::sum_chunks(from.members(), kernels_[b].grain, [&](Index begin, Index end) {
        return guarded_dot(from.eta.data() + begin * rows, from.m.data() + begin * rows, (end - begin) * rows);
      });
    }
    bound.terms[terms + b] = normalizers - inner;
    bound.rounding += std::abs(normalizers) + std::abs(inner);
  }
  for (std::size_t t = 0; t < bound.terms.size(); ++t) {
    bound.value += bound.terms[t];
    if (t < terms) bound.rounding += std::abs(bound.terms[t]);
  }
  bound.rounding *= 64 * kEpsilon;
  return bound;
}

std::vector<std::string> Sweeper::bound_names() const {
  std::vector<std::string> names = joint_.terms();
  for (const Block& b : blocks()) names.push_back("entropy of " + b.name);
  return names;
}

std::string describe_fall(const Bound& before, const Bound& after, double slack,
                          const std::vector<std::string>& names) {
  if (!fell(before, after, slack)) return {};
  const double allowed = std::max(before.rounding, after.rounding) + slack;
  std::size_t worst = 0;
  for (std::size_t t = 0; t < after.terms.size(); ++t)
    if (!(after.terms[t] - before.terms[t] >= after.terms[worst] - before.terms[worst])) worst = t;
  return fmt::format(
      "the bound fell from {:.17g} to {:.17g}, by more than rounding and quadrature allow ({:.3g}), most in "
      "the term {} (from {:.17g} to {:.17g})",
      before.value, after.value, allowed, names[worst], before.terms[worst], after.terms[worst]);
}

}  // namespace kullback::inference
