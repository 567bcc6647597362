// `initialize: {x: {run: folder}}`: factors of q start where a former run ended.
#pragma once

#include "experiment/experiment.hpp"

namespace kullback::experiment {

/// Replaces every start at a former run by that run's parameters, by name. A folder is looked for where the command
/// runs, then beside the experiment file. Observed variables with empty cells start from the prior: the others' factors
/// say where they are. Throws ConfigError at the place that names the folder.
void read_former_runs(const config::Node& initialize, Experiment& experiment);

}  // namespace kullback::experiment
