// What every subcommand shares: options, the registry with its plugins, exit codes.
#pragma once

#include "experiment/experiment.hpp"
#include "model/density.hpp"
#include "plugin/loader.hpp"

#include <fmt/format.h>

#include <string>
#include <vector>

namespace kullback::command {

enum Exit { kOk = 0, kRunFailed = 1, kBadUsage = 2, kPluginRefused = 3 };

struct Options {
  std::vector<std::string> plugin_dirs;
  std::string file, out, name, p, q, pairs, batch, rows;
  Index draws = 4000;
  experiment::Overrides overrides;
  std::vector<std::string> only, allow;
  bool json = false, quiet = false, all = false;
};

// The registry with everything that could be loaded; what was refused has been printed.
struct Session {
  Registry& registry = *new Registry;  // never destroyed: plugins are never unloaded
  plugin::LoadResult plugins;

  explicit Session(const Options& options) {
    model::register_built_in(registry);
    plugins = plugin::load_plugins(registry, plugin::plugin_directories(options.plugin_dirs));
    for (const auto& refused : plugins.refused) fmt::print(stderr, "error: {}\n", refused.why);
  }
  std::vector<std::string> ids() const {
    std::vector<std::string> all;
    for (const auto& each : plugins.loaded) all.push_back(each.id);
    return all;
  }
  // A refused plugin is reported by the exit code even when the rest went well.
  int exit(int code) const { return code == kOk && !plugins.refused.empty() ? kPluginRefused : code; }
};

/// kullback divergence: one pair, many pairs (--pairs) or columns of a table (--batch).
int divergence(const Options& options);

}  // namespace kullback::command
