// Which joint suits a target and a family.
#include "inference/make_joint.hpp"

#include "inference/divergence_joint.hpp"
#include "inference/node_joint.hpp"
#include "inference/projection_joint.hpp"
#include "inference/quadratic_joint.hpp"
#include "inference/tilted_joint.hpp"

#include <kullback/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace kullback {

using namespace inference;

namespace {

constexpr Index kMostForNormalizer =
    20'000;  // coordinates up to which a quadratic target's constant is worth a factorization

// The order a of the integral p^a q^(1-a), p the target, that all divergences of that kind are a function of; nothing
// for another kind.
std::optional<double> alpha_order(const divergence::Directed& directed) {
  const Divergence& found = *directed.divergence;
  if (found.functional() != Functional::alpha_integral || found.order() == 0) return {};
  return directed.reversed != found.mirrored() ? 1 - found.order() : found.order();
}

// The joint in whose natural parameters q is updated; null for a divergence that has none.
std::unique_ptr<Joint> natural_joint(const Projection& projection, const divergence::Directed& directed, Text written) {
  const Members& p = projection.target;
  if (const auto order = alpha_order(directed))
    return std::make_unique<TiltedJoint>(projection, *order, std::string(written));
  const Divergence& d = *directed.divergence;
  if (d.functional() != Functional::relative_entropy || d.symmetric()) return nullptr;
  if (directed.reversed == d.mirrored()) return std::make_unique<MatchingJoint>(projection);

  const std::vector<Leaf> leaves = find_leaves(*projection.family, projection.layout);
  if (const auto* quadratic = capability<Quadratic>(*p.family, p.layout);
      quadratic && std::all_of(leaves.begin(), leaves.end(), QuadraticJoint::serves))
    return std::make_unique<QuadraticJoint>(
        projection, quadratic->quadratic(p.layout, p.theta, p.layout.dimension <= kMostForNormalizer));

  if (p.layout.dimension > 3)
    throw UnsupportedError(
        fmt::format("reverse KL to {} of {} coordinates: more than three are possible only where the target's log "
                    "density is quadratic and "
                    "every factor of q has the statistics x and x2, or x and x*x'",
                    p.family->name(), p.layout.dimension));
  for (const Leaf& leaf : leaves)
    if (!NodeJoint::serves(leaf))
      throw UnsupportedError(fmt::format(
          "reverse KL to {}: {} has neither cells nor quadrature nodes, so expectations under it are not known",
          p.family->name(), leaf.family->name()));
  return std::make_unique<NodeJoint>(projection);
}

}  // namespace

namespace inference {

std::unique_ptr<Joint> make_joint(const Registry& registry, const Projection& projection,
                                  const divergence::Directed& directed, const std::string& written) {
  if (directed.divergence->functional() == Functional::entropy)
    throw UnsupportedError(fmt::format("{} does not look at the distribution that is fitted", written));
  std::string why;
  try {
    if (auto joint = natural_joint(projection, directed, written)) return joint;
  } catch (const InfiniteError&) {
    throw;
  } catch (const UnsupportedError& error) {
    why = error.what();
  }
  try {
    return std::make_unique<DivergenceJoint>(registry, projection, directed, written);
  } catch (const InfiniteError&) {
    throw;
  } catch (const UnsupportedError& error) {
    throw UnsupportedError(why.empty() ? error.what() : fmt::format("{}; nor by a search: {}", why, error.what()));
  }
}

}  // namespace inference

std::unique_ptr<Joint> make_joint(const Registry& registry, const Projection& projection, Text divergence) {
  return inference::make_joint(registry, projection, divergence::find_directed(registry, divergence),
                               std::string(divergence));
}

}  // namespace kullback
