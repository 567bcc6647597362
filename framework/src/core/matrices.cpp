#include <kullback/error.hpp>
#include <kullback/matrices.hpp>
#include <kullback/numerics.hpp>

#include <fmt/format.h>
#include <Eigen/Cholesky>

#include <algorithm>
#include <cmath>

namespace kullback {

std::string number_text(double value) { return fmt::format("{:.6g}", value); }

namespace {
// Repeats a failed factorization in the plain order, to name the first bad pivot.
[[noreturn]] void name_pivot(Text name, const Eigen::MatrixXd& matrix) {
  const Index d = matrix.rows();
  Eigen::MatrixXd l = Eigen::MatrixXd::Zero(d, d);
  Index k = 0;
  double pivot = 0;
  for (; k < d; ++k) {
    pivot = matrix(k, k) - l.row(k).head(k).squaredNorm();
    if (!(pivot > static_cast<double>(d) * kEpsilon * matrix(k, k))) break;
    l(k, k) = std::sqrt(pivot);
    for (Index i = k + 1; i < d; ++i) l(i, k) = (matrix(i, k) - l.row(i).head(k).dot(l.row(k).head(k))) / l(k, k);
  }
  throw DomainError(std::string(name), fmt::format("{} is not positive definite: pivot {} is {}", name,
                                                   std::min(k, d - 1) + 1, number_text(pivot)));
}
}  // namespace

Eigen::MatrixXd cholesky(Text name, const Eigen::MatrixXd& matrix) {
  const Eigen::LLT<Eigen::MatrixXd> llt(matrix);
  if (llt.info() != Eigen::Success) name_pivot(name, matrix);
  Eigen::MatrixXd l = llt.matrixL();
  const double rounding = static_cast<double>(l.rows()) * kEpsilon;
  for (Index i = 0; i < l.rows(); ++i)
    if (!(l(i, i) * l(i, i) > rounding * matrix(i, i))) name_pivot(name, matrix);
  return l;
}

Eigen::MatrixXd inverse_from_cholesky(const Eigen::MatrixXd& factor) {
  const Index d = factor.rows();
  const Eigen::MatrixXd inverse = factor.triangularView<Eigen::Lower>().solve(Eigen::MatrixXd::Identity(d, d));
  return inverse.transpose() * inverse.triangularView<Eigen::Lower>();
}

double log_det_from_cholesky(const Eigen::MatrixXd& factor) { return 2 * factor.diagonal().array().log().sum(); }

// With E = L_a - L_b, a - b = E L_a' + L_b E' is solved for E column by column; K = L_b^-1 E.
Eigen::MatrixXd relative_cholesky(const Eigen::MatrixXd& a, const Eigen::MatrixXd& b, const Eigen::MatrixXd& l_a,
                                  const Eigen::MatrixXd& l_b) {
  const Index d = a.rows();
  Eigen::MatrixXd e = Eigen::MatrixXd::Zero(d, d);
  for (Index j = 0; j < d; ++j)
    for (Index i = j; i < d; ++i) {
      const double rest =
          a(i, j) - b(i, j) - e.row(i).head(j).dot(l_a.row(j).head(j)) - l_b.row(i).head(j).dot(e.row(j).head(j));
      e(i, j) = i == j ? rest / (l_a(j, j) + l_b(j, j)) : (rest - l_b(i, j) * e(j, j)) / l_a(j, j);
    }
  return l_b.triangularView<Eigen::Lower>().solve(e);
}

bool differ(double upper, double lower, double diagonal_i, double diagonal_j) {
  const double size =
      std::max(std::max(std::abs(upper), std::abs(lower)), std::sqrt(std::abs(diagonal_i * diagonal_j)));
  return !(std::abs(upper - lower) <= 1e-12 * size);
}

void throw_not_square(const std::string& name, Index rows, Index columns) {
  throw DomainError(name,
                    fmt::format("{} must be a square matrix, but it has {} rows and {} columns", name, rows, columns));
}

void throw_not_symmetric(const std::string& name, Index i, Index j, double upper, double lower) {
  throw DomainError(name, fmt::format("{} is not symmetric: entry ({}, {}) is {}, entry ({}, {}) is {}", name, i + 1,
                                      j + 1, number_text(upper), j + 1, i + 1, number_text(lower)));
}

void make_symmetric(const std::string& name, Eigen::MatrixXd& matrix) {
  const Index d = matrix.rows();
  if (matrix.cols() != d || d == 0) throw_not_square(name, d, matrix.cols());
  for (const double v : matrix.reshaped())
    if (!std::isfinite(v)) throw DomainError(name, fmt::format("{} must be finite, got {}", name, number_text(v)));
  for (Index j = 0; j < d; ++j)
    for (Index i = 0; i < j; ++i) {
      if (differ(matrix(i, j), matrix(j, i), matrix(i, i), matrix(j, j)))
        throw_not_symmetric(name, i, j, matrix(i, j), matrix(j, i));
      if (matrix(i, j) != matrix(j, i)) matrix(i, j) = matrix(j, i) = 0.5 * (matrix(i, j) + matrix(j, i));
    }
}

}  // namespace kullback
