// The outcome of a model as JSON and as text.
#pragma once

#include "experiment/report.hpp"

namespace kullback::experiment {

/// The top level of result.json: status, sweeps, bound, bound by term, restarts, and per variable its family, plates,
/// parameters, mean and stddev as nested lists (plates outermost, then `over`); arrays of more than 10,000 numbers go
/// to `store`.
Json model_json(const Outcome& outcome, const StoreArray& store);

/// A table of the variables that have few cells, below one line about the run.
std::string model_summary(const Outcome& outcome);

/// What a bound under flat priors of these variables is not.
std::string no_evidence(const std::vector<std::string>& flat_priors);

}  // namespace kullback::experiment
