// What all starts of factors share.
#pragma once

#include "core/random.hpp"
#include "messages/sources.hpp"
#include "model/model_error.hpp"

#include <string>
#include <utility>

namespace kullback::messages {

/// The random numbers that a block, or the selector of a pass, starts with, by its number.
inline Stream start_stream(std::uint64_t seed, std::size_t number) {
  return Stream(seed + 0x9e3779b97f4a7c15ULL * number, Purpose::initialization);
}

/// What `initialize` says of a variable cannot be.
[[noreturn]] inline void refuse_start(const Source& source, std::string why) {
  model::refuse(model::of_start(source.variable->name, std::move(why)));
}

/// Calls visit(row of eta, member) for every element that is 0 by structure.
template <class Visit>
void for_zeros(const Source& source, const Visit& visit) {
  const Index row = source.row("log_x");
  for (Index k = 0; source.zeros && k < source.members(); ++k)
    for (Index e = 0; e < source.elements; ++e)
      if (source.zeros->values[source.cell_of[static_cast<std::size_t>(k)] * source.elements + e] != 0)
        visit(row + e, k);
}

}  // namespace kullback::messages
