#include "divergence/expectations.hpp"
#include "parallel/parallel.hpp"

#include <kullback/error.hpp>

#include <cmath>

namespace kullback::divergence {

namespace {
constexpr Index kGrain = 1024;

double sum(const Eigen::RowVectorXd& values) {
  return parallel::sum_chunks(values.size(), kGrain,
                              [&](Index begin, Index end) { return values.segment(begin, end - begin).sum(); });
}

// Piecewise constant: the cells' probabilities times the cells' averages.
std::optional<Eigen::VectorXd> from_cells(const Members& member, Text label, Index rows) {
  const auto* tabulated = capability<Tabulated>(*member.family, member.layout);
  const auto* family = capability<ExponentialFamily>(*member.family, member.layout);
  if (!tabulated || !family) return {};
  Index cells = 1;
  for (const Eigen::VectorXd& edges : tabulated->edges(member.layout)) cells *= edges.size() - 1;
  Eigen::MatrixXd average(rows, cells);
  if (!tabulated->cell_average(member.layout, label, average)) return {};
  Index statistics = 0;
  for (const Statistic& s : family->statistics(member.layout)) statistics += s.rows;
  if (statistics != cells) return {};
  Eigen::MatrixXd eta(cells, 1), probability(cells, 1);
  Eigen::RowVectorXd log_partition(1);
  family->convert(member.layout, member.theta, eta, true);
  family->mean(member.layout, eta, probability, row(log_partition));
  Eigen::VectorXd out = Eigen::VectorXd::Zero(rows);
  for (Index c = 0; c < cells; ++c)
    if (probability(c, 0) != 0)
      out += average.col(c) * probability(c, 0);  // an empty cell may have an infinite average
  return out;
}
}  // namespace

std::optional<double> entropy(const Members& member) {
  const auto known = [](const Members& of) -> std::optional<double> {
    const auto* source = capability<Entropy>(*of.family, of.layout);
    if (!source) return {};
    Eigen::RowVectorXd out(of.theta.cols());
    try {
      source->entropy(of.layout, of.theta, row(out));
    } catch (const UnsupportedError&) {  // of a map, whose formula needs a moment that what it maps does not know
      return {};
    }
    return sum(out);
  };
  const auto* product = capability<Product>(*member.family, member.layout);
  if (!product || capability<Entropy>(*member.family, member.layout)) return known(member);
  double total = 0;
  for (const Members& part : product->parts(member.layout, member.theta)) {
    if (part.theta.cols() == 0) continue;
    const auto each = known(part);
    if (!each) return {};
    total += *each;
  }
  return total;
}

std::optional<Eigen::VectorXd> expectation(const Members& member, Text label, Index rows) {
  if (const auto* product = capability<Product>(*member.family, member.layout);
      product && (label == "x" || label == "x2") && rows == member.layout.dimension) {
    Eigen::VectorXd out(rows);
    Index at = 0;
    for (const Members& part : product->parts(member.layout, member.theta)) {
      const Index d = part.layout.dimension, n = part.theta.cols();
      if (n == 0) continue;
      if (n == 1) {
        const auto one = expectation(part, label, d);
        if (!one) return {};
        out.segment(at, d) = *one;
      } else {
        const auto* moments = capability<Moments>(*part.family, part.layout);
        if (!moments) return {};
        Eigen::Map<Eigen::MatrixXd> view(out.data() + at, d, n);  // coordinates follow one another
        if (!moments->expect(part.layout, part.theta, label, view)) return {};
      }
      at += d * n;
    }
    return out;
  }
  if (const auto* moments = capability<Moments>(*member.family, member.layout)) {
    Eigen::MatrixXd out(rows, 1);
    if (moments->expect(member.layout, member.theta, label, out)) return out.col(0);
  }
  return from_cells(member, label, rows);
}

}  // namespace kullback::divergence
