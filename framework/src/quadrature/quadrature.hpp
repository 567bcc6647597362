// Numerical integration with error bounds: adaptive, global, batched. The only folder that knows Boost's node tables.
#pragma once

#include <kullback/types.hpp>

#include <functional>
#include <vector>

namespace kullback::quadrature {

/// Several integrals of functions evaluated together.
struct Integral {
  Eigen::VectorXd value;  ///< one a component
  Eigen::VectorXd error;  ///< estimated bound on the absolute error of each
  Index evaluations = 0;
  bool converged = true;   ///< false: stopped by the limit of evaluations or by rounding; `error` says how far it came
  bool infinite = false;   ///< component 0 grows without bound, or is +inf at a point
  double infinite_at = 0;  ///< where (integrate_1d): the coordinate of the point, or the limit of the march
};

/// Fills `values` (one row a component, one column a point) at `points` (one row a coordinate). In one dimension the
/// points come as panels of kPanelNodes ascending ones (but for two single points at the end of a march).
using Integrand = std::function<void(In points, Out values)>;
inline constexpr Index kPanelNodes = 21;

struct Options {
  double relative_tolerance = 1e-10;  ///< of the integral of the component's absolute value
  double absolute_tolerance = 0;
  Index max_evaluations = 1000000;
  Index driving = -1;  ///< the first components, which must reach the tolerance; the others ride along (-1: all)
  Index log_component =
      -1;  ///< cubature: a row with the logarithm of component 0, not integrated; finds ridges among underflows
  Index noise_component = -1;  ///< the density of rounding noise in component 0: nothing below it is chased
};

/// What part of the line is integrated over: from the first to the last break point, split at all of them, and outward
/// from there in growing panels until nothing is left or a limit is reached.
struct Line {
  std::vector<double> breaks;            ///< ascending, two at least
  double low_limit = 0, high_limit = 0;  ///< of the march; the outermost break point means none
  /// At a limit a tail exp(-s |t|) with s above this is added analytically; a flatter one makes the integral infinite.
  double low_flat = 1e-6, high_flat = 1e-6;
};

/// Global adaptive Gauss-Kronrod (10, 21) with QUADPACK's error model. [Piessens et al. 1983]
Integral integrate_1d(const Integrand& integrand, Index components, const Line& line, const Options& options = {});

/// Adaptive cubature over a box in 1 to 3 dimensions: tensor products of Gauss-Kronrod rules, the worst cells are
/// halved along the coordinate that contributes most of their error. `breaks` has the ascending splits of each
/// coordinate, its ends included. Cells are evaluated in parallel; the result does not depend on the number of threads.
Integral cubature(const Integrand& integrand, Index components, const std::vector<std::vector<double>>& breaks,
                  const Options& options = {});

/// A box with finite or infinite ends.
struct Box {
  Eigen::VectorXd low, high;
};

/// Log density, up to a constant, one number a column of `x`; -inf where there is none.
using LogDensity = std::function<void(In x, Row out)>;
/// Statistics s(x), one row each, one column a column of `x`.
using Statistics = std::function<void(In x, Out out)>;

struct DensityIntegral {
  double log_normalizer = 0;  ///< log of the integral of exp(log_density); -inf where it is 0, +inf where it diverges
  double log_normalizer_error = 0;  ///< absolute
  Eigen::VectorXd mean;             ///< E[s] under the normalized density
  Eigen::VectorXd error;            ///< absolute, one a statistic
  bool converged = true;
  Index evaluations = 0;
};

/// Where the mass of a density is: x = center + factor z with z of order one (lower triangular factor).
struct Location {
  Eigen::VectorXd center;
  Eigen::MatrixXd factor;
};

/// log Z and E[s] of an unnormalized density over a box or the whole space, 1 to 3 dimensions. Without a `location`,
/// the mass is searched for: by a scan over scales, ascent from its best points and a coarse integration.
DensityIntegral integrate_density(const LogDensity& log_density, const Box& box, Index statistics,
                                  const Statistics& evaluate, const Options& options = {},
                                  const Location* location = nullptr);

/// The search alone: mode or mean, and a lower triangular factor of the covariance around it.
Location locate(const LogDensity& log_density, const Box& box);

}  // namespace kullback::quadrature
