// How far a proposal is from where the members stand.
#include "inference/sweep.hpp"

#include <kullback/numerics.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace kullback::inference {
namespace {

constexpr Index kManyRows = 16;  // of a member that are worth sums side by side
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

struct Move {
  double square, gain, scale;
  double product;  // <eta', m'>
};

// <eta' - eta, m' - m>, and KL(old || new) = A' - A - <eta' - eta, m> with the size of its terms.
Move move_of(const double* eta, const double* next, const double* m, const double* m_next, double a, double a_next,
             Index rows, const std::vector<double>& shift) {
  double square = 0, inner = 0, scale = 0;
  for (Index r = 0; r < rows; ++r) {
    const auto k = static_cast<std::size_t>(r);
    if (k < shift.size() && shift[k] != 0) scale += shift[k] * (std::abs(m[r]) + std::abs(m_next[r]));
    if (eta[r] == next[r]) continue;  // also -inf
    const double step = next[r] - eta[r];
    if (m_next[r] != m[r]) square += step * (m_next[r] - m[r]);
    if (m[r] != 0) {
      inner += step * m[r];
      scale += (std::abs(next[r]) + std::abs(eta[r])) * std::abs(m[r]);
    }
  }
  return {square, a_next - a - inner, scale + std::abs(a) + std::abs(a_next), guarded_dot(next, m_next, rows)};
}

// The same of many rows, all finite: without branches, in sums that do not wait for one another. Not finite otherwise.
Move move_of_finite(const double* eta, const double* next, const double* m, const double* m_next, double a,
                    double a_next, Index rows, const double* shift) {
  constexpr Index kLanes = 8;
  double square[kLanes] = {}, inner[kLanes] = {}, scale[kLanes] = {}, product[kLanes] = {};
  const auto add = [&](Index r, Index l) {
    const double step = next[r] - eta[r], size = std::abs(m[r]);
    square[l] += step * (m_next[r] - m[r]);
    inner[l] += step * m[r];
    scale[l] += shift[r] * (size + std::abs(m_next[r])) + (std::abs(next[r]) + std::abs(eta[r])) * size;
    product[l] += next[r] * m_next[r];
  };
  Index r = 0;
  for (; r + kLanes <= rows; r += kLanes)
    for (Index l = 0; l < kLanes; ++l) add(r + l, l);
  for (Index l = 0; r < rows; ++r, ++l) add(r, l);
  for (Index l = 1; l < kLanes; ++l) {
    square[0] += square[l];
    inner[0] += inner[l];
    scale[0] += scale[l];
    product[0] += product[l];
  }
  return {square[0], a_next - a - inner[0], scale[0] + std::abs(a) + std::abs(a_next), product[0]};
}

}  // namespace

void Sweeper::Chunk::add(const Chunk& other) {
  if (other.square > square) {
    square = other.square;
    farthest = other.farthest;
  }
  if (other.smallest_gain < smallest_gain) {
    smallest_gain = other.smallest_gain;
    smallest = other.smallest;
  }
  sums.normalizers += other.sums.normalizers;
  sums.inner += other.sums.inner;
}

Sweeper::Chunk Sweeper::measure(Range range, Scratch& scratch) const {
  if (block(range.block).eta.rows() == 2) {
    const Chunk chunk = measure_pairs(range, scratch);
    if (std::isfinite(chunk.sums.inner + chunk.sums.normalizers + chunk.square + chunk.smallest_gain)) return chunk;
  }
  return measure_any(range, scratch);
}

