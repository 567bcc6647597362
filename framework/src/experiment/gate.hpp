// The component of a row: an unknown level that predictions sum over.
#pragma once

#include "experiment/draws.hpp"

#include <set>
#include <vector>

namespace kullback::experiment {

/// The latent categorical without a factor of its own that a statement reads as an index, every cell its own level.
class Gate {
 public:
  Gate(const model::Model& model, const model::Statement& statement, const std::vector<Factors>& factors);

  /// False where there is more than one, or one is read in another way: then there is nothing simple to sum over.
  bool plain() const { return plain_; }
  /// -1: none.
  int variable() const { return variable_; }
  /// All variables that the statement rests on.
  const std::set<int>& read() const { return read_; }

 private:
  void visit(const model::Term& term);
  void visit(const model::Selector& selector);

  const model::Model& model_;
  std::set<int> has_factor_, read_;
  int variable_ = -1;
  bool plain_ = true;
};

}  // namespace kullback::experiment
