#include "messages/local_group.hpp"

#include "messages/lanes.hpp"

#include <kullback/numerics.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace kullback::messages {
namespace {

constexpr double kResting = 1;        // times the tolerance: counts of levels that rest
constexpr double kWorthwhile = 0.8;   // of the levels that take part: so many or fewer are worth a copy
constexpr Index kGroup = 2 * kLanes;  // rows that stand side by side, level by level: no sum runs across a vector

struct Pair {
  Vector first{}, second{};
};
Pair load_pair(const double* from) { return {load(from), load(from + kLanes)}; }

// What a group of rows adds up to with a factor a level.
[[gnu::always_inline]] inline Pair totals_of(const double* group, Index levels, const double* factor, Pair sum) {
  Pair odd;  // two chains of sums: one would wait for itself
  Index j = 0;
  for (; j + 1 < levels; j += 2) {
    const Pair x = load_pair(group + j * kGroup), y = load_pair(group + (j + 1) * kGroup);
    sum.first += factor[j] * x.first;
    sum.second += factor[j] * x.second;
    odd.first += factor[j + 1] * y.first;
    odd.second += factor[j + 1] * y.second;
  }
  if (j < levels) {
    const Pair x = load_pair(group + j * kGroup);
    sum.first += factor[j] * x.first;
    sum.second += factor[j] * x.second;
  }
  sum.first += odd.first;
  sum.second += odd.second;
  return sum;
}

}  // namespace

RowsByMember::RowsByMember(std::span<const int> at, Index step, Index count, Index members, const double* weights,
                           bool with_nobodys)
    : begin(static_cast<std::size_t>(members + 1 + with_nobodys), 0) {
  const auto member_of = [&](Index n) {
    const auto member = static_cast<Index>(at[static_cast<std::size_t>(n * step)]);
    return weights && weights[n] == 0 ? -1 : member < 0 && with_nobodys ? members : member;
  };
  for (Index n = 0; n < count; ++n)
    if (const Index d = member_of(n); d >= 0) ++begin[static_cast<std::size_t>(d) + 1];
  std::partial_sum(begin.begin(), begin.end(), begin.begin());
  rows.resize(static_cast<std::size_t>(begin.back()));
  std::vector<Index> next(begin.begin(), begin.end() - 1);
  for (Index n = 0; n < count; ++n)
    if (const Index d = member_of(n); d >= 0) rows[static_cast<std::size_t>(next[static_cast<std::size_t>(d)]++)] = n;
}

LocalMember::LocalMember(Index levels) : levels_(levels) {
  const auto room = static_cast<std::size_t>(padded(levels));
  number_.resize(room);
  for (auto* v : {&concentration_, &factor_, &counts_, &all_}) v->assign(room, 1.0);
  lanes_.resize(room * kLanes);
}

void LocalMember::resize(Index rows) {
  rows_ = (rows + kGroup - 1) / kGroup * kGroup;  // rows of weight 0 fill up the last group
  full_.resize(static_cast<std::size_t>(rows_ * levels_));
  std::fill(full_.end() - (rows_ > 0 ? kGroup * levels_ : 0), full_.end(), 0.0);
  weights_.assign(static_cast<std::size_t>(rows_), 0.0);
  rest_.resize(static_cast<std::size_t>(rows_));
}

void LocalMember::set_row(Index row, double weight, const double* factors) {
  weights_[static_cast<std::size_t>(row)] = weight;
  double* to = full_.data() + row / kGroup * kGroup * levels_ + row % kGroup;
  for (Index k = 0; k < levels_; ++k) to[k * kGroup] = factors[k];
}

double LocalMember::share() const {
  return std::accumulate(weights_.begin(), weights_.end(), 0.0) / static_cast<double>(levels_);
}

void LocalMember::exponentials(Index count, double log_sum) {
  const Index whole = padded(count);  // whole vectors are faster; what stands behind the levels is never read
  vector_digamma(concentration_.data(), factor_.data(), whole);
  for (Index j = 0; j < whole; ++j) factor_[static_cast<std::size_t>(j)] -= log_sum;
  vector_exp(factor_.data(), factor_.data(), whole);
}

