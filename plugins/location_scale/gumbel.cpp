// Gumbel (of maxima): z has density exp(-z - e^-z). theta = (location, scale).
#include "renyi.hpp"
#include "special.hpp"

#include <boost/math/special_functions/expint.hpp>

namespace kullback::location_scale {
namespace {

struct Gumbel {
  static constexpr Text kName = "gumbel";
  static constexpr Text kFormula = "exp(-z - exp(-z)) / scale,  z = (x - location)/scale";
  static auto parameterizations() { return parameters(); }
  static Support support(const double*) { return kLine; }

  struct Density {
    double location, scale, constant;
    explicit Density(const double* t) : location(t[0]), scale(t[1]), constant(-std::log(t[1])) {}
    double operator()(double x) const {
      const double z = (x - location) / scale;
      return constant - z - std::exp(-z);
    }
  };

  static double entropy(const double* t) { return 1 + kEuler + std::log(t[1]); }
  static CentralMoments central_moments(const double* t) {
    const double square = kPi * t[1] * kPi * t[1];
    return {t[0] + kEuler * t[1], square / 6, 2 * zeta(3) * t[1] * t[1] * t[1], 0.15 * square * square};
  }
  // E (c - X)^+ is scale times the exponential integral E1(exp(-z)), which is z - gamma for large z.
  static double mean_distance(const double* t, double c) {
    const double z = (c - t[0]) / t[1], u = std::exp(-z);
    const double below = z > 40 ? z - kEuler : z < -6.6 ? 0 : boost::math::expint(1, u, Quiet());
    return t[1] * (kEuler - z + 2 * below);
  }
  static double moment_generating(const double* t, double c) {
    const double slope = c * t[1];
    return slope < 1 ? std::exp(c * t[0] + log_gamma(1 - slope)) : kInfinity;
  }

  static double cdf(const double* t, double x, bool upper) {
    const double u = std::exp(-(x - t[0]) / t[1]);
    return upper ? -std::expm1(-u) : std::exp(-u);
  }
  static double quantile(const double* t, double p, bool upper) {
    return t[0] - t[1] * std::log(upper ? -std::log1p(-p) : -std::log(p));
  }
  static void landmarks(const double* t, std::vector<Landmark>& out) { out.push_back({t[0], t[1]}); }

  static constexpr Term kTerms[] = {
      {"x", [](const double* t) { return -1 / t[1]; }},
      {"exp(c*x)", [](const double* t) { return -std::exp(t[0] / t[1]); }, [](const double* t) { return -1 / t[1]; }},
      {"1", [](const double* t) { return t[0] / t[1] - std::log(t[1]); }}};
  static Information information(const double*) { return {1, kPi * kPi / 6, 1 - kEuler}; }
};

// With e = scale_p/scale_q - 1, d = shift/scale_q and u = log Gamma(2 + e) - d, so that E_p exp(-z_q) = exp(u):
// exp(u) - 1 - u + B(e),  B(e) = log Gamma(1 + e) + gamma e
Bounded kl(const double* p, const double* q) {
  const double r = p[1] / q[1], e = (p[1] - q[1]) / q[1], d = (p[0] - q[0]) / q[1];
  const double remainder = log_gamma_remainder_1(e, r), logarithm = std::abs(e) < 0.5 ? std::log1p(e) : std::log(r);
  const double u = logarithm - kEuler * e + remainder - d;
  const double value = expm1mx(u) + remainder;
  const double rounding = (std::abs(logarithm) + std::abs(e) + remainder + std::abs(d)) * std::abs(std::expm1(u));
  return {value, kEpsilon * (8 * value + 4 * rounding + (std::abs(e) > 0.3 ? 4 * (std::abs(e) + remainder) : 0))};
}

}  // namespace

void add_gumbel(Registrar& registrar) {
  add<Gumbel>(registrar);
  registrar.rule("kl", "gumbel", "gumbel",
                 plain_rule("exp(u) - 1 - u + log Gamma(r) + gamma (r - 1),  r = scale_p/scale_q, "
                            "u = log Gamma(1 + r) - (location_p - location_q)/scale_q",
                            "[Gil et al. 2013, table 3]", kl));
  registrar.rule("renyi", "gumbel", "gumbel",
                 plain_rule_of_order(
                     "log(r^(1-a) / (a + (1-a) r))/(a - 1),  r = exp((location_q - location_p)/scale), equal scales",
                     "[Gil et al. 2013, table 2]", gumbel_renyi));
}

}  // namespace kullback::location_scale
