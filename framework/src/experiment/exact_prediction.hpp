// Predictions that need no draws: sums over components, normals with linear means, integrals over one number.
#pragma once

#include "experiment/draws.hpp"

#include <optional>

namespace kullback::experiment {

/// Moments and log densities of one observed variable, one column a cell.
struct ExactPrediction {
  Eigen::MatrixXd mean, variance;  ///< of a categorical: probabilities, and no variance
  Eigen::RowVectorXd log_density;
};

/// The predictive distribution of the variable that the statement makes, up to rounding: where its parameters are
/// known, linear in the latent variables of q (normal ones for a mean), or depend on one latent number; and mixtures of
/// such over one categorical of the row. Nothing for any other model. `points` holds the data, one column a cell.
std::optional<ExactPrediction> predict_exactly(const model::Model& model, const model::Statement& statement,
                                               const std::vector<Factors>& factors, const language::Values& known,
                                               const Eigen::MatrixXd& points);

}  // namespace kullback::experiment
