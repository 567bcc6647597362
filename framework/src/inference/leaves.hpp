// An approximating family taken apart into its independent factors ("leaves"), in the order of their coordinates.
#pragma once

#include <kullback/capability.hpp>
#include <kullback/run.hpp>

#include <string>
#include <vector>

namespace kullback::inference {

/// `count` members of one exponential family that follow one another in q's coordinates and in its theta.
struct Leaf {
  const Distribution* family = nullptr;
  const ExponentialFamily* exponential = nullptr;
  Layout layout;
  Index count = 1;
  Index coordinate = 0;  ///< the first one
  Index offset = 0;      ///< row of q's theta where the first member's parameters stand
  Index parameters = 0;  ///< rows of theta a member
  Index statistics = 0;  ///< rows of eta and m a member
  std::vector<Statistic> labels;
  /// First row of the statistic of that label; -1 if the family has none.
  Index row(Text label) const;
};

/// The leaves of a family; structural families (those with parts and the capability Product) are opened, at any
/// depth. Throws UnsupportedError that names a leaf that is no exponential family.
std::vector<Leaf> find_leaves(const Distribution& family, const Layout& layout);

/// Coordinates that leaves cover together.
Index total_dimension(const std::vector<Leaf>& leaves);

/// What a person calls coordinate i: its name in the projection, or "x[i+1]".
std::string coordinate_name(const Projection& projection, Index coordinate);

/// `name` with an article ("an exponential").
std::string with_article(Text name);

}  // namespace kullback::inference
