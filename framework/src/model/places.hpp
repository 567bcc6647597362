// Errors at the place of an expression.
#pragma once

#include "config/expression.hpp"

#include <kullback/error.hpp>

#include <cstddef>
#include <string>

namespace kullback::model {

// Calls `work` and points its DomainError at the argument of the call that it names, or at the call.
template <class F>
auto placing_errors(const config::Expression& call, F work) {
  try {
    return work();
  } catch (const DomainError& error) {
    const config::Expression* at = &call;
    for (std::size_t i = 0; i < call.children.size(); ++i) {
      const config::Expression& argument = call.children[i];
      const bool first = i == 0 && argument.text.empty();
      if (!error.argument().empty() &&
          (argument.text == error.argument() || (first && at == &call && call.children.size() == 1)))
        at = &argument.children[0];
    }
    fail(*at, error.what());
  } catch (const UnsupportedError& error) {
    fail(call, error.what());
  } catch (const NumericalError& error) {
    fail(call, error.what());
  }
}

/// Whether the call gives a density by an expression.
inline bool is_density(const config::Expression& e) {
  return e.kind == config::Expression::Kind::call && (e.text == "density" || e.text == "log_density");
}

}  // namespace kullback::model
