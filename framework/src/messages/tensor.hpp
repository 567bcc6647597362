// Sums of products of arrays over named axes: what every expectation, message and sufficient statistic of a model is.
#pragma once

#include <kullback/types.hpp>

#include <algorithm>
#include <span>
#include <vector>

namespace kullback::messages {

/// Sizes of the axes of one statement, by axis.
using Sizes = std::vector<Index>;

inline bool has_axis(const std::vector<int>& axes, int axis) {
  return std::find(axes.begin(), axes.end(), axis) != axes.end();
}

/// Numbers that are read over some axes, each at most once.
struct View {
  const double* data = nullptr;
  std::vector<int> axes;
  std::vector<Index> strides;
};

/// Numbers that are added to. Two cells may be one number (stride 0).
struct Target {
  double* data = nullptr;
  std::vector<int> axes;
  std::vector<Index> strides;
};

/// An indicator that is known: 1 where `axis` is at the level that a cell of `axes` has, else 0. A negative level:
/// nowhere.
struct Selection {
  const int* levels = nullptr;
  std::vector<int> axes;
  std::vector<Index> strides;
  int axis = -1;
};

/// The product of all of them.
struct Product {
  std::vector<View> views;
  std::vector<Selection> selections;
};

/// target(a) += coefficient * sum of the product over every axis that the target lacks. An axis of the target that no
/// factor has: the same number everywhere. Selections are gathered from and scattered to; dense factors are contracted
/// two at a time, cheapest pair first, by matrix products where that pays.
void add_product(const Sizes& sizes, double coefficient, Product product, const Target& target);

/// The same in parallel: chunks of the longest axis, sums in the order of the chunks.
void add_product_in_chunks(const Sizes& sizes, double coefficient, const Product& product, const Target& target);

/// Strides of a dense array over axes of these sizes, the last one running fastest, and how many numbers it has.
std::vector<Index> dense_strides(const std::vector<Index>& sizes);
Index count_of(const Sizes& sizes, const std::vector<int>& axes);

/// The part of a product (or target) at [begin, end) of an axis. The size of that axis is then end - begin.
Product slice(Product product, int axis, Index begin);
Target slice(Target target, int axis, Index begin);

/// Calls visit(cell, offsets) for every cell of `axes`, the last one running fastest; offsets[i] is what strides[i] add
/// up to.
template <std::size_t N, class Visit>
void for_cells(const Sizes& sizes, const std::vector<int>& axes, const std::vector<const Index*>& strides,
               const Visit& visit) {
  const std::size_t d = axes.size();
  Index position[16] = {};
  Index offsets[N] = {};
  for (const int a : axes)
    if (sizes[static_cast<std::size_t>(a)] == 0) return;
  for (;;) {
    visit(offsets);
    std::size_t k = d;
    for (;;) {
      if (k == 0) return;
      --k;
      const Index size = sizes[static_cast<std::size_t>(axes[k])];
      if (++position[k] < size) {
        for (std::size_t i = 0; i < N; ++i) offsets[i] += strides[i][k];
        break;
      }
      position[k] = 0;
      for (std::size_t i = 0; i < N; ++i) offsets[i] -= (size - 1) * strides[i][k];
    }
  }
}

}  // namespace kullback::messages
