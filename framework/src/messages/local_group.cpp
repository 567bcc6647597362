#include "messages/local_group.hpp"

#include "messages/lanes.hpp"

#include <kullback/numerics.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace kullback::messages {
namespace {

constexpr double kResting = 0.1;   // times the tolerance: counts of levels that rest
constexpr double kWorthwhile = 0.75;  // of the vectors: so many or fewer are worth a copy

// The sums of eight vectors as one.
Vector sums_of(const Vector (&s)[kLanes]) {
  const auto pairs = [](const Vector& a, const Vector& b) -> Vector {
    return __builtin_shufflevector(a, b, 0, 8, 2, 10, 4, 12, 6, 14) +
           __builtin_shufflevector(a, b, 1, 9, 3, 11, 5, 13, 7, 15);
  };
  const auto fours = [](const Vector& a, const Vector& b) -> Vector {
    return __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13) +
           __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15);
  };
  const Vector a = fours(pairs(s[0], s[1]), pairs(s[2], s[3])), b = fours(pairs(s[4], s[5]), pairs(s[6], s[7]));
  return __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11) +
         __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15);
}

// Products of eight rows with t, summed over the levels.
Vector products_with(const double* rows, Index width, const double* t) {
  Vector s[kLanes] = {};
  for (Index v = 0; v < width; v += kLanes) {
    const Vector x = load(t + v);
#pragma GCC unroll 8
    for (Index r = 0; r < kLanes; ++r) s[r] += x * load(rows + r * width + v);
  }
  return sums_of(s);
}

bool underflows(const Vector& totals) {
  for (Index r = 0; r < kLanes; ++r)
    if (!(totals[r] >= kUnderflow)) return true;
  return false;
}

}  // namespace

RowsByMember::RowsByMember(std::span<const int> at, Index step, Index count, Index members, const double* weights)
    : begin(static_cast<std::size_t>(members + 1), 0) {
  const auto member_of = [&](Index n) {
    return weights && weights[n] == 0 ? Index{-1} : static_cast<Index>(at[static_cast<std::size_t>(n * step)]);
  };
  for (Index n = 0; n < count; ++n)
    if (const Index d = member_of(n); d >= 0) ++begin[static_cast<std::size_t>(d) + 1];
  std::partial_sum(begin.begin(), begin.end(), begin.begin());
  rows.resize(static_cast<std::size_t>(begin.back()));
  std::vector<Index> next(begin.begin(), begin.end() - 1);
  for (Index n = 0; n < count; ++n)
    if (const Index d = member_of(n); d >= 0) rows[static_cast<std::size_t>(next[static_cast<std::size_t>(d)]++)] = n;
}

LocalMember::LocalMember(Index levels) : levels_(levels), width_(padded(levels)) {
  const auto room = static_cast<std::size_t>(width_);
  number_.resize(room);
  for (auto* v : {&concentration_, &factor_, &counts_, &all_}) v->assign(room, 0.0);
}

void LocalMember::resize(Index rows) {
  rows_ = padded(rows);  // rows of weight 0 fill up the last eight
  full_.resize(static_cast<std::size_t>(rows_ * width_));
  std::fill(full_.begin() + rows * width_, full_.end(), 0.0);
  weights_.assign(static_cast<std::size_t>(rows_), 0.0);
  rest_.resize(static_cast<std::size_t>(rows_));
}

double LocalMember::share() const {
  return std::accumulate(weights_.begin(), weights_.end(), 0.0) / static_cast<double>(levels_);
}

void LocalMember::exponentials(Index count, double log_sum) {
  vector_digamma(concentration_.data(), factor_.data(), count);
  for (Index j = 0; j < count; ++j) factor_[static_cast<std::size_t>(j)] -= log_sum;
  vector_exp(factor_.data(), factor_.data(), count);
  std::fill(factor_.begin() + count, factor_.begin() + padded(count), 0.0);
}

// Counts, each still without its level's factor.
bool LocalMember::step(const std::vector<double>& factors, Index width) {
  std::fill_n(counts_.begin(), width, 0.0);
  for (Index n = 0; n < rows_; n += kLanes) {
    const double* rows = factors.data() + n * width;
    const Vector totals = load(rest_.data() + n) + products_with(rows, width, factor_.data());
    if (underflows(totals)) return false;
    const Vector ratio = load(weights_.data() + n) / totals;
    for (Index v = 0; v < width; v += kLanes) {
      Vector x = load(counts_.data() + v);
#pragma GCC unroll 8
      for (Index r = 0; r < kLanes; ++r) x += ratio[r] * load(rows + r * width + v);
      store(counts_.data() + v, x);
    }
  }
  return true;
}

