// Where the parts of a model stand in its file.
#pragma once

#include "experiment/experiment.hpp"
#include "model/model_error.hpp"

namespace kullback::experiment {

/// Throws a ConfigError that points at everything that is to blame. Returns where the file has none of it.
void point_at(const Experiment& experiment, const std::vector<model::Refusal>& refusals);

}  // namespace kullback::experiment
