#include "distances.hpp"

#include "dense.hpp"

#include <Eigen/Eigenvalues>
#include <Eigen/SVD>

#include <cmath>

namespace kullback::multivariate_normal {
namespace {

struct Value {
  double value, error;
};

// Some F with covariance = F F'.
Eigen::MatrixXd root(const Dense& member) {
  const Index d = member.factor.rows();
  if (!member.is_precision) return member.factor;
  return member.factor.triangularView<Eigen::Lower>().solve(Eigen::MatrixXd::Identity(d, d)).transpose();
}

// |F_p - F_q U| for the best rotation U, which the singular vectors of F_q' F_p give: unlike the traces less twice the
// nuclear norm of that product, it does not cancel.
Value wasserstein_2(const Dense& p, const Dense& q) {
  const Eigen::MatrixXd a = root(p), b = root(q), product = b.transpose() * a;
  const Eigen::JacobiSVD<Eigen::MatrixXd> svd(product, Eigen::ComputeFullU | Eigen::ComputeFullV);
  const Eigen::MatrixXd rotation = svd.matrixU() * svd.matrixV().transpose();
  const double shapes = (a - b * rotation).norm(), means = (p.mean - q.mean).norm();
  const double value = std::hypot(means, shapes);
  const auto d = static_cast<double>(a.rows());
  return {value, kEpsilon * (8 * value + (d + 8) * (a.norm() + b.norm()))};
}

// The logarithms of the eigenvalues of covariance_q^-1 covariance_p, up to their signs.
Eigen::ArrayXd logarithms(const Dense& p, const Dense& q) {
  const bool both = p.is_precision && q.is_precision;
  const auto matrix = [&](const Dense& m) { return both ? m.precision() : m.covariance(); };
  const Eigen::MatrixXd a = matrix(p), b = matrix(q);
  const Eigen::MatrixXd k = relative_cholesky(a, b, cholesky("covariance", a), cholesky("covariance", b));
  const Eigen::ArrayXd near =
      Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(k + k.transpose() + k * k.transpose(), Eigen::EigenvaluesOnly)
          .eigenvalues();
  if (near.minCoeff() > -0.5 && near.maxCoeff() < 1) return near.log1p();
  const Eigen::MatrixXd whole = k + Eigen::MatrixXd::Identity(k.rows(), k.rows());
  return 2 * Eigen::JacobiSVD<Eigen::MatrixXd>(whole).singularValues().array().log();
}

Value fisher_rao(const Dense& p, const Dense& q) {
  const auto d = static_cast<double>(p.mean.size());
  const double condition = p.condition + q.condition;
  if (p.mean == q.mean) {
    const double value = std::sqrt(0.5) * logarithms(p, q).matrix().norm();
    return {value, kEpsilon * (d + 16) * condition * (1 + value)};
  }
  if (p.mean.size() > 1)
    throw UnsupportedError("fisher_rao of multivariate normals is known in closed form for equal means only");
  const double a = root(p)(0, 0), b = root(q)(0, 0), scale = std::sqrt(a) * std::sqrt(b);
  const double half = std::hypot((p.mean[0] - q.mean[0]) / scale, std::sqrt(2.0) * (a - b) / scale) / std::sqrt(8.0);
  const double value = 2 * std::sqrt(2.0) * std::asinh(half);
  return {value, 32 * kEpsilon * value};
}

Rule rule(std::string formula, std::string source, Value (*distance)(const Dense&, const Dense&)) {
  return {Method::closed_form, std::move(formula), std::move(source),
          [distance](const Side& p, const Side& q, Row value, Row error) {
            for (Index n = 0; n < value.size(); ++n) {
              const auto found = distance(dense(p.layout, p.theta, p.theta.cols() > 1 ? n : 0),
                                          dense(q.layout, q.theta, q.theta.cols() > 1 ? n : 0));
              value[n] = found.value;
              error[n] = found.error;
            }
          }};
}

}  // namespace

void add_distances(Registrar& registrar) {
  registrar.rule("wasserstein_2", "multivariate_normal", "multivariate_normal",
                 rule("sqrt(|mean_p - mean_q|^2 + min over rotations U of |F_p - F_q U|^2),  S = F F'",
                      "[Olkin and Pukelsheim 1982]", wasserstein_2));
  registrar.rule(
      "fisher_rao", "multivariate_normal", "multivariate_normal",
      rule("sqrt(sum log^2 eigenvalues(S_q^-1 S_p) / 2) for equal means", "[Atkinson and Mitchell 1981]", fisher_rao));
}

}  // namespace kullback::multivariate_normal
