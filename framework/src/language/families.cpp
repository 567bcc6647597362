#include "language/families.hpp"

#include <kullback/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace kullback::language {

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
