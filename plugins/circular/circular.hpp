// What the families on the circle and the sphere share.
#pragma once

#include <kullback/gauss_legendre.hpp>
#include <kullback/kullback.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace kullback::circular {

constexpr double kPi = 3.14159265358979323846;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Angles lie in [-pi, pi].
inline constexpr Support kCircle{-kPi, kPi, false};

/// The angle in [-pi, pi] that differs by whole turns.
inline double wrapped(double angle) { return std::remainder(angle, 2 * kPi); }

/// The integral of f over [a, b] within the circle, where f has one peak a turn, at `peak` and of the given width:
/// panels that grow from the peak outward.
template <class F>
double around_peak(const F& f, double a, double b, double peak, double width) {
  double sum = 0;
  for (const double turn : {-2 * kPi, 0.0, 2 * kPi}) {
    const double middle = wrapped(peak) + turn;
    const double low = std::max(a, middle - kPi), high = std::min(b, middle + kPi);
    if (!(low < high)) continue;
    for (const double side : {-1.0, 1.0}) {
      double from = 0;
      for (double to = width; from < kPi; from = to, to *= 2) {
        const double near = middle + side * from, far = middle + side * std::min(to, kPi);
        const double left = std::max(low, std::min(near, far)), right = std::min(high, std::max(near, far));
        if (left < right) sum += gauss_legendre(f, left, right);
      }
    }
  }
  return sum;
}

/// What the modified Bessel functions of a direction in d dimensions give: the density exp(concentration (cos - 1)) on
/// the sphere, against its uniform measure of mass one, has the mass exp(log_mass); A is the mean cosine and A' its
/// derivative.
struct Bessel {
  double log_mass;
  double mean;          ///< A
  double short_of_one;  ///< 1 - A
  double derivative;    ///< A'
};
Bessel bessel(Index dimension, double concentration);

/// The concentration with 1 - A = short_of_one in (0, 1].
double inverse_bessel(Index dimension, double short_of_one);

void add_von_mises(Registrar& registrar);
void add_wrapped_cauchy(Registrar& registrar);
void add_von_mises_fisher(Registrar& registrar);
void add_power_spherical(Registrar& registrar);

}  // namespace kullback::circular
