#include "messages/local_rows.hpp"

#include <utility>

namespace kullback::messages {
namespace {

constexpr Index kBlock = 8;  // levels and rows of a block that is transposed in registers, or summed in them

constexpr float kSmallest = 1e-36F;

// One step of a transposition: numbers whose places differ in bit H change sides.
template <int H, class Lanes, std::size_t... K>
void exchange(Lanes& a, Lanes& b, std::index_sequence<K...>) {
  constexpr int kSize = sizeof...(K);
  const Lanes low = __builtin_shufflevector(
      a, b, (static_cast<int>(K) & H ? kSize + static_cast<int>(K) - H : static_cast<int>(K))...);
  b = __builtin_shufflevector(a, b,
                              (static_cast<int>(K) & H ? kSize + static_cast<int>(K) : static_cast<int>(K) + H)...);
  a = low;
}

// Each block of eight by eight.
template <class Lanes, std::size_t kSize>
[[gnu::always_inline]] inline void transpose(Lanes (&v)[kBlock]) {
  constexpr auto places = std::make_index_sequence<kSize>();
  for (const int i : {0, 2, 4, 6}) exchange<1>(v[i], v[i + 1], places);
  for (const int i : {0, 1, 4, 5}) exchange<2>(v[i], v[i + 2], places);
  for (const int i : {0, 1, 2, 3}) exchange<4>(v[i], v[i + 4], places);
}

}  // namespace

template <class Real>
void LocalRows<Real>::copy(std::span<const double* const> rows, std::span<const double> weights, Index levels) {
  const auto count = static_cast<Index>(rows.size());
  levels_ = levels;
  groups_ = (count + kGroup - 1) / kGroup;
  const auto room = static_cast<std::size_t>(groups_ * kGroup);
  full_.resize(room * static_cast<std::size_t>(levels));
  weights_.assign(room, 0);
  rest_.resize(room);
  share_.resize(room);
  factors_.resize(static_cast<std::size_t>(levels));
  for (std::size_t n = 0; n < rows.size(); ++n) weights_[n] = static_cast<Real>(weights[n]);
  // Rows of weight 0 fill up the last group.
  const auto place = [&](Index n) { return rows[static_cast<std::size_t>(std::min(n, count - 1))]; };
  const double* few[2 * kGroup];  // those of the next group as well, which are fetched meanwhile
  for (Index g = 0; g < groups_; ++g) {
    for (Index r = 0; r < 2 * kGroup; ++r) few[r] = place(g * kGroup + r);
    copy_group(few, full_.data() + g * kGroup * levels_);
  }
  wake();
}

template <class Real>
void LocalRows<Real>::copy_group(const double* const* rows, Real* to) const {
  for (Index k = 0; k < levels_; k += kBlock) {
    for (Index r = 0; r < kGroup; ++r) __builtin_prefetch(rows[kGroup + r] + k);
    Lanes v[kBlock];
    for (Index r = 0; r < kBlock; ++r) {
      if constexpr (sizeof(Real) == sizeof(double)) {
        v[r] = load(rows[r] + k);
      } else {
        using Half [[gnu::vector_size(32)]] = float;
        const Half low = __builtin_convertvector(messages::load(rows[r] + k), Half),
                   high = __builtin_convertvector(messages::load(rows[r + kBlock] + k), Half);
        v[r] = __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
        v[r] = v[r] >= kSmallest ? v[r] : 0;  // some processors are slow with smaller ones
      }
    }
    transpose<Lanes, kGroup>(v);
    const Index count = std::min(kBlock, levels_ - k);
    for (Index j = 0; j < count; ++j) store(to + (k + j) * kGroup, v[j]);
  }
}

template <class Real>
void LocalRows<Real>::wake() {
  active_ = levels_;
  for (std::size_t n = 0; n < rest_.size(); ++n) rest_[n] = weights_[n] > 0 ? 0 : 1;
}

template <class Real>
void LocalRows<Real>::keep(std::span<const Index> kept, std::span<const Index> resting, const double* factors) {
  const Index before = active_;
  const Real* all = standing();
  packed_.resize(full_.size());
  active_ = static_cast<Index>(kept.size());
  for (Index g = 0; g < groups_; ++g) {
    const Real* from = all + g * before * kGroup;
    Real* to = packed_.data() + g * active_ * kGroup;  // in place where it is packed already: levels move to the front
    Lanes rest = load(rest_.data() + g * kGroup);
    for (const Index j : resting) rest += static_cast<Real>(factors[j]) * load(from + j * kGroup);
    store(rest_.data() + g * kGroup, rest);
    for (const Index j : kept) {
      store(to, load(from + j * kGroup));
      to += kGroup;
    }
  }
}

// The rows' weights over their totals, of some groups at once: sums that do not wait for one another.
template <class Real>
template <Index kGroups>
bool LocalRows<Real>::shares(Index group) {
  const Real* from[kGroups];
  Lanes totals[kGroups];
  for (Index i = 0; i < kGroups; ++i) {
    from[i] = standing() + (group + i) * active_ * kGroup;
    totals[i] = load(rest_.data() + (group + i) * kGroup);
  }
  for (Index j = 0; j < active_; ++j) {
    const Real factor = factors_[static_cast<std::size_t>(j)];
    for (Index i = 0; i < kGroups; ++i) totals[i] += factor * load(from[i] + j * kGroup);
  }
  decltype(Lanes{} < Lanes{}) lost{};
  for (Index i = 0; i < kGroups; ++i) {
    lost |= ~(totals[i] >= kLeast);
    const Index at = (group + i) * kGroup;
    store(share_.data() + at, load(weights_.data() + at) / totals[i]);
  }
  bool any = false;
  for (Index r = 0; r < kGroup; ++r) any |= lost[r] != 0;
  return !any;
}

template <class Real>
Vector LocalRows<Real>::halves_as_doubles(const Lanes& v) {
  if constexpr (sizeof(Real) == sizeof(double)) {
    return v;
  } else {
    const auto low = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7);
    const auto high = __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
    return __builtin_convertvector(low, Vector) + __builtin_convertvector(high, Vector);
  }
}

