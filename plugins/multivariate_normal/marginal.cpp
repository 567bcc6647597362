#include "marginal.hpp"

#include "sparse.hpp"

namespace kullback::multivariate_normal {
namespace {

Index at(std::span<const Index> coordinates, Index i) { return coordinates[static_cast<std::size_t>(i)]; }

struct Columns {
  Eigen::VectorXd mean;
  Eigen::MatrixXd covariance;  // a column for each coordinate asked for
};

Columns columns_of(const Layout& layout, In theta, Index n, std::span<const Index> coordinates) {
  const Index d = layout.dimension, count = static_cast<Index>(coordinates.size());
  Columns out;
  if (large(layout)) {
    const SparseFactor factor(sparse_precision(layout, theta, n));
    out.mean = theta.col(n).head(d);
    if (layout.form == kCanonical) out.mean = factor.solve(out.mean);
    Eigen::MatrixXd units = Eigen::MatrixXd::Zero(d, count);
    for (Index j = 0; j < count; ++j) units(at(coordinates, j), j) = 1;
    out.covariance = factor.solve(units);
  } else if (layout.form == kCovariance) {
    out.mean = theta.col(n).head(d);
    out.covariance.resize(d, count);
    for (Index j = 0; j < count; ++j) out.covariance.col(j) = theta.col(n).segment(d + d * at(coordinates, j), d);
  } else {
    const Dense member = dense(layout, theta, n);
    out.mean = member.mean;
    out.covariance = member.covariance_columns(coordinates);
  }
  return out;
}

}  // namespace

Members marginal(const Distribution& family, const Layout& layout, In theta, std::span<const Index> coordinates) {
  const Index d = layout.dimension, count = static_cast<Index>(coordinates.size());
  Members out{&family, {}, {}};
  out.layout.dimension = count;
  out.layout.form = layout.form == kDiagonal ? kDiagonal : kCovariance;
  out.theta.resize(layout.form == kDiagonal ? 2 * count : count + count * count, theta.cols());
  for (Index n = 0; n < theta.cols(); ++n) {
    if (layout.form == kDiagonal) {
      for (Index i = 0; i < count; ++i) {
        out.theta(i, n) = theta(at(coordinates, i), n);
        out.theta(count + i, n) = theta(d + at(coordinates, i), n);
      }
      continue;
    }
    const Columns columns = columns_of(layout, theta, n, coordinates);
    for (Index i = 0; i < count; ++i) {
      out.theta(i, n) = columns.mean[at(coordinates, i)];
      for (Index j = 0; j < count; ++j)  // from the triangle i >= j, so that the block is symmetric
        out.theta(count + j * count + i, n) = columns.covariance(at(coordinates, std::max(i, j)), std::min(i, j));
    }
  }
  return out;
}

}  // namespace kullback::multivariate_normal
