#include "messages/tensor.hpp"

#include "parallel/parallel.hpp"

#include <algorithm>
#include <deque>
#include <optional>

namespace kullback::messages {
namespace {

using Axes = std::vector<int>;
using Buffer = std::vector<double>;

bool has(const Axes& axes, int axis) { return std::find(axes.begin(), axes.end(), axis) != axes.end(); }

void join(Axes& to, const Axes& from) {
  for (const int a : from)
    if (!has(to, a)) to.push_back(a);
}

Index size_of(const Sizes& sizes, int axis) { return sizes[static_cast<std::size_t>(axis)]; }

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

// A new array of zeros over `axes`.
Target fresh(const Sizes& sizes, const Axes& axes, std::deque<Buffer>& buffers) {
  std::vector<Index> shape;
  for (const int a : axes) shape.push_back(size_of(sizes, a));
  buffers.emplace_back(static_cast<std::size_t>(count_of(sizes, axes)), 0.0);
  return {buffers.back().data(), axes, dense_strides(shape)};
}

View view_of(const Target& target) { return {target.data, target.axes, target.strides}; }

// The axis that is best run through without a stop: long, with small strides.
std::size_t inner_axis(const Sizes& sizes, const Axes& axes, const std::vector<std::vector<Index>>& strides) {
  std::size_t best = 0;
  double best_score = -1;
  for (std::size_t k = 0; k < axes.size(); ++k) {
    double score = static_cast<double>(std::min<Index>(size_of(sizes, axes[k]), 512));
    for (const auto& s : strides)
      if (s[k] > 1) score *= 0.4;
    if (score > best_score) {
      best_score = score;
      best = k;
    }
  }
  return best;
}

// A sum in lanes and blocks: where equal terms are added one by one the rounding grows with their number, until a bound
// seems to fall.
template <class F>
double sum_of(Index count, const F& f) {
  constexpr Index kLanes = 8, kBlock = 512;
  double sum = 0;
  for (Index begin = 0; begin < count; begin += kBlock) {
    const Index end = std::min(count, begin + kBlock);
    double lanes[kLanes] = {};
    Index i = begin;
    for (; i + kLanes <= end; i += kLanes)
      for (Index l = 0; l < kLanes; ++l) lanes[l] += f(i + l);
    for (; i < end; ++i) lanes[0] += f(i);
    double part = 0;
    for (const double lane : lanes) part += lane;
    sum += part;
  }
  return sum;
}

// target += c * a * b by loops.
void multiply_by_loops(const Sizes& sizes, double c, const View& a, const View* b, const Target& target) {
  Axes axes = target.axes;
  join(axes, a.axes);
  if (b) join(axes, b->axes);
  std::vector<std::vector<Index>> strides = {strides_along(a, axes),
                                             b ? strides_along(*b, axes) : std::vector<Index>(axes.size()),
                                             strides_along(target, axes)};
  Index count = 1, sa = 0, sb = 0, st = 0;
  if (!axes.empty()) {
    const std::size_t inner = inner_axis(sizes, axes, strides);
    count = size_of(sizes, axes[inner]);
    sa = strides[0][inner], sb = strides[1][inner], st = strides[2][inner];
    const auto at = static_cast<std::ptrdiff_t>(inner);
    axes.erase(axes.begin() + at);
    for (auto& s : strides) s.erase(s.begin() + at);
  }
  const double one = 1;
  const double* second = b ? b->data : &one;
  for_cells<3>(sizes, axes, {strides[0].data(), strides[1].data(), strides[2].data()}, [&](const Index* offset) {
    const double* x = a.data + offset[0];
    const double* y = second + offset[1];
    double* to = target.data + offset[2];
    if (st == 0) {
      const double sum = sa == 1 && sb == 1   ? sum_of(count, [&](Index i) { return x[i] * y[i]; })
                         : sa == 1 && sb == 0 ? sum_of(count, [&](Index i) { return x[i]; }) * *y
                                              : sum_of(count, [&](Index i) { return x[i * sa] * y[i * sb]; });
      *to += c * sum;
    } else if (sa == 1 && sb == 0 && st == 1) {
      const double factor = c * *y;
      for (Index i = 0; i < count; ++i) to[i] += factor * x[i];
    } else if (sa == 1 && sb == 1 && st == 1) {
      for (Index i = 0; i < count; ++i) to[i] += c * x[i] * y[i];
    } else if (sa == 0) {
      const double factor = c * *x;
      for (Index i = 0; i < count; ++i) to[i * st] += factor * y[i * sb];
    } else {
      for (Index i = 0; i < count; ++i) to[i * st] += c * x[i * sa] * y[i * sb];
    }
  });
}

// A copy of an array as a matrix, columns running over `columns`, rows over `rows`.
Eigen::MatrixXd pack(const Sizes& sizes, const View& array, const Axes& rows, const Axes& columns) {
  Eigen::MatrixXd matrix(count_of(sizes, rows), count_of(sizes, columns));
  Axes order = columns;
  order.insert(order.end(), rows.begin(), rows.end());
  const std::vector<Index> strides = strides_along(array, order);
  double* to = matrix.data();
  for_cells<1>(sizes, order, {strides.data()}, [&](const Index* offset) { *to++ = array.data[offset[0]]; });
  return matrix;
}

constexpr Index kProductPays = 4;  // rows, columns and depth from which a matrix product is worth packing for

// target += c * a * b.
void multiply(const Sizes& sizes, double c, const View& a, const View& b, const Target& target) {
  Axes batch, rows, columns, depth;
  for (const int x : target.axes) {
    const bool in_a = has(a.axes, x), in_b = has(b.axes, x);
    if (in_a == in_b)
      batch.push_back(x);
    else
      (in_a ? rows : columns).push_back(x);
  }
  for (const View* v : {&a, &b})
    for (const int x : v->axes)
      if (!has(target.axes, x) && !has(depth, x)) depth.push_back(x);
  const auto pays = [&](const Axes& axes) { return count_of(sizes, axes) >= kProductPays; };
  if (!pays(rows) || !pays(columns) || !pays(depth)) return multiply_by_loops(sizes, c, a, &b, target);
  const std::vector<Index> a_strides = strides_along(a, batch), b_strides = strides_along(b, batch),
                           t_strides = strides_along(target, batch);
  Axes result = columns;
  result.insert(result.end(), rows.begin(), rows.end());
  const std::vector<Index> r_strides = strides_along(target, result);
  for_cells<3>(sizes, batch, {a_strides.data(), b_strides.data(), t_strides.data()}, [&](const Index* offset) {
    const View a_part{a.data + offset[0], a.axes, a.strides}, b_part{b.data + offset[1], b.axes, b.strides};
    const Eigen::MatrixXd left = pack(sizes, a_part, rows, depth), right = pack(sizes, b_part, depth, columns);
    const Eigen::MatrixXd value = left * right;
    const double* from = value.data();
    double* to = target.data + offset[2];
    for_cells<1>(sizes, result, {r_strides.data()}, [&](const Index* at) { to[at[0]] += c * *from++; });
  });
}

// array(cell, level of the cell) for the cells of a selection: its axis gives way to the selection's axes.
View gather(const Sizes& sizes, const View& array, const Selection& selection, std::deque<Buffer>& buffers) {
  Axes axes;
  for (const int a : array.axes)
    if (a != selection.axis) axes.push_back(a);
  for (const int a : selection.axes)
    if (!has(axes, a)) axes.insert(axes.begin(), a);
  const Target to = fresh(sizes, axes, buffers);
  const std::vector<Index> from = strides_along(array, axes), levels = strides_along(selection, axes);
  const Index step = strides_along(array, {selection.axis}).front();
  double* next = to.data;
  for_cells<2>(sizes, axes, {from.data(), levels.data()}, [&](const Index* offset) {
    const int level = selection.levels[offset[1]];
    *next++ = level < 0 ? 0 : array.data[offset[0] + level * step];
  });
  return view_of(to);
}

// 1 where two selections of one axis agree.
View agreement(const Sizes& sizes, const Selection& a, const Selection& b, std::deque<Buffer>& buffers) {
  Axes axes = a.axes;
  join(axes, b.axes);
  const Target to = fresh(sizes, axes, buffers);
  const std::vector<Index> first = strides_along(a, axes), second = strides_along(b, axes);
  double* next = to.data;
  for_cells<2>(sizes, axes, {first.data(), second.data()}, [&](const Index* offset) {
    *next++ = a.levels[offset[0]] >= 0 && a.levels[offset[0]] == b.levels[offset[1]] ? 1 : 0;
  });
  return view_of(to);
}

// The selection with which to begin: no other one hangs on its axis.
std::size_t outermost(const std::vector<Selection>& selections) {
  for (std::size_t i = 0; i < selections.size(); ++i) {
    bool used = false;
    for (const Selection& s : selections) used = used || has(s.axes, selections[i].axis);
    if (!used) return i;
  }
  return 0;
}

void add_dense(const Sizes& sizes, double c, std::vector<View> views, const Target& target,
               std::deque<Buffer>& buffers) {
  // Axes that one factor alone has are summed first.
  for (std::size_t i = 0; i < views.size() && views.size() > 1; ++i) {
    Axes kept;
    for (const int a : views[i].axes) {
      bool shared = has(target.axes, a);
      for (std::size_t j = 0; j < views.size() && !shared; ++j) shared = j != i && has(views[j].axes, a);
      if (shared) kept.push_back(a);
    }
    if (kept.size() == views[i].axes.size()) continue;
    const Target sum = fresh(sizes, kept, buffers);
    multiply_by_loops(sizes, 1, views[i], nullptr, sum);
    views[i] = view_of(sum);
  }
  while (views.size() > 2) {
    std::size_t first = 0, second = 1;
    double best = -1;
    for (std::size_t i = 0; i < views.size(); ++i)
      for (std::size_t j = i + 1; j < views.size(); ++j) {
        Axes both = views[i].axes;
        join(both, views[j].axes);
        const double cost = static_cast<double>(count_of(sizes, both));
        if (best < 0 || cost < best) {
          best = cost;
          first = i, second = j;
        }
      }
    Axes kept, both = views[first].axes;
    join(both, views[second].axes);
    for (const int a : both) {
      bool needed = has(target.axes, a);
      for (std::size_t k = 0; k < views.size() && !needed; ++k)
        needed = k != first && k != second && has(views[k].axes, a);
      if (needed) kept.push_back(a);
    }
    const Target result = fresh(sizes, kept, buffers);
    multiply(sizes, 1, views[first], views[second], result);
    views.erase(views.begin() + static_cast<std::ptrdiff_t>(second));
    views[first] = view_of(result);
  }
  static const double kOne = 1;
  if (views.empty()) views.push_back({&kOne, {}, {}});
  if (views.size() == 1)
    multiply_by_loops(sizes, c, views[0], nullptr, target);
  else
    multiply(sizes, c, views[0], views[1], target);
}

template <class Array>
void move_along(Array& array, int axis, Index begin) {
  for (std::size_t k = 0; k < array.axes.size(); ++k)
    if (array.axes[k] == axis) array.data += begin * array.strides[k];
}

}  // namespace

std::vector<Index> dense_strides(const std::vector<Index>& sizes) {
  std::vector<Index> strides(sizes.size());
  Index stride = 1;
  for (std::size_t k = sizes.size(); k-- > 0; stride *= sizes[k]) strides[k] = stride;
  return strides;
}

Index count_of(const Sizes& sizes, const std::vector<int>& axes) {
  Index count = 1;
  for (const int a : axes) count *= size_of(sizes, a);
  return count;
}

Product slice(Product product, int axis, Index begin) {
  for (View& v : product.views) move_along(v, axis, begin);
  for (Selection& s : product.selections)
    for (std::size_t k = 0; k < s.axes.size(); ++k)
      if (s.axes[k] == axis) s.levels += begin * s.strides[k];
  return product;
}

Target slice(Target target, int axis, Index begin) {
  move_along(target, axis, begin);
  return target;
}

void add_product(const Sizes& sizes, double coefficient, Product product, const Target& target) {
  std::deque<Buffer> buffers;
  while (!product.selections.empty()) {
    const std::size_t at = outermost(product.selections);
    const Selection selection = product.selections[at];
    product.selections.erase(product.selections.begin() + static_cast<std::ptrdiff_t>(at));
    bool read = false;
    std::erase_if(product.selections, [&](const Selection& other) {
      if (other.axis != selection.axis) return false;
      product.views.push_back(agreement(sizes, selection, other, buffers));
      return true;
    });
    for (View& v : product.views)
      if (has(v.axes, selection.axis)) {
        v = gather(sizes, v, selection, buffers);
        read = true;
      }
    if (!has(target.axes, selection.axis)) {
      // Nobody reads the axis: only whether there is a level counts.
      if (!read) {
        buffers.emplace_back(static_cast<std::size_t>(size_of(sizes, selection.axis)), 1.0);
        product.views.push_back(gather(sizes, {buffers.back().data(), {selection.axis}, {1}}, selection, buffers));
      }
      continue;
    }
    Axes axes;
    for (const int a : target.axes)
      if (a != selection.axis) axes.push_back(a);
    for (const int a : selection.axes)
      if (!has(axes, a)) axes.insert(axes.begin(), a);
    const Target inner = fresh(sizes, axes, buffers);
    add_product(sizes, coefficient, std::move(product), inner);
    const std::vector<Index> to = strides_along(target, axes), levels = strides_along(selection, axes);
    const Index step = strides_along(target, {selection.axis}).front();
    const double* from = inner.data;
    for_cells<2>(sizes, axes, {to.data(), levels.data()}, [&](const Index* offset) {
      const int level = selection.levels[offset[1]];
      if (level >= 0) target.data[offset[0] + level * step] += *from;
      ++from;
    });
    return;
  }
  add_dense(sizes, coefficient, std::move(product.views), target, buffers);
}

void add_product_in_chunks(const Sizes& sizes, double coefficient, const Product& product, const Target& target) {
  constexpr Index kSmall = 1 << 15;  // numbers in all factors together that one thread takes
  constexpr Index kChunks = 64;
  Index numbers = 0;
  Axes axes = target.axes;
  for (const View& v : product.views) {
    numbers += count_of(sizes, v.axes);
    join(axes, v.axes);
  }
  for (const Selection& s : product.selections) {
    numbers += count_of(sizes, s.axes);
    join(axes, s.axes);
  }
  numbers += count_of(sizes, target.axes);
  std::optional<int> longest;
  for (const int a : axes) {
    bool selected = false;
    for (const Selection& s : product.selections) selected = selected || s.axis == a;
    if (!selected && (!longest || size_of(sizes, a) > size_of(sizes, *longest))) longest = a;
  }
  if (numbers <= kSmall || !longest || size_of(sizes, *longest) < 2)
    return add_product(sizes, coefficient, product, target);
  const Index count = size_of(sizes, *longest);
  const Index pieces = std::min(kChunks, (numbers + kSmall - 1) / kSmall), grain = (count + pieces - 1) / pieces;
  const auto part = [&](Index begin, Index end, const Target& to) {
    Sizes inner = sizes;
    inner[static_cast<std::size_t>(*longest)] = end - begin;
    add_product(inner, coefficient, slice(product, *longest, begin), to);
  };
  if (has(target.axes, *longest)) {
    parallel::for_chunks(count, grain,
                         [&](Index, Index begin, Index end) { part(begin, end, slice(target, *longest, begin)); });
    return;
  }
  std::vector<std::deque<Buffer>> sums(static_cast<std::size_t>((count + grain - 1) / grain));
  std::vector<Target> targets(sums.size());
  parallel::for_chunks(count, grain, [&](Index chunk, Index begin, Index end) {
    const auto c = static_cast<std::size_t>(chunk);
    targets[c] = fresh(sizes, target.axes, sums[c]);
    part(begin, end, targets[c]);
  });
  for (const Target& sum : targets) multiply_by_loops(sizes, 1, view_of(sum), nullptr, target);
}

}  // namespace kullback::messages
