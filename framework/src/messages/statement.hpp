// One statement as a polynomial: the table of its family, with the expressions of its arguments put in.
#pragma once

#include "messages/substitution.hpp"

namespace kullback::messages {

/// E[log p(child | arguments)] summed over the cells that the statement serves, and the axes it is written over.
class StatementPolynomial {
 public:
  StatementPolynomial(const model::Model& model, const Sources& sources, const model::Statement& statement,
                      KnownCache& cache, const Pins* pins = nullptr);
  /// Throws NoRule.
  Polynomial make();
  /// After it: positive at nodes of pinned numbers where something is too large.
  Polynomial too_large();
  const Algebra& algebra() const { return algebra_; }

 private:
  /// How many of the two groups of axes over the elements of a vector a factor has: 0 a number, 1 a vector, 2 a matrix.
  struct Factor {
    int argument = -1;  ///< -1: the child
    std::string label;
    int parameter = -1;  ///< the argument that is the c of a parametric label
    int groups = 0;
    bool second = false;  ///< a vector along the second group
  };
  std::vector<Factor> parse(const std::string& product) const;
  Polynomial factor(const Factor& factor);
  /// Numbers that were computed for this statement alone.
  Polynomial computed(model::Array array, Text label, const std::vector<Reference>& references) const;
  Polynomial child(const Factor& factor);
  Polynomial argument(const Factor& factor);
  Polynomial parametric(const Factor& factor);
  std::string at_nodes(const Factor& factor) const;
  std::vector<kullback::Monomial> without_gammas(std::vector<kullback::Monomial> table) const;
  Polynomial sum_of(const model::Term& term, Text label);
  Environment at_group(int group) const;
  std::vector<Reference> elements(int group) const;
  Polynomial masks();
  Polynomial attach_gates(const Polynomial& polynomial);

  const model::Model& model_;
  const Sources& sources_;
  const model::Statement& statement_;
  const Source& source_;
  Algebra algebra_;
  Substitution substitution_;
  const Conditional* conditional_ = nullptr;
  std::vector<Parameter> parameters_;
  bool vectors_ = false;      ///< an event, or an argument, has several numbers
  model::Dimensions plates_;  ///< of the cells
  model::Dimensions inside_;  ///< of the elements of a vector
  Environment cells_;
  std::vector<int> cell_axes_;
  std::vector<int> group_axes_[2];
};

}  // namespace kullback::messages
