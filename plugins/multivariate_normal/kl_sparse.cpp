// KL where one side's precision is sparse and large: nothing dense is ever made. The trace tr(Q S_p) needs the entries
// of p's covariance on the pattern of Q only.
#include "kl.hpp"
#include "sparse.hpp"

#include <Eigen/SparseCholesky>

#include <cmath>

namespace kullback::multivariate_normal {
namespace {

using ColumnMatrix = Eigen::SparseMatrix<double>;

// The precision of either side; a diagonal member's is made of its standard deviations.
SparseMatrix precision_of(const Side& s, Index member) {
  const Index d = s.layout.dimension;
  if (s.layout.pattern) return sparse_precision(s.layout, s.theta, member);
  SparseMatrix out(d, d);
  out.reserve(Eigen::VectorXi::Ones(d));
  for (Index i = 0; i < d; ++i) out.insert(i, i) = std::pow(s.theta(d + i, member), -2);
  out.makeCompressed();
  return out;
}

// Entries of the inverse of P on the pattern of its Cholesky factor, which holds the pattern of P: for P = L D L',
// from the last column to the first, Z_ij = [i = j] / D_j - sum over k > j of Z_ik L_kj
// [Takahashi, Fagan and Chin 1973; Rue and Held 2005, eq. 2.45].
class SelectedInverse {
 public:
  explicit SelectedInverse(const ColumnMatrix& precision) : solver_(precision) {
    if (solver_.info() != Eigen::Success || !(solver_.vectorD().minCoeff() > 0))
      throw DomainError("precision", "precision is not positive definite: its sparse Cholesky factorization fails");
    values_ = solver_.matrixL().nestedExpression();
    diagonal_ = solver_.vectorD().cwiseInverse();
    for (Index j = values_.cols(); j-- > 0;) fill(j);
  }

  double operator()(Index i, Index j) const {
    const auto& place = solver_.permutationP().indices();
    Index a = place[i], b = place[j];
    if (a == b) return diagonal_[a];
    if (a < b) std::swap(a, b);
    return values_.coeff(a, b);
  }
  double half_log_det_precision() const { return 0.5 * solver_.vectorD().array().log().sum(); }
  Eigen::VectorXd solve(const Eigen::VectorXd& right) const { return solver_.solve(right); }

 private:
  // Column j of the factor becomes column j of the inverse; the columns after it are done.
  void fill(Index j) {
    const int* outer = values_.outerIndexPtr();
    const int* rows = values_.innerIndexPtr();
    double* z = values_.valuePtr();
    int begin = outer[j];
    const int end = outer[j + 1];
    while (begin < end && rows[begin] <= j) ++begin;  // the unit diagonal, where it is stored
    factor_.assign(z + begin, z + end);
    sums_.assign(factor_.size(), 0);
    for (int a = begin; a < end; ++a) {
      const auto own = static_cast<std::size_t>(a - begin);
      sums_[own] += diagonal_[rows[a]] * factor_[own];
      // The rows below rows[a] that column j has are among those of column rows[a]: the fill path.
      int at = outer[rows[a]];
      for (int b = a + 1; b < end; ++b) {
        while (rows[at] < rows[b]) ++at;
        const auto other = static_cast<std::size_t>(b - begin);
        sums_[own] += z[at] * factor_[other];
        sums_[other] += z[at] * factor_[own];
      }
    }
    for (std::size_t k = 0; k < sums_.size(); ++k) {
      z[begin + static_cast<int>(k)] = -sums_[k];
      diagonal_[j] += sums_[k] * factor_[k];
    }
  }

  Eigen::SimplicialLDLT<ColumnMatrix> solver_;
  ColumnMatrix values_;       // off the diagonal, below it
  Eigen::VectorXd diagonal_;  // of the inverse
  std::vector<double> factor_, sums_;
};

struct Trace {
  double value = 0, size = 0;
  double half_log_det_p = 0;
  Eigen::VectorXd mean_p;
};

// p sparse: its factorization has room for the pattern of q too.
Trace trace_of_sparse(const Side& p, const SparseMatrix& q, Index i) {
  const ColumnMatrix own = sparse_precision(p.layout, p.theta, i);
  const ColumnMatrix room = own + 0.0 * ColumnMatrix(q);
  const SelectedInverse inverse(room);
  Trace out;
  long double sum = 0;  // fields repeat the same few terms, so roundings would not average out
  for (Index r = 0; r < q.outerSize(); ++r)
    for (SparseMatrix::InnerIterator e(q, r); e; ++e) {
      const double term = e.value() * inverse(e.row(), e.col());
      sum += term;
      out.size += std::abs(term);
    }
  out.value = static_cast<double>(sum);
  out.half_log_det_p = inverse.half_log_det_precision();
  out.mean_p = p.theta.col(i).head(p.layout.dimension);
  if (p.layout.form == kCanonical) out.mean_p = inverse.solve(out.mean_p);
  return out;
}

Trace trace_of_diagonal(const Side& p, const SparseMatrix& q, Index i) {
  const Index d = p.layout.dimension;
  const auto stddev = p.theta.col(i).tail(d).array();
  Trace out;
  out.value = out.size = (Eigen::VectorXd(q.diagonal()).array() * stddev.square()).sum();
  out.half_log_det_p = -stddev.log().sum();
  out.mean_p = p.theta.col(i).head(d);
  return out;
}

bool usable(const Side& s) { return s.layout.pattern || s.layout.form == kDiagonal; }

}  // namespace

bool sparse_kl_applies(const Side& p, const Side& q) {
  return (large(p.layout) || large(q.layout)) && usable(p) && usable(q);
}

KlValue sparse_kl(const Side& p, const Side& q, Index i, Index j) {
  const double d = static_cast<double>(p.layout.dimension);
  const SparseMatrix precision = precision_of(q, j);
  const Trace trace = p.layout.pattern ? trace_of_sparse(p, precision, i) : trace_of_diagonal(p, precision, i);
  Eigen::VectorXd mean = q.theta.col(j).head(p.layout.dimension);
  double half_log_det = 0;
  if (q.layout.pattern) {
    const SparseFactor factor(precision);
    half_log_det = factor.half_log_det_precision();
    if (q.layout.form == kCanonical) mean = factor.solve(mean);
  } else {
    half_log_det = 0.5 * Eigen::VectorXd(precision.diagonal()).array().log().sum();
  }
  const Eigen::VectorXd difference = trace.mean_p - mean;
  const double size = trace.size + std::abs(trace.half_log_det_p) + std::abs(half_log_det) + d;
  return {0.5 * (difference.dot(precision * difference) + trace.value - d) + trace.half_log_det_p - half_log_det,
          kEpsilon * 32 * size};
}

}  // namespace kullback::multivariate_normal
