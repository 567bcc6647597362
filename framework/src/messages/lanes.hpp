// Eight numbers at once, and constants from numbers: what the register tiles of products are made of.
#pragma once

#include <kullback/types.hpp>

#include <cstring>
#include <type_traits>

namespace kullback::messages {

inline constexpr Index kLanes = 8;
using Lanes = double __attribute__((vector_size(kLanes * sizeof(double))));

inline Lanes load(const double* from) {
  Lanes lanes;
  std::memcpy(&lanes, from, sizeof(lanes));
  return lanes;
}

inline void store(const Lanes& lanes, double* to) { std::memcpy(to, &lanes, sizeof(lanes)); }

/// Calls use(constant) with the constant that `count` is, 1 to Most.
template <int Most, class Use>
void dispatch(Index count, const Use& use) {
  if (count == Most) return use(std::integral_constant<int, Most>{});
  if constexpr (Most > 1) dispatch<Most - 1>(count, use);
}

}  // namespace kullback::messages
