// How a plugin gets in: one exported symbol, and a line of text that says how it was built.
#pragma once

#include <kullback/abi.hpp>
#include <kullback/registry.hpp>

namespace kullback {

/// The one symbol a plugin exports. `abi` is read from the file before it is loaded.
struct PluginEntry {
  const char* abi;
  const char* id;
  const char* version;
  void (*fill)(Registrar&);
};

}  // namespace kullback

/// Defines the plugin. Write once, at namespace scope outside any namespace:
///   KULLBACK_PLUGIN("laplace", "1.0.0")(kullback::Registrar& registrar) { registrar.family(...); }
#define KULLBACK_PLUGIN(plugin_id, plugin_version)                                                                    \
  static void kullback_fill_(::kullback::Registrar&);                                                                 \
  extern "C" __attribute__((visibility("default"))) const ::kullback::PluginEntry kullback_plugin_v1;                 \
  const ::kullback::PluginEntry kullback_plugin_v1 = {KULLBACK_ABI_LINE, plugin_id, plugin_version, &kullback_fill_}; \
  static void kullback_fill_
