// Statements that have a closed rule once one or two numbers on grids are known.
#pragma once

#include "messages/substitution.hpp"
#include "messages/terms.hpp"

namespace kullback::messages {

/// The fewest numbers that a statement reads which, known node by node, leave it a closed rule in the statistics that
/// all others have; those that are on grids already come first. Empty: there are none.
std::vector<int> choose_pins(const model::Model& model, const Sources& sources, const model::Statement& statement);

/// Any nodes of these sources, for the form of a statement.
Pins some_nodes(const std::vector<int>& sources);

/// A statement's terms at nodes.
struct TermsAtNodes {
  Sizes sizes;
  std::vector<Term> terms, bars;
};
TermsAtNodes terms_at_nodes(const model::Model& model, const Sources& sources, const std::vector<Moments>& moments,
                            const model::Statement& statement, const Pins& pins);

}  // namespace kullback::messages
