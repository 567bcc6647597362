// Several variables in one factor of q: which family holds them, and what it calls them.
#pragma once

#include "messages/sources.hpp"

namespace kullback::messages {

/// Makes the sources of these variables one block of the family whose statistics are those of their own families and
/// products of them ("mu.x2*tau.x", "mu.x*tau.x", "tau.x", "tau.log_x"); normals stand one after another in one normal
/// vector. Throws UnsupportedError.
void join(const Registry& registry, const model::Model& model, int joint, Sources& sources);

}  // namespace kullback::messages
