// Which pairs of families have a closed form, and by which mechanism: found out by asking, so that it cannot be out of
// date.
#pragma once

#include <kullback/registry.hpp>

#include <optional>
#include <string>

namespace kullback::experiment {

/// A member of a family from its parameters' domains; nothing where these numbers make none.
std::optional<Members> sample_member(const Distribution& family);

/// How D(p, q) of two families comes without integration; nothing if it does not.
struct Mechanism {
  std::string name;  ///< "rule", "log-partition", "expected statistics", "image", "infinite"
  bool finite = true;
};
std::optional<Mechanism> mechanism(const Registry& registry, const Divergence& divergence, const Distribution& p,
                                   const Distribution& q);

/// Pairs of families whose sample members have a finite D without integration, by rule or by mechanism.
struct PairCount {
  Index finite = 0, families = 0;
};
PairCount count_pairs(const Registry& registry, const Divergence& divergence);

/// The table of all pairs, one line a family p, and how many finite ones there are.
std::string pair_table(const Registry& registry, const Divergence& divergence);

}  // namespace kullback::experiment
