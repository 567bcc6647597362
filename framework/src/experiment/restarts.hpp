// A model from several starts side by side.
#pragma once

#include "experiment/execute_model.hpp"

#include <exception>

namespace kullback::experiment {

struct Restart {
  Solution solution;
  std::unique_ptr<messages::ModelJoint> joint;  ///< of the best one only
  std::exception_ptr failure;                   ///< a posterior under a flat prior that became improper
  bool failed() const { return failure != nullptr; }
};

/// Solves all restarts and returns the best one. Where the model has flat priors a restart may fail beside others that
/// do not; if all do, throws what the first one threw.
Index solve_all(const Experiment& experiment, const Registry& registry, Watcher& watcher,
                std::vector<Restart>& restarts);

/// What a failed restart threw.
std::string message_of(const std::exception_ptr& failure);

/// The fixed points that they ended in, best first.
std::vector<Optimum> distinct(const std::vector<Restart>& restarts);

}  // namespace kullback::experiment
