// Many small pairs: eight matrices are interleaved, so that every step of a factorization is one vector operation.
#include "kl.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <memory>

// Vectors of 64 bytes are passed between functions of this file only.
#pragma GCC diagnostic ignored "-Wpsabi"

namespace kullback::multivariate_normal {
namespace {

constexpr Index kLanes = 8;
using Lanes = double __attribute__((vector_size(64)));  // one number of each of eight pairs
using Choice = long __attribute__((vector_size(64)));

inline Lanes all(double x) { return Lanes{} + x; }
inline Lanes larger(Lanes a, Lanes b) { return a > b ? a : b; }
inline Lanes square_root(Lanes a) {
  alignas(64) double x[kLanes];
  std::memcpy(x, &a, sizeof a);
  for (double& v : x) v = std::sqrt(v);
  std::memcpy(&a, x, sizeof a);
  return a;
}

// The lower triangle of a matrix by rows, one below the other: entry (i, j) of all lanes.
struct Triangle {
  std::array<Lanes, static_cast<std::size_t>(kBatchLimit* kBatchLimit)> entries;
  Index dimension = 0;
  Lanes* row(Index i) { return entries.data() + i * dimension; }
  const Lanes* row(Index i) const { return entries.data() + i * dimension; }
  Lanes& operator()(Index i, Index j) { return row(i)[j]; }
  const Lanes& operator()(Index i, Index j) const { return row(i)[j]; }
};
using Coordinates = std::array<Lanes, kBatchLimit>;

struct Work {
  Triangle a, b;                   // the matrices, then their Cholesky factors
  Triangle difference;             // a - b, then the difference of the factors, then b's factor^-1 times it
  Coordinates inverse_a, inverse;  // 1 / diagonal of each factor
  Coordinates shift;
  Coordinates ratio, logarithm;
  Lanes condition;
};

// In place. `least` is the smallest pivot less its rounding error: not positive where the matrix is not. The lane then
// goes on with a pivot of 1.
void factorize(Triangle& l, Index d, Coordinates& inverse, Lanes& condition, Lanes& least) {
  const Lanes one = all(1);
  const double rounding = static_cast<double>(d) * kEpsilon;
  for (Index j = 0; j < d; ++j) {
    Lanes* const row_j = l.row(j);
    const Lanes diagonal = row_j[j];
    Lanes pivot = diagonal;
    for (Index k = 0; k < j; ++k) pivot = pivot - row_j[k] * row_j[k];
    const Lanes margin = pivot - rounding * diagonal;
    least = margin < least || margin != margin ? margin : least;
    pivot = margin > 0 ? pivot : one;
    const Lanes root = square_root(pivot), reciprocal = one / root;
    condition = larger(condition, diagonal * reciprocal * reciprocal);
    row_j[j] = root;
    inverse[static_cast<std::size_t>(j)] = reciprocal;
    for (Index i = j + 1; i < d; ++i) {
      Lanes* const row_i = l.row(i);
      Lanes sum = row_i[j];
      for (Index k = 0; k < j; ++k) sum = sum - row_i[k] * row_j[k];
      row_i[j] = sum * reciprocal;
    }
  }
}

// a - b -> L_a - L_b without subtracting the factors: with E = L_a - L_b, column by column,
//   a - b = E L_a' + L_b E'   gives   E_jj (L_a + L_b)_jj = d_jj  and  E_ij L_a,jj + L_b,ij E_jj = d_ij,
// where d is a - b less the columns already done.
void factor_difference(const Triangle& a, const Triangle& b, const Coordinates& inverse_a, Index d, Triangle& e) {
  for (Index j = 0; j < d; ++j) {
    Lanes* const e_j = e.row(j);
    const Lanes* const a_j = a.row(j);
    for (Index i = j; i < d; ++i) {
      Lanes* const e_i = e.row(i);
      const Lanes* const b_i = b.row(i);
      Lanes left = e_i[j], right = all(0);
      for (Index k = 0; k < j; ++k) {
        left = left - e_i[k] * a_j[k];
        right = right + b_i[k] * e_j[k];
      }
      left = left - right;
      e_i[j] = i == j ? left / (a_j[j] + b_i[j]) : (left - b_i[j] * e_j[j]) * inverse_a[static_cast<std::size_t>(j)];
    }
  }
}

// e -> L_b^-1 e, which is lower triangular, row by row.
void solve(const Triangle& b, const Coordinates& inverse, Index d, Triangle& e) {
  for (Index i = 0; i < d; ++i) {
    const Lanes* const b_i = b.row(i);
    Lanes* const e_i = e.row(i);
    for (Index j = 0; j <= i; ++j) {
      Lanes sum = e_i[j];
      for (Index k = j; k < i; ++k) sum = sum - b_i[k] * e(k, j);
      e_i[j] = sum * inverse[static_cast<std::size_t>(i)];
    }
  }
}

// Lane s gets eight numbers in a row from from[s].
void transpose(const std::array<const double*, kLanes>& from, Index at, Lanes* to) {
  constexpr Choice kEven = {0, 8, 2, 10, 4, 12, 6, 14}, kOdd = {1, 9, 3, 11, 5, 13, 7, 15};
  constexpr Choice kLowPairs = {0, 1, 8, 9, 4, 5, 12, 13}, kHighPairs = {2, 3, 10, 11, 6, 7, 14, 15};
  constexpr Choice kLowHalf = {0, 1, 2, 3, 8, 9, 10, 11}, kHighHalf = {4, 5, 6, 7, 12, 13, 14, 15};
  Lanes r[8], s[8];
  for (std::size_t k = 0; k < 8; ++k) std::memcpy(&r[k], from[k] + at, sizeof r[k]);
  for (int k = 0; k < 8; k += 2) {
    s[k] = __builtin_shuffle(r[k], r[k + 1], kEven);
    s[k + 1] = __builtin_shuffle(r[k], r[k + 1], kOdd);
  }
  for (int k = 0; k < 8; k += 4)
    for (int i = 0; i < 2; ++i) {
      r[k + i] = __builtin_shuffle(s[k + i], s[k + i + 2], kLowPairs);
      r[k + i + 2] = __builtin_shuffle(s[k + i], s[k + i + 2], kHighPairs);
    }
  for (int k = 0; k < 4; ++k) {
    to[k] = __builtin_shuffle(r[k], r[k + 4], kLowHalf);
    to[k + 4] = __builtin_shuffle(r[k], r[k + 4], kHighHalf);
  }
}

// Lane s gets the matrix that begins at from[s], which is symmetric: its columns are the rows.
void load(const std::array<const double*, kLanes>& from, Index d, Triangle& matrix) {
  const Index numbers = d * d;
  matrix.dimension = d;
  Index at = 0;
  for (; at + kLanes <= numbers; at += kLanes) transpose(from, at, matrix.entries.data() + at);
  for (; at < numbers; ++at)
    for (std::size_t s = 0; s < kLanes; ++s) matrix.entries[static_cast<std::size_t>(at)][s] = from[s][at];
}

// e^2/2 + e - log(1 + e) for |e| < 1/4, not negative: with s = e / (2 + e), log(1 + e) = 2s + s R and e - 2s = s e.
inline Lanes near_term(Lanes e) {
  const Lanes s = e / (2 + e), z = s * s;
  // R = 2z/3 + 2z^2/5 + ..., to 1e-18 of e.
  const Lanes series =
      z * (2.0 / 3 +
           z * (2.0 / 5 +
                z * (2.0 / 7 + z * (2.0 / 9 + z * (2.0 / 11 + z * (2.0 / 13 + z * (2.0 / 15 + z * (2.0 / 17))))))));
  return 0.5 * e * e + s * (e - series);
}

[[noreturn]] void refuse(const Batch& batch, Index column_p, Index column_q) {
  const Text name = batch.is_precision ? "precision" : "covariance";
  const Index d = batch.dimension;
  for (const auto& [theta, column] : {std::pair{&batch.p, column_p}, std::pair{&batch.q, column_q}})
    cholesky(name, Eigen::Map<const Eigen::MatrixXd>(theta->col(column).data() + d, d, d));
  throw DomainError(std::string(name), std::string(name) + " is not positive definite to working precision");
}

}  // namespace

void kl_batch(const Batch& batch, Row value, Row error) {
  const Index d = batch.dimension, last = value.size() - 1;
  const In theta_a = batch.is_precision ? batch.q : batch.p, theta_b = batch.is_precision ? batch.p : batch.q;
  const auto work = std::make_unique<Work>();
  Work& w = *work;
  for (Index begin = 0; begin <= last; begin += kLanes) {
    // Lanes past the end repeat the last pair: a pair gives the same bits wherever it stands.
    const auto pick = [&](const In& theta, Index s) { return theta.cols() == 1 ? 0 : std::min(begin + s, last); };
    std::array<const double*, kLanes> a, b;
    for (Index s = 0; s < kLanes; ++s) {
      const auto lane = static_cast<std::size_t>(s);
      a[lane] = theta_a.data() + pick(theta_a, s) * theta_a.outerStride() + d;
      b[lane] = theta_b.data() + pick(theta_b, s) * theta_b.outerStride() + d;
      const double* mean_p = batch.p.data() + pick(batch.p, s) * batch.p.outerStride();
      const double* mean_q = batch.q.data() + pick(batch.q, s) * batch.q.outerStride();
      for (Index i = 0; i < d; ++i) w.shift[static_cast<std::size_t>(i)][s] = mean_p[i] - mean_q[i];
    }
    load(a, d, w.a);
    load(b, d, w.b);
    w.difference.dimension = d;
    for (std::size_t k = 0; k < static_cast<std::size_t>(d * d); ++k)
      w.difference.entries[k] = w.a.entries[k] - w.b.entries[k];
    Lanes least = all(1e300);
    w.condition = all(1);
    factorize(w.a, d, w.inverse_a, w.condition, least);
    factorize(w.b, d, w.inverse, w.condition, least);
    for (Index s = 0; s < kLanes; ++s)
      if (!(least[s] > 0)) refuse(batch, pick(batch.p, s), pick(batch.q, s));
    factor_difference(w.a, w.b, w.inverse_a, d, w.difference);
    solve(w.b, w.inverse, d, w.difference);

    // The squared length of the shift in q's metric.
    Lanes means = all(0);
    for (Index i = 0; i < d; ++i) {
      Lanes& shift = w.shift[static_cast<std::size_t>(i)];
      Lanes z = batch.is_precision ? all(0) : shift;
      if (batch.is_precision) {
        for (Index k = i; k < d; ++k) z = z + w.a(k, i) * w.shift[static_cast<std::size_t>(k)];
      } else {
        for (Index k = 0; k < i; ++k) z = z - w.b(i, k) * w.shift[static_cast<std::size_t>(k)];
        z = shift = z * w.inverse[static_cast<std::size_t>(i)];
      }
      means = means + z * z;
    }
    // tr(M) - d - log det M with M = (I + K)(I + K)': squares of K beside its diagonal, and a term for each pivot's
    // ratio.
    Lanes shapes = all(0);
    for (Index i = 0; i < d; ++i) {
      for (Index k = 0; k < i; ++k) shapes = shapes + w.difference(i, k) * w.difference(i, k);
      w.ratio[static_cast<std::size_t>(i)] = w.a(i, i) * w.inverse[static_cast<std::size_t>(i)];
    }
    vector_log(reinterpret_cast<const double*>(w.ratio.data()), reinterpret_cast<double*>(w.logarithm.data()),
               d * kLanes);
    Lanes total = 0.5 * (means + shapes), logarithms = all(0);
    Choice extreme = {};
    for (Index i = 0; i < d; ++i) {
      const auto at = static_cast<std::size_t>(i);
      const Lanes e = w.difference(i, i), ratio = w.ratio[at], logarithm = w.logarithm[at];
      const Choice near = e < 0.25 && e > -0.25;
      total += near ? near_term(e) : e * (1 + 0.5 * e) - logarithm;
      logarithms += near ? all(0) : logarithm < 0 ? -logarithm : logarithm;
      extreme |= ~(ratio > 1e-300 && ratio < 1e300);
    }
    for (Index s = 0; s < kLanes; ++s)
      if (extreme[s]) {  // again, where the logarithm of the ratio is not to be had
        total[s] = 0.5 * (means[s] + shapes[s]);
        logarithms[s] = 0;
        for (Index i = 0; i < d; ++i)
          total[s] += diagonal_term(w.a(i, i)[s], w.b(i, i)[s], w.difference(i, i)[s] * w.b(i, i)[s]);
      }
    const double scale = kEpsilon * (4 + static_cast<double>(d));
    for (Index s = 0; s < std::min(kLanes, last + 1 - begin); ++s) {
      value[begin + s] = total[s];
      error[begin + s] = scale * (w.condition[s] * total[s] + logarithms[s]);
    }
  }
}

}  // namespace kullback::multivariate_normal
