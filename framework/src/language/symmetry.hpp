// Starts from which nothing can move: exact saddles of the bound.
#pragma once

#include "config/source.hpp"
#include "model/model.hpp"

#include <string>

namespace kullback::language {

/// An error for every categorical whose components start equal (a mixture, topics, blocks) and every product of two
/// unknown vectors that both start equal in all coordinates: coordinate updates keep them equal for ever.
void check_symmetric_starts(const model::Model& model, config::Diagnostics& diagnostics);

/// Where only one of two unknown vectors that multiply each other starts told apart, the first sweep must visit the
/// other one first, or that start is overwritten by what the other one says: nothing. Orders the model's blocks so and
/// says where the order comes from; an order that the file gives stands, and is a mistake.
std::string visit_starts_last(model::Model& model, config::Diagnostics& diagnostics);

}  // namespace kullback::language
