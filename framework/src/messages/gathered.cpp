#include "messages/gathered.hpp"

#include "messages/lanes.hpp"
#include "messages/polynomial.hpp"
#include "model/model_error.hpp"
#include "parallel/parallel.hpp"

#include <kullback/error.hpp>
#include <kullback/numerics.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

namespace kullback::messages {
namespace {

constexpr Index kBlockRows = 256;   // whose logarithms are taken at once
constexpr Index kChunkRows = 4096;  // at least
constexpr Index kMostChunks = 64;
constexpr Index kFewestChunks = 4;
constexpr Index kRowsASum = 4;         // responsibilities a sum: a chunk's own sums should be few beside its rows
constexpr Index kCombined = 1 << 14;   // numbers of a table that are worth a chunk
constexpr std::size_t kUnrolled = 16;  // levels of up to so many vectors stay in registers
constexpr double kInfinity = std::numeric_limits<double>::infinity();

using Rows = std::span<const double* const>;

// Adds `weight` times the normalized product of the rows to every one of `sums`, unless its total underflows; returns
// the total. N vectors stay in registers, 0: `vectors` of them pass through `scratch`; T rows, 0: as many as there are.
template <std::size_t N, std::size_t T>
double add_product_of_rows(Rows rows, double weight, std::size_t vectors, double* scratch,
                           std::span<double* const> sums) {
  const std::size_t count = N > 0 ? N : vectors, tables = T > 0 ? T : rows.size();
  Vector held[N > 0 ? N : 1], sum{};
#pragma GCC unroll 16
  for (std::size_t v = 0; v < count; ++v) {
    const std::size_t at = v * kLanes;
    Vector x = load(rows[0] + at);
    for (std::size_t i = 1; i < tables; ++i) x *= load(rows[i] + at);
    sum += x;
    if constexpr (N > 0)
      held[v] = x;
    else
      store(scratch + at, x);
  }
  const double total = total_of(sum);
  if (!(total >= kUnderflow)) return total;
  const double factor = weight / total;
#pragma GCC unroll 16
  for (std::size_t v = 0; v < count; ++v) {
    const std::size_t at = v * kLanes;
    Vector x;
    if constexpr (N > 0)
      x = held[v] * factor;
    else
      x = load(scratch + at) * factor;
    for (std::size_t i = 0; i < tables; ++i) store(sums[i] + at, load(sums[i] + at) + x);
  }
  return total;
}

using Kernel = double (*)(Rows, double, std::size_t, double*, std::span<double* const>);

template <std::size_t T, std::size_t... N>
constexpr std::array<Kernel, sizeof...(N)> kernels(std::index_sequence<N...>) {
  return {&add_product_of_rows<N, T>...};
}

Kernel kernel_for(std::size_t vectors, std::size_t tables) {
  static constexpr auto two = kernels<2>(std::make_index_sequence<kUnrolled + 1>());
  static constexpr auto any = kernels<0>(std::make_index_sequence<kUnrolled + 1>());
  const std::size_t n = vectors <= kUnrolled ? vectors : 0;
  return tables == 2 ? two[n] : any[n];
}

}  // namespace

void refuse_row(const std::string& selector, Index row, double largest) {
  const bool impossible = largest < 0.1 * kLogOfZero;
  throw model::ModelError<NumericalError>(model::of_variable(
      selector,
      fmt::format("no level of row {} {}", row + 1,
                  impossible ? "is possible: each of them has probability 0, or gives it to something that was "
                               "observed"
                             : fmt::format("has a finite log probability (the largest is {})", largest))));
}

GatheredRows::GatheredRows(std::string name, Index rows, Index levels)
    : name_(std::move(name)), rows_(rows), levels_(levels) {}
GatheredRows::~GatheredRows() = default;

void GatheredRows::exponentials(const GatheredTable& table, Table& to) const {
  const Index width = padded(levels_);
  to.exponentials.resize(static_cast<std::size_t>((table.rows + 1) * width));
  to.largest.assign(static_cast<std::size_t>(table.rows + 1), 0.0);
  std::fill_n(to.exponentials.data() + table.rows * width, levels_, 1.0);
  parallel::for_chunks(table.rows, std::max<Index>(1, kCombined / levels_), [&](Index, Index begin, Index end) {
    for (Index r = begin; r < end; ++r) {
      const double* logits = table.logits + r * levels_;
      double* e = to.exponentials.data() + r * width;
      double largest = -kInfinity;
      for (Index k = 0; k < levels_; ++k) largest = logits[k] > largest ? logits[k] : largest;
      // Where no level is finite the row goes through its logits, which say so.
      to.largest[static_cast<std::size_t>(r)] = largest;
      for (Index k = 0; k < levels_; ++k) e[k] = logits[k] - largest;
      vector_exp(e, e, levels_);
    }
  });
}

// Responsibilities of one row by its logits; returns the logarithm of what they are divided by.
double GatheredRows::row_through_logits(std::span<const GatheredTable> tables, Index row, double* r) const {
  std::fill_n(r, levels_, 0.0);
  for (const GatheredTable& table : tables)
    if (const Index at = table.at[row * table.step]; at >= 0)
      for (Index k = 0; k < levels_; ++k) r[k] += table.logits[at * levels_ + k];
  const double largest = *std::max_element(r, r + levels_);
  double total = 0;
  for (Index k = 0; k < levels_; ++k) total += r[k] = std::exp(r[k] - largest);
  if (!(total >= 0.5 && total < kInfinity)) refuse_row(name_, row, largest);
  for (Index k = 0; k < levels_; ++k) r[k] /= total;
  return largest + std::log(total);
}

void GatheredRows::Part::Sums::make_room(const int* at, Index step, Index count, Index width) {
  Index least = std::numeric_limits<Index>::max(), most = -1;
  for (Index n = 0; n < count; ++n)
    if (const Index row = at[n * step]; row >= 0) {
      least = std::min(least, row);
      most = std::max(most, row);
    }
  first = std::min(least, most + 1);
  rows = most + 1 - first;
  values.assign(static_cast<std::size_t>((rows + 1) * width), 0.0);
}

void GatheredRows::count_chunk(std::span<const GatheredTable> tables, const double* weights, Index begin, Index end,
                               Part& part) const {
  const Index width = padded(levels_);
  part.sums.resize(tables.size());
  for (std::size_t i = 0; i < tables.size(); ++i)
    part.sums[i].make_room(tables[i].at + begin * tables[i].step, tables[i].step, end - begin, width);
  const auto vectors = static_cast<std::size_t>(width / kLanes);
  const Kernel kernel = kernel_for(vectors, tables.size());
  std::vector<double> scratch(static_cast<std::size_t>(width));
  std::vector<const double*> rows(tables.size());
  std::vector<double*> sums(tables.size());
  double totals[kBlockRows], logarithms[kBlockRows];
  part.log_totals = 0;
  part.lost.clear();
  for (Index block = begin; block < end; block += kBlockRows) {
    const Index count = std::min(kBlockRows, end - block);
    for (Index n = 0; n < count; ++n) {
      const Index row = block + n;
      const double weight = weights ? weights[row] : 1;
      totals[n] = 1;
      if (weight == 0) continue;
      double offset = 0;
      for (std::size_t i = 0; i < tables.size(); ++i) {
        const Index at = tables[i].at[row * tables[i].step];
        const Part::Sums& own = part.sums[i];
        const Index from = at >= 0 ? at : tables[i].rows, to = at >= 0 ? at - own.first : own.rows;
        rows[i] = tables_[i].exponentials.data() + from * width;
        sums[i] = part.sums[i].values.data() + to * width;
        offset += tables_[i].largest[static_cast<std::size_t>(from)];
      }
      const double total = kernel(rows, weight, vectors, scratch.data(), sums);
      if (total >= kUnderflow && total < kInfinity) {
        totals[n] = total;
      } else {
        offset = row_through_logits(tables, row, scratch.data());
        for (double* to : sums)
          for (Index k = 0; k < levels_; ++k) to[k] += weight * scratch[static_cast<std::size_t>(k)];
      }
      part.log_totals += weight * offset;
    }
    vector_log(totals, logarithms, count);
    for (Index n = 0; n < count; ++n) part.log_totals += (weights ? weights[block + n] : 1) * logarithms[n];
  }
}

// The parts' sums together, in the order of the parts; returns the sum of logits times sums. Those of the smaller of
// two tables in order have yet to be multiplied by its exponentials, which may be no numbers where nothing was counted.
double GatheredRows::combine(const GatheredTable& table, std::size_t number) const {
  const Index width = padded(levels_);
  return parallel::sum_chunks(table.rows, std::max<Index>(1, kCombined / levels_), [&](Index begin, Index end) {
    double* to = table.sums + begin * levels_;
    std::fill_n(to, (end - begin) * levels_, 0.0);
    for (const Part& part : parts_) {
      const Part::Sums& own = part.sums[number];
      const Index first = std::max(begin, own.first), last = std::min(end, own.first + own.rows);
      for (Index r = first; r < last; ++r) {
        const double* from = own.values.data() + (r - own.first) * width;
        for (Index k = 0; k < levels_; ++k) table.sums[r * levels_ + k] += from[k];
      }
    }
    if (order_ && number == order_->smaller)
      for (Index r = begin; r < end; ++r) {
        const double* e = tables_[number].exponentials.data() + r * width;
        double* sums = table.sums + r * levels_;
        for (Index k = 0; k < levels_; ++k) sums[k] = sums[k] > 0 ? sums[k] * e[k] : 0;
      }
    double sum = 0;
    const double* logits = table.logits + begin * levels_;
    for (Index i = 0; i < (end - begin) * levels_; ++i) sum += to[i] > 0 ? to[i] * logits[i] : 0;  // 0 times -inf is 0
    return sum;
  });
}

void GatheredRows::count_in_chunks(std::span<const GatheredTable> tables, const double* weights, Index cells) {
  const Index most = std::clamp(rows_ / (kRowsASum * std::max<Index>(1, cells)), kFewestChunks, kMostChunks);
  const Index grain = std::max(kChunkRows, (rows_ + most - 1) / most);
  parts_.resize(static_cast<std::size_t>((rows_ + grain - 1) / grain));
  parallel::for_chunks(rows_, grain, [&](Index chunk, Index begin, Index end) {
    count_chunk(tables, weights, begin, end, parts_[static_cast<std::size_t>(chunk)]);
  });
}

double GatheredRows::count(std::span<const GatheredTable> tables, const double* weights) {
  Index cells = 0;
  for (const GatheredTable& table : tables) cells += table.rows;
  tables_.resize(tables.size());
  for (std::size_t i = 0; i < tables.size(); ++i)
    if (!std::exchange(tables_[i].current, false)) exponentials(tables[i], tables_[i]);
  if (!order_ && worth_order(tables)) put_in_order(tables, weights);
  order_ ? count_in_order(tables) : count_in_chunks(tables, weights, cells);
  // Entropy of a row: the logarithm of its total less the expected logit.
  double entropy = 0;
  for (const Part& part : parts_) entropy += part.log_totals;
  for (std::size_t i = 0; i < tables.size(); ++i) entropy -= combine(tables[i], i);
  return entropy + count_lost(tables, weights);
}

}  // namespace kullback::messages
