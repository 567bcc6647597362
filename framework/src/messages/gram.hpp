// A matrix times its own transpose.
#pragma once

#include <kullback/types.hpp>

namespace kullback::messages {

/// Below these `add_gram` has no whole vector.
inline constexpr Index kFewestGramColumns = 8;

/// The lower triangle of to += x x' for x of `columns` by `depth`, whose columns begin `step` numbers apart. What
/// stands above the diagonal is not meant. [any-thread]
void add_gram(const double* x, Index columns, Index depth, Index step, double* to);

}  // namespace kullback::messages
