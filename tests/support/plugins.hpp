// Every plugin of this build, loaded once a test program.
#pragma once

#include <kullback/error.hpp>
#include <kullback/registry.hpp>

#include <cstdio>
#include <cstdlib>

#include "plugin/loader.hpp"

namespace kullback {

/// The registry with all plugins of this build. Ends the program if any of them is refused: every
/// test that follows would be about something else.
inline const Registry& registry() {
  static const Registry& filled = [&]() -> const Registry& {
    static Registry out;
    const plugin::LoadResult result = plugin::load_plugins(out, {KULLBACK_PLUGIN_DIR});
    for (const plugin::Refused& refused : result.refused) std::fprintf(stderr, "%s\n", refused.why.c_str());
    if (!result.refused.empty()) std::exit(EXIT_FAILURE);
    return out;
  }();
  return filled;
}

}  // namespace kullback
