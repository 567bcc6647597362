// `initialize: {mu: {run: folder}}`: factors that start where a former run ended.
#pragma once

#include "experiment/experiment.hpp"

namespace kullback::experiment {

/// Replaces every such start by the numbers that the run's folder keeps, relative to the experiment's own folder.
/// Throws ConfigError at the place that names the folder.
void read_former_runs(const config::Node& initialize, const Registry& registry, Experiment& experiment);

}  // namespace kullback::experiment
