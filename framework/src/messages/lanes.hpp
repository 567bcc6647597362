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

inline Index padded(Index count) { return (count + kLanes - 1) / kLanes * kLanes; }

/// Calls use(constant) with the constant that `count` is, 1 to Most.
template <int Most, class Use>
void dispatch(Index count, const Use& use) {
  if (count == Most) return use(std::integral_constant<int, Most>{});
  if constexpr (Most > 1) dispatch<Most - 1>(count, use);
}

}  // namespace kullback::messages
