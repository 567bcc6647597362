// Alpha divergences to a known target: the expectations that q must match are those of the tilted density.
#pragma once

#include "divergence/expectations.hpp"
#include "inference/projection_joint.hpp"
#include "quadrature/quadrature.hpp"

#include <optional>
#include <string>

namespace kullback::inference {

/// Where d/dq of Z = integral p^a q^(1-a) vanishes, q has the expected statistics of the density p^a q^(1-a) / Z:
/// "tilt, then match", again and again. [Minka 2005, section 4] Where p is a member, matching goes the part a of the
/// way; so the step is 1/a of matching's (backwards for a < 0), which is the natural gradient, halved until the
/// divergence falls. Up to three dimensions, by cubature.
class TiltedJoint final : public ProjectionJoint, public MatchingDivergence {
 public:
  TiltedJoint(const Projection& projection, double order, std::string written);

  std::string divergence() const override { return written_; }
  bool depends_on_q() const override { return true; }
  /// The natural parameters after such a step.
  void natural_gradient(Range range, Out eta_hat) const override;
  void start_from(const Members& q) override;
  void refresh(Range) override {}
  std::vector<std::string> terms() const override { return {}; }
  void expected_log_density(std::span<double>) const override {}
  void expect(Range range, Out m, Out error) const override;

 private:
  divergence::ExpectedStatistics integrate(const Members& q, Index rows,
                                           const quadrature::Statistics& statistics) const;
  /// A function of the divergence that rises with it: -+log Z; +inf where Z diverges.
  double height(const divergence::ExpectedStatistics& found) const;
  /// Finds where the tilted density is. Throws UnsupportedError where it has no integral.
  void locate();
  divergence::ExpectedStatistics expect_tilted(Range range, Out m, Out error) const;
  /// q with the range's natural parameters replaced.
  Members with(Range range, In eta) const;

  double order_;
  std::string written_;
  quadrature::Box box_;
  std::optional<quadrature::Location> place_;  ///< of the tilted density at the start
};

}  // namespace kullback::inference
