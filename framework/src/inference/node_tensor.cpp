#include "inference/node_tensor.hpp"

#include "parallel/parallel.hpp"

#include <kullback/error.hpp>

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace kullback::inference {
namespace {

constexpr Index kPoints = 4096;    // density evaluations a call
constexpr Index kEntries = 65536;  // table entries a chunk of a contraction
constexpr double kNever = -std::numeric_limits<double>::infinity();

// Weights of the combinations of factors [from, to).
Eigen::VectorXd outer_weights(const std::vector<NodeSet>& sets, std::size_t from, std::size_t to) {
  Eigen::VectorXd product = Eigen::VectorXd::Ones(1);
  for (std::size_t b = from; b < to; ++b) {
    Eigen::VectorXd next(product.size() * sets[b].size());
    for (Index n = 0; n < sets[b].size(); ++n)
      next.segment(n * product.size(), product.size()) = product * sets[b].weights[n];
    product = std::move(next);
  }
  return product;
}

}  // namespace

void NodeTensor::evaluate(const Members& target, const std::vector<NodeSet>& sets) {
  Index total = 1;
  for (const NodeSet& s : sets) total *= s.size();
  values_.resize(total);
  const Index dimension = target.layout.dimension;
  const double zeros = parallel::sum_chunks(total, kPoints, [&](Index begin, Index end) {
    Eigen::MatrixXd x(dimension, end - begin);
    for (Index n = begin; n < end; ++n) {
      Index rest = n, row = 0;
      for (const NodeSet& s : sets) {
        x.col(n - begin).segment(row, s.x.rows()) = s.x.col(rest % s.size());
        rest /= s.size();
        row += s.x.rows();
      }
    }
    target.family->log_density(target.layout, target.theta, Points(x), Row(values_.data() + begin, end - begin));
    double found = 0;
    for (Index n = begin; n < end; ++n) {
      const double v = values_[n];
      if (std::isfinite(v)) continue;
      if (v != kNever)
        throw NumericalError(fmt::format("the target's log density is {} at x = [{:.6g}]", v,
                                         fmt::join(x.col(n - begin).begin(), x.col(n - begin).end(), ", ")));
      found = 1;
    }
    return found;
  });
  has_zeros_ = zeros > 0;
}

Eigen::VectorXd NodeTensor::contract(const std::vector<NodeSet>& sets, std::size_t kept) const {
  const Eigen::VectorXd inner = outer_weights(sets, 0, kept), outer = outer_weights(sets, kept + 1, sets.size());
  const Index count = sets[kept].size(), before = inner.size(), after = outer.size();
  bool fixed = true;
  for (std::size_t b = 0; b < sets.size(); ++b) fixed = fixed && (b == kept || sets[b].fixed);
  const double negligible = fixed ? 0 : kNegligibleWeight;
  Eigen::VectorXd f = Eigen::VectorXd::Zero(count);
  parallel::for_chunks(count, std::max<Index>(8, kEntries / (before * after)), [&](Index, Index begin, Index end) {
    for (Index o = 0; o < after; ++o) {
      if (outer[o] == 0) continue;
      const double* slab = values_.data() + o * before * count;
      if (before == 1 && !has_zeros_) {
        for (Index k = begin; k < end; ++k) f[k] += outer[o] * slab[k];
        continue;
      }
      for (Index k = begin; k < end; ++k) {
        const double* line = slab + k * before;
        if (!has_zeros_) {
          f[k] += outer[o] * Eigen::Map<const Eigen::VectorXd>(line, before).dot(inner);
          continue;
        }
        double sum = 0;
        for (Index i = 0; i < before; ++i) {
          const double w = inner[i];
          if (w == 0 || (line[i] == kNever && w * outer[o] <= negligible)) continue;
          sum += w * line[i];
        }
        f[k] += outer[o] * sum;
      }
    }
  });
  return f;
}

double NodeTensor::expectation(const std::vector<NodeSet>& sets) const {
  const Eigen::VectorXd f = contract(sets, 0);
  const NodeSet& first = sets.front();
  double sum = 0;
  for (Index n = 0; n < f.size(); ++n) {
    const double w = first.weights[n];
    if (w == 0 || (f[n] == kNever && !first.fixed && w <= kNegligibleWeight)) continue;
    sum += w * f[n];
  }
  return sum;
}

}  // namespace kullback::inference
