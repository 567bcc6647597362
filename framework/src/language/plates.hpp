// `plates:` of a file.
#pragma once

#include "config/node.hpp"
#include "language/workspace.hpp"

#include <vector>

namespace kullback::language {

/// What the file says about a plate beyond what the model keeps.
struct PlateSource {
  bool from_data = false;                ///< its size and labels come with the data
  const config::Node* weight = nullptr;  ///< the column that says how often each row counts
};

/// Reads the plates into the workspace's model; one entry a plate. `model` (may be null) has the names that are no
/// sizes. Second names of plates that come from data have no
/// size yet.
std::vector<PlateSource> read_plates(const config::Node* plates, const config::Node* model, Workspace& workspace);

}  // namespace kullback::language
