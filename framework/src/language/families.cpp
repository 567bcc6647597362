#include "language/families.hpp"

#include <kullback/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace kullback::language {

namespace {

// A number of a parameter's domain; `place` tells neighbouring parameters apart (low below high).
double any_number(const Parameter& p, double place, Index d) {
  switch (p.domain) {
    case Domain::real:
      return place;
    case Domain::unit_interval:
      return place / (1 + place);
    case Domain::simplex:
      return 1 / static_cast<double>(d);
    case Domain::boolean:
      return 1;
    case Domain::count:
      return 4 + place;
    default:
      return static_cast<double>(d) + 2 + place;  // enough degrees of freedom for d x d matrices
  }
}

Value any_value(const Parameter& p, double place, Index d) {
  const double number = any_number(p, place, d);
  if (p.shape == Shape::scalar) return number;
  if (p.shape == Shape::vector) return Eigen::VectorXd(Eigen::VectorXd::Constant(d, number));
  return Eigen::MatrixXd(Eigen::MatrixXd::Identity(d, d) * (1 + place));
}

}  // namespace

std::optional<Members> any_member(const Distribution& family, int parameterization, Index d, int variant) {
  const auto parameters = family.parameterizations()[static_cast<std::size_t>(parameterization)];
  const auto n = static_cast<double>(parameters.size());
  for (const bool ascending : {true, false}) {
    Arguments arguments;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const double step = parameters[i].domain == Domain::count ? 1 : 0.5;
      const double place = (ascending ? static_cast<double>(i) + 1 : n - static_cast<double>(i)) + step * variant;
      arguments.push_back({parameters[i].name, any_value(parameters[i], place, d)});
    }
    try {
      return family.make(arguments);
    } catch (const Error&) {
    }
  }
  return std::nullopt;
}

bool FixedSupport::contains(double x) const {
  return std::isnan(x) || (x >= support.low && x <= support.high && (!support.integer || x == std::floor(x)));
}

std::optional<FixedSupport> fixed_support(const Distribution& family, int parameterization, Index d) {
  const auto a = any_member(family, parameterization, d, 0), b = any_member(family, parameterization, d, 1);
  if (!a || !b) return std::nullopt;
  FixedSupport fixed{family.support(a->layout, a->theta, 0, 0)};
  const Support other = family.support(b->layout, b->theta, 0, 0);
  const bool low = fixed.support.low != other.low, high = fixed.support.high != other.high;
  if (low) fixed.support.low = -std::numeric_limits<double>::infinity();
  if (high) fixed.support.high = std::numeric_limits<double>::infinity();
  fixed.moves = low || high;
  return fixed;
}

std::string outside_text(const Support& support, double x) {
  if (support.integer && x != std::floor(x)) return "whole numbers only";
  return x < support.low ? fmt::format("no number below {}", support.low)
                         : fmt::format("no number above {}", support.high);
}

Event event_of(const Distribution& family) {
  constexpr Index kProbe = 3;
  const auto sets = family.parameterizations();
  if (sets.empty() || sets[0].empty()) return Event::structural;
  if (std::all_of(sets[0].begin(), sets[0].end(), [](const Parameter& p) { return p.shape == Shape::scalar; }))
    return Event::scalar;
  const auto member = any_member(family, 0, kProbe);
  if (!member) return Event::structural;
  const Index dimension = member->layout.dimension;
  return dimension == 1                 ? Event::levels
         : dimension == kProbe          ? Event::vector
         : dimension == kProbe * kProbe ? Event::matrix
                                        : Event::structural;
}

Layout event_layout(const Distribution& family, int parameterization, Index d) {
  const auto member = any_member(family, parameterization, d);
  return member ? member->layout : Layout{};
}

}  // namespace kullback::language
