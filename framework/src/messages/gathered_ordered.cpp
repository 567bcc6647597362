// The pass over two tables of which one is large, in the order of that table's rows.
#include "messages/gathered.hpp"
#include "messages/lanes.hpp"
#include "parallel/parallel.hpp"

#include <kullback/numerics.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace kullback::messages {
namespace {

constexpr Index kCached = 1 << 15;  // numbers of a table that a cache near the processor holds
constexpr Index kChunkRows = 4096;  // at least
constexpr Index kMostChunks = 64;
constexpr Index kRowsASum = 16;  // responsibilities a sum of the smaller table, which every chunk has its own of
constexpr Index kUnrolled = 14;  // levels of up to so many vectors stay in registers, and their sums too
constexpr Index kFew = kLanes;   // rows that are taken together: their totals are one vector
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// The sum of w log total over rows, logarithms taken of many at once.
class Logarithms {
 public:
  void add(const Vector& totals, const Vector& weights) {
    store(totals_ + count_, totals);
    store(weights_ + count_, weights);
    if (count_ += kLanes; count_ == kMost) flush();
  }
  double sum() {
    flush();
    return sum_;
  }

 private:
  static constexpr Index kMost = 256;
  void flush() {
    vector_log(totals_, totals_, count_);
    for (Index i = 0; i < count_; ++i) sum_ += weights_[i] * totals_[i];
    count_ = 0;
  }
  double totals_[kMost], weights_[kMost];
  Index count_ = 0;
  double sum_ = 0;
};

// Up to eight rows that share the larger table's row.
struct Few {
  Index count = 0;
  const double* from[kFew];  // the smaller table's rows, and their sums
  double* to[kFew];
  Vector weights{};
  Vector totals;
  unsigned lost = 0;  // rows whose total underflows, by bit
};

// Rows of the data that share the larger table's row. N vectors stay in registers, 0: as many as there are do not.
template <std::size_t N>
class Run {
 public:
  Run(const double* own, double* sums, std::size_t vectors, double* scratch)
      : own_(own), sums_(sums), scratch_(scratch), count_(N > 0 ? N : vectors) {
    for (std::size_t v = 0; v < count_; ++v)
      if constexpr (N > 0) {
        held_[v] = load(own + v * kLanes);
        acc_[v] = Vector{};
      } else {
        store(scratch + v * kLanes, Vector{});
      }
  }
  [[gnu::always_inline]] void add(Few& few) {
    Vector dots[kFew] = {};
    for (Index r = 0; r < few.count; ++r) {
      Vector even{}, odd{};
#pragma GCC unroll 16
      for (std::size_t v = 0; v < count_; ++v) {
        const Vector product = row(v) * load(few.from[r] + v * kLanes);
        (v % 2 ? odd : even) += product;
      }
      dots[r] = even + odd;
    }
    few.totals = sums_of(dots);
    const Vector factors = few.weights / few.totals;
    few.lost = 0;
    for (Index r = 0; r < few.count; ++r) {
      if (!(few.totals[r] >= kUnderflow && few.totals[r] < kInfinity)) {
        few.lost |= 1u << r;
        continue;
      }
      const double factor = factors[r];
      any_ = true;
#pragma GCC unroll 16
      for (std::size_t v = 0; v < count_; ++v) {
        const std::size_t at = v * kLanes;
        if constexpr (N > 0)
          acc_[v] += factor * load(few.from[r] + at);
        else
          store(scratch_ + at, load(scratch_ + at) + factor * load(few.from[r] + at));
        store(few.to[r] + at, load(few.to[r] + at) + factor * row(v));
      }
    }
  }
  // Adds to the larger table's sums; where all rows are lost its row may hold no numbers.
  void finish() {
    for (std::size_t v = 0; any_ && v < count_; ++v) {
      const std::size_t at = v * kLanes;
      store(sums_ + at, load(sums_ + at) + row(v) * (N > 0 ? acc_[v] : load(scratch_ + at)));
    }
  }

 private:
  Vector row(std::size_t v) const {
    if constexpr (N > 0)
      return held_[v];
    else
      return load(own_ + v * kLanes);
  }
  const double* own_;
  double *sums_, *scratch_;
  std::size_t count_;
  Vector held_[N > 0 ? N : 1], acc_[N > 0 ? N : 1];
  bool any_ = false;
};

}  // namespace

bool GatheredRows::worth_order(std::span<const GatheredTable> tables) const {
  return tables.size() == 2 && std::max(tables[0].rows, tables[1].rows) * padded(levels_) > kCached;
}

