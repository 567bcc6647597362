// Copies of one member's rows while it is iterated, in double or in single precision.
#pragma once

#include "messages/lanes.hpp"

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

namespace kullback::messages {

constexpr double kUnderflow = 1e-200;  ///< a smaller total of a row's levels may have lost digits

/// Rows stand side by side in groups, as many as a vector holds numbers, level by level: no sum runs across a vector.
/// Some of the levels may rest: what they add to the rows' totals is then a number a row.
template <class Real>
class LocalRows {
 public:
  static constexpr Index kGroup = 64 / sizeof(Real);
  static constexpr Real kLeast = sizeof(Real) == sizeof(double) ? Real(kUnderflow) : Real(1e-30);

  /// f of the rows, one pointer a row to one number a level, padded to whole vectors.
  void copy(std::span<const double* const> rows, std::span<const double> weights, Index levels);
  /// All levels take part again.
  void wake();
  /// The levels at these places go on taking part, the others rest. `factors`: of all that took part.
  void keep(std::span<const Index> kept, std::span<const Index> resting, const double* factors);
  /// Sums over the rows of w f / total, total the sum over the levels of factor * f, by level that takes part; padded.
  /// False if a total underflows.
  bool sums(const double* factors, double* out);

 private:
  using Lanes [[gnu::vector_size(64)]] = Real;
  static Lanes load(const Real* from) {
    Lanes v;
    std::memcpy(&v, from, sizeof v);
    return v;
  }
  static void store(Real* to, const Lanes& v) { std::memcpy(to, &v, sizeof v); }
  static Vector halves_as_doubles(const Lanes& v);
  void copy_group(const double* const* rows, Real* to) const;
  template <Index kGroups>
  bool shares(Index group);
  template <int kLevels>
  void sums_of_levels(Index first, double* out) const;
  const Real* standing() const { return active_ < levels_ ? packed_.data() : full_.data(); }

  static constexpr Index kTogether = 64;  // groups whose sums stay in this precision
  Index levels_ = 0, active_ = 0, groups_ = 0;
  std::vector<Real> full_, packed_;           // f of all levels, and of those that take part
  std::vector<Real> weights_, rest_, share_;  // by row; rest: the levels that rest, share: weight / total
  std::vector<Real> factors_;
};

extern template class LocalRows<float>;
extern template class LocalRows<double>;

}  // namespace kullback::messages
