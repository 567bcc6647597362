// Finds, checks and loads plugins.
#pragma once

#include <kullback/registry.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace kullback::plugin {

/// One plugin that was loaded, or one that was refused and why.
struct Loaded {
  std::string id, version, abi;
  std::filesystem::path file;
  std::string sha256;
};
struct Refused {
  std::filesystem::path file;
  std::string why;  ///< the complete message
};

/// The directories plugins come from, in order: those given (--plugin-dir), the absolute entries of KULLBACK_PLUGIN_PATH,
/// and `lib/kullback/plugins` beside the library. Throws PluginError for a relative --plugin-dir.
std::vector<std::filesystem::path> plugin_directories(const std::vector<std::string>& given);

/// Loads every plugin of the directories, in order of id; rules may name families of plugins loaded later. Plugins are never
/// unloaded. What cannot be taken is returned, not thrown; the registry is as if that plugin were not there.
struct LoadResult {
  std::vector<Loaded> loaded;
  std::vector<Refused> refused;
};
LoadResult load_plugins(Registry& registry, const std::vector<std::filesystem::path>& directories);

}  // namespace kullback::plugin
