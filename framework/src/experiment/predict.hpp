// Predictions for new rows from the folder of a run, and what a run keeps for them.
#pragma once

#include "experiment/outcome.hpp"
#include "experiment/report.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace kullback::experiment {

/// model.json of a run folder: plates and their labels, constants, statistics of the old rows, and the factors of q
/// that do not belong to a row. Together with config.yaml it is all that predictions need.
Json model_record(const Experiment& experiment, const Outcome& outcome);

/// The predictive distribution of one variable, one number a cell (and a coordinate).
struct Prediction {
  std::string name;
  Index draws = 0;                       ///< of q that were averaged over; 0: computed without draws
  std::vector<std::string> cells;        ///< "n = 3"
  std::vector<std::string> coordinates;  ///< of a vector, or the labels of a categorical
  Eigen::MatrixXd mean,
      variance;  ///< coordinates x cells; of a categorical mean is each label's probability, and there is no variance
  Eigen::RowVectorXd log_density;  ///< of the new file's values, NaN where there is none
  Eigen::MatrixXd mean_error;      ///< standard errors, from the spread over draws; 0 without draws
  Eigen::RowVectorXd log_density_error;
};

struct Predictions {
  std::vector<Prediction> variables;  ///< every observed variable of the model
};

/// The predictive mean, variance and density of each observed variable in the rows of the CSV file: without draws where
/// `predict_exactly` can, else means over draws of q. A component of the row is summed over; what else belongs to it
/// and is unknown is drawn from its own distribution. Standardized data are scaled as the old rows were. Throws
/// ConfigError for a folder without a finished model, an unseen label, or a missing column.
Predictions predict(const Registry& registry, const std::string& run_folder, const std::string& csv, Index draws,
                    std::uint64_t seed);

/// One line a cell: cell, coordinate, mean, variance, log_density and their standard errors.
std::string predictions_csv(const Predictions& predictions);
Json to_json(const Predictions& predictions);

}  // namespace kullback::experiment
