// Many small pairs: eight matrices are interleaved, so that every step of a factorization is one vector operation.
#include "kl.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace kullback::multivariate_normal {
namespace {

constexpr Index kLanes = 8;
using Vector = double __attribute__((vector_size(32)));

// One number of each of eight pairs: two vectors, so that two chains of operations run side by side.
struct Lanes {
  Vector first, second;
  static Lanes all(double x) { return {Vector{} + x, Vector{} + x}; }
  double* data() { return reinterpret_cast<double*>(&first); }
  double operator[](Index s) const { return s < 4 ? first[s] : second[s - 4]; }
};
inline Lanes operator+(Lanes a, Lanes b) { return {a.first + b.first, a.second + b.second}; }
inline Lanes operator-(Lanes a, Lanes b) { return {a.first - b.first, a.second - b.second}; }
inline Lanes operator*(Lanes a, Lanes b) { return {a.first * b.first, a.second * b.second}; }
inline Lanes operator/(Lanes a, Lanes b) { return {a.first / b.first, a.second / b.second}; }
inline Lanes operator*(double a, Lanes b) { return {a * b.first, a * b.second}; }
inline Lanes max(Lanes a, Lanes b) {
  return {a.first > b.first ? a.first : b.first, a.second > b.second ? a.second : b.second};
}
inline Lanes square_root(Lanes a) {
  for (Index s = 0; s < kLanes; ++s) a.data()[s] = std::sqrt(a.data()[s]);
  return a;
}

constexpr Index kPacked = kBatchLimit * (kBatchLimit + 1) / 2;

// A lower triangle, packed by row: entry (i, j) of all lanes.
struct Triangle {
  std::array<Lanes, kPacked> entries;
  Lanes* row(Index i) { return &entries[static_cast<std::size_t>(i * (i + 1) / 2)]; }
  const Lanes* row(Index i) const { return &entries[static_cast<std::size_t>(i * (i + 1) / 2)]; }
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
  const Lanes one = Lanes::all(1);
  const double rounding = static_cast<double>(d) * kEpsilon;
  for (Index j = 0; j < d; ++j) {
    Lanes* const row_j = l.row(j);
    const Lanes diagonal = row_j[j];
    Lanes pivot = diagonal;
    for (Index k = 0; k < j; ++k) pivot = pivot - row_j[k] * row_j[k];
    const Lanes margin = pivot - rounding * diagonal;
    least.first = margin.first < least.first || margin.first != margin.first ? margin.first : least.first;
    least.second = margin.second < least.second || margin.second != margin.second ? margin.second : least.second;
    pivot.first = margin.first > 0 ? pivot.first : one.first;
    pivot.second = margin.second > 0 ? pivot.second : one.second;
    const Lanes root = square_root(pivot), reciprocal = one / root;
    condition = max(condition, diagonal * reciprocal * reciprocal);
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
      Lanes left = e_i[j], right = Lanes::all(0);
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

// Lane s gets the lower triangle of the matrix that begins at from[s].
void load(const std::array<const double*, kLanes>& from, Index d, Triangle& matrix) {
  for (Index j = 0; j < d; ++j)
    for (Index i = j; i < d; ++i) {
      double* const to = matrix(i, j).data();
      for (std::size_t s = 0; s < kLanes; ++s) to[s] = from[s][j * d + i];
    }
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
      for (Index i = 0; i < d; ++i) w.shift[static_cast<std::size_t>(i)].data()[s] = mean_p[i] - mean_q[i];
    }
    load(a, d, w.a);
    load(b, d, w.b);
    for (std::size_t k = 0; k < static_cast<std::size_t>(d * (d + 1) / 2); ++k)
      w.difference.entries[k] = w.a.entries[k] - w.b.entries[k];
    Lanes least = Lanes::all(1e300);
    w.condition = Lanes::all(1);
    factorize(w.a, d, w.inverse_a, w.condition, least);
    factorize(w.b, d, w.inverse, w.condition, least);
    for (Index s = 0; s < kLanes; ++s)
      if (!(least[s] > 0)) refuse(batch, pick(batch.p, s), pick(batch.q, s));
    factor_difference(w.a, w.b, w.inverse_a, d, w.difference);
    solve(w.b, w.inverse, d, w.difference);

    // The squared length of the shift in q's metric.
    Lanes means = Lanes::all(0);
    for (Index i = 0; i < d; ++i) {
      Lanes& shift = w.shift[static_cast<std::size_t>(i)];
      Lanes z = batch.is_precision ? Lanes::all(0) : shift;
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
    Lanes shapes = Lanes::all(0);
    for (Index i = 0; i < d; ++i) {
      for (Index k = 0; k < i; ++k) shapes = shapes + w.difference(i, k) * w.difference(i, k);
      w.ratio[static_cast<std::size_t>(i)] = w.a(i, i) * w.inverse[static_cast<std::size_t>(i)];
    }
    vector_log(w.ratio[0].data(), w.logarithm[0].data(), d * kLanes);
    alignas(64) double total[kLanes], logarithms[kLanes] = {};
    for (Index s = 0; s < kLanes; ++s) total[s] = 0.5 * (means[s] + shapes[s]);
    for (Index i = 0; i < d; ++i) {
      const auto at = static_cast<std::size_t>(i);
      for (Index s = 0; s < kLanes; ++s) {
        const double e = w.difference(i, i)[s], ratio = w.ratio[at][s], log_ratio = w.logarithm[at][s];
        if (std::abs(e) < 0.25 || !(ratio > 1e-300 && ratio < 1e300)) {
          total[s] += diagonal_term(w.a(i, i)[s], w.b(i, i)[s], e * w.b(i, i)[s]);
        } else {
          total[s] += e * (1 + 0.5 * e) - log_ratio;
          logarithms[s] += std::abs(log_ratio);
        }
      }
    }
    const double scale = kEpsilon * (4 + static_cast<double>(d));
    for (Index s = 0; s < std::min(kLanes, last + 1 - begin); ++s) {
      value[begin + s] = total[s];
      error[begin + s] = scale * (w.condition[s] * total[s] + logarithms[s]);
    }
  }
}

}  // namespace kullback::multivariate_normal