Sweeper::Chunk Sweeper::measure_pairs(Range range, Scratch& scratch) const {
  const Block& from = block(range.block);
  const Index count = range.end - range.begin;
  const double* eta = from.eta.data() + 2 * range.begin;
  const double* m = from.m.data() + 2 * range.begin;
  const double* a = from.log_partition.data() + range.begin;
  const double* next = scratch.eta.data();
  const double* m_next = scratch.m.data();
  const double* a_next = scratch.log_partition.data();
  double* squares = scratch.squares.data();
  double* gains = scratch.gains.data();
  double* products = scratch.products.data();
  const double t0 = kernel(range.block).shift[0], t1 = kernel(range.block).shift[1];
  for (Index k = 0; k < count; ++k) {
    const double e0 = eta[2 * k], e1 = eta[2 * k + 1], n0 = next[2 * k], n1 = next[2 * k + 1];
    const double m0 = m[2 * k], m1 = m[2 * k + 1], p0 = m_next[2 * k], p1 = m_next[2 * k + 1];
    const double s0 = n0 - e0, s1 = n1 - e1;
    squares[k] = s0 * (p0 - m0) + s1 * (p1 - m1);
    const double scale = (std::abs(n0) + std::abs(e0)) * std::abs(m0) + (std::abs(n1) + std::abs(e1)) * std::abs(m1) +
                         t0 * (std::abs(m0) + std::abs(p0)) + t1 * (std::abs(m1) + std::abs(p1)) + std::abs(a[k]) +
                         std::abs(a_next[k]);
    gains[k] = (a_next[k] - a[k] - (s0 * m0 + s1 * m1)) + 64 * kEpsilon * scale;
    products[k] = n0 * p0 + n1 * p1;
  }
  Chunk chunk;
  chunk.sums = {scratch.log_partition.head(count).sum(), scratch.products.head(count).sum()};
  // A sum is not finite if one of its terms is not; the vectorized extremes may miss that.
  const double poison = 0 * (scratch.squares.head(count).sum() + scratch.gains.head(count).sum());
  chunk.square = scratch.squares.head(count).maxCoeff();
  chunk.smallest_gain = scratch.gains.head(count).minCoeff();
  chunk.farthest = range.begin + (std::find(squares, squares + count, chunk.square) - squares);
  chunk.smallest = range.begin + (std::find(gains, gains + count, chunk.smallest_gain) - gains);
  chunk.square += poison;
  return chunk;
}

Sweeper::Chunk Sweeper::measure_any(Range range, const Scratch& scratch) const {
  const Block& from = block(range.block);
  const Index rows = from.eta.rows(), count = range.end - range.begin;
  Chunk chunk;
  Eigen::RowVectorXd products(count);
  for (Index k = 0; k < count; ++k) {
    const Index at = range.begin + k;
    const double* next = scratch.eta.data() + k * rows;
    const double* m_next = scratch.m.data() + k * rows;
    const double *eta = from.eta.data() + at * rows, *m = from.m.data() + at * rows;
    const double a = from.log_partition[at], a_next = scratch.log_partition[k];
    const std::vector<double>& shift = kernel(range.block).shift;
    const bool many = rows >= kManyRows && static_cast<Index>(shift.size()) >= rows;
    Move move{kNan, kNan, kNan, kNan};
    if (many) move = move_of_finite(eta, next, m, m_next, a, a_next, rows, shift.data());
    if (!std::isfinite(move.square + move.gain + move.scale + move.product))
      move = move_of(eta, next, m, m_next, a, a_next, rows, shift);
    if (std::isnan(move.square) || std::isnan(move.gain)) fail(range, scratch, k, "the update is not finite");
    Chunk one;
    one.square = move.square;
    one.smallest_gain = move.gain + 64 * kEpsilon * move.scale;
    one.farthest = one.smallest = at;
    chunk.add(one);
    products[k] = move.product;
  }
  // Not one by one: the rounding of equal members would add up.
  chunk.sums = {scratch.log_partition.head(count).sum(), products.sum()};
  return chunk;
}

void Sweeper::note(int b, const Chunk& chunk, double scale) {
  const double distance = std::sqrt(chunk.square) * scale;
  if (distance > report_.distance) {
    report_.distance = distance;
    report_.farthest = {b, chunk.farthest};
  }
  if (chunk.smallest_gain < report_.smallest_gain) {
    report_.smallest_gain = chunk.smallest_gain;
    report_.smallest = {b, chunk.smallest};
  }
}

}  // namespace kullback::inference
