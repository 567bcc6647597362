// Coordinate ascent: every factor in turn becomes the best one given the others.
#include <kullback/kullback.hpp>
#include <kullback/objective.hpp>

namespace kullback::coordinate_ascent {
namespace {

class CoordinateAscent final : public Optimizer {
 public:
  Text name() const override { return "coordinate_ascent"; }
  Text summary() const override {
    return "each factor of q becomes the best one given the others: eta_j <- d E_q[log p] / d m_j (reverse_kl)";
  }
  std::optional<std::string> refuses(const Joint& joint, Text divergence) const override {
    if (dynamic_cast<const Objective*>(&joint))
      return "q has no natural parameters to update (quasi_newton needs none)";
    if (divergence == "reverse_kl") return std::nullopt;
    return "coordinate ascent raises the bound of reverse_kl; for " + std::string(divergence) +
           " there is no bound to raise (moment_matching serves forward_kl)";
  }
  void step(Step& step) const override { step.sweep_blocks({}); }
  bool raises_bound() const override { return true; }
};

}  // namespace
}  // namespace kullback::coordinate_ascent

KULLBACK_PLUGIN("coordinate_ascent", "1.0.0")(kullback::Registrar& registrar) {
  registrar.optimizer(std::make_unique<kullback::coordinate_ascent::CoordinateAscent>());
}
