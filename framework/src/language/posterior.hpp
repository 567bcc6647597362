// What the file says about q beside the statements: `posterior:`, `initialize:` and an order of blocks.
#pragma once

#include "config/expression.hpp"
#include "config/node.hpp"
#include "language/workspace.hpp"

namespace kullback::language {

/// `posterior:` (may be null): grids, fixed values, joint blocks.
void read_posterior(const config::Node* posterior, Workspace& workspace);

/// The numbers of `discrete_grid(cells = 400, low = 0, high = 20)`. Throws at their places, or keeps
/// several mistakes.
void read_grid(const config::Expression& e, model::Posterior& posterior, const Workspace& workspace);

/// `initialize:` of inference: how each variable's factors start.
void read_initialization(const config::Node& initialize, Workspace& workspace);

/// `schedule: [mu, tau, z]`: the order of a sweep.
void read_order(const config::Node& schedule, Workspace& workspace);

}  // namespace kullback::language
