// What a family's events look like, found from its parameters: no family is known by name here.
#pragma once

#include "core/parameters.hpp"

#include <kullback/distribution.hpp>

#include <Eigen/Core>
#include <optional>
#include <string>
#include <vector>

namespace kullback::language {

/// The shape of one event of a family with parameters over d coordinates.
enum class Event {
  scalar,      ///< all parameters are numbers
  vector,      ///< d numbers (dirichlet, multivariate_normal)
  matrix,      ///< d x d numbers (wishart)
  levels,      ///< one of d levels (categorical)
  structural,  ///< made of other distributions, or of several pieces: nothing a statement can hold
};

Event event_of(const Distribution& family);

/// The layout of events over d coordinates, with any valid parameters.
Layout event_layout(const Distribution& family, int parameterization, Index d);

/// The support of any member of the family, as far as no parameter moves it: infinite where one does.
struct FixedSupport {
  Support support;
  bool moves = false;
  bool contains(double x) const;
};
std::optional<FixedSupport> fixed_support(const Distribution& family, int parameterization, Index d);

/// "whole numbers only", "no number below 0": what a number outside the support is not.
std::string outside_text(const Support& support, double x);

}  // namespace kullback::language
