// The law that Wishart matrices and inverses of inverse Wishart matrices have, as a gamma distribution of matrices:
// density proportional to |W|^(n - (d+1)/2) exp(-tr(R W)), shape n = degrees_of_freedom / 2, rate R.
#pragma once

#include <kullback/kullback.hpp>

#include <limits>
#include <memory>

namespace kullback::wishart {

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();
inline constexpr double kLog2 = 0.69314718055994531;

/// One column serves every point.
inline Index step(In theta) { return theta.cols() > 1 ? 1 : 0; }

/// Rows of the matrices.
inline Index side(const Layout& layout) { return static_cast<Index>(layout.constants[0][0]); }

/// d*d numbers as a matrix, made symmetric.
Eigen::MatrixXd symmetric(const double* entries, Index d);

/// log Gamma_d(n) and the sum of digamma(n - j/2), j = 0 .. d - 1.
double log_multivariate_gamma(double n, Index d);
double multivariate_digamma(double n, Index d);

/// The n with d log n - multivariate_digamma(n) = gap, for gap > 0.
double solve_shape(double gap, Index d);

/// One member. `matrix` is the inverse scale 2 R, or the scale.
struct MatrixGamma {
  double degrees_of_freedom;
  bool is_inverse_scale;
  Eigen::MatrixXd matrix;
  Eigen::MatrixXd factor;  ///< Cholesky factor of `matrix`

  Eigen::MatrixXd scale() const { return is_inverse_scale ? inverse_from_cholesky(factor) : matrix; }
  Eigen::MatrixXd inverse_scale() const { return is_inverse_scale ? matrix : inverse_from_cholesky(factor); }
  double log_det_scale() const { return (is_inverse_scale ? -1 : 1) * log_det_from_cholesky(factor); }
  /// tr(scale^-1 W) for W = L L'
  double trace(const Eigen::MatrixXd& l) const;
  /// log of the integral of |W|^(n - (d+1)/2) exp(-tr(R W)): the log-partition
  double log_normalizer() const;
  double expected_log_det() const;
  /// A lower triangular A with W = A A', by Bartlett's decomposition from d (d + 1) / 2 uniforms. `scale_factor` is the
  /// Cholesky factor of the scale.
  Eigen::MatrixXd draw_factor(const Eigen::MatrixXd& scale_factor, const double* uniforms) const;
  Eigen::MatrixXd scale_factor() const { return is_inverse_scale ? cholesky("scale", scale()) : factor; }
};

/// theta = (degrees_of_freedom, matrix), column `member`.
MatrixGamma unpack(In theta, Index member, Index d, bool is_inverse_scale);

/// KL(p || q) of two members, which maps of W do not change.
struct Value {
  double value, error;
};
Value relative_entropy(const MatrixGamma& p, const MatrixGamma& q);

std::unique_ptr<Distribution> make_wishart();
std::unique_ptr<Distribution> make_inverse_wishart();
std::unique_ptr<Distribution> make_normal_gamma();
std::unique_ptr<Distribution> make_normal_inverse_gamma();
std::unique_ptr<Distribution> make_normal_wishart();
Rule wishart_kl();
Rule inverse_wishart_kl();
Rule normal_gamma_kl();
Rule normal_wishart_kl();

}  // namespace kullback::wishart
