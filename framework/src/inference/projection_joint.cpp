#include "inference/projection_joint.hpp"

#include "inference/target_expectations.hpp"
#include "parallel/huge_pages.hpp"

#include <kullback/error.hpp>

#include <fmt/format.h>

#include <cmath>

namespace kullback::inference {

namespace {

// A member of any family: each parameter at the plainest number of its domain, positive ones at `positive`.
Eigen::VectorXd plain_parameters(const Distribution& family, const Layout& layout, double positive) {
  std::vector<double> theta;
  const auto sets = family.parameterizations();
  for (const Parameter& p : sets[static_cast<std::size_t>(layout.form)]) {
    const Index rows = family.parameter_rows(p, layout);
    const double number = p.domain == Domain::real            ? 0
                          : p.domain == Domain::unit_interval ? 0.5
                          : p.domain == Domain::simplex       ? 1.0 / static_cast<double>(rows)
                                                              : positive;
    const std::size_t begin = theta.size();
    theta.insert(theta.end(), static_cast<std::size_t>(rows), p.shape == Shape::matrix ? 0 : number);
    const auto d = static_cast<Index>(std::lround(std::sqrt(static_cast<double>(rows))));
    for (Index i = 0; p.shape == Shape::matrix && i < d; ++i) theta[begin + static_cast<std::size_t>(i * (d + 1))] = 1;
  }
  return Eigen::Map<const Eigen::VectorXd>(theta.data(), static_cast<Index>(theta.size()));
}

}  // namespace

ProjectionJoint::ProjectionJoint(const Projection& projection, bool split)
    : projection_(projection), leaves_(find_leaves(*projection.family, projection.layout)) {
  const Index dimension = projection.target.layout.dimension;
  if (total_dimension(leaves_) != dimension)
    throw UnsupportedError(fmt::format("the approximation {} has {} coordinates, the target {} has {}: give it as many",
                                       projection.family->name(), total_dimension(leaves_),
                                       projection.target.family->name(), dimension));
  for (const Leaf& leaf : leaves_) {
    for (Index first = 0; first < leaf.count; first += split ? 1 : leaf.count) {
      const Index members = split ? 1 : leaf.count;
      Block block;
      block.name = coordinate_name(projection_, leaf.coordinate + first * leaf.layout.dimension);
      if (members > 1) block.name = leaves_.size() == 1 ? "x" : fmt::format("x from {}", block.name);
      block.family = leaf.family;
      block.layout = leaf.layout;
      for (Eigen::MatrixXd* numbers : {&block.eta, &block.m}) {
        numbers->resize(leaf.statistics, members);
        parallel::prefer_huge_pages(numbers->data(), sizeof(double) * static_cast<std::size_t>(numbers->size()));
        numbers->setZero();
      }
      block.log_partition = Eigen::RowVectorXd::Zero(members);
      blocks_.push_back(std::move(block));
      origins_.push_back({&leaf, first, {}});
    }
  }
}

Index ProjectionJoint::leaf_member(int b, Index member) const {
  const Origin& o = origin(b);
  return o.first + (o.order.empty() ? member : o.order[static_cast<std::size_t>(member)]);
}

Index ProjectionJoint::coordinate(int b, Index member) const {
  const Leaf& leaf = *origin(b).leaf;
  return leaf.coordinate + leaf_member(b, member) * leaf.layout.dimension;
}

std::string ProjectionJoint::member_name(int b, Index member) const {
  const Index first = coordinate(b, member), d = origin(b).leaf->layout.dimension;
  std::string name = coordinate_name(projection_, first);
  if (d > 3) return fmt::format("({}, ..., {})", name, coordinate_name(projection_, first + d - 1));
  for (Index i = 1; i < d; ++i) name += ", " + coordinate_name(projection_, first + i);
  return d > 1 ? "(" + name + ")" : name;
}

Members ProjectionJoint::approximation() const {
  Members q{projection_.family, projection_.layout, {}};
  const Leaf& last = leaves_.back();
  q.theta.resize(last.offset + last.count * last.parameters, 1);
  for (int b = 0; b < static_cast<int>(blocks_.size()); ++b) {
    const Leaf& leaf = *origin(b).leaf;
    const Block& from = block(b);
    Eigen::MatrixXd theta(leaf.parameters, from.members());
    leaf.exponential->convert(leaf.layout, from.eta, theta, false);
    for (Index k = 0; k < from.members(); ++k)
      q.theta.col(0).segment(leaf.offset + leaf_member(b, k) * leaf.parameters, leaf.parameters) = theta.col(k);
  }
  return q;
}

void ProjectionJoint::start_from(const Members& q) {
  const Leaf& last = leaves_.back();
  if (q.family != projection_.family || q.theta.cols() != 1 ||
      q.theta.rows() != last.offset + last.count * last.parameters)
    throw UnsupportedError("a start must be one member of the approximating family with the same layout");
  for (int b = 0; b < static_cast<int>(blocks_.size()); ++b) {
    const Leaf& leaf = *origin(b).leaf;
    Block& to = block(b);
    Eigen::MatrixXd theta(leaf.parameters, to.members());
    for (Index k = 0; k < to.members(); ++k)
      theta.col(k) = q.theta.col(0).segment(leaf.offset + leaf_member(b, k) * leaf.parameters, leaf.parameters);
    leaf.exponential->convert(leaf.layout, theta, to.eta, true);
  }
  for (int b = 0; b < static_cast<int>(blocks_.size()); ++b) recompute(b);
}

void ProjectionJoint::recompute(int b) {
  Block& to = block(b);
  const Leaf& leaf = *origin(b).leaf;
  for (Index k = 0; k < to.members(); ++k)
    if (!leaf.exponential->in_domain(leaf.layout, to.eta, k))
      throw NumericalError(fmt::format("{}: the start's natural parameters are outside the domain of {}",
                                       member_name(b, k), leaf.family->name()));
  leaf.exponential->mean(leaf.layout, to.eta, to.m, row(to.log_partition));
  refresh({b, 0, to.members()});
}

void ProjectionJoint::expect(Range range, Out m, Out error) const {
  const Leaf& leaf = *origin(range.block).leaf;
  std::vector<Index> first;
  for (Index k = range.begin; k < range.end; ++k) first.push_back(coordinate(range.block, k));
  expect_under_target(projection_.target, leaf, first, m, error);
}

void ProjectionJoint::standard_start(int b) {
  Block& to = block(b);
  const Leaf& leaf = *origin(b).leaf;
  const Index d = leaf.layout.dimension, x = leaf.row("x"), x2 = leaf.row("x2"), xx = leaf.row("x*x'");
  to.eta.setZero();
  if (x >= 0 && x2 >= 0) to.eta.middleRows(x2, d).setConstant(-0.5);
  if (x >= 0 && xx >= 0)
    for (Index i = 0; i < d; ++i) to.eta.row(xx + i * (d + 1)).setConstant(-0.5);
  if (to.members() == 0 || leaf.exponential->in_domain(leaf.layout, to.eta, 0)) return;
  for (const double positive : {1.0, 2.0, 4.0}) {  // some are not as small as 1 (the shape of a zeta)
    const Eigen::MatrixXd theta = plain_parameters(*leaf.family, leaf.layout, positive).replicate(1, to.members());
    if (theta.rows() != leaf.parameters) return;
    leaf.exponential->convert(leaf.layout, theta, to.eta, true);
    if (leaf.exponential->in_domain(leaf.layout, to.eta, 0)) return;
  }
}

void ProjectionJoint::match_target() {
  for (int b = 0; b < static_cast<int>(blocks_.size()); ++b) {
    Block& to = block(b);
    const Leaf& leaf = *origin(b).leaf;
    standard_start(b);
    if (capability<Tabulated>(*leaf.family, leaf.layout)) continue;
    try {
      Eigen::MatrixXd error(to.m.rows(), to.m.cols());
      ProjectionJoint::expect({b, 0, to.members()}, to.m, error);
      leaf.exponential->natural(leaf.layout, to.m, to.eta);
    } catch (const Error&) {  // the target cannot say: any start in the domain will do
      standard_start(b);
    }
  }
}

MatchingJoint::MatchingJoint(const Projection& projection) : ProjectionJoint(projection, false) {
  for (int b = 0; b < static_cast<int>(blocks().size()); ++b) {
    Block& start = block(b);
    standard_start(b);
    recompute(b);
    m_.emplace_back(start.m.rows(), start.m.cols());
    error_.emplace_back(start.m.rows(), start.m.cols());
  }
  check_supports(*this, "forward_kl");
  for (int b = 0; b < static_cast<int>(blocks().size()); ++b)
    ProjectionJoint::expect({b, 0, block(b).members()}, m_[static_cast<std::size_t>(b)],
                            error_[static_cast<std::size_t>(b)]);
}

void MatchingJoint::natural_gradient(Range, Out) const {
  throw UnsupportedError("this joint was made for forward_kl: it knows expectations under the target only");
}

void MatchingJoint::expect(Range range, Out m, Out error) const {
  const auto b = static_cast<std::size_t>(range.block);
  m = m_[b].middleCols(range.begin, range.end - range.begin);
  error = error_[b].middleCols(range.begin, range.end - range.begin);
}

void check_supports(const ProjectionJoint& joint, Text divergence) {
  const Members& p = joint.projection().target;
  const bool reverse = divergence == "reverse_kl", forward = divergence == "forward_kl";
  for (int b = 0; b < static_cast<int>(joint.blocks().size()); ++b) {
    const Leaf& leaf = *joint.origin(b).leaf;
    if (!forward && capability<Tabulated>(*leaf.family, leaf.layout)) continue;
    Eigen::MatrixXd theta(leaf.parameters, 1);
    const Block& block = joint.blocks()[static_cast<std::size_t>(b)];
    leaf.exponential->convert(leaf.layout, block.eta.leftCols(1), theta, false);
    for (Index k = 0; k < block.members(); ++k) {
      const Index first = joint.coordinate(b, k);
      for (Index i = 0; i < leaf.layout.dimension; ++i) {
        const Support q = leaf.family->support(leaf.layout, theta, 0, i);
        const Support t = p.family->support(p.layout, p.theta, 0, first + i);
        if (t.integer != q.integer || (leaf.layout.dimension == p.layout.dimension &&
                                       leaf.family->carrier(leaf.layout) != p.family->carrier(p.layout)))
          throw InfiniteError(
              fmt::format("no {} has a density by the same measure as {}: they are mutually singular, at "
                          "the same divergence all of them",
                          leaf.family->name(), p.family->name()));
        const auto name = [&] { return coordinate_name(joint.projection(), first + i); };
        if (reverse && (q.low < t.low || q.high > t.high))
          throw InfiniteError(
              fmt::format("reverse KL is infinite: every {} has mass outside [{}, {}], where {} has none in {}; use a "
                          "discrete grid "
                          "inside it, or forward_kl",
                          leaf.family->name(), t.low, t.high, with_article(p.family->name()), name()));
        if (forward && (t.low < q.low || t.high > q.high))
          throw InfiniteError(fmt::format(
              "forward KL is infinite: the target {} has mass outside [{}, {}], where {} has none in {}; use an "
              "approximation that covers [{}, {}], or a target cut to the box",
              p.family->name(), q.low, q.high, with_article(leaf.family->name()), name(), t.low, t.high));
      }
    }
  }
}

}  // namespace kullback::inference