void LocalMember::unpack() {
  for (Index j = 0; j < active_; ++j)
    all_[static_cast<std::size_t>(number_[static_cast<std::size_t>(j)])] = concentration_[static_cast<std::size_t>(j)];
  active_ = levels_;
  std::iota(number_.begin(), number_.begin() + levels_, Index{0});
  std::copy_n(all_.begin(), levels_, concentration_.begin());
  for (Index n = 0; n < rows_; ++n)
    rest_[static_cast<std::size_t>(n)] = weights_[static_cast<std::size_t>(n)] > 0 ? 0 : 1;
}

// Levels whose counts are below the limit rest: what they add to the rows' totals is a number now.
void LocalMember::pack(const double* prior, double limit, double log_sum) {
  const Index before = active_, width = padded(before);
  const bool first = before == levels_;
  exponentials(before, log_sum);
  Index kept = 0;
  kept_.clear();
  for (Index j = 0; j < before; ++j) {
    const auto at = static_cast<std::size_t>(j);
    const Index level = number_[at];
    if (concentration_[at] - (prior[level] + 1) > limit) {
      kept_.push_back(j);
      factor_[at] = 0;
      number_[static_cast<std::size_t>(kept)] = level;
      concentration_[static_cast<std::size_t>(kept++)] = concentration_[at];
    } else {
      all_[static_cast<std::size_t>(level)] = concentration_[at];
    }
  }
  const Index narrow = padded(kept);
  if (first) packed_.resize(static_cast<std::size_t>(rows_ * narrow));
  const double* from = first ? full_.data() : packed_.data();
  for (Index n = 0; n < rows_; n += kLanes) {
    store(rest_.data() + n, load(rest_.data() + n) + products_with(from + n * width, width, factor_.data()));
    for (Index r = n; r < n + kLanes; ++r) {  // in place where it is packed already: a row moves to the front
      double* to = packed_.data() + r * narrow;
      for (Index j = 0; j < kept; ++j) to[j] = from[r * width + kept_[static_cast<std::size_t>(j)]];
      std::fill(to + kept, to + narrow, 0.0);
    }
  }
  active_ = kept;
}

bool LocalMember::iterate(const double* prior, double* eta, const InnerSettings& settings) {
  double sum = share() * static_cast<double>(levels_);
  for (Index k = 0; k < levels_; ++k) {
    all_[static_cast<std::size_t>(k)] = eta[k] + 1;
    sum += prior[k] + 1;
  }
  // The same for all iterations: a common factor of all levels, old and new, is none.
  const double log_sum = digamma(sum), enough = settings.tolerance * static_cast<double>(levels_);
  active_ = 0;
  unpack();
  for (Index i = 0; i < settings.max_iterations; ++i) {
    if (active_ < levels_ && i + 1 == settings.max_iterations) unpack();
    exponentials(active_, log_sum);
    if (!step(active_ < levels_ ? packed_ : full_, padded(active_))) return false;
    double change = 0;
    Index moving = 0;
    for (Index j = 0; j < active_; ++j) {
      const auto at = static_cast<std::size_t>(j);
      const double count = factor_[at] * counts_[at], next = prior[number_[at]] + 1 + count;
      change += std::abs(next - concentration_[at]);
      concentration_[at] = next;
      moving += count > kResting * settings.tolerance;
    }
    const bool still = change <= enough;
    if (still && active_ == levels_) break;
    if (still)
      unpack();
    else if (i + 1 < settings.max_iterations &&
             static_cast<double>(padded(moving)) <= kWorthwhile * static_cast<double>(padded(active_)))
      pack(prior, kResting * settings.tolerance, log_sum);
  }
  for (Index k = 0; k < levels_; ++k) eta[k] = concentration_[static_cast<std::size_t>(k)] - 1;
  return true;
}

double LocalMember::log_totals(const double* mean) {
  vector_exp(mean, factor_.data(), levels_);
  std::fill(factor_.begin() + levels_, factor_.end(), 0.0);
  double sum = 0;
  for (Index n = 0; n < rows_; n += kLanes) {
    const Vector totals = products_with(full_.data() + n * width_, width_, factor_.data());
    double values[kLanes], logarithms[kLanes];
    for (Index r = 0; r < kLanes; ++r) {
      const double weight = weights_[static_cast<std::size_t>(n + r)];
      if (weight > 0 && !(totals[r] >= kUnderflow)) return std::numeric_limits<double>::quiet_NaN();
      values[r] = weight > 0 ? totals[r] : 1;
    }
    vector_log(values, logarithms, kLanes);
    for (Index r = 0; r < kLanes; ++r) sum += weights_[static_cast<std::size_t>(n + r)] * logarithms[r];
  }
  return sum;
}

}  // namespace kullback::messages
