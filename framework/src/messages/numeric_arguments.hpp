// The parameters of a statement's family at the nodes of grids.
#pragma once

#include "messages/terms.hpp"

namespace kullback::messages {

/// Which nodes of which reading, and what stands at them.
struct NodesOfReading;

class NumericArguments {
 public:
  explicit NumericArguments(const NodesOfReading& nodes);

  /// One column, or one number, a node.
  struct Values {
    Eigen::MatrixXd theta;
    Eigen::ArrayXd low, high;       ///< limits; empty: there are none
    std::vector<Index> impossible;  ///< nodes at which a parameter has underflowed, overflowed or become singular
  };
  /// At one cell, with the members of the reading at these numbers, one a node.
  Values at(TermValue& terms, const NumericStatement::Cell& cell, const Eigen::ArrayXd& first,
            const Eigen::ArrayXd& second) const;

  /// The name of the first grid that is read.
  std::string grid_name() const;

 private:
  void fill(TermValue& terms, const NumericStatement::Cell& cell, Values& values) const;
  void move_inside(Eigen::MatrixXd& given, std::vector<Index>& impossible) const;
  void replace_impossible(const Eigen::MatrixXd& given, Values& values) const;

  const NodesOfReading& nodes_;
  const model::Statement& statement_;
  const NumericStatement::Read& read_;
  std::vector<Parameter> parameters_;
  bool vectors_;
};

}  // namespace kullback::messages
