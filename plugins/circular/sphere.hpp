// What the families on the unit sphere that have a mean direction share. theta = (mean_direction, concentration).
// Densities are against the sphere's surface.
#pragma once

#include "circular.hpp"

namespace kullback::circular {

/// log of the surface of the unit sphere
double log_surface(Index dimension);

/// A density that depends on the cosine with the mean direction alone.
class Directional : public Distribution, public Moments, public Sampler {
 public:
  std::vector<std::vector<Parameter>> parameterizations() const override;
  void to_stored(int given_as, const Layout& layout, In given, Out theta) const override;
  Support support(const Layout&, In, Index, Index) const override { return {-1, 1, false}; }
  Text carrier(const Layout&) const override { return "the unit sphere"; }
  void log_density(const Layout& layout, In theta, const Points& points, Row out) const override;
  bool expect(const Layout& layout, In theta, Text label, Out value) const override;
  Index uniforms(const Layout& layout) const override { return layout.dimension + 1; }
  void sample(const Layout& layout, In theta, In uniforms, Out x) const override;

 protected:
  /// Of the cosine c: E c, and E (1 - c^2)/(d - 1), the second moment of a coordinate across the mean direction.
  struct Cosine {
    double mean, across;
  };
  virtual Cosine cosine(Index dimension, double concentration) const = 0;
  /// The angle from the mean direction that is exceeded with probability 1 - p.
  virtual double angle(Index dimension, double concentration, double p) const = 0;
  /// The density at the mean direction, and log (density / that) where |x - mean_direction|^2 = square.
  virtual double log_peak(Index dimension, double concentration) const = 0;
  virtual double log_ratio(double concentration, double square) const = 0;
};

}  // namespace kullback::circular
