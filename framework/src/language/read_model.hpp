// A file with `model:` as a resolved model: plates, data, statements, and what it says about the posterior.
#pragma once

#include "language/data.hpp"
#include "model/model.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace kullback::language {

struct ModelFile {
  model::Model model;
  std::vector<InputFile> inputs;                ///< every data file that was read
  std::vector<LabelNote> labels;                ///< plates whose labels come from columns
  std::vector<std::string> notes;               ///< what `check` prints beside the echo
  std::vector<int> row_plates;                  ///< that rows of data run along
  std::map<std::string, Array> row_statistics;  ///< see RowStatistics
  std::string order_from;                       ///< why the blocks are visited in their order
  std::vector<std::string> lacking;             ///< data that a replay on new rows did not find
};

struct ReadOptions {
  std::string instead;  ///< a CSV file that takes the place of the one the experiment names
  DataOptions data;
};

/// Reads `plates`, `data`, `model`, `posterior`, and of `inference` what is said about variables (initialize, and
/// schedule as a list). Every mistake that can be found goes to `diagnostics`; the model is complete only if there is
/// none.
ModelFile read_model(const config::Node& root, const Registry& registry, const std::filesystem::path& folder,
                     config::Diagnostics& diagnostics, const ReadOptions& options = {});

}  // namespace kullback::language
