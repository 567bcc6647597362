// Monomials to terms: what is known is multiplied and summed once, what is latent is read from moments with strides.
#pragma once

#include "messages/terms.hpp"

namespace kullback::messages {

/// Makes the terms of one statement.
class TermBuilder {
 public:
  TermBuilder(const model::Model& model, const Sources& sources, const std::vector<Moments>& moments,
              const Algebra& algebra)
      : model_(model), sources_(sources), moments_(moments), algebra_(algebra), sizes_(algebra.sizes()) {}

  Term make(const Monomial& monomial) const;

 private:
  void add_gate(Term& term, const Atom& atom) const;
  LatentFactor latent(const Atom& atom) const;
  /// The mass of a grid's nodes.
  LatentFactor mass(const Atom& atom) const;
  /// Of one normal vector: where the variables begin in it, and their elements.
  void place_side_by_side(LatentFactor& factor, const Atom& atom) const;
  std::vector<Index> shape_strides(const model::Dimensions& dimensions) const;
  /// The known factors as one array over the axes that latent ones read, unless that would be far larger than they are.
  void sum_known(Term& term) const;

  const model::Model& model_;
  const Sources& sources_;
  const std::vector<Moments>& moments_;
  const Algebra& algebra_;
  Sizes sizes_;
};

/// Terms that differ in their known part alone become one where that part is one number.
void collect_like(std::vector<Term>& terms);

}  // namespace kullback::messages
