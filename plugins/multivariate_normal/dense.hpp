// One member of the multivariate normal family, taken apart and factorized.
#pragma once

#include <kullback/kullback.hpp>

#include <string>

namespace kullback::multivariate_normal {

/// Which parameterization theta is stored in: layout.form. Matrices are kept as they were given, because going through
/// an inverse and back loses digits. A diagonal matrix of any kind is stored as standard deviations.
enum Form { kCovariance, kPrecision, kCanonical, kDiagonal };

/// Names of the vector and the matrix of a form, as a person writes them.
Text vector_name(int form);
Text matrix_name(int form);

/// Sparse precisions up to this dimension are treated as dense where that is what it takes.
inline constexpr Index kDenseLimit = 1024;

/// Whether only its sparse factorization may be made.
inline bool large(const Layout& layout) { return layout.pattern && layout.dimension > kDenseLimit; }

/// x = mean + factor z (covariance) or x = mean + factor^-T z (precision), z standard normal.
struct Dense {
  bool is_precision = false;
  Eigen::VectorXd mean;
  Eigen::MatrixXd factor;  ///< lower triangular
  double condition = 1;    ///< max diagonal / pivot: what the factorization amplifies rounding by, at least

  /// log sqrt(det covariance)
  double half_log_det() const;
  Eigen::MatrixXd covariance() const;
  /// covariance times e_j for the coordinates given, one column each.
  Eigen::MatrixXd covariance_columns(std::span<const Index> coordinates) const;
  /// P = factor^-T factor^-1 or factor factor'.
  Eigen::MatrixXd precision() const;
  Eigen::MatrixXd whiten(In x) const;
  Eigen::MatrixXd color(In z) const;
};

/// Unpacks column `member` of theta. Throws DomainError where the matrix is not positive definite, and UnsupportedError
/// for a sparse one above kDenseLimit.
Dense dense(const Layout& layout, In theta, Index member);

/// The full matrix of a member as it is stored: a covariance, or a precision (kPrecision, kCanonical, sparse).
Eigen::MatrixXd stored_matrix(const Layout& layout, In theta, Index member);

}  // namespace kullback::multivariate_normal
