#include "experiment/one_number.hpp"

#include <kullback/capability.hpp>
#include <kullback/numerics.hpp>

#include <algorithm>
#include <cmath>

namespace kullback::experiment {

std::optional<Nodes> nodes_of(const Members& one) {
  constexpr Index kFewest = 400, kMost = 6400;
  constexpr double kTail = 1e-60, kLost = 1e-12, kLeast = 1e-300;
  const auto* quantiles = capability<Quantiles>(*one.family, one.layout);
  const Support support = one.family->support(one.layout, one.theta, 0, 0);
  if (!quantiles || support.integer || one.layout.dimension != 1) return std::nullopt;
  const bool low = std::isfinite(support.low), high = std::isfinite(support.high);
  const auto forward = [&](double x) {
    if (low && high) return std::log(x - support.low) - std::log(support.high - x);
    return low ? std::log(x - support.low) : high ? -std::log(support.high - x) : x;
  };
  const auto backward = [&](double t) {
    if (low && high) return support.low + (support.high - support.low) * logistic(t);
    return low ? support.low + std::exp(t) : high ? support.high - std::exp(-t) : t;
  };
  const auto log_slope = [&](double t) {
    if (low && high) return std::log(support.high - support.low) - log1pexp(t) - log1pexp(-t);
    return low ? t : high ? -t : 0.0;
  };
  const Eigen::MatrixXd tail = Eigen::MatrixXd::Constant(1, 1, kTail);
  Eigen::RowVectorXd first(1), last(1);
  quantiles->quantile(one.layout, one.theta, tail, false, row(first));
  quantiles->quantile(one.layout, one.theta, tail, true, row(last));
  if (low) first[0] = std::max(first[0], support.low + kLeast);
  const double from = forward(first[0]), to = forward(last[0]);
  if (!(to > from) || !std::isfinite(to - from)) return std::nullopt;
  for (Index n = kFewest; n <= kMost; n *= 2) {
    const double step = (to - from) / static_cast<double>(n - 1);
    Nodes nodes{Eigen::RowVectorXd(n), Eigen::RowVectorXd(n)};
    for (Index j = 0; j < n; ++j) nodes.x[j] = backward(from + step * static_cast<double>(j));
    one.family->log_density(one.layout, one.theta, Points(nodes.x), row(nodes.log_weight));
    for (Index j = 0; j < n; ++j)
      nodes.log_weight[j] += log_slope(from + step * static_cast<double>(j)) + std::log(step);
    if (std::abs(log_sum_exp(nodes.log_weight.data(), n)) < kLost) return nodes;
  }
  return std::nullopt;
}

std::optional<double> log_integral(const Eigen::RowVectorXd& log_terms) {
  constexpr double kAgree = 1e-8;
  const Index n = log_terms.size();
  const double all = log_sum_exp(log_terms.data(), n);
  const Eigen::RowVectorXd half = log_terms(Eigen::seq(0, n - 1, 2));
  const double rough = log_sum_exp(half.data(), half.size()) + std::log(2.0);
  if (std::isfinite(all) && !(std::abs(rough - all) < kAgree)) return std::nullopt;
  return all;
}

}  // namespace kullback::experiment
