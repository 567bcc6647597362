// Where a one-dimensional density has its mass and its kinks: where quadrature must be split.
#pragma once

#include <kullback/capability.hpp>

#include <vector>

namespace kullback::quadrature {

struct Feature {
  double x;
  double gap;  ///< may be dropped where another break point is nearer than this; 0: must stay
};

struct Features {
  std::vector<Feature> points;
  double center = 0, scale = 1;  ///< of the bulk
};

/// From everything the family offers: landmarks, quantiles, moments, cell edges; where it offers none of these, from a
/// scan of the density. `theta` has one column.
Features find_features(const Distribution& family, const Layout& layout, In theta);

/// The break points in (low, high), ascending, thinned by their gaps.
std::vector<double> thin(std::vector<Feature> points, double low, double high);

}  // namespace kullback::quadrature