// Counts, each still without its level's factor.
bool LocalMember::step(const double* factors, Index levels) {
  const Index whole = padded(levels);
  std::fill_n(lanes_.begin(), whole * kLanes, 0.0);
  decltype(Vector{} < Vector{}) lost{};  // totals that underflow
  for (Index n = 0; n < rows_; n += kGroup) {
    const double* group = factors + n * levels;
    const Pair totals = totals_of(group, levels, factor_.data(), load_pair(rest_.data() + n));
    lost |= ~(totals.first >= kUnderflow) | ~(totals.second >= kUnderflow);
    const Pair weights = load_pair(weights_.data() + n);
    const Vector first = weights.first / totals.first, second = weights.second / totals.second;
    double* sum = lanes_.data();
    for (Index j = 0; j < levels; ++j, sum += kLanes) {
      const Pair x = load_pair(group + j * kGroup);
      store(sum, load(sum) + first * x.first + second * x.second);
    }
  }
  for (Index r = 0; r < kLanes; ++r)
    if (lost[r]) return false;
  for (Index j = 0; j < whole; j += kLanes) {
    Vector eight[kLanes];
    for (Index r = 0; r < kLanes; ++r) eight[r] = load(lanes_.data() + (j + r) * kLanes);
    store(counts_.data() + j, sums_of(eight));
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
  const Index before = active_;
  const bool first = before == levels_;
  exponentials(before, log_sum);
  kept_.clear();
  resting_.clear();
  for (Index j = 0; j < before; ++j) {
    const auto at = static_cast<std::size_t>(j), kept = kept_.size();
    const Index level = number_[at];
    if (concentration_[at] - (prior[level] + 1) > limit) {
      number_[kept] = level;
      concentration_[kept] = concentration_[at];
      kept_.push_back(j);
    } else {
      all_[static_cast<std::size_t>(level)] = concentration_[at];
      resting_.push_back(j);
    }
  }
  active_ = static_cast<Index>(kept_.size());
  if (first) packed_.resize(full_.size());
  const double* all = first ? full_.data() : packed_.data();
  for (Index n = 0; n < rows_; n += kGroup) {
    const double* from = all + n * before;
    double* to = packed_.data() + n * active_;  // in place where it is packed already: levels move to the front
    Pair rest = load_pair(rest_.data() + n);
    for (const Index j : resting_) {
      const Pair x = load_pair(from + j * kGroup);
      rest.first += factor_[static_cast<std::size_t>(j)] * x.first;
      rest.second += factor_[static_cast<std::size_t>(j)] * x.second;
    }
    store(rest_.data() + n, rest.first);
    store(rest_.data() + n + kLanes, rest.second);
    for (const Index j : kept_) {
      const Pair x = load_pair(from + j * kGroup);
      store(to, x.first);
      store(to + kLanes, x.second);
      to += kGroup;
    }
  }
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
    if (!step(active_ < levels_ ? packed_.data() : full_.data(), active_)) return false;
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
             static_cast<double>(moving) <= kWorthwhile * static_cast<double>(active_))
      pack(prior, kResting * settings.tolerance, log_sum);
  }
  for (Index k = 0; k < levels_; ++k) eta[k] = concentration_[static_cast<std::size_t>(k)] - 1;
  return true;
}

double LocalMember::log_totals(const double* mean) {
  vector_exp(mean, factor_.data(), levels_);
  double sum = 0, totals[kGroup], logarithms[kGroup];
  for (Index n = 0; n < rows_; n += kGroup) {
    const Pair pair = totals_of(full_.data() + n * levels_, levels_, factor_.data(), {});
    store(totals, pair.first);
    store(totals + kLanes, pair.second);
    for (Index r = 0; r < kGroup; ++r) {
      if (weights_[static_cast<std::size_t>(n + r)] == 0)
        totals[r] = 1;
      else if (!(totals[r] >= kUnderflow))
        return std::numeric_limits<double>::quiet_NaN();
    }
    vector_log(totals, logarithms, kGroup);
    for (Index r = 0; r < kGroup; ++r) sum += weights_[static_cast<std::size_t>(n + r)] * logarithms[r];
  }
  return sum;
}

}  // namespace kullback::messages
