// The file shows the right ABI line, the entry another.
#include <kullback/plugin.hpp>

__attribute__((used)) static const char kLine[] = KULLBACK_ABI_LINE;
static void fill(kullback::Registrar&) {}
extern "C" __attribute__((visibility("default"))) const kullback::PluginEntry kullback_plugin_v1;
const kullback::PluginEntry kullback_plugin_v1 = {"trust me", "lying", "1.0.0", &fill};
