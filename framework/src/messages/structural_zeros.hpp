// Probabilities that are 0 by structure: elements of a vector whose concentration is 0.
#pragma once

#include "messages/sources.hpp"

namespace kullback::messages {

/// Sets Source::zeros of every latent vector of probabilities that has such elements. Its family leaves them out: their
/// statistic is 0. Throws UnsupportedError that names a cell all of whose concentrations are 0.
void find_structural_zeros(const model::Model& model, Sources& sources);

}  // namespace kullback::messages