void GatheredRows::put_in_order(std::span<const GatheredTable> tables, const double* weights) {
  const std::size_t larger = tables[1].rows > tables[0].rows, smaller = 1 - larger;
  const GatheredTable &by = tables[larger], &other = tables[smaller];
  const auto size = static_cast<std::size_t>((rows_ - 1) * by.step + 1);
  order_ = std::make_unique<Order>(
      Order{larger, smaller, 0, RowsByMember({by.at, size}, by.step, rows_, by.rows, weights, true).rows, {}, {}});
  Order& order = *order_;
  const auto places = static_cast<Index>(order.rows.size());
  const Index most = std::clamp<Index>(places / (kRowsASum * std::max<Index>(1, other.rows)), 4, kMostChunks);
  order.grain = std::max(kChunkRows, (places + most - 1) / most);
  const Index block = std::max<Index>(1, kCached / padded(levels_));
  const auto block_of = [&](Index row) { return other.at[row * other.step] / block; };
  for (Index begin = 0; begin < places; begin += order.grain)
    std::stable_sort(order.rows.begin() + begin, order.rows.begin() + std::min(places, begin + order.grain),
                     [&](Index a, Index b) { return block_of(a) < block_of(b); });
  for (const Index row : order.rows) {
    for (std::size_t i = 0; i < 2; ++i) order.at[i].push_back(tables[i].at[row * tables[i].step]);
    order.weights.push_back(weights ? weights[row] : 1);
  }
}

void GatheredRows::count_ordered_chunk(std::span<const GatheredTable> tables, Index begin, Index end,
                                       Part& part) const {
  const Index width = padded(levels_);
  const Order& order = *order_;
  part.sums.resize(2);
  part.lost.clear();
  for (std::size_t i = 0; i < 2; ++i) part.sums[i].make_room(order.at[i].data() + begin, 1, end - begin, width);
  // One table's row for a place in the order, and the sums that go with it.
  const auto place_of = [&](std::size_t table, Index place) {
    const Index at = order.at[table][static_cast<std::size_t>(place)];
    return at >= 0 ? at : tables[table].rows;
  };
  const auto sums_for = [&](std::size_t table, Index row) {
    Part::Sums& sums = part.sums[table];
    return sums.values.data() + (row < tables[table].rows ? row - sums.first : sums.rows) * width;
  };
  const Table &own = tables_[order.larger], &other = tables_[order.smaller];
  std::vector<double> scratch(static_cast<std::size_t>(width));
  Logarithms logarithms;
  double offsets = 0;
  const auto count_run = [&](auto vectors, Index first, Index last) {
    const Index row = place_of(order.larger, first);
    Run<vectors> rows(own.exponentials.data() + row * width, sums_for(order.larger, row),
                      static_cast<std::size_t>(width / kLanes), scratch.data());
    for (Index i = first; i < last; i += kFew) {
      Few few;
      few.count = std::min(kFew, last - i);
      double largest[kFew];
      for (Index r = 0; r < few.count; ++r) {
        const Index from = place_of(order.smaller, i + r);
        few.from[r] = other.exponentials.data() + from * width;
        few.to[r] = sums_for(order.smaller, from);
        few.weights[r] = order.weights[static_cast<std::size_t>(i + r)];
        largest[r] = own.largest[static_cast<std::size_t>(row)] + other.largest[static_cast<std::size_t>(from)];
      }
      rows.add(few);
      for (Index r = 0; r < kFew; ++r) {
        if (r < few.count && !(few.lost >> r & 1)) {
          offsets += few.weights[r] * largest[r];
          continue;
        }
        if (r < few.count) part.lost.push_back(order.rows[static_cast<std::size_t>(i + r)]);
        few.weights[r] = 0;
        few.totals[r] = 1;
      }
      logarithms.add(few.totals, few.weights);
    }
    rows.finish();
  };
  const auto count_runs = [&](auto vectors) {
    const auto* at = order.at[order.larger].data();
    for (Index first = begin, last = begin; first < end; first = last) {
      while (last < end && at[last] == at[first]) ++last;
      count_run(vectors, first, last);
    }
  };
  if (width / kLanes <= kUnrolled)
    dispatch<kUnrolled>(width / kLanes, [&](auto n) { count_runs(std::integral_constant<std::size_t, n>{}); });
  else
    count_runs(std::integral_constant<std::size_t, 0>{});
  part.log_totals = logarithms.sum() + offsets;
}

void GatheredRows::count_in_order(std::span<const GatheredTable> tables) {
  const auto places = static_cast<Index>(order_->rows.size());
  parts_.resize(static_cast<std::size_t>((places + order_->grain - 1) / order_->grain));
  parallel::for_chunks(places, order_->grain, [&](Index chunk, Index begin, Index end) {
    count_ordered_chunk(tables, begin, end, parts_[static_cast<std::size_t>(chunk)]);
  });
}

// Adds the rows whose products underflow to the sums; returns their entropy.
double GatheredRows::count_lost(std::span<const GatheredTable> tables, const double* weights) const {
  std::vector<double> r(static_cast<std::size_t>(levels_));
  double entropy = 0;
  for (const Part& part : parts_)
    for (const Index row : part.lost) {
      const double weight = weights ? weights[row] : 1;
      entropy += weight * row_through_logits(tables, row, r.data());
      for (const GatheredTable& table : tables) {
        const Index at = table.at[row * table.step];
        for (Index k = 0; at >= 0 && k < levels_; ++k) {
          const double share = weight * r[static_cast<std::size_t>(k)];
          table.sums[at * levels_ + k] += share;
          if (share > 0) entropy -= share * table.logits[at * levels_ + k];
        }
      }
    }
  return entropy;
}

}  // namespace kullback::messages
