// Which members of a variable one statement reads together.
#pragma once

#include "messages/terms.hpp"

#include <functional>

namespace kullback::messages {

/// Calls visit(first cell, second cell) for every way in which the statement reads two cells of the source at once.
void for_encounters(const Compiled& compiled, const model::Model& model, const Source& source,
                    const Encounter& encounter, const std::function<void(Index, Index)>& visit);

}  // namespace kullback::messages
