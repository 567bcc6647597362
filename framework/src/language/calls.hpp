// Calls of families: which parameter each argument is.
#pragma once

#include "config/expression.hpp"
#include "language/workspace.hpp"

#include <string>
#include <vector>

namespace kullback::language {

/// A call of a registered family; `logistic(x)` is the function of that name.
bool is_distribution(const Registry& registry, const config::Expression& e);

/// The argument of that name, the first one if it has none, or the call itself.
const config::Expression& argument_place(const config::Expression& call, const std::string& name);

/// The arguments but `over`, in the order of the parameterization they spell: its number. Throws at their places.
int find_arguments(const Distribution& family, const config::Expression& call,
                   std::vector<const config::Expression*>& ordered);

/// Keeps a mistake for every argument by a name that no parameter of the family has, or for parameters that are
/// missing.
void check_call(const config::Expression& call, const Workspace& workspace);

}  // namespace kullback::language
