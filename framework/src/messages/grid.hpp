// The posterior of a scalar on cells: it takes messages in any statistics, and chooses its own range and cells.
#pragma once

#include "messages/terms.hpp"

#include <functional>

namespace kullback::messages {

/// Finds the one grid variable that a statement reads, if no other latent variable is read and its family is scalar; -1
/// if there is none.
int numeric_variable(const model::Model& model, const Sources& sources, const model::Statement& statement);

/// Its log density at the nodes. Throws NumericalError where it is not a number.
Eigen::MatrixXd numeric_values(const model::Model& model, const Sources& sources, const NumericStatement& numeric,
                               const Eigen::VectorXd& nodes);

/// The cells of one grid variable, the same for all members.
struct Grid {
  int source = -1;
  double low = 0, high = 0;  ///< of the support, or as the model says
  bool given = false;        ///< range and cells stay as they are
  Index cells = 256;
  Eigen::VectorXd edges, nodes;
  Eigen::MatrixXd values;                     ///< labels by nodes
  bool open_below = true, open_above = true;  ///< the range ends inside the support

  /// Values of the labels at the nodes of these edges.
  void set_edges(Eigen::VectorXd new_edges, const std::vector<Moments::Label>& labels);
  /// Whether mass (nodes by members) lies at the end of the range, or in too few cells.
  bool drifted(const Eigen::MatrixXd& mass) const;
  /// Edges that cover all members, whose log density at any nodes (nodes by members, up to constants) `density` gives:
  /// linear around the mode, geometric far from it.
  Eigen::VectorXd choose_edges(const std::function<Eigen::MatrixXd(const Eigen::VectorXd& nodes)>& density);
};

/// A grid for a source, its range the support of its distribution or what `posterior:` says.
Grid make_grid(const model::Model& model, const Sources& sources, int source);

}  // namespace kullback::messages
