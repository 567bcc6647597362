#include "zeta_function.hpp"

#include <array>
#include <cmath>

namespace kullback::counts {

// Term by term below a = 16, then Euler-Maclaurin [DLMF 25.11.7]. With f the logarithmic derivative of a term in s and g that of f, the term's
// derivatives are f and f^2 + g times the term.
ZetaSeries zeta_series(double s, double a) {
  ZetaSeries out{0, 0, 0};
  const auto add = [&](double term, double f, double g) {
    out.value += term;
    out.slope += term * f;
    out.curvature += term * (f * f + g);
  };
  for (; a < 16; a += 1) {
    const double log = std::log(a);
    add(std::exp(-s * log), -log, 0);
  }
  const double log = std::log(a), power = std::exp(-s * log), u = 1 / (s - 1);
  add(a * power * u, -log - u, u * u);
  add(0.5 * power, -log, 0);
  // B_2j / (2j)!
  constexpr std::array<double, 10> kBernoulli = {1.0 / 12,
                                                 -1.0 / 720,
                                                 1.0 / 30240,
                                                 -1.0 / 1209600,
                                                 1.0 / 47900160,
                                                 -691.0 / 1307674368000,
                                                 1.0 / 74724249600,
                                                 -3617.0 / 10670622842880000,
                                                 43867.0 / 5109094217170944000,
                                                 -174611.0 / 802857662698291200000.0};
  double rising = s * power / a, f = 1 / s - log, g = -1 / (s * s);  // s (s+1) ... (s+2j) a^-(s+2j+1)
  double factor = s;
  for (const double bernoulli : kBernoulli) {
    add(bernoulli * rising, f, g);
    if (std::abs(bernoulli * rising) < 1e-18 * out.value) break;
    for (int i = 0; i < 2; ++i) {
      factor += 1;
      rising *= factor / a;
      f += 1 / factor;
      g -= 1 / (factor * factor);
    }
  }
  return out;
}

}  // namespace kullback::counts
