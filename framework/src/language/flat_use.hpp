// What statements ask of a variable, from their text alone.
#pragma once

#include "language/statements.hpp"

#include <set>

namespace kullback::language {

/// The statistics by label that messages to a variable need, and the domain in which it is read.
struct Use {
  std::set<std::string> labels;
  Domain domain = Domain::real;    ///< where the variable is a whole argument: that parameter's
  Shape shape = Shape::scalar;     ///< the same
  bool matrix = false;             ///< it is read as a matrix over `over`
  int over = -1;                   ///< as its own statement says
  bool mistaken = false;           ///< a statement has a mistake of its own: what it reads is not known
  const Draft* unknown = nullptr;  ///< a statement that reads it in a way that has no closed rule
  const Draft* first = nullptr;    ///< the first statement that reads it; null: nobody does
};

/// Of a flat draft's variable.
Use use_of(const Draft& flat, const std::vector<Draft>& drafts);

}  // namespace kullback::language
