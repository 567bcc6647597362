#include "circular.hpp"

namespace kullback::circular {

// With s = 1 - cos, the density of s is proportional to s^h (2 - s)^h e^(-k s), h = (d - 3)/2. In s = 2 sin(a/2)^2 it
// is sin(a)^(d - 2) e^(-k s), smooth on [0, pi]: moments of s by Gauss-Legendre, on panels as wide as the density's
// decline.
Bessel bessel(Index dimension, double concentration) {
  const auto d = static_cast<double>(dimension);
  const double width = std::min(0.5, 1 / std::sqrt(1 + concentration));
  double mass = 0, first = 0, second = 0;
  const auto power = [&](double sine) { return dimension == 2 ? 1 : std::pow(sine, d - 2); };
  double from = 0;
  for (double step = width; from < kPi; from += step, step *= from < 8 * width ? 1 : 1.5) {
    const double to = std::min(from + step, kPi);
    const auto integral = [&](int k) {
      return gauss_legendre(
          [&](double a) {
            const double half = std::sin(0.5 * a), s = 2 * half * half;
            const double weight = power(std::sin(a)) * std::exp(-concentration * s);
            return k == 0 ? weight : k == 1 ? weight * s : weight * s * s;
          },
          from, to);
    };
    mass += integral(0), first += integral(1), second += integral(2);
  }
  const double whole =
      0.5 * std::log(kPi) + log_gamma(0.5 * (d - 1)) - log_gamma(0.5 * d);  // log of the integral of sin^(d - 2)
  first /= mass, second /= mass;
  double mean = 1 - first;
  if (concentration < 1)  // both halves of the sphere together, so that nothing cancels
    mean = 2 * std::exp(-concentration) / mass *
           gauss_legendre(
               [&](double a) { return power(std::sin(a)) * std::cos(a) * std::sinh(concentration * std::cos(a)); }, 0,
               0.5 * kPi);
  return {std::log(mass) - whole, mean, first, second - first * first};
}

double inverse_bessel(Index dimension, double short_of_one) {
  const auto d = static_cast<double>(dimension);
  const double a = 1 - short_of_one;
  if (short_of_one >= 1) return 0;
  double concentration = a * (d - a * a) / (short_of_one * (1 + a));  // [Banerjee et al. 2005]
  for (int i = 0; i < 50; ++i) {
    const Bessel at = bessel(dimension, concentration);
    const double step = (at.short_of_one - short_of_one) / at.derivative;
    const double next = std::max(concentration + step, 0.1 * concentration);
    if (std::abs(next - concentration) <= 4 * kEpsilon * concentration) return next;
    concentration = next;
  }
  return concentration;
}

}  // namespace kullback::circular