template <class Real>
template <int kLevels>
void LocalRows<Real>::sums_of_levels(Index first, double* out) const {
  Vector sums[kBlock] = {};
  for (Index begin = 0; begin < groups_; begin += kTogether) {
    Lanes part[kLevels] = {};
    const Real* from = standing() + (begin * active_ + first) * kGroup;
    for (Index g = begin, end = std::min(groups_, begin + kTogether); g < end; ++g, from += active_ * kGroup) {
      const Lanes share = load(share_.data() + g * kGroup);
      for (int j = 0; j < kLevels; ++j) part[j] += share * load(from + j * kGroup);
    }
    for (int j = 0; j < kLevels; ++j) sums[j] += halves_as_doubles(part[j]);
  }
  messages::store(out + first, messages::sums_of(sums));
}

template <class Real>
bool LocalRows<Real>::sums(const double* factors, double* out) {
  for (Index j = 0; j < active_; ++j) factors_[static_cast<std::size_t>(j)] = static_cast<Real>(factors[j]);
  bool held = true;
  Index g = 0;
  for (; g + 4 <= groups_; g += 4) held &= shares<4>(g);
  if (g + 2 <= groups_) {
    held &= shares<2>(g);
    g += 2;
  }
  if (g < groups_) held &= shares<1>(g);
  if (!held) return false;
  for (Index j = 0; j < active_; j += kBlock)
    dispatch<kBlock>(std::min(kBlock, active_ - j), [&](auto count) { sums_of_levels<count>(j, out); });
  return true;
}

template class LocalRows<float>;
template class LocalRows<double>;

}  // namespace kullback::messages
