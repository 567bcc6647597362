// The posterior of a model: restarts, the best of them, its variables and reports.
#pragma once

#include "experiment/outcome.hpp"
#include "messages/model_joint.hpp"

namespace kullback::experiment {

/// Probabilities of one categorical that the results hold.
constexpr Index kMostResponsibilities = 20'000'000;

/// Solves the experiment's model from every restart and describes the best q. Restarts run side by side where there are
/// several, and only one without company is watched sweep by sweep. Throws what the work throws.
Results execute_model(const Experiment& experiment, const Registry& registry, Watcher& watcher);

/// The experiment's own model compiled, without a copy of its data, at the start of a restart. What has no rule is a
/// ConfigError at the variable it is about.
std::unique_ptr<messages::ModelJoint> compile_model(const Experiment& experiment, const Registry& registry,
                                                    Index restart = 0);

}  // namespace kullback::experiment
