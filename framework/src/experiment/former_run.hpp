// `initialize: {x: {run: folder}}`: factors of q start where a former run ended.
#pragma once

#include "model/model.hpp"

#include <memory>

namespace kullback::experiment {

/// The model with every start at a former run turned into that run's parameters, by name. A folder is looked for where
/// the command runs, then beside the experiment file. Observed variables with empty cells start from the prior: the
/// others' factors say where they are. A model without such starts is not copied: the caller keeps it. Throws
/// ConfigError that names folder and variable.
std::shared_ptr<const model::Model> with_former_runs(const model::Model& model, const std::string& experiment_path);

}  // namespace kullback::experiment
