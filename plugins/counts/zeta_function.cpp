#include "zeta_function.hpp"

#include <array>
#include <cmath>

namespace kullback::counts {

namespace {

// Sum of (a + k)^-s and of its slope -log(a + k) (a + k)^-s by Euler-Maclaurin from k = 12 on. [DLMF 25.11.7]
struct Zeta {
  double value, slope;
};
Zeta zeta(double s, double a) {
  Zeta out{0, 0};
  for (; a < 16; a += 1) {
    const double log = std::log(a), term = std::exp(-s * log);
    out.value += term;
    out.slope -= log * term;
  }
  const double log = std::log(a), power = std::exp(-s * log), u = s - 1;
  double value = a * power / u + 0.5 * power, slope = -a * power * (log + 1 / u) / u - 0.5 * log * power;
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
                                                 -174611.0 / 802857662698291200000};
  double rising = s * power / a, logarithmic = 1 / s;  // s (s+1) ... (s+2j-2) a^-(s+2j-1), and the slope of its logarithm in s
  for (std::size_t j = 0; j < kBernoulli.size(); ++j) {
    const double term = kBernoulli[j] * rising;
    value += term;
    slope += term * (logarithmic - log);
    if (std::abs(term) < 1e-18 * value) break;
    const double next = s + 2 * static_cast<double>(j) + 1;
    rising *= next * (next + 1) / (a * a);
    logarithmic += 1 / next + 1 / (next + 1);
  }
  out.value += value;
  out.slope += slope;
  return out;
}

}  // namespace

double hurwitz_zeta(double s, double a) { return zeta(s, a).value; }
double hurwitz_zeta_slope(double s, double a) { return zeta(s, a).slope; }

}  // namespace kullback::counts
