// `data:` of a file: columns, arrays, lists and expressions become arrays over plates, and give plates their sizes and
// labels.
#pragma once

#include "language/files.hpp"
#include "language/plates.hpp"
#include "language/terms.hpp"

#include <map>
#include <string>
#include <vector>

namespace kullback::language {

/// What replaying a file on new rows changes.
struct DataOptions {
  std::map<std::string, std::vector<std::string>>
      labels;                          ///< of plates that come from data: fixed; any other label is an error
  std::map<std::string, Index> sizes;  ///< of plates that come from data and have no labels, but for those of rows
  std::map<std::string, Eigen::VectorXd> known;  ///< values of entries that do not run along rows: not read again
  std::map<std::string, Array> row_statistics;   ///< see RowStatistics
  bool replay = false;                           ///< a column that the new file lacks is left out
};

/// How labels came about, for what `check` prints.
struct LabelNote {
  int plate = -1;
  std::string order;  ///< "numeric", "text", or "row" where every row has its own
  std::string columns;
};

struct DataResult {
  std::vector<LabelNote> labels;
  std::vector<int> row_plates;       ///< that rows of files run along
  std::vector<std::string> notes;    ///< sentences for `check`
  std::vector<std::string> lacking;  ///< names left out because their columns are missing
};

/// Reads every entry into a constant variable of the model (one with an empty cell too: whether that is an error
/// depends on the statements). Mistakes are kept in the workspace.
DataResult read_data(const config::Node* data, const std::vector<PlateSource>& plates, Files& files,
                     Workspace& workspace, const DataOptions& options);

}  // namespace kullback::language
