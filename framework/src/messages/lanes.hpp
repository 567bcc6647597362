// Vectors of doubles that stay in registers, whatever the machine's are, and constants from numbers: what the tiles of
// products are made of. Rows of levels are padded to whole vectors with zeros.
#pragma once

#include <kullback/types.hpp>

#include <cstring>
#include <type_traits>

namespace kullback::messages {

inline constexpr Index kLanes = 8;
using Vector [[gnu::vector_size(kLanes * sizeof(double))]] = double;

inline Vector load(const double* from) {
  Vector v;
  std::memcpy(&v, from, sizeof v);
  return v;
}
inline void store(double* to, const Vector& v) { std::memcpy(to, &v, sizeof v); }

inline double total_of(const Vector& v) { return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7])); }

/// The sums of eight vectors as one.
inline Vector sums_of(const Vector* s) {
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

inline Index padded(Index count) { return (count + kLanes - 1) / kLanes * kLanes; }

/// Calls use(constant) with the constant that `count` is, 1 to Most.
template <int Most, class Use>
void dispatch(Index count, const Use& use) {
  if (count == Most) return use(std::integral_constant<int, Most>{});
  if constexpr (Most > 1) dispatch<Most - 1>(count, use);
}

}  // namespace kullback::messages
