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
constexpr Index kRowsASum = 16;        // responsibilities a sum of the smaller table, which every chunk has its own of
constexpr std::size_t kUnrolled = 14;  // levels of up to so many vectors stay in registers, and their sums too
constexpr Index kFew = kLanes;         // rows that are taken together: their totals are one vector
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

// N vectors stay in registers, 0: as many as there are do not.
template <std::size_t N>
class Run {
 public:
  Run(const double* own, double* sums, std::size_t vectors) : own_(own), sums_(sums), count_(N > 0 ? N : vectors) {
    for (std::size_t v = 0; v < count_; ++v)
      if constexpr (N > 0) {
        held_[v] = load(own + v * kLanes);
        acc_[v] = Vector{};
      } else {
        store(sums + v * kLanes, Vector{});
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
          store(sums_ + at, load(sums_ + at) + factor * load(few.from[r] + at));
        store(few.to[r] + at, load(few.to[r] + at) + factor * row(v));
      }
    }
  }
  // The larger table's sums of these rows; where all are lost its row may hold no numbers.
  void finish() {
    for (std::size_t v = 0; v < count_; ++v) {
      const std::size_t at = v * kLanes;
      store(sums_ + at, any_ ? row(v) * (N > 0 ? acc_[v] : load(sums_ + at)) : Vector{});
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
  double* sums_;
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
  const auto size = [&](std::size_t i) { return static_cast<std::size_t>((rows_ - 1) * tables[i].step + 1); };
  const GatheredTable &by = tables[larger], &other = tables[smaller];
  order_ = std::make_unique<Order>(
      Order{larger, smaller, RowsByMember({by.at, size(larger)}, by.step, rows_, by.rows, weights, true), {}, {}});
  for (const Index row : order_->rows.rows) {
    order_->at.push_back(other.at[row * other.step]);
    order_->weights.push_back(weights ? weights[row] : 1);
  }
}

void GatheredRows::count_ordered_chunk(std::span<const GatheredTable> tables, Index begin, Index end,
                                       Part& part) const {
  const Index width = padded(levels_);
  const Order& order = *order_;
  const std::vector<Index>& runs = order.rows.begin;
  const auto run_of = [&](Index place) {
    return static_cast<Index>(std::upper_bound(runs.begin(), runs.end(), place) - runs.begin()) - 1;
  };
  const auto room = [&](std::size_t table, Index first, Index last) {
    Part::Sums& sums = part.sums[table];
    sums.first = first;
    sums.rows = std::max<Index>(0, last - first);
    sums.values.resize(static_cast<std::size_t>((sums.rows + 1) * width));
    return sums.values.data();
  };
  part.sums.resize(2);
  part.lost.clear();
  const Index first_run = run_of(begin), last_run = run_of(end - 1) + 1, nobodys = tables[order.larger].rows;
  double* own_sums = room(order.larger, std::min(first_run, nobodys), std::min(last_run, nobodys));
  Index least = tables[order.smaller].rows, most = -1;
  for (Index i = begin; i < end; ++i)
    if (const Index at = order.at[static_cast<std::size_t>(i)]; at >= 0) {
      least = std::min(least, at);
      most = std::max(most, at);
    }
  least = std::min(least, most + 1);
  double* other_sums = room(order.smaller, least, most + 1);
  std::fill(part.sums[order.smaller].values.begin(), part.sums[order.smaller].values.end(), 0.0);
  const Table &own = tables_[order.larger], &other = tables_[order.smaller];
  Logarithms logarithms;
  double offsets = 0;
  // The beginnings of rows that are read soon; the processor goes on by itself.
  const auto fetch = [&](std::size_t place) {
    if (place >= static_cast<std::size_t>(end) || order.at[place] < 0) return;
    const double* from = other.exponentials.data() + order.at[place] * width;
    const double* to = other_sums + (order.at[place] - least) * width;
    for (Index k = 0; k < std::min<Index>(width, 3 * kLanes); k += kLanes) {
      __builtin_prefetch(from + k);
      __builtin_prefetch(to + k, 1);
    }
  };
  const auto count_run = [&](auto vectors, Index run) {
    const Index first = std::max(begin, runs[static_cast<std::size_t>(run)]),
                last = std::min(end, runs[static_cast<std::size_t>(run) + 1]);
    Run<vectors> rows(own.exponentials.data() + run * width, own_sums + (run - first_run) * width,
                      static_cast<std::size_t>(width / kLanes));
    for (Index i = first; i < last; i += kFew) {
      Few few;
      few.count = std::min(kFew, last - i);
      for (Index r = 0; r < few.count; ++r) {
        const auto place = static_cast<std::size_t>(i + r);
        fetch(place + kFew);
        const Index at = order.at[place], from = at >= 0 ? at : tables[order.smaller].rows;
        few.from[r] = other.exponentials.data() + from * width;
        few.to[r] = other_sums + (at >= 0 ? at - least : most + 1 - least) * width;
        few.weights[r] = order.weights[place];
      }
      rows.add(few);
      for (Index r = 0; r < kFew; ++r) {
        if (r < few.count && !(few.lost >> r & 1)) {
          const Index at = order.at[static_cast<std::size_t>(i + r)], from = at >= 0 ? at : tables[order.smaller].rows;
          offsets += few.weights[r] *
                     (own.largest[static_cast<std::size_t>(run)] + other.largest[static_cast<std::size_t>(from)]);
          continue;
        }
        if (r < few.count) part.lost.push_back(order.rows.rows[static_cast<std::size_t>(i + r)]);
        few.weights[r] = 0;
        few.totals[r] = 1;
      }
      logarithms.add(few.totals, few.weights);
    }
    rows.finish();
  };
  const auto count_runs = [&](auto vectors) {
    for (Index run = first_run; run < last_run; ++run) count_run(vectors, run);
  };
  if (const auto vectors = static_cast<std::size_t>(width / kLanes); vectors <= kUnrolled)
    dispatch<kUnrolled>(width / kLanes, [&](auto n) { count_runs(std::integral_constant<std::size_t, n>{}); });
  else
    count_runs(std::integral_constant<std::size_t, 0>{});
  part.log_totals = logarithms.sum() + offsets;
}

void GatheredRows::count_in_order(std::span<const GatheredTable> tables) {
  const auto places = static_cast<Index>(order_->at.size());
  const Index most =
      std::clamp<Index>(places / (kRowsASum * std::max<Index>(1, tables[order_->smaller].rows)), 4, kMostChunks);
  const Index grain = std::max(kChunkRows, (places + most - 1) / most);
  parts_.resize(static_cast<std::size_t>((places + grain - 1) / grain));
  parallel::for_chunks(places, grain, [&](Index chunk, Index begin, Index end) {
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
