#include "sparse.hpp"

#include <Eigen/CholmodSupport>

#include <cmath>

namespace kullback::multivariate_normal {

SparseMatrix sparse_precision(const Layout& layout, In theta, Index member) {
  SparseMatrix precision = *layout.pattern;
  std::copy_n(theta.col(member).data() + layout.dimension, precision.nonZeros(), precision.valuePtr());
  return precision;
}

// Supernodal: a lattice of a million sites is factorized by dense blocks in seconds, entry by entry in minutes.
struct SparseFactor::State {
  Eigen::CholmodSupernodalLLT<Eigen::SparseMatrix<double>, Eigen::Lower> llt;
  State() {
    llt.cholmod().print = 0;     // a library does not print
    llt.cholmod().nmethods = 1;  // METIS takes longer to order a lattice than it saves
    llt.cholmod().method[0].ordering = CHOLMOD_AMD;
  }
};

SparseFactor::SparseFactor(const SparseMatrix& precision) : state_(std::make_unique<State>()) {
  state_->llt.compute(Eigen::SparseMatrix<double>(precision));
  if (state_->llt.info() != Eigen::Success) {
    // A small matrix gets its pivot named.
    if (precision.rows() <= kDenseLimit) cholesky("precision", Eigen::MatrixXd(precision));
    throw DomainError("precision", "precision is not positive definite: its sparse Cholesky factorization fails");
  }
}

SparseFactor::~SparseFactor() = default;

double SparseFactor::half_log_det_precision() const { return 0.5 * state_->llt.logDeterminant(); }

Eigen::MatrixXd SparseFactor::solve(In right) const { return state_->llt.solve(Eigen::MatrixXd(right)); }

Eigen::VectorXd sparse_mean(const Layout& layout, In theta, Index member) {
  const auto stored = theta.col(member).head(layout.dimension);
  if (layout.form != kCanonical) return stored;
  return SparseFactor(sparse_precision(layout, theta, member)).solve(stored);
}

}  // namespace kullback::multivariate_normal
