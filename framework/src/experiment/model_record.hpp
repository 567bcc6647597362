// model.json of a run folder, read back.
#pragma once

#include "experiment/draws.hpp"
#include "language/read_model.hpp"

#include <kullback/registry.hpp>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace kullback::experiment {

struct ModelRecord {
  language::ReadOptions options;  ///< for reading the model on new rows
  std::vector<std::string> observed;
  std::vector<std::pair<std::string, Factors>> factors;  ///< by the variable's name
};

/// Throws ConfigError where the folder holds none.
ModelRecord read_model_record(const Registry& registry, const std::filesystem::path& folder);

}  // namespace kullback::experiment
