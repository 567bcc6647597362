#include "quadrature/gauss_kronrod.hpp"

#include <kullback/numerics.hpp>

#include <boost/math/quadrature/gauss.hpp>
#include <boost/math/quadrature/gauss_kronrod.hpp>

#include <algorithm>
#include <cmath>

namespace kullback::quadrature {

namespace {
// Boost stores the half with x >= 0; every other node of it belongs to the Gauss rule.
Rule unfold() {
  constexpr std::size_t kNodes = 21;
  using Kronrod = boost::math::quadrature::gauss_kronrod<double, kNodes>;
  using Gauss = boost::math::quadrature::gauss<double, kNodes / 2>;
  const auto& x = Kronrod::abscissa();
  const auto& w = Kronrod::weights();
  const auto& g = Gauss::weights();
  Rule rule;
  rule.node.resize(kNodes);
  rule.weight.resize(kNodes);
  rule.gauss.assign(kNodes, 0.0);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t up = kNodes / 2 + i, down = kNodes / 2 - i;
    rule.node[up] = x[i];
    rule.node[down] = -x[i];
    rule.weight[up] = rule.weight[down] = w[i];
    if (i % 2 == 1) rule.gauss[up] = rule.gauss[down] = g[i / 2];
  }
  return rule;
}
}  // namespace

const Rule& rule_21() {
  static const Rule rule = unfold();
  return rule;
}

const Rule& rule_7() {  // [Kronrod 1965]
  constexpr double kA = 0.96049126870802028, kB = 0.77459666924148338, kC = 0.43424374934680256;
  constexpr double kOfA = 0.10465622602646727, kOfB = 0.26848808986833344, kOfC = 0.40139741477596222,
                   kOf0 = 0.45091653865847414;
  static const Rule rule{{-kA, -kB, -kC, 0, kC, kB, kA},
                         {kOfA, kOfB, kOfC, kOf0, kOfC, kOfB, kOfA},
                         {0, 5.0 / 9, 0, 8.0 / 9, 0, 5.0 / 9, 0}};
  return rule;
}

double quadpack_error(double difference, double absolute, double deviation) {
  double error = std::abs(difference);
  if (deviation > 0 && error > 0) {
    const double scaled = 200 * error / deviation;
    error = deviation * std::min(1.0, scaled * std::sqrt(scaled));
  }
  return std::max(error, kEpsilon * absolute);
}

}  // namespace kullback::quadrature
