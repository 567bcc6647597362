#include "inference/regression.hpp"

#include <kullback/error.hpp>
#include <kullback/labels.hpp>

#include <Eigen/Cholesky>
#include <Eigen/QR>

#include <fmt/format.h>

#include <cmath>

namespace kullback::inference {
namespace {

// Rows: the statistic's values at the nodes.
Eigen::MatrixXd values_of(const Statistic& s, In x) {
  Eigen::MatrixXd out(s.rows, x.cols());
  if (label_rows(s.label, x.rows()) != s.rows || !evaluate_label(s.label, x, out))
    throw UnsupportedError(fmt::format(
        "the statistic {} is not known as a function of x, so a density cannot be projected on it by quadrature",
        s.label));
  return out;
}

// Whitened coordinates z = L^-1 (x - mean); f ~ a + g'z + z'Hz with the cross terms of H only where the family has
// them.
void regress_quadratic(const Leaf& leaf, In x, const Eigen::RowVectorXd& w, const Eigen::VectorXd& f,
                       Eigen::Ref<Eigen::VectorXd> eta_hat) {
  const Index d = x.rows(), n = x.cols();
  const bool full = leaf.row("x*x'") >= 0;
  const Eigen::VectorXd mean = x * w.transpose();
  const Eigen::MatrixXd centered = x.colwise() - mean;
  Eigen::MatrixXd covariance = centered * w.asDiagonal() * centered.transpose();
  if (!full) covariance = Eigen::MatrixXd(covariance.diagonal().asDiagonal());
  const Eigen::LLT<Eigen::MatrixXd> llt(covariance);
  if (llt.info() != Eigen::Success)
    throw NumericalError(
        fmt::format("the covariance of {} at its nodes is not positive definite", leaf.family->name()));
  const Eigen::MatrixXd z = llt.matrixL().solve(centered);

  // The columns are nearly orthogonal under a normal q, so the normal equations are well conditioned.
  Eigen::MatrixXd basis(1 + d + (full ? d * (d + 1) / 2 : d), n);
  basis.row(0).setOnes();
  basis.middleRows(1, d) = z;
  Index row = 1 + d;
  for (Index j = 0; j < d; ++j)
    for (Index i = full ? 0 : j; i <= j; ++i)
      basis.row(row++) = (z.row(i).array() * z.row(j).array() - (i == j ? 1.0 : 0.0)).matrix();
  const Eigen::MatrixXd weighted = basis * w.asDiagonal();
  const Eigen::LDLT<Eigen::MatrixXd> gram(weighted * basis.transpose());
  if (gram.info() != Eigen::Success || !gram.isPositive())
    throw NumericalError(fmt::format("the nodes of {} do not determine its statistics", leaf.family->name()));
  const Eigen::VectorXd centered_f = f.array() - w.dot(f);
  const Eigen::VectorXd c = gram.solve(weighted * centered_f);

  Eigen::MatrixXd h = Eigen::MatrixXd::Zero(d, d);
  row = 1 + d;
  for (Index j = 0; j < d; ++j)
    for (Index i = full ? 0 : j; i <= j; ++i, ++row) h(i, j) = h(j, i) = i == j ? c[row] : 0.5 * c[row];
  const Eigen::MatrixXd half = llt.matrixU().solve(h);  // L^-T H
  const Eigen::MatrixXd q = llt.matrixU().solve(half.transpose());
  const Eigen::VectorXd g = llt.matrixU().solve(c.segment(1, d));
  eta_hat.segment(leaf.row("x"), d) = g - 2 * (q * mean);
  if (full) {
    eta_hat.segment(leaf.row("x*x'"), d * d) = (0.5 * (q + q.transpose())).reshaped();
  } else {
    eta_hat.segment(leaf.row("x2"), d) = q.diagonal();
  }
}

}  // namespace

void regress(const Leaf& leaf, In x, const Eigen::RowVectorXd& weights, const Eigen::VectorXd& f,
             Eigen::Ref<Eigen::VectorXd> eta_hat) {
  eta_hat.setZero();
  if (leaf.labels.size() == 2 && leaf.row("x") >= 0 && (leaf.row("x2") >= 0 || leaf.row("x*x'") >= 0)) {
    regress_quadratic(leaf, x, weights, f, eta_hat);
    return;
  }
  Eigen::MatrixXd s(leaf.statistics, x.cols());
  Index row = 0;
  for (const Statistic& statistic : leaf.labels) {
    s.middleRows(row, statistic.rows) = values_of(statistic, x);
    row += statistic.rows;
  }
  const Eigen::VectorXd mean = s * weights.transpose();
  s.colwise() -= mean;
  const Eigen::RowVectorXd root = weights.cwiseSqrt();
  Eigen::MatrixXd design = (s * root.asDiagonal()).transpose();
  const Eigen::RowVectorXd scale = design.colwise().norm();
  if (!(scale.minCoeff() > 0))
    throw NumericalError(fmt::format("the nodes of {} do not determine its statistics", leaf.family->name()));
  design *= scale.cwiseInverse().asDiagonal();
  const Eigen::VectorXd target = (f.array() - weights.dot(f)) * root.transpose().array();
  eta_hat = design.colPivHouseholderQr().solve(target).cwiseQuotient(scale.transpose());
}

}  // namespace kullback::inference
