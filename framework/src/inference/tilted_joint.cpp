#include "inference/tilted_joint.hpp"

#include <kullback/error.hpp>

#include <fmt/format.h>

#include <cmath>
#include <limits>

namespace kullback::inference {

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

// a log p + (1 - a) log q.
quadrature::LogDensity tilted(const Members& p, const Members& q, double a) {
  return [&p, q, a](In x, Row out) {
    Eigen::RowVectorXd other(x.cols());
    p.family->log_density(p.layout, p.theta, Points(x), out);
    q.family->log_density(q.layout, q.theta, Points(x), row(other));
    for (Index i = 0; i < x.cols(); ++i)
      out[i] = out[i] == -kInf || other[i] == -kInf ? -kInf : a * out[i] + (1 - a) * other[i];
  };
}

}  // namespace

TiltedJoint::TiltedJoint(const Projection& projection, double order, std::string written)
    : ProjectionJoint(projection, false), order_(order), written_(std::move(written)) {
  const Members& p = projection.target;
  const Index d = p.layout.dimension;
  if (d > 3)
    throw UnsupportedError(
        fmt::format("{} is fitted by cubature, in up to three dimensions, and there are {}", written_, d));
  match_target();
  for (int b = 0; b < static_cast<int>(blocks().size()); ++b) recompute(b);
  if (order > 1) check_supports(*this, "forward_kl");
  if (order < 0) check_supports(*this, "reverse_kl");
  const Members q = approximation();
  box_ = {Eigen::VectorXd(d), Eigen::VectorXd(d)};
  for (int b = 0; b < static_cast<int>(blocks().size()); ++b) {
    const Leaf& leaf = *origin(b).leaf;
    Eigen::MatrixXd theta(leaf.parameters, blocks()[static_cast<std::size_t>(b)].members());
    leaf.exponential->convert(leaf.layout, blocks()[static_cast<std::size_t>(b)].eta, theta, false);
    for (Index k = 0; k < theta.cols(); ++k)
      for (Index i = 0; i < leaf.layout.dimension; ++i) {
        const Index at = coordinate(b, k) + i;
        const Support mine = leaf.family->support(leaf.layout, theta, k, i),
                      other = p.family->support(p.layout, p.theta, 0, at);
        if (mine.integer || other.integer)
          throw UnsupportedError(fmt::format("{} is fitted to continuous targets only", written_));
        box_.low[at] = std::max(mine.low, other.low);
        box_.high[at] = std::min(mine.high, other.high);
        if (!(box_.low[at] < box_.high[at]))
          throw InfiniteError(fmt::format("the target and every {} have disjoint supports in {}", leaf.family->name(),
                                          coordinate_name(projection, at)));
      }
  }
  place_ = quadrature::locate(tilted(p, q, order_), box_);
}

void TiltedJoint::natural_gradient(Range, Out) const {
  throw UnsupportedError(
      fmt::format("this joint was made for {}: it knows expectations under the tilted target only", written_));
}

void TiltedJoint::expect(Range range, Out m, Out error) const {
  const Leaf& leaf = *origin(range.block).leaf;
  const Index d = leaf.layout.dimension, rows = leaf.statistics, members = range.end - range.begin;
  const quadrature::Statistics statistics = [&](In x, Out out) {
    for (Index k = 0; k < members; ++k) {
      const Index first = coordinate(range.block, range.begin + k);
      Index at = k * rows;
      for (const Statistic& s : leaf.labels) {
        if (!evaluate_label(s.label, x.middleRows(first, d), out.middleRows(at, s.rows)))
          throw UnsupportedError(
              fmt::format("the statistic {} of {} cannot be evaluated at a point", s.label, leaf.family->name()));
        at += s.rows;
      }
    }
  };
  quadrature::Options options;
  options.relative_tolerance = 1e-9;
  const Members q = approximation();
  const quadrature::DensityIntegral found = quadrature::integrate_density(
      tilted(projection().target, q, order_), box_, rows * members, statistics, options, &*place_);
  if (!std::isfinite(found.log_normalizer) || !found.mean.allFinite())
    throw NumericalError(fmt::format("{}: the tilted density p^a q^(1-a) cannot be normalized", written_));
  m = Eigen::Map<const Eigen::MatrixXd>(found.mean.data(), rows, members);
  error = Eigen::Map<const Eigen::MatrixXd>(found.error.data(), rows, members);
}

}  // namespace kullback::inference
