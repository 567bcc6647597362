// From an expression of the file to what it stands for: numbers, distributions, and families to be fitted.
#pragma once

#include "model/scope.hpp"

#include <optional>
#include <string>
#include <vector>

namespace kullback::model {

/// The value of an expression and the names of its coordinates. A distribution is a `std::vector<Members>` of one.
/// Errors, also a family's own DomainError, point at the place in the file that caused them.
Named evaluate_expression(const Scope& scope, const config::Expression& expression);

/// The same for an expression that must be a number.
double evaluate_number(const Scope& scope, const config::Expression& expression);

/// Points at the first call of something that does not exist: what can be said without evaluating.
void check_calls(const Scope& scope, const config::Expression& expression);

/// A known distribution, as the target or one side of a comparison.
struct Known {
  Members members;
  std::vector<std::string> coordinates;  ///< one name a coordinate
};
Known evaluate_distribution(const Scope& scope, const config::Expression& expression);

/// An approximation: a family to be fitted to a target, or a known distribution.
struct Approximation {
  std::optional<Members> known;
  const Distribution* family = nullptr;  ///< where not known: the family and its layout
  Layout layout;
};
Approximation evaluate_approximation(const Scope& scope, const config::Expression& expression, const Known& target);

/// How a distribution is printed: "normal(mean = 0, stddev = 1)"; long arrays are shortened to their first numbers.
std::string to_text(const Members& members);

}  // namespace kullback::model
