// Alpha divergences to a known target: the expectations that q must match are those of the tilted density.
#pragma once

#include "inference/projection_joint.hpp"
#include "quadrature/quadrature.hpp"

#include <optional>
#include <string>

namespace kullback::inference {

/// Where d/dq of integral p^a q^(1-a) vanishes, q has the expected statistics of the density p^a q^(1-a) / Z: "tilt,
/// then match", again and again. [Minka 2005, section 4] Up to three dimensions, by cubature.
class TiltedJoint final : public ProjectionJoint, public MatchingDivergence {
 public:
  TiltedJoint(const Projection& projection, double order, std::string written);

  std::string divergence() const override { return written_; }
  bool depends_on_q() const override { return true; }
  void natural_gradient(Range range, Out eta_hat) const override;
  void refresh(Range) override {}
  std::vector<std::string> terms() const override { return {}; }
  void expected_log_density(std::span<double>) const override {}
  void expect(Range range, Out m, Out error) const override;

 private:
  double order_;
  std::string written_;
  quadrature::Box box_;
  std::optional<quadrature::Location> place_;  ///< of the tilted density at the start
};

}  // namespace kullback::inference
