// Symmetric positive definite matrices as parameters: checked once, factorized with the failing entry or pivot named.
#pragma once

#include <kullback/types.hpp>

#include <string>

namespace kullback {

/// A number as messages show it: six digits.
std::string number_text(double value);

/// The lower Cholesky factor of a symmetric matrix (its lower triangle is read). Throws DomainError "covariance is not
/// positive definite: pivot 3 is -0.2" for a pivot that is not above its rounding error, dimension * epsilon *
/// diagonal. [any-thread]
Eigen::MatrixXd cholesky(Text name, const Eigen::MatrixXd& matrix);

/// (L L')^-1 for a lower triangular L.
Eigen::MatrixXd inverse_from_cholesky(const Eigen::MatrixXd& factor);

/// log det(L L').
double log_det_from_cholesky(const Eigen::MatrixXd& factor);

/// The lower triangular K with a = L_b (I + K)(I + K)' L_b', for a = L_a L_a' and b = L_b L_b': how a differs from b in
/// the metric of b, without subtracting the factors, so that nearly equal matrices keep their digits.
Eigen::MatrixXd relative_cholesky(const Eigen::MatrixXd& a, const Eigen::MatrixXd& b, const Eigen::MatrixXd& l_a,
                                  const Eigen::MatrixXd& l_b);

/// Whether two entries that ought to be equal differ by more than the rounding of values that were computed symmetric:
/// 1e-12, relative to the larger one and to the geometric mean of the two diagonal entries, which bounds them.
bool differ(double upper, double lower, double diagonal_i, double diagonal_j);
[[noreturn]] void throw_not_square(const std::string& name, Index rows, Index columns);
[[noreturn]] void throw_not_symmetric(const std::string& name, Index i, Index j, double upper, double lower);

/// Makes a matrix that somebody typed or computed exactly symmetric. Throws DomainError naming `name` where it is
/// empty, not square, not finite or not symmetric.
void make_symmetric(const std::string& name, Eigen::MatrixXd& matrix);

}  // namespace kullback
