// In which order statements rest on one another.
#pragma once

#include "language/statements.hpp"

#include <set>

namespace kullback::language {

/// Everything that is said about one name.
struct Entry {
  std::string name;
  std::vector<const Draft*> drafts;
  int variable = -1;
  bool resolved = false;  ///< as far as its mistakes go
  bool mixed = false;     ///< of several families, which has been said
};

/// The names that the expression reads, but for labels.
void names_in(const config::Expression& e, std::set<std::string>& names);

/// Entries by number, those that others rest on first; those of a cycle are reported, and broken.
std::vector<std::size_t> order_of(const std::vector<Entry>& entries, Workspace& workspace);

}  // namespace kullback::language
