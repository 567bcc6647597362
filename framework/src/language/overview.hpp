// What `check` says about a model: how every statement was understood.
#pragma once

#include "language/read_model.hpp"

#include <string>

namespace kullback::language {

/// Lines: what is observed and constant; plates and their labels; each statement with all indices and sums written out,
/// its cells, and the prior's mean and standard deviation or the data's range; notes; the order of a sweep.
std::string overview(const ModelFile& file);

}  // namespace kullback::language
