// What all starts of factors share.
#pragma once

#include "core/random.hpp"
#include "messages/sources.hpp"
#include "model/model_error.hpp"

#include <string>
#include <utility>

namespace kullback::messages {

/// The random numbers that a variable starts with.
inline Stream start_stream(std::uint64_t seed, std::size_t source) {
  return Stream(seed + 0x9e3779b97f4a7c15ULL * source, Purpose::initialization);
}

/// What `initialize` says of a variable cannot be.
[[noreturn]] inline void refuse_start(const Source& source, std::string why) {
  model::refuse(model::of_start(source.variable->name, std::move(why)));
}

}  // namespace kullback::messages
