// The number a term has when every variable it reads has one.
#pragma once

#include "language/arrays.hpp"

#include <vector>

namespace kullback::language {

/// Values of the model's variables, by number, over plates and then over; levels counted from 0. A matrix is over d and
/// its second name.
using Values = std::vector<Array>;

/// The term over its dimensions. Deterministic variables must have their values already.
Array evaluate_term(const model::Model& model, const model::Term& term, const Values& values);

/// The deterministic variable's value in all its cells.
Array evaluate_variable(const model::Model& model, int variable, const Values& values);

}  // namespace kullback::language
