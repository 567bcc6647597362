// `inference:` of an experiment file, and what reading a file shares.
#pragma once

#include "experiment/experiment.hpp"

#include <kullback/error.hpp>

#include <vector>

namespace kullback::experiment {

/// Runs `work` and keeps its ConfigError instead of stopping: one reading reports every mistake.
class Collector {
 public:
  template <class F>
  bool run(F work) {
    try {
      work();
      return true;
    } catch (const ConfigError& error) {
      diagnostics.error(error);
      return false;
    }
  }
  config::Diagnostics diagnostics;
};

/// The elements of a list, or the one that stands without a list.
std::vector<const config::Node*> items(const config::Node& node);

/// Divergences, optimizer, schedule, restarts, tolerances. `inference` may be null.
void read_inference(const config::Node* inference, const Registry& registry, Experiment& experiment, Collector& errors);

}  // namespace kullback::experiment
