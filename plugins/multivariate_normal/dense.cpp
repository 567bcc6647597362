#include "dense.hpp"

#include <cmath>

namespace kullback::multivariate_normal {

Text vector_name(int form) { return form == kCanonical ? "information" : "mean"; }
Text matrix_name(int form) { return form == kCovariance ? "covariance" : form == kDiagonal ? "stddev" : "precision"; }

double Dense::half_log_det() const {
  const double sum = factor.diagonal().array().log().sum();
  return is_precision ? -sum : sum;
}

Eigen::MatrixXd Dense::covariance() const {
  if (!is_precision) return factor.triangularView<Eigen::Lower>() * factor.transpose();
  return inverse_from_cholesky(factor);
}

Eigen::MatrixXd Dense::covariance_columns(std::span<const Index> coordinates) const {
  const Index d = factor.rows(), count = static_cast<Index>(coordinates.size());
  Eigen::MatrixXd columns = Eigen::MatrixXd::Zero(d, count);
  for (Index j = 0; j < count; ++j) columns(coordinates[static_cast<std::size_t>(j)], j) = 1;
  if (is_precision) {
    factor.triangularView<Eigen::Lower>().solveInPlace(columns);
    factor.triangularView<Eigen::Lower>().transpose().solveInPlace(columns);
    return columns;
  }
  columns = factor.transpose().triangularView<Eigen::Upper>() * columns;
  return factor.triangularView<Eigen::Lower>() * columns;
}

Eigen::MatrixXd Dense::precision() const {
  if (is_precision) return factor.triangularView<Eigen::Lower>() * factor.transpose();
  return inverse_from_cholesky(factor);
}

Eigen::MatrixXd Dense::whiten(In x) const {
  Eigen::MatrixXd z = x.colwise() - mean;
  if (is_precision) return factor.triangularView<Eigen::Lower>().transpose() * z;
  factor.triangularView<Eigen::Lower>().solveInPlace(z);
  return z;
}

Eigen::MatrixXd Dense::color(In z) const {
  Eigen::MatrixXd x = z;
  if (is_precision) {
    factor.triangularView<Eigen::Lower>().transpose().solveInPlace(x);
  } else {
    x = factor.triangularView<Eigen::Lower>() * z;
  }
  return x.colwise() + mean;
}

Eigen::MatrixXd stored_matrix(const Layout& layout, In theta, Index member) {
  const Index d = layout.dimension;
  const auto column = theta.col(member);
  if (layout.form == kDiagonal) return column.tail(d).cwiseAbs2().asDiagonal();
  if (!layout.pattern) return Eigen::Map<const Eigen::MatrixXd>(column.data() + d, d, d);
  if (d > kDenseLimit)
    throw UnsupportedError("this needs a dense matrix, but the sparse precision has " + std::to_string(d) + " rows");
  Eigen::MatrixXd full = Eigen::MatrixXd::Zero(d, d);
  const int* outer = layout.pattern->outerIndexPtr();
  const int* inner = layout.pattern->innerIndexPtr();
  for (Index i = 0; i < d; ++i)
    for (int k = outer[i]; k < outer[i + 1]; ++k) full(i, inner[k]) = column[d + k];
  return full;
}

Dense dense(const Layout& layout, In theta, Index member) {
  const Index d = layout.dimension;
  Dense out;
  out.is_precision = layout.form == kPrecision || layout.form == kCanonical;
  out.mean = theta.col(member).head(d);
  if (layout.form == kDiagonal) {
    out.factor = theta.col(member).tail(d).asDiagonal();
    return out;
  }
  const Eigen::MatrixXd matrix = stored_matrix(layout, theta, member);
  out.factor = cholesky(matrix_name(layout.form), matrix);
  out.condition = (matrix.diagonal().array() / out.factor.diagonal().array().square()).maxCoeff();
  if (layout.form == kCanonical) {
    out.factor.triangularView<Eigen::Lower>().solveInPlace(out.mean);
    out.factor.triangularView<Eigen::Lower>().transpose().solveInPlace(out.mean);
  }
  return out;
}

}  // namespace kullback::multivariate_normal
