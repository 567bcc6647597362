// Averages over draws of q of what a statement says about its cells.
#pragma once

#include "experiment/gate.hpp"

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <limits>

namespace kullback::experiment {

/// Sums over draws for one statement: of means, their squares, variances and densities (these relative to the largest
/// so far).
struct Sums {
  Eigen::ArrayXXd mean, mean_square, variance;
  Eigen::ArrayXd log_most, density, density_square;

  Sums(Index rows, Index cells)
      : mean(Eigen::ArrayXXd::Zero(rows, cells)),
        mean_square(mean),
        variance(mean),
        log_most(Eigen::ArrayXd::Constant(cells, -std::numeric_limits<double>::infinity())),
        density(Eigen::ArrayXd::Zero(cells)),
        density_square(density) {}

  void add_density(Index cell, double log_density) {
    if (log_density == -std::numeric_limits<double>::infinity()) return;
    rescale(cell, std::max(log_most[cell], log_density));
    const double relative = std::exp(log_density - log_most[cell]);
    density[cell] += relative;
    density_square[cell] += relative * relative;
  }
  void rescale(Index cell, double most) {
    if (most == log_most[cell]) return;
    const double factor = std::exp(log_most[cell] - most);
    density[cell] *= factor;
    density_square[cell] *= factor * factor;
    log_most[cell] = most;
  }
  void add(const Sums& other) {
    mean += other.mean;
    mean_square += other.mean_square;
    variance += other.variance;
    for (Index c = 0; c < density.size(); ++c) {
      if (other.density[c] == 0) continue;
      rescale(c, std::max(log_most[c], other.log_most[c]));
      const double factor = std::exp(other.log_most[c] - log_most[c]);
      density[c] += factor * other.density[c];
      density_square[c] += factor * factor * other.density_square[c];
    }
  }
};

/// What a statement says about its cells when everything but a component of the row is known.
class Conditional {
 public:
  Conditional(const model::Model& model, const model::Statement& statement, const std::vector<Factors>& factors,
              const Eigen::MatrixXd& points);

  /// Adds the moments, and the density of the points (of their entries that are not empty): summed over the levels of
  /// the row's categorical, if there is one. `values` is a draw.
  void add_draw(language::Values& values, Sums& sums) const;

 private:
  struct Cells {
    Eigen::ArrayXXd mean, variance;  // of a categorical: probabilities, and 0
    Eigen::RowVectorXd log_density;
  };
  Cells cells(const language::Values& values) const;
  double density_of_some(const Members& members, Index cell) const;

  const model::Model& model_;
  const model::Statement& statement_;
  const Eigen::MatrixXd& points_;  // NaN: empty
  const Eigen::MatrixXd filled_;   // with numbers in place of empty entries
  bool categorical_;
  int gate_ = -1;
  std::vector<Index> gate_of_;  // by cell: the categorical's
};

}  // namespace kullback::experiment
