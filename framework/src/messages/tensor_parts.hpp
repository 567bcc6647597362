// What tensor.cpp and tensor_multiply.cpp share.
#pragma once

#include "messages/tensor.hpp"

#include <algorithm>

namespace kullback::messages {

using Axes = std::vector<int>;

inline bool has(const Axes& axes, int axis) { return std::find(axes.begin(), axes.end(), axis) != axes.end(); }

inline void join(Axes& to, const Axes& from) {
  for (const int a : from)
    if (!has(to, a)) to.push_back(a);
}

inline Index size_of(const Sizes& sizes, int axis) { return sizes[static_cast<std::size_t>(axis)]; }

// Strides of an array's axes in the order of `order`, 0 for those it lacks.
template <class Array>
std::vector<Index> strides_along(const Array& array, const Axes& order) {
  std::vector<Index> strides;
  for (const int a : order) {
    const auto at = std::find(array.axes.begin(), array.axes.end(), a);
    strides.push_back(at == array.axes.end() ? 0 : array.strides[static_cast<std::size_t>(at - array.axes.begin())]);
  }
  return strides;
}

inline View view_of(const Target& target) { return {target.data, target.axes, target.strides}; }

/// target += c * a * b by loops; without b: target += c * a.
void multiply_by_loops(const Sizes& sizes, double c, const View& a, const View* b, const Target& target);

/// target += c * a * b, by matrix products where that pays.
void multiply(const Sizes& sizes, double c, const View& a, const View& b, const Target& target);

}  // namespace kullback::messages
