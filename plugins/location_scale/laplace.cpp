// Laplace: z has density exp(-|z|) / 2. theta = (location, scale).
#include "renyi.hpp"

namespace kullback::location_scale {
namespace {

struct Laplace {
  static constexpr Text kName = "laplace";
  static constexpr Text kFormula = "exp(-|x - location|/scale) / (2 scale)";
  static auto parameterizations() { return parameters(); }
  static Support support(const double*) { return kLine; }

  struct Density {
    double location, scale, constant;
    explicit Density(const double* t) : location(t[0]), scale(t[1]), constant(-kLog2 - std::log(t[1])) {}
    double operator()(double x) const { return constant - std::abs(x - location) / scale; }
  };

  static double entropy(const double* t) { return 1 + kLog2 + std::log(t[1]); }
  static CentralMoments central_moments(const double* t) {
    const double variance = 2 * t[1] * t[1];
    return {t[0], variance, 0, 6 * variance * variance};
  }
  static double mean_distance(const double* t, double c) {
    const double distance = std::abs(t[0] - c);
    return distance + t[1] * std::exp(-distance / t[1]);
  }
  static double moment_generating(const double* t, double c) {
    const double slope = std::abs(c) * t[1];
    return slope < 1 ? std::exp(c * t[0]) / ((1 - slope) * (1 + slope)) : kInfinity;
  }
  static std::complex<double> characteristic(const double* t) { return std::polar(1 / (1 + t[1] * t[1]), t[0]); }

  static double cdf(const double* t, double x, bool upper) {
    const double z = (x - t[0]) / t[1], tail = 0.5 * std::exp(-std::abs(z));
    return (z > 0) == upper ? tail : 1 - tail;
  }
  static double quantile(const double* t, double p, bool upper) {
    const double z = p < 0.5 ? -std::log(2 * p) : std::log1p(1 - 2 * p);  // of the upper tail; 1 - 2p is exact
    return upper ? t[0] + t[1] * z : t[0] - t[1] * z;
  }
  static void landmarks(const double* t, std::vector<Landmark>& out) {
    out.push_back({t[0], 0});
    out.push_back({t[0], t[1]});
  }

  static constexpr Term kTerms[] = {
      {"abs(x-c)", [](const double* t) { return -1 / t[1]; }, [](const double* t) { return t[0]; }},
      {"1", [](const double* t) { return -kLog2 - std::log(t[1]); }}};
  static Information information(const double*) { return {1, 1}; }
};

// log(1/r) + r - 1 + r (e^-d - 1 + d),  r = scale_p/scale_q, d = |shift|/scale_p
Bounded kl(const double* p, const double* q) {
  const double e = (p[1] - q[1]) / q[1], ratio = p[1] / q[1], distance = std::abs(p[0] - q[0]) / p[1];
  const bool close = std::abs(e) < 0.5;
  const double logarithm = ratio > 1e-300 && ratio < 1e300 ? std::log(ratio) : std::log(p[1]) - std::log(q[1]);
  const double scales = close ? -log1pmx(e) : e - logarithm;
  const double shift = expm1mx(-distance), rounding = close ? 0 : std::abs(logarithm) + std::abs(e);
  // r d is |shift| / scale_q, which may be finite where d is not.
  const double locations =
      distance > 40 ? std::abs(p[0] - q[0]) / q[1] - ratio * -std::expm1(-distance) : ratio * shift;
  return {scales + locations, kEpsilon * (8 * (scales + locations) + 4 * rounding)};
}

}  // namespace

void add_laplace(Registrar& registrar) {
  add<Laplace>(registrar);
  registrar.rule(
      "kl", "laplace", "laplace",
      plain_rule("r - 1 - log r + r (exp(-d) - 1 + d),  r = scale_p/scale_q, d = |location_p - location_q|/scale_p",
                 "[Gil et al. 2013, table 3]", kl));
  registrar.rule("renyi", "laplace", "laplace",
                 plain_rule_of_order(
                     "log(r^(1-a) (u exp(-v) - v exp(-u)) / ((a + (1-a) r)(u - v)))/(a - 1),  r = scale_p/scale_q, "
                     "u = a d/scale_p, v = (1-a) d/scale_q, d = |location_p - location_q|",
                     "[Gil et al. 2013, table 2]", laplace_renyi));
}

}  // namespace kullback::location_scale
