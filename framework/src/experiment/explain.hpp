// What a run of a model will do and cost, before it is run.
#pragma once

#include "experiment/experiment.hpp"

#include <string>

namespace kullback::experiment {

/// Compiles the model and says: each block's family, factors and memory; each term's rule; the schedule with its
/// colors; operations a sweep; the peak memory to expect. Throws UnsupportedError where a statement has no rule.
std::string explain(const Experiment& experiment, const Registry& registry);

}  // namespace kullback::experiment
