// The posterior of a model: restarts, the best of them, its variables and reports.
#pragma once

#include "experiment/outcome.hpp"

namespace kullback::experiment {

/// Solves the experiment's model from every restart and describes the best q. Restarts run side by side where there are several, and
/// only one without company is watched sweep by sweep. Throws what the work throws.
Results execute_model(const Experiment& experiment, const Registry& registry, Watcher& watcher);

}  // namespace kullback::experiment
