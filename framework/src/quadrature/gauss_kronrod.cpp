#include "quadrature/gauss_kronrod.hpp"

#include <kullback/numerics.hpp>

#include <boost/math/quadrature/gauss.hpp>
#include <boost/math/quadrature/gauss_kronrod.hpp>

#include <algorithm>
#include <cmath>

namespace kullback::quadrature {

namespace {
// Boost stores the half with x >= 0; every other node of it belongs to the Gauss rule.
template <unsigned Points>
Rule unfold() {
  using Kronrod = boost::math::quadrature::gauss_kronrod<double, Points>;
  using Gauss = boost::math::quadrature::gauss<double, Points / 2>;
  const auto& x = Kronrod::abscissa();
  const auto& w = Kronrod::weights();
  const auto& g = Gauss::weights();
  constexpr std::size_t kFirst = (Points / 2) % 2 ? 0 : 1;
  Rule rule;
  rule.node.resize(Points);
  rule.weight.resize(Points);
  rule.gauss.assign(Points, 0.0);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t up = Points / 2 + i, down = Points / 2 - i;
    rule.node[up] = x[i];
    rule.node[down] = -x[i];
    rule.weight[up] = rule.weight[down] = w[i];
    if (i % 2 == kFirst) rule.gauss[up] = rule.gauss[down] = g[i / 2];
  }
  return rule;
}
}  // namespace

const Rule& rule_15() {
  static const Rule rule = unfold<15>();
  return rule;
}

const Rule& rule_21() {
  static const Rule rule = unfold<21>();
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
