// `mu: flat()`: the density 1 on the domain of whatever reads mu, where the family of its factor follows from that.
#pragma once

#include "language/statements.hpp"

namespace kullback::language {

/// Understands `flat()` or `flat(over = d)` as the whole of a statement. Throws at its places.
void read_flat(Draft& draft, Workspace& workspace);

/// Gives every flat draft its family: the smallest one whose statistics are all that is asked of the variable, on the
/// domain where it is read; a uniform one between the ends of its grid where `posterior` gives it one. A mistake is
/// kept at its place, and the name broken.
void choose_flat_families(std::vector<Draft>& drafts, const config::Node* posterior, Workspace& workspace);

/// The statement of a flat draft: a proper one where the density 1 has a finite integral (beta(1, 1)), else without
/// arguments.
model::Statement resolve_flat(const Draft& draft, int variable, Workspace& workspace, std::vector<std::string>& notes);

}  // namespace kullback::language
