// Which side of a divergence is which, by the word of a file.
#pragma once

#include <kullback/registry.hpp>

#include <memory>

namespace kullback::divergence {

/// D(p, q), or D(q, p) where it is reversed.
struct Directed {
  std::shared_ptr<const Divergence> divergence;
  bool reversed = false;
};

/// "reverse_kl", "forward_kl", "alpha(0.5)", "renyi(order = 2)". A name of its own ("reverse_chi_squared") comes first.
/// Throws UnsupportedError with a suggestion, and DomainError.
Directed find_directed(const Registry& registry, Text word);

}  // namespace kullback::divergence
