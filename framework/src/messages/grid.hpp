// The posterior of a scalar on cells: it takes messages in any statistics, and chooses its own range and cells.
#pragma once

#include "messages/grid_spacing.hpp"
#include "messages/terms.hpp"

namespace kullback::messages {

/// The cells of one grid variable, the same for all members.
struct Grid {
  int source = -1;
  double low = 0, high = 0;  ///< of the support, or as the model says
  bool integer = false;      ///< one cell a whole number
  bool given = false;        ///< range and cells stay as they are
  Index count = 0;           ///< cells a place of mass, as the model says; 0: doubled until the bound is still
  Cells cells;
  Eigen::MatrixXd values;    ///< labels by nodes
  double error;              ///< of the log normalizers, in nats; infinite: not measured
  bool starting = true;      ///< its factor is still the start
  std::vector<Reach> reach;  ///< where the last search has found the mass of each member; empty: anywhere

  /// Takes these cells and the values of the labels at their nodes. Throws UnsupportedError where one is not a number.
  void set(Cells cells, const std::vector<Moments::Label>& labels, const std::string& name);
  /// Remembers where mass (nodes by members) lies.
  void remember(const Eigen::MatrixXd& mass);
  /// Whether it has moved so far since then that the cells may not fit.
  bool drifted(const Eigen::MatrixXd& mass) const;

 private:
  struct Lies {
    Eigen::RowVectorXd mean, stddev, below, above;
  };
  Lies where(const Eigen::MatrixXd& mass) const;
  Lies remembered_;
};

/// Values of labels at numbers, one row a label. Throws UnsupportedError where one is not a number.
Eigen::MatrixXd label_values(const std::vector<Moments::Label>& labels, const Eigen::VectorXd& x,
                             const std::string& name);

/// A grid for a source, its range the support of its distribution or what `posterior:` says.
Grid make_grid(const model::Model& model, const Sources& sources, int source);

}  // namespace kullback::messages
