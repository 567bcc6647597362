// Moyal: z has density exp(-(z + e^-z)/2) / sqrt(2 pi), e^-z is chi-squared with one degree of freedom. theta =
// (location, scale).
#include "location_scale.hpp"
#include "special.hpp"

#include <boost/math/special_functions/erf.hpp>

namespace kullback::location_scale {
namespace {

constexpr double kMean = kEuler + kLog2;
constexpr double kHalfLog2Pi = 0.91893853320467274178;

struct Moyal {
  static constexpr Text kName = "moyal";
  static constexpr Text kFormula = "exp(-(z + exp(-z))/2) / (scale sqrt(2 pi)),  z = (x - location)/scale";
  static auto parameterizations() { return parameters(); }
  static Support support(const double*) { return kLine; }

  struct Density {
    double location, scale, constant;
    explicit Density(const double* t) : location(t[0]), scale(t[1]), constant(-kHalfLog2Pi - std::log(t[1])) {}
    double operator()(double x) const {
      const double z = (x - location) / scale;
      return constant - 0.5 * (z + std::exp(-z));
    }
  };

  static double entropy(const double* t) { return 0.5 * (kMean + 1) + kHalfLog2Pi + std::log(t[1]); }
  static CentralMoments central_moments(const double* t) {
    const double square = kPi * t[1] * kPi * t[1];
    return {t[0] + kMean * t[1], square / 2, 14 * zeta(3) * t[1] * t[1] * t[1], 1.75 * square * square};
  }
  static double moment_generating(const double* t, double c) {
    const double slope = c * t[1];
    if (!(slope < 0.5)) return kInfinity;
    return std::exp(c * t[0] - slope * kLog2 + log_gamma(0.5 - slope) - 0.5 * std::log(kPi));
  }

  static double cdf(const double* t, double x, bool upper) {
    const double w = std::exp(-0.5 * (x - t[0]) / t[1]);
    return upper ? std::erf(w / std::sqrt(2.0)) : 2 * normal_cdf(w, true);
  }
  static double quantile(const double* t, double p, bool upper) {
    const double w = upper ? std::sqrt(2.0) * boost::math::erf_inv(p, Quiet()) : normal_quantile(0.5 * p, true);
    return t[0] - 2 * t[1] * std::log(w);
  }
  static void landmarks(const double* t, std::vector<Landmark>& out) { out.push_back({t[0], 1.5 * t[1]}); }

  static constexpr Term kTerms[] = {
      {"x", [](const double* t) { return -0.5 / t[1]; }},
      {"exp(c*x)", [](const double* t) { return -0.5 * std::exp(t[0] / t[1]); },
       [](const double* t) { return -1 / t[1]; }},
      {"1", [](const double* t) { return 0.5 * t[0] / t[1] - kHalfLog2Pi - std::log(t[1]); }}};
};

// log Gamma(3/2 + e) - log Gamma(3/2) - digamma(3/2) e: sum of zeta(k, 3/2) (-e)^k / k from k = 2
double log_gamma_remainder(double e) {
  constexpr double kLogGamma = -0.12078223763524522, kDigamma = 0.03648997397857652;
  if (std::abs(e) > 0.3) return log_gamma(1.5 + e) - kLogGamma - kDigamma * e;
  double sum = 0, power = -e;
  for (int k = 2; k < 40; ++k) {
    power *= -e;
    double hurwitz = 0;
    if (k < 12) {
      hurwitz = (std::ldexp(1, k) - 1) * zeta(k) - std::ldexp(1, k);
    } else {
      for (int n = 12; n >= 0; --n) hurwitz += std::pow(n + 1.5, -k);
    }
    sum += hurwitz * power / k;
    if (std::abs(power) < 1e-18 * sum) break;
  }
  return sum;
}

// With e = scale_p/scale_q - 1, d = shift/scale_q and exp(u) = E_p exp(-z_q), 2 KL is
// exp(u) - 1 - u + R(e) - 2 (log(1 + e) - e),  R the remainder above
Bounded kl(const double* p, const double* q) {
  const double e = (p[1] - q[1]) / q[1], d = (p[0] - q[0]) / q[1];
  const double remainder = log_gamma_remainder(e),
               scales = -2 * (std::abs(e) < 0.5 ? log1pmx(e) : std::log(p[1] / q[1]) - e);
  const double linear = (2 - kEuler - kLog2) * e, u = linear + remainder - d;
  const double value = 0.5 * (expm1mx(u) + remainder + scales);
  const double rounding = (std::abs(linear) + remainder + std::abs(d)) * std::abs(std::expm1(u));
  return {value,
          kEpsilon * (8 * value + 2 * rounding + (std::abs(e) > 0.3 ? 4 * (std::abs(e) + remainder + scales) : 0))};
}

}  // namespace

void add_moyal(Registrar& registrar) {
  add<Moyal>(registrar);
  registrar.rule(
      "kl", "moyal", "moyal",
      plain_rule("(exp(u) - 1 - u + log(2^r Gamma(1/2 + r)/sqrt(pi)) + (r - 1)(gamma + log 2) - 2 log r)/2,  "
                 "r = scale_p/scale_q, u = log(2^r Gamma(1/2 + r)/sqrt(pi)) - (location_p - location_q)/scale_q",
                 "[by the moments of chi-squared]", kl));
}

}  // namespace kullback::location_scale
