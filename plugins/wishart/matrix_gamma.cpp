#include "matrix_gamma.hpp"

#include <Eigen/Cholesky>

#include <algorithm>
#include <cmath>

namespace kullback::wishart {

namespace {
constexpr double kLogPi = 1.1447298858494002;
}

Eigen::MatrixXd symmetric(const double* entries, Index d) {
  const Eigen::Map<const Eigen::MatrixXd> full(entries, d, d);
  return 0.5 * (full + full.transpose());
}

double log_multivariate_gamma(double n, Index d) {
  double sum = 0.25 * static_cast<double>(d * (d - 1)) * kLogPi;
  for (Index j = 0; j < d; ++j) sum += log_gamma(n - 0.5 * static_cast<double>(j));
  return sum;
}

double multivariate_digamma(double n, Index d) {
  double sum = 0;
  for (Index j = 0; j < d; ++j) sum += digamma(n - 0.5 * static_cast<double>(j));
  return sum;
}

// The left side falls from infinity at (d-1)/2 to 0, like d(d+1)/(4n) for large n: Newton steps on the logarithm of the
// distance to (d-1)/2, inside a bracket.
double solve_shape(double gap, Index d) {
  const double size = static_cast<double>(d), least = 0.5 * (size - 1);
  double t = size * (size + 1) / (4 * gap), low = 0, high = kInfinity;
  for (int round = 0; round < 200; ++round) {
    const double n = least + t;
    double miss = size * std::log(n) - multivariate_digamma(n, d) - gap, slope = size / n;
    for (Index j = 0; j < d; ++j) slope -= trigamma(n - 0.5 * static_cast<double>(j));
    (miss > 0 ? low : high) = t;
    double next = t * std::exp(std::clamp(-miss / (slope * t), -3.0, 3.0));
    if (!(next > low && next < high)) next = high == kInfinity ? 4 * t : low == 0 ? high / 4 : std::sqrt(low * high);
    if (std::abs(next - t) <= 4 * kEpsilon * t) break;
    t = next;
  }
  return least + t;
}

double MatrixGamma::trace(const Eigen::MatrixXd& l) const {
  if (is_inverse_scale) return (factor.transpose().triangularView<Eigen::Upper>() * l).squaredNorm();
  return factor.triangularView<Eigen::Lower>().solve(l).squaredNorm();
}

double MatrixGamma::log_normalizer() const {
  const double n = 0.5 * degrees_of_freedom;
  const Index d = matrix.rows();
  return log_multivariate_gamma(n, d) + n * (static_cast<double>(d) * kLog2 + log_det_scale());
}

double MatrixGamma::expected_log_det() const {
  const Index d = matrix.rows();
  return multivariate_digamma(0.5 * degrees_of_freedom, d) + static_cast<double>(d) * kLog2 + log_det_scale();
}

Eigen::MatrixXd MatrixGamma::draw_factor(const Eigen::MatrixXd& scale_factor, const double* uniforms) const {
  const Index d = matrix.rows();
  Eigen::MatrixXd a = Eigen::MatrixXd::Zero(d, d);
  for (Index j = 0; j < d; ++j)
    for (Index i = j; i < d; ++i) {
      const double u = *uniforms++, shape = 0.5 * (degrees_of_freedom - static_cast<double>(j));
      a(i, j) = i == j ? std::sqrt(2 * gamma_quantile(u, shape)) : normal_quantile(u);
    }
  return scale_factor.triangularView<Eigen::Lower>() * a;
}

MatrixGamma unpack(In theta, Index member, Index d, bool is_inverse_scale) {
  MatrixGamma out{theta(0, member), is_inverse_scale, symmetric(theta.col(member).data() + 1, d), {}};
  out.factor = cholesky(is_inverse_scale ? "inverse_scale" : "scale", out.matrix);
  return out;
}

}  // namespace kullback::wishart
