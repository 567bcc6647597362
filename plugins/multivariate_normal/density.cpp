#include "density.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "sparse.hpp"

namespace kullback::multivariate_normal {
namespace {

constexpr Index kPlaneBlock = 8;

struct Plane {
  double mean_first, mean_second, first, second, to_first, to_second, constant;
};

// One copy of the code, so that every point meets the same instructions.
[[gnu::noinline]] void plane_block(const Plane& p, const double* from, double* to) {
  for (Index n = 0; n < kPlaneBlock; ++n) {
    const double u = from[2 * n] - p.mean_first, v = from[2 * n + 1] - p.mean_second;
    const double z0 = p.first * u + p.to_first * v, z1 = p.to_second * u + p.second * v;
    to[n] = -0.5 * (z0 * z0 + z1 * z1) - p.constant;
  }
}

// Two coordinates, the dimension of kernel estimates: written out, so that it is vectorized over the points.
void plane_log_density(const Dense& member, double constant, const double* x, Index stride, Index count, double* out) {
  const Eigen::MatrixXd& l = member.factor;
  const double a = member.is_precision ? l(0, 0) : 1 / l(0, 0);
  const double c = member.is_precision ? l(1, 1) : 1 / l(1, 1);
  const double b = member.is_precision ? l(1, 0) : -l(1, 0) * a * c;
  // z = L'(x - mean), or L^-1 (x - mean), which leaves its second term to the other coordinate. Whole blocks only: a
  // point gives the same bits wherever it stands.
  const Plane plane{member.mean[0], member.mean[1], a, c, member.is_precision ? b : 0, member.is_precision ? 0 : b,
                    constant};
  for (Index done = 0; done < count; done += kPlaneBlock) {
    const Index size = std::min(kPlaneBlock, count - done);
    if (size == kPlaneBlock && stride == 2) {
      plane_block(plane, x + 2 * done, out + done);
      continue;
    }
    double points[2 * kPlaneBlock] = {}, values[kPlaneBlock];
    for (Index n = 0; n < size; ++n) std::copy_n(x + stride * (done + n), 2, points + 2 * n);
    plane_block(plane, points, values);
    std::copy_n(values, size, out + done);
  }
}

void dense_log_density(const Layout& layout, In theta, Index member, In x, Row out) {
  constexpr Index kBlock = 1024;  // points a pass: the temporary stays small
  const Dense own = dense(layout, theta, member);
  const double constant = half_log_2pi(layout) + own.half_log_det();
  for (Index n = 0; n < x.cols(); n += kBlock) {
    const Index size = std::min(kBlock, x.cols() - n);
    const auto block = x.middleCols(n, size);
    if (layout.dimension == 2)
      plane_log_density(own, constant, block.data(), block.outerStride(), size, out.data() + n);
    else
      out.segment(n, size) = (-0.5 * own.whiten(block).colwise().squaredNorm()).array() - constant;
    // Beside an infinite coordinate whitening meets inf - inf.
    for (Index k = 0; k < size; ++k)
      if (std::isnan(out[n + k]) && !block.col(k).hasNaN()) out[n + k] = -std::numeric_limits<double>::infinity();
  }
}

// (x - mean)' P (x - mean), which does not cancel as x'Px - 2h'x would.
void sparse_log_density(const Layout& layout, In theta, Index member, In x, Row out) {
  const SparseMatrix precision = sparse_precision(layout, theta, member);
  const SparseFactor factor(precision);
  Eigen::VectorXd mean = theta.col(member).head(layout.dimension);
  if (layout.form == kCanonical) mean = factor.solve(mean);
  const double constant = half_log_2pi(layout) - factor.half_log_det_precision();
  for (Index n = 0; n < x.cols(); ++n) {
    const Eigen::VectorXd shift = x.col(n) - mean;
    out[n] = -0.5 * shift.dot(precision * shift) - constant;
  }
}

}  // namespace

double half_log_2pi(const Layout& layout) {
  constexpr double kHalfLog2Pi = 0.91893853320467274178;
  return static_cast<double>(layout.dimension) * kHalfLog2Pi;
}

void log_density(const Layout& layout, In theta, const Points& points, Row out) {
  const auto own = large(layout) ? sparse_log_density : dense_log_density;
  if (theta.cols() == 1) return own(layout, theta, 0, points.x, out);
  for (Index n = 0; n < points.x.cols(); ++n) own(layout, theta, n, points.x.middleCols(n, 1), Row(out.data() + n, 1));
}

}  // namespace kullback::multivariate_normal
