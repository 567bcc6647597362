// The sparse Cholesky factorization of a precision matrix.
#pragma once

#include "dense.hpp"

#include <memory>

namespace kullback::multivariate_normal {

/// The precision matrix of a sparse member, values filled in.
SparseMatrix sparse_precision(const Layout& layout, In theta, Index member);

/// P = L L' after a fill-reducing permutation. Throws DomainError where P is not positive definite.
class SparseFactor {
 public:
  explicit SparseFactor(const SparseMatrix& precision);
  ~SparseFactor();
  SparseFactor(const SparseFactor&) = delete;
  SparseFactor& operator=(const SparseFactor&) = delete;

  double half_log_det_precision() const;
  Eigen::MatrixXd solve(In right) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The mean: stored, or the solution of P mean = information.
Eigen::VectorXd sparse_mean(const Layout& layout, In theta, Index member);

}  // namespace kullback::multivariate_normal
