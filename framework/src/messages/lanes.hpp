// Vectors of doubles in registers, whatever the machine's are: rows of levels are padded to whole ones with zeros.
#pragma once

#include <kullback/types.hpp>

namespace kullback::messages {

inline constexpr Index kLanes = 8;
inline constexpr double kUnderflow = 1e-200;  // a smaller total of a row may have lost digits
using Vector [[gnu::vector_size(kLanes * sizeof(double))]] = double;

inline Index padded(Index levels) { return (levels + kLanes - 1) / kLanes * kLanes; }

inline Vector load(const double* from) {
  Vector v;
  __builtin_memcpy(&v, from, sizeof v);
  return v;
}
inline void store(double* to, Vector v) { __builtin_memcpy(to, &v, sizeof v); }

}  // namespace kullback::messages
