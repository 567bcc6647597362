#include "inference/tilted_joint.hpp"

#include <kullback/error.hpp>

#include <fmt/format.h>

#include <cmath>
#include <limits>

namespace kullback::inference {

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr int kHalvings = 30;
constexpr double kSufficient = 0.25;  // of the fall that the slope promises: a step far beyond the optimum is none

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
  check_supports(*this, order > 1 ? "forward_kl" : order < 0 ? "reverse_kl" : written_);
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
  locate();
}

void TiltedJoint::locate() {
  const Members q = approximation();
  if (projection().target.layout.dimension > 1)
    place_ = quadrature::locate(tilted(projection().target, q, order_), box_);
  if (height(integrate(q, 0, [](In, Out) {})) == kInf)
    throw UnsupportedError(fmt::format("{}: p^a q^(1-a) has no integral at the start", written_));
}

void TiltedJoint::start_from(const Members& q) {
  ProjectionJoint::start_from(q);
  locate();
}

divergence::ExpectedStatistics TiltedJoint::integrate(const Members& q, Index rows,
                                                      const quadrature::Statistics& statistics) const {
  const Members& p = projection().target;
  if (p.layout.dimension == 1)
    return divergence::integrate_tilted(p, q, order_, rows > 0 ? origin(0).leaf->labels : std::vector<Statistic>{});
  quadrature::Options options;
  options.relative_tolerance = 1e-9;
  const auto density = tilted(p, q, order_);
  quadrature::DensityIntegral found = quadrature::integrate_density(density, box_, rows, statistics, options, &*place_);
  // The mass may have moved away from where it was at the start.
  if (!found.converged || !std::isfinite(found.log_normalizer))
    found = quadrature::integrate_density(density, box_, rows, statistics, options);
  return {found.log_normalizer, found.log_normalizer_error, found.mean, found.error};
}

double TiltedJoint::height(const divergence::ExpectedStatistics& found) const {
  if (!std::isfinite(found.log_normalizer)) return kInf;
  return order_ > 0 && order_ < 1 ? -found.log_normalizer : found.log_normalizer;
}

Members TiltedJoint::with(Range range, In eta) const {
  Members q = approximation();
  const Leaf& leaf = *origin(range.block).leaf;
  Eigen::MatrixXd theta(leaf.parameters, eta.cols());
  leaf.exponential->convert(leaf.layout, eta, theta, false);
  for (Index k = 0; k < eta.cols(); ++k)
    q.theta.col(0).segment(leaf.offset + (origin(range.block).first + range.begin + k) * leaf.parameters,
                           leaf.parameters) = theta.col(k);
  return q;
}

void TiltedJoint::natural_gradient(Range range, Out eta_hat) const {
  const Leaf& leaf = *origin(range.block).leaf;
  const Block& from = block(range.block);
  const Index members = range.end - range.begin;
  Eigen::MatrixXd m(leaf.statistics, members), error(leaf.statistics, members), matched(leaf.statistics, members);
  const divergence::ExpectedStatistics here = expect_tilted(range, m, error);
  const Eigen::MatrixXd eta = from.eta.middleCols(range.begin, members);
  matched = eta;
  leaf.exponential->natural(leaf.layout, m, matched);
  const Eigen::MatrixXd step = (matched - eta) / order_;
  const double slope = std::abs(1 - order_) * (m - from.m.middleCols(range.begin, members)).cwiseProduct(step).sum();
  const double slack = 1e-12 + 2 * here.log_normalizer_error;
  double rho = 1;
  for (int halving = 0; halving < kHalvings; ++halving, rho *= 0.5) {
    eta_hat = eta + rho * step;
    if (leaf.exponential->first_outside(leaf.layout, eta_hat) >= 0) continue;
    const double fall = height(here) - height(integrate(with(range, eta_hat), 0, [](In, Out) {}));
    if (fall >= kSufficient * rho * std::abs(slope) - slack) return;
  }
  throw NumericalError(
      fmt::format("{}: no step along the natural gradient of {} makes the divergence smaller", written_, from.name));
}

divergence::ExpectedStatistics TiltedJoint::expect_tilted(Range range, Out m, Out error) const {
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
  const divergence::ExpectedStatistics found = integrate(approximation(), rows * members, statistics);
  if (!std::isfinite(found.log_normalizer) || !found.value.allFinite())
    throw NumericalError(fmt::format("{}: the tilted density p^a q^(1-a) cannot be normalized", written_));
  m = Eigen::Map<const Eigen::MatrixXd>(found.value.data(), rows, members);
  error = Eigen::Map<const Eigen::MatrixXd>(found.error.data(), rows, members);
  return found;
}

void TiltedJoint::expect(Range range, Out m, Out error) const { expect_tilted(range, m, error); }

}  // namespace kullback::inference
