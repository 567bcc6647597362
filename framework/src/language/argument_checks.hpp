// Known arguments of families that are more than numbers: probabilities and matrices. All throw at the argument.
#pragma once

#include "language/workspace.hpp"

#include <string>

namespace kullback::language {

/// Numbers over plate `over` sum to 1. `where`: what else the message says.
void check_simplex(const Workspace& w, int over, const Array& array, const Parameter& p, const config::Expression& e,
                   const std::string& where = "");

/// Probabilities that are written out in unknown numbers ([q, 1 - q]) sum to 1 whatever these are: so at any of them.
void check_unknown_simplex(const Workspace& w, int over, const model::Term& term, const Parameter& p,
                           const config::Expression& e);

/// Matrices over plate `over` and its second name `matrix` are symmetric, and positive definite where p says so.
void check_definite(const Workspace& w, int over, int matrix, const Array& array, const Parameter& p,
                    const config::Expression& e);

}  // namespace kullback::language
