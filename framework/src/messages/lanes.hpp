// A vector of doubles for kernels whose sums stay in registers; the compiler maps it to what the machine has.
#pragma once

#include <kullback/types.hpp>

namespace kullback::messages {

constexpr Index kLanes = 8;
using Vector [[gnu::vector_size(kLanes * sizeof(double))]] = double;

inline Vector load(const double* from) {
  Vector v;
  __builtin_memcpy(&v, from, sizeof v);
  return v;
}
inline void store(double* to, Vector v) { __builtin_memcpy(to, &v, sizeof v); }

}  // namespace kullback::messages
