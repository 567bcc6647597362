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

/// The directories plugins come from, in order, each once and canonical: those given (--plugin-dir), the entries of
/// KULLBACK_PLUGIN_PATH, and `kullback/plugins` beside the library if there is one. Throws PluginError for a relative
/// --plugin-dir; relative entries of the variable and directories that do not exist are passed on and refused by
/// load_plugins.
std::vector<std::filesystem::path> plugin_directories(const std::vector<std::string>& given);

/// Loads every plugin of the directories: directories in order, files (*.so) by name; rules may name families of
/// plugins loaded later. Plugins are never unloaded. What cannot be taken is returned, not thrown; the registry is as
/// if that plugin were not there. A refused file is named as <canonical directory>/<name>; a refused directory by
/// itself.
struct LoadResult {
  std::vector<Loaded> loaded;
  std::vector<Refused> refused;
};
LoadResult load_plugins(Registry& registry, const std::vector<std::filesystem::path>& directories);

}  // namespace kullback::plugin
