// Statements whose arguments are numbers.
#pragma once

#include "model/model.hpp"

namespace kullback::language {

/// Where all arguments are known and the family has no table of monomials for them as they were given, but has one for
/// the parameters that it keeps (a gamma's shape and mean against its shape and rate), the statement is stated by
/// these.
void state_as_kept(const std::vector<model::Plate>& plates, model::Statement& statement);

}  // namespace kullback::language
