// What is registered, in words: generated from the registry, so that it cannot be out of date.
#pragma once

#include <kullback/registry.hpp>

#include <string>

namespace kullback::experiment {

/// A family (parameters, domains, formula, capabilities, rules), a divergence (formula, table of rules) or an
/// optimizer, by name. Throws UnsupportedError with a suggestion.
std::string describe(const Registry& registry, const std::string& name);

/// One line for everything there is.
std::string describe_all(const Registry& registry);

}  // namespace kullback::experiment
