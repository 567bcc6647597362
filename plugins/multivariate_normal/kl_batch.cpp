// Many small pairs: eight matrices are interleaved, so that every step of a factorization is one vector operation.
#include "kl.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace kullback::multivariate_normal {
namespace {

constexpr Index kLanes = 8;
using Lanes = double __attribute__((vector_size(kLanes * sizeof(double))));

constexpr Index kPacked = kBatchLimit * (kBatchLimit + 1) / 2;

// A lower triangle, packed by row: entry (i, j) of all lanes.
struct Triangle {
  std::array<Lanes, kPacked> entries;
  Lanes& operator()(Index i, Index j) { return entries[static_cast<std::size_t>(i * (i + 1) / 2 + j)]; }
  const Lanes& operator()(Index i, Index j) const { return entries[static_cast<std::size_t>(i * (i + 1) / 2 + j)]; }
};
using Coordinates = std::array<Lanes, kBatchLimit>;

struct Work {
  Triangle a, b;        // the matrices, then their Cholesky factors
  Triangle difference;  // a - b, then the difference of the factors, then b's factor^-1 times it
  Coordinates inverse;  // 1 / diagonal of b's factor
  Coordinates shift;
  Coordinates ratio, logarithm;
  Lanes condition;
};

// In place. Lanes of `good` turn 0 where a pivot is not above its rounding; the lane goes on with 1 for its square
// root.
void factorize(Triangle& l, Index d, Coordinates& inverse, Lanes& condition, Lanes& good) {
  const double rounding = static_cast<double>(d) * kEpsilon;
  for (Index j = 0; j < d; ++j) {
    const Lanes diagonal = l(j, j);
    Lanes pivot = diagonal;
    for (Index k = 0; k < j; ++k) pivot -= l(j, k) * l(j, k);
    const auto fine = pivot > rounding * diagonal;
    good = fine ? good : Lanes{} + 0.0;
    pivot = fine ? pivot : Lanes{} + 1.0;
    Lanes root;
    for (Index s = 0; s < kLanes; ++s) root[s] = std::sqrt(pivot[s]);
    const Lanes reciprocal = 1.0 / root;
    const Lanes amplified = diagonal * reciprocal * reciprocal;
    condition = amplified > condition ? amplified : condition;
    l(j, j) = root;
    inverse[static_cast<std::size_t>(j)] = reciprocal;
    for (Index i = j + 1; i < d; ++i) {
      Lanes sum = l(i, j);
      for (Index k = 0; k < j; ++k) sum -= l(i, k) * l(j, k);
      l(i, j) = sum * reciprocal;
    }
  }
}

// a - b -> L_a - L_b without subtracting the factors: with E = L_a - L_b, column by column,
//   a - b = E L_a' + L_b E'   gives   E_jj (L_a + L_b)_jj = d_jj  and  E_ij L_a,jj + L_b,ij E_jj = d_ij,
// where d is a - b less the columns already done.
void factor_difference(const Triangle& a, const Triangle& b, const Coordinates& inverse_a, Index d, Triangle& e) {
  for (Index j = 0; j < d; ++j) {
    for (Index i = j; i < d; ++i) {
      Lanes sum = e(i, j);
      for (Index k = 0; k < j; ++k) sum -= e(i, k) * a(j, k) + b(i, k) * e(j, k);
      if (i == j) {
        e(j, j) = sum / (a(j, j) + b(j, j));
      } else {
        e(i, j) = (sum - b(i, j) * e(j, j)) * inverse_a[static_cast<std::size_t>(j)];
      }
    }
  }
}

// e -> L_b^-1 e, which is lower triangular.
void solve(const Triangle& b, const Coordinates& inverse, Index d, Triangle& e) {
  for (Index j = 0; j < d; ++j)
    for (Index i = j; i < d; ++i) {
      Lanes sum = e(i, j);
      for (Index k = j; k < i; ++k) sum -= b(i, k) * e(k, j);
      e(i, j) = sum * inverse[static_cast<std::size_t>(i)];
    }
}

// Lane s gets column `column(s)` of theta: the lower triangle of its matrix.
template <class Column>
void load(In theta, Index d, const Column& column, Triangle& matrix) {
  for (Index s = 0; s < kLanes; ++s) {
    const double* from = theta.data() + column(s) * theta.outerStride() + d;
    for (Index j = 0; j < d; ++j)
      for (Index i = j; i < d; ++i) matrix(i, j)[s] = from[j * d + i];
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
    const auto pick = [&](In theta) {
      return [&, one = theta.cols() == 1](Index s) { return one ? 0 : std::min(begin + s, last); };
    };
    load(theta_a, d, pick(theta_a), w.a);
    load(theta_b, d, pick(theta_b), w.b);
    for (Index s = 0; s < kLanes; ++s) {
      const double* mean_p = batch.p.data() + pick(batch.p)(s) * batch.p.outerStride();
      const double* mean_q = batch.q.data() + pick(batch.q)(s) * batch.q.outerStride();
      for (Index i = 0; i < d; ++i) w.shift[static_cast<std::size_t>(i)][s] = mean_p[i] - mean_q[i];
    }
    for (Index k = 0; k < d * (d + 1) / 2; ++k) {
      const auto at = static_cast<std::size_t>(k);
      w.difference.entries[at] = w.a.entries[at] - w.b.entries[at];
    }
    Lanes good = Lanes{} + 1.0;
    w.condition = Lanes{} + 1.0;
    Coordinates inverse_a;
    factorize(w.a, d, inverse_a, w.condition, good);
    factorize(w.b, d, w.inverse, w.condition, good);
    for (Index s = 0; s < kLanes; ++s)
      if (good[s] == 0) refuse(batch, pick(batch.p)(s), pick(batch.q)(s));
    factor_difference(w.a, w.b, inverse_a, d, w.difference);
    solve(w.b, w.inverse, d, w.difference);

    // Half the squared length of the shift in q's metric.
    Lanes means = Lanes{};
    for (Index i = 0; i < d; ++i) {
      Lanes z = Lanes{};
      if (batch.is_precision) {
        for (Index k = i; k < d; ++k) z += w.a(k, i) * w.shift[static_cast<std::size_t>(k)];
      } else {
        z = w.shift[static_cast<std::size_t>(i)];
        for (Index k = 0; k < i; ++k) z -= w.b(i, k) * w.shift[static_cast<std::size_t>(k)];
        z *= w.inverse[static_cast<std::size_t>(i)];
        w.shift[static_cast<std::size_t>(i)] = z;
      }
      means += z * z;
    }
    // tr(M) - d - log det M with M = (I + K)(I + K)': squares of K beside its diagonal, and a term for each pivot's
    // ratio.
    Lanes shapes = Lanes{};
    for (Index i = 0; i < d; ++i) {
      for (Index k = 0; k < i; ++k) shapes += w.difference(i, k) * w.difference(i, k);
      w.ratio[static_cast<std::size_t>(i)] = w.a(i, i) / w.b(i, i);
    }
    vector_log(&w.ratio[0][0], &w.logarithm[0][0], d * kLanes);
    Lanes total = 0.5 * (means + shapes), logarithms = Lanes{};
    for (Index i = 0; i < d; ++i) {
      const Lanes e = w.difference(i, i), log_ratio = w.logarithm[static_cast<std::size_t>(i)];
      Lanes term = e * (1 + 0.5 * e) - log_ratio;
      for (Index s = 0; s < kLanes; ++s) {
        const double ratio = w.ratio[static_cast<std::size_t>(i)][s];
        if (std::abs(e[s]) < 0.25 || !(ratio > 1e-300 && ratio < 1e300)) {
          term[s] = diagonal_term(w.a(i, i)[s], w.b(i, i)[s], e[s] * w.b(i, i)[s]);
        } else {
          logarithms[s] += std::abs(log_ratio[s]);
        }
      }
      total += term;
    }
    const Lanes bound = kEpsilon * (4 + static_cast<double>(d)) * (w.condition * total + logarithms);
    for (Index s = 0; s < std::min(kLanes, last + 1 - begin); ++s) {
      value[begin + s] = total[s];
      error[begin + s] = bound[s];
    }
  }
}

}  // namespace kullback::multivariate_normal
