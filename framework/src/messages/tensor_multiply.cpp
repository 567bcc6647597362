// The product of two arrays: loops, and matrix products where arrays stand or packed.
#include "messages/gram.hpp"
#include "messages/tensor_parts.hpp"

#include <optional>
#include <utility>

namespace kullback::messages {
namespace {

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

// Two matrices over the same axes of which one is contiguous along the first, the other along the second: tile by tile,
// since along either axis alone every number of one of them is another line of the cache.
struct Crossed {
  Index count = 0, lines = 0;                      // of the first axis and of the second
  Index along = 0, across = 0;                     // strides: of the one along its lines, of the other across its own
  static constexpr Index kTile = 16, kLines = 64;  // what is read of both at a time stays in the cache

  template <class First, class Second>
  static std::optional<Crossed> of(const Sizes& sizes, const First& first, const Second& second) {
    if (first.axes.size() != 2 || second.axes.size() != 2) return std::nullopt;
    const std::size_t contiguous = first.strides[0] == 1 ? 0 : 1;
    const Axes axes = {first.axes[contiguous], first.axes[1 - contiguous]};
    if (!has(second.axes, axes[0]) || !has(second.axes, axes[1])) return std::nullopt;
    const std::vector<Index> to = strides_along(first, axes), from = strides_along(second, axes);
    if (to[0] != 1 || from[1] != 1) return std::nullopt;
    return Crossed{size_of(sizes, axes[0]), size_of(sizes, axes[1]), to[1], from[0]};
  }
  // Calls use(size, place in the first, place in the second) with parts of the first one's lines.
  template <class Use>
  void for_parts(const Use& use) const {
    for (Index j = 0; j < lines; j += kLines)
      for (Index i = 0; i < count; i += kTile)
        for (Index l = j; l < std::min(lines, j + kLines); ++l)
          use(std::min(kTile, count - i), l * along + i, l + i * across);
  }
};

bool add_transposed(const Sizes& sizes, double c, const View& a, const Target& target) {
  const auto crossed = Crossed::of(sizes, target, a);
  if (!crossed) return false;
  crossed->for_parts([&](Index size, Index to, Index from) {
    for (Index k = 0; k < size; ++k) target.data[to + k] += c * a.data[from + k * crossed->across];
  });
  return true;
}

bool add_crossed_sum(const Sizes& sizes, double c, const View& a, const View& b, const Target& target) {
  if (!target.axes.empty()) return false;
  const auto crossed = Crossed::of(sizes, a, b);
  if (!crossed) return false;
  std::vector<double> parts;
  double lanes[Crossed::kTile] = {};  // of one tile
  Index in_tile = 0;
  const auto finish_tile = [&] {
    parts.push_back(sum_of(Crossed::kTile, [&](Index k) { return std::exchange(lanes[k], 0.0); }));
    in_tile = 0;
  };
  crossed->for_parts([&](Index size, Index first, Index second) {
    for (Index k = 0; k < size; ++k) lanes[k] += a.data[first + k] * b.data[second + k * crossed->across];
    if (++in_tile == Crossed::kLines) finish_tile();
  });
  finish_tile();
  *target.data +=
      c * sum_of(static_cast<Index>(parts.size()), [&](Index i) { return parts[static_cast<std::size_t>(i)]; });
  return true;
}

}  // namespace

void multiply_by_loops(const Sizes& sizes, double c, const View& a, const View* b, const Target& target) {
  if (b ? add_crossed_sum(sizes, c, a, *b, target) : add_transposed(sizes, c, a, target)) return;
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

namespace {

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

// An array as a matrix where it stands: a group of axes that one stride runs through is one index.
struct Place {
  Index row_stride = 0, column_stride = 0;
};
std::optional<Index> common_stride(const Sizes& sizes, const View& array, const Axes& group) {
  const std::vector<Index> strides = strides_along(array, group);
  for (std::size_t k = 0; k + 1 < group.size(); ++k)
    if (strides[k] != strides[k + 1] * size_of(sizes, group[k + 1])) return std::nullopt;
  return strides.back();
}
std::optional<Place> in_place(const Sizes& sizes, const View& array, const Axes& rows, const Axes& columns) {
  const auto r = common_stride(sizes, array, rows), c = common_stride(sizes, array, columns);
  if (!r || !c || *r < 1 || *c < 1 || (*r != 1 && *c != 1)) return std::nullopt;
  return Place{*r, *c};
}

using Strided = Eigen::Map<const Eigen::MatrixXd, 0, Eigen::OuterStride<>>;

// Calls use(matrix) with rows by columns of the array, of which one has stride 1.
template <class Use>
void with_matrix(const double* data, Index rows, Index columns, const Place& place, const Use& use) {
  if (place.row_stride == 1)
    use(Strided(data, rows, columns, Eigen::OuterStride<>(place.column_stride)));
  else
    use(Strided(data, columns, rows, Eigen::OuterStride<>(place.row_stride)).transpose());
}

// left * right over `depth`; arrays that are matrices as they stand are not copied.
Eigen::MatrixXd matrix_product(const Sizes& sizes, const View& a, const View& b, const Axes& rows, const Axes& depth,
                               const Axes& columns) {
  const Index n = count_of(sizes, rows), m = count_of(sizes, columns), d = count_of(sizes, depth);
  const auto left = in_place(sizes, a, rows, depth), right = in_place(sizes, b, depth, columns);
  Eigen::MatrixXd value(n, m);
  if (!left || !right) {
    value.noalias() = pack(sizes, a, rows, depth) * pack(sizes, b, depth, columns);
    return value;
  }
  with_matrix(a.data, n, d, *left, [&](const auto& x) {
    // A matrix times its own transpose: one triangle.
    if (a.data == b.data && n == m && left->row_stride == right->column_stride &&
        left->column_stride == right->row_stride) {
      value.setZero();
      if (left->row_stride == 1 && n >= kFewestGramColumns)
        add_gram(a.data, n, d, left->column_stride, value.data());
      else
        value.template selfadjointView<Eigen::Lower>().rankUpdate(x);
      value.template triangularView<Eigen::StrictlyUpper>() = value.transpose();
      return;
    }
    with_matrix(b.data, d, m, *right, [&](const auto& y) { value.noalias() = x * y; });
  });
  return value;
}

// target += c * matrix * vector where they stand; false where they do not stand so.
bool add_matrix_vector(const Sizes& sizes, double c, const View& matrix, const View& vector, const Axes& kept,
                       const Axes& depth, const Target& target) {
  if (vector.axes.size() != depth.size() || matrix.axes.size() != kept.size() + depth.size()) return false;
  const auto place = in_place(sizes, matrix, kept, depth);
  const auto step = common_stride(sizes, vector, depth), to = common_stride(sizes, view_of(target), kept);
  if (!place || !to || step != Index{1}) return false;
  const Index n = count_of(sizes, kept), d = count_of(sizes, depth);
  Eigen::VectorXd value(n);
  with_matrix(matrix.data, n, d, *place,
              [&](const auto& x) { value.noalias() = x * Eigen::Map<const Eigen::VectorXd>(vector.data, d); });
  for (Index i = 0; i < n; ++i) target.data[i * *to] += c * value[i];
  return true;
}

}  // namespace

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
  if (batch.empty() && pays(depth)) {
    if (columns.empty() && pays(rows) && add_matrix_vector(sizes, c, a, b, rows, depth, target)) return;
    if (rows.empty() && pays(columns) && add_matrix_vector(sizes, c, b, a, columns, depth, target)) return;
  }
  if (!pays(rows) || !pays(columns) || !pays(depth)) return multiply_by_loops(sizes, c, a, &b, target);
  const std::vector<Index> a_strides = strides_along(a, batch), b_strides = strides_along(b, batch),
                           t_strides = strides_along(target, batch);
  Axes result = columns;
  result.insert(result.end(), rows.begin(), rows.end());
  const std::vector<Index> r_strides = strides_along(target, result);
  for_cells<3>(sizes, batch, {a_strides.data(), b_strides.data(), t_strides.data()}, [&](const Index* offset) {
    const View a_part{a.data + offset[0], a.axes, a.strides}, b_part{b.data + offset[1], b.axes, b.strides};
    const Eigen::MatrixXd value = matrix_product(sizes, a_part, b_part, rows, depth, columns);
    const double* from = value.data();
    double* to = target.data + offset[2];
    for_cells<1>(sizes, result, {r_strides.data()}, [&](const Index* at) { to[at[0]] += c * *from++; });
  });
}

}  // namespace kullback::messages
