// What a run of a model will do and cost, before it is run.
#pragma once

#include "experiment/experiment.hpp"
#include "messages/model_joint.hpp"

#include <string>

namespace kullback::experiment {

/// Compiles the model and says: each block's family, factors and memory; each term's rule; the schedule with its
/// colors; operations a sweep; the peak memory to expect. Throws UnsupportedError where a statement has no rule.
std::string explain(const Experiment& experiment, const Registry& registry);

/// Variables that are on grids though the file does not say so, one line each, and why.
std::string grids_text(const messages::ModelJoint& joint);

}  // namespace kullback::experiment
