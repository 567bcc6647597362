#include "messages/local_group.hpp"

#include "core/vector_kernels.hpp"

#include <kullback/numerics.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace kullback::messages {
namespace {

constexpr double kResting = 1;              // times the tolerance: counts of levels that rest
constexpr double kWorthwhile = 0.8;         // of the levels that take part: so many or fewer are worth a copy
constexpr double kRoundingShare = 1. / 64;  // of the tolerance that the rounding of single precision may have
constexpr double kSingle = 0x1p-23;

Vector absolute(const Vector& v) { return v < 0 ? -v : v; }

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
  for (auto* v : {&own_, &concentration_, &factor_, &counts_, &all_}) v->assign(room, 1.0);
}

void LocalMember::set_rows(std::span<const double* const> rows, std::span<const double> weights) {
  rows_ = rows;
  row_weights_ = weights;
  weight_ = std::accumulate(weights.begin(), weights.end(), 0.0);
}

// Whole vectors are faster; what stands behind the levels is never read.
void LocalMember::exponentials() {
  vector_exp_digamma(concentration_.data(), log_sum_, factor_.data(), padded(active_));
}

void LocalMember::wake(const double* prior) {
  for (Index j = 0; j < active_; ++j)
    all_[static_cast<std::size_t>(number_[static_cast<std::size_t>(j)])] = concentration_[static_cast<std::size_t>(j)];
  active_ = levels_;
  std::iota(number_.begin(), number_.begin() + levels_, Index{0});
  for (Index k = 0; k < levels_; ++k) own_[static_cast<std::size_t>(k)] = prior[k] + 1;
  std::copy_n(all_.begin(), levels_, concentration_.begin());
  exponentials();
}

// Levels whose counts are below the limit rest: what they add to the rows' totals is a number now.
template <class Real>
void LocalMember::rest(LocalRows<Real>& rows, double limit) {
  kept_.clear();
  resting_.clear();
  for (Index j = 0; j < active_; ++j) {
    const bool moves = concentration_[static_cast<std::size_t>(j)] - own_[static_cast<std::size_t>(j)] > limit;
    (moves ? kept_ : resting_).push_back(j);
  }
  rows.keep(kept_, resting_, factor_.data());
  for (const Index j : resting_) {
    const auto at = static_cast<std::size_t>(j);
    all_[static_cast<std::size_t>(number_[at])] = concentration_[at];
  }
  for (std::size_t to = 0; to < kept_.size(); ++to) {
    const auto at = static_cast<std::size_t>(kept_[to]);
    number_[to] = number_[at];
    for (auto* v : {&own_, &concentration_, &factor_}) (*v)[to] = (*v)[at];
  }
  active_ = static_cast<Index>(kept_.size());
  for (Index j = active_; j < padded(active_); ++j)  // without counts: they do not move
    own_[static_cast<std::size_t>(j)] = concentration_[static_cast<std::size_t>(j)] = 1;
}

template <class Real>
bool LocalMember::iterate(LocalRows<Real>& rows, const double* prior, double* eta, const InnerSettings& settings) {
  rows.copy(rows_, row_weights_, levels_);
  double sum = weight_;
  for (Index k = 0; k < levels_; ++k) {
    all_[static_cast<std::size_t>(k)] = eta[k] + 1;
    sum += prior[k] + 1;
  }
  // The same for all iterations: a common factor of all levels, old and new, is none.
  log_sum_ = digamma(sum);
  const double enough = settings.tolerance * static_cast<double>(levels_), limit = kResting * settings.tolerance;
  active_ = 0;
  wake(prior);
  for (Index i = 0; i < settings.max_iterations; ++i) {
    if (active_ < levels_ && i + 1 == settings.max_iterations) {
      wake(prior);
      rows.wake();
    }
    if (!rows.sums(factor_.data(), counts_.data())) return false;
    Vector changes{}, moving{};
    for (Index j = 0; j < padded(active_); j += kLanes) {
      const Vector count = load(factor_.data() + j) * load(counts_.data() + j);
      const Vector next = load(own_.data() + j) + count;
      changes += absolute(next - load(concentration_.data() + j));
      moving += count > limit ? Vector{} + 1 : Vector{};
      store(concentration_.data() + j, next);
    }
    const bool still = total_of(changes) <= enough;
    if (still && active_ == levels_) break;
    if (still) {
      wake(prior);
      rows.wake();
    } else if (i + 1 < settings.max_iterations) {
      exponentials();
      if (total_of(moving) <= kWorthwhile * static_cast<double>(active_)) rest(rows, limit);
    }
  }
  for (Index k = 0; k < levels_; ++k) eta[k] = concentration_[static_cast<std::size_t>(k)] - 1;
  return true;
}

bool LocalMember::iterate(const double* prior, double* eta, const InnerSettings& settings) {
  const bool coarse = kSingle * weight_ <= kRoundingShare * settings.tolerance * static_cast<double>(levels_);
  return (coarse && iterate(single_, prior, eta, settings)) || iterate(double_, prior, eta, settings);
}

std::pair<double, double> log_totals(std::span<const double* const> rows, std::span<const double> weights,
                                     const double* first, const double* second, Index levels) {
  constexpr std::size_t kRows = 4;  // that share what is loaded of both factors
  double sums[2] = {};
  for (std::size_t n = 0; n < rows.size(); n += kRows) {
    const std::size_t count = std::min(kRows, rows.size() - n);
    const double* row[kRows];
    for (std::size_t r = 0; r < kRows; ++r) row[r] = rows[n + std::min(r, count - 1)];
    Vector dots[2 * kRows] = {};
    for (Index k = 0; k < levels; k += kLanes) {
      const Vector a = load(first + k), b = load(second + k);
      for (std::size_t r = 0; r < kRows; ++r) {
        const Vector f = load(row[r] + k);
        dots[r] += a * f;
        dots[r + kRows] += b * f;
      }
    }
    double totals[2 * kRows];
    store(totals, sums_of(dots));
    for (const double total : totals)
      if (!(total >= kUnderflow))
        return {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::quiet_NaN()};
    vector_log(totals, totals, 2 * kRows);
    for (std::size_t r = 0; r < 2 * kRows; ++r)
      if (r % kRows < count) sums[r / kRows] += weights[n + r % kRows] * totals[r];
  }
  return {sums[0], sums[1]};
}

}  // namespace kullback::messages
