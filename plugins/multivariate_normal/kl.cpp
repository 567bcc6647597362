#include "kl.hpp"

#include <Eigen/QR>

#include <cmath>

namespace kullback::multivariate_normal {

double diagonal_term(double p, double q, double difference) {
  const double e = difference / q;
  if (std::abs(e) < 0.25) return 0.5 * e * e - log1pmx(e);
  const double ratio = p / q;
  const bool plain = ratio > 1e-300 && ratio < 1e300;
  return e * (1 + 0.5 * e) - (plain ? std::log(ratio) : std::log(p) - std::log(q));
}

namespace {

using Value = KlValue;

// What rounding can do: each of about d operations behind a term is off by epsilon times what the factorizations
// amplify.
Value bounded(double from_means, double from_shapes, double logarithms, Index d, double condition) {
  const double value = from_means + from_shapes;
  const double scale = kEpsilon * (4 + static_cast<double>(d));
  return {value, scale * (condition * value + logarithms)};
}

Value both_diagonal(const Side& p, const Side& q, Index i, Index j) {
  const Index d = p.layout.dimension;
  double means = 0, shapes = 0, logarithms = 0;
  for (Index k = 0; k < d; ++k) {
    const double sp = p.theta(d + k, i), sq = q.theta(d + k, j);
    const double t = (p.theta(k, i) - q.theta(k, j)) / sq;
    const double term = diagonal_term(sp, sq, sp - sq);
    means += 0.5 * t * t;
    shapes += term;
    if (term > 0.03) logarithms += 1 + std::abs(std::log(sp) - std::log(sq));
  }
  return bounded(means, shapes, logarithms, 1, 1 + 0.1 * static_cast<double>(d));
}

// tr(M) - d - log det M for M = U'U: the rotation that makes U triangular changes neither.
Value from_product(const Eigen::MatrixXd& product, double means, double condition) {
  const Index d = product.rows();
  const Eigen::MatrixXd u = Eigen::HouseholderQR<Eigen::MatrixXd>(product).matrixQR().triangularView<Eigen::Upper>();
  double shapes = 0, logarithms = 0;
  for (Index i = 0; i < d; ++i) {
    const double pivot = std::abs(u(i, i));
    shapes += diagonal_term(pivot, 1, pivot - 1);
    logarithms += std::abs(std::log(pivot));
    shapes += 0.5 * u.col(i).head(i).squaredNorm();
  }
  // The pivots carry an absolute error, so a small value carries its square root's.
  return bounded(means, shapes, logarithms + std::sqrt(shapes) * condition, d, condition);
}

Value mixed(const Side& p, const Side& q, Index i, Index j) {
  const Dense a = dense(p.layout, p.theta, i), b = dense(q.layout, q.theta, j);
  const double condition = std::max(a.condition, b.condition);
  const Eigen::VectorXd difference = a.mean - b.mean;
  const auto lq = b.factor.triangularView<Eigen::Lower>();
  // |U|^2 = tr(S_q^-1 S_p) with S = L L' or S^-1 = R R'.
  Eigen::MatrixXd u;
  Eigen::VectorXd whitened = difference;
  if (b.is_precision) {
    whitened = b.factor.transpose().triangularView<Eigen::Upper>() * difference;
  } else {
    lq.solveInPlace(whitened);
  }
  if (a.is_precision) {
    // R_p^-T from the right: (R_p^-1 X')' for X = L_q^-1 or R_q'.
    Eigen::MatrixXd x = Eigen::MatrixXd::Identity(difference.size(), difference.size());
    if (b.is_precision) {
      x = b.factor;
    } else {
      lq.solveInPlace(x);
      x.transposeInPlace();
    }
    a.factor.triangularView<Eigen::Lower>().solveInPlace(x);
    u = std::move(x);
  } else {
    u = a.factor;
    if (b.is_precision) {
      u = b.factor.transpose().triangularView<Eigen::Upper>() * a.factor;
    } else {
      lq.solveInPlace(u);
    }
  }
  return from_product(u, 0.5 * whitened.squaredNorm(), condition);
}

void evaluate(const Side& p, const Side& q, Row value, Row error) {
  const Index d = p.layout.dimension;
  if (q.layout.dimension != d)
    throw DomainError("",
                      "p has " + std::to_string(d) + " coordinates, but q has " + std::to_string(q.layout.dimension));
  const bool matrices_match = !p.layout.pattern && !q.layout.pattern && p.layout.form == q.layout.form &&
                              (p.layout.form == kCovariance || p.layout.form == kPrecision);
  if (matrices_match && d <= kBatchLimit) {
    kl_batch({d, p.layout.form == kPrecision, p.theta, q.theta}, value, error);
    return;
  }
  for (Index n = 0; n < value.size(); ++n) {
    const Index i = p.theta.cols() > 1 ? n : 0, j = q.theta.cols() > 1 ? n : 0;
    Value found;
    if (p.theta.rows() == q.theta.rows() && identical(p.layout, q.layout) && p.theta.col(i) == q.theta.col(j)) {
      found = {0, 0};
    } else if (p.layout.form == kDiagonal && q.layout.form == kDiagonal) {
      found = both_diagonal(p, q, i, j);
    } else if (sparse_kl_applies(p, q)) {
      found = sparse_kl(p, q, i, j);
    } else {
      found = mixed(p, q, i, j);
    }
    value[n] = found.value;
    error[n] = found.error;
  }
}

}  // namespace

Rule kl_rule() {
  return {Method::closed_form,
          "[(mean_p - mean_q)' S_q^-1 (mean_p - mean_q) + tr(S_q^-1 S_p) - d - log det(S_q^-1 S_p)]/2",
          "[Gil et al. 2013, table 3]", evaluate};
}

}  // namespace kullback::multivariate_normal
