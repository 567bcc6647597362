// Logistic: z has density e^-z / (1 + e^-z)^2. theta = (location, scale).
#include "location_scale.hpp"

namespace kullback::location_scale {
namespace {

struct Logistic {
  static constexpr Text kName = "logistic";
  static constexpr Text kFormula = "1 / (4 scale cosh((x - location)/(2 scale))^2)";
  static auto parameterizations() { return parameters(); }
  static Support support(const double*) { return kLine; }

  struct Density {
    double location, scale, constant;
    explicit Density(const double* t) : location(t[0]), scale(t[1]), constant(-std::log(t[1])) {}
    double operator()(double x) const {
      const double z = std::abs(x - location) / scale;
      return constant - z - 2 * std::log1p(std::exp(-z));
    }
  };

  static double entropy(const double* t) { return 2 + std::log(t[1]); }
  static CentralMoments central_moments(const double* t) {
    const double square = kPi * t[1] * kPi * t[1];
    return {t[0], square / 3, 0, square * square * 7 / 15};
  }
  static double mean_distance(const double* t, double c) {
    const double distance = std::abs(t[0] - c) / t[1];
    return t[1] * (distance + 2 * std::log1p(std::exp(-distance)));
  }
  static double moment_generating(const double* t, double c) {
    const double slope = std::abs(c) * t[1];
    if (slope >= 1) return kInfinity;
    if (slope == 0) return 1;
    const double sine = slope < 0.5 ? std::sin(kPi * slope) : std::sin(kPi * (1 - slope));
    return std::exp(c * t[0]) * kPi * slope / sine;
  }
  static std::complex<double> characteristic(const double* t) {
    const double w = kPi * t[1];
    return std::polar(w < 700 ? w / std::sinh(w) : 0, t[0]);
  }

  static double cdf(const double* t, double x, bool upper) {
    const double z = (x - t[0]) / t[1];
    return 1 / (1 + std::exp(upper ? z : -z));
  }
  static double quantile(const double* t, double p, bool upper) {
    // log((1 - p)/p) of the upper tail; beside 1/2 from the exact 1 - 2p
    const double z = p > 0.25 && p < 0.75 ? 2 * std::atanh(1 - 2 * p) : std::log1p(-p) - std::log(p);
    return upper ? t[0] + t[1] * z : t[0] - t[1] * z;
  }
  static void landmarks(const double* t, std::vector<Landmark>& out) { out.push_back({t[0], 1.8 * t[1]}); }
  static Information information(const double*) { return {1.0 / 3, (3 + kPi * kPi) / 9}; }
};

// Equal scales: d coth(d/2) - 2 = (d cosh(d/2) - 2 sinh(d/2)) / sinh(d/2),  d = |shift|/scale
Bounded kl(const double* p, const double* q) {
  if (p[1] != q[1]) throw UnsupportedError("it needs equal scales");
  const double d = std::abs(p[0] - q[0]) / p[1];
  double value = d - 2 + 2 * d / std::expm1(d);
  if (d < 2) {
    // sum of d^(2k+1) 2k / (2^2k (2k+1)!) over sinh(d/2)
    double sum = 0, term = d;
    for (int k = 1; k < 16; ++k) {
      term *= d * d / (4.0 * (2 * k) * (2 * k + 1));
      sum += 2 * k * term;
    }
    value = d == 0 ? 0 : sum / std::sinh(d / 2);
  } else if (d > 700) {
    value = d - 2;
  }
  return {value, kEpsilon * (8 * value + (d < 2 ? 0 : 4))};
}

}  // namespace

void add_logistic(Registrar& registrar) {
  add<Logistic>(registrar);
  registrar.rule("kl", "logistic", "logistic",
                 plain_rule("d coth(d/2) - 2,  d = |location_p - location_q|/scale, equal scales", "[by parts]", kl));
}

}  // namespace kullback::location_scale
