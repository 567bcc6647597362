// Moment matching: every factor takes over the target's expectations of its statistics.
#include <kullback/kullback.hpp>

namespace kullback::moment_matching {
namespace {

class MomentMatching final : public Optimizer {
 public:
  Text name() const override { return "moment_matching"; }
  Text summary() const override {
    return "each factor of q takes over the target's expected statistics: m_j <- E_p[s_j] (forward_kl), in one sweep; "
           "for alpha "
           "divergences those of p^a q^(1-a), sweep by sweep";
  }
  std::optional<std::string> refuses(const Joint& joint, Text divergence) const override {
    if (divergence == "reverse_kl")
      return "matching moments minimizes forward_kl and alpha divergences, not reverse_kl (coordinate_ascent serves "
             "it)";
    if (!dynamic_cast<const TargetExpectations*>(&joint)) return "expectations under the target are not known";
    return std::nullopt;
  }
  void step(Step& step) const override {
    const auto& target = dynamic_cast<const TargetExpectations&>(step.joint);
    if (target.depends_on_q()) return step.sweep_blocks({});  // the joint knows how far of the way to go
    for (int b = 0; b < static_cast<int>(step.joint.blocks().size()); ++b) {
      const Block& block = step.joint.blocks()[static_cast<std::size_t>(b)];
      const Range all{b, 0, block.members()};
      Eigen::MatrixXd m(block.eta.rows(), block.members()), error(m.rows(), m.cols()), eta(m.rows(), m.cols());
      target.expect(all, m, error);
      capability<ExponentialFamily>(*block.family, block.layout)->natural(block.layout, m, eta);
      step.assign(all, eta);
    }
    step.finished = true;
  }
  bool raises_bound() const override { return false; }
};

}  // namespace
}  // namespace kullback::moment_matching

KULLBACK_PLUGIN("moment_matching", "1.0.0")(kullback::Registrar& registrar) {
  registrar.optimizer(std::make_unique<kullback::moment_matching::MomentMatching>());
}
