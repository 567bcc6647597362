// Which joint suits a target and a family.
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

// The order a of the integral p^a q^(1-a), p the target, that all divergences of that kind are a function of; nothing for another kind.
std::optional<double> alpha_order(const Registry& registry, Text written) {
  if (written.starts_with("alpha(")) return alpha_order(registry, "amari_" + std::string(written));
  const Text name = written.substr(0, written.find('('));
  bool swapped = false;
  if (!registry.find_divergence(name) && (written.starts_with("reverse_") || written.starts_with("forward_"))) {
    swapped = written.starts_with("reverse_");
    written.remove_prefix(8);
  }
  const auto found = find_divergence_written(registry, written);
  if (found->functional() != Functional::alpha_integral || found->order() == 0) return {};
  return swapped != found->mirrored() ? 1 - found->order() : found->order();
}

}  // namespace

std::unique_ptr<Joint> make_joint(const Registry& registry, const Projection& projection, Text divergence) {
  const Members& p = projection.target;
  if (divergence == "forward_kl") return std::make_unique<MatchingJoint>(projection);
  if (divergence != "reverse_kl") {
    if (const auto order = alpha_order(registry, divergence))
      return std::make_unique<TiltedJoint>(projection, *order, std::string(divergence));
    throw UnsupportedError(fmt::format("q is fitted by reverse_kl, forward_kl or an alpha divergence, not by {}", divergence));
  }

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

}  // namespace kullback
