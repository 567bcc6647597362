// Starts from which nothing can move: exact saddles of the bound.
#pragma once

#include "config/source.hpp"
#include "model/model.hpp"

namespace kullback::language {

/// An error for every categorical whose components start equal (a mixture, topics, blocks) and every product of two
/// unknown vectors that both start equal in all coordinates: coordinate updates keep them equal for ever.
void check_symmetric_starts(const model::Model& model, config::Diagnostics& diagnostics);

}  // namespace kullback::language
