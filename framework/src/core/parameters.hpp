// How a family's parameters are spelled and which numbers they take: shared by everything that reads calls of families.
#pragma once

#include <kullback/distribution.hpp>

#include <optional>
#include <string>
#include <vector>

namespace kullback {

/// An argument as far as finding its parameter goes: its name (empty by position), and its number if it is one.
struct ArgumentName {
  std::string name;
  std::optional<double> number;
};

/// One of a family's parameterizations, and for each of its parameters which of the arguments it is.
struct Parameterization {
  int index = 0;
  std::vector<std::size_t> order;
};

/// Throws DomainError with a suggestion if the family has no parameter of that name in any parameterization.
void check_parameter_name(const Distribution& family, const std::string& name);

/// The parameterization that the names spell. Throws DomainError that names the argument and says what the family
/// takes.
Parameterization find_parameterization(const Distribution& family, const std::vector<ArgumentName>& arguments);

/// Throws DomainError if the number is outside the parameter's domain (entry by entry; sums and definiteness are not
/// checked).
void check_domain(const Parameter& parameter, double value);

/// One member with any valid parameters in that parameterization, of events over d coordinates; `variant` 0 and 1
/// differ in every number. Nothing if none is found.
std::optional<Members> any_member(const Distribution& family, int parameterization, Index d, int variant = 0);

}  // namespace kullback
