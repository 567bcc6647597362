// An entry without a function.
#include <kullback/plugin.hpp>

extern "C" __attribute__((visibility("default"))) const kullback::PluginEntry kullback_plugin_v1;
const kullback::PluginEntry kullback_plugin_v1 = {KULLBACK_ABI_LINE, "incomplete", "1.0.0", nullptr};
