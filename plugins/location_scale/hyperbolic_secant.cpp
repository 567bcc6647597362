// Hyperbolic secant: z has density sech(pi z/2) / 2, variance 1. theta = (location, scale).
#include "location_scale.hpp"
#include "special.hpp"

namespace kullback::location_scale {
namespace {

struct HyperbolicSecant {
  static constexpr Text kName = "hyperbolic_secant";
  static constexpr Text kFormula = "1 / (2 scale cosh(pi (x - location)/(2 scale))),  scale = stddev";
  static auto parameterizations() { return parameters(); }
  static Support support(const double*) { return kLine; }

  struct Density {
    double location, scale, constant;
    explicit Density(const double* t) : location(t[0]), scale(t[1]), constant(-std::log(t[1])) {}
    double operator()(double x) const {
      const double y = 0.5 * kPi * std::abs(x - location) / scale;
      return constant - y - std::log1p(std::exp(-2 * y));
    }
  };

  static double entropy(const double* t) {
    constexpr double kCatalan = 0.91596559417721901505;
    return 4 * kCatalan / kPi + std::log(t[1]);
  }
  static CentralMoments central_moments(const double* t) {
    const double variance = t[1] * t[1];
    return {t[0], variance, 0, 5 * variance * variance};
  }
  // |z| + 8/pi^2 Ti(exp(-pi |z|/2)), Ti(y) the integral of atan(t)/t from 0 to y
  static double mean_distance(const double* t, double c) {
    const double z = std::abs(c - t[0]) / t[1], y = std::exp(-0.5 * kPi * z);
    const double integral = y > 0 ? gauss_legendre([y](double s) { return std::atan(y * s) / s; }, 0, 1) : 0;
    return t[1] * (z + 8 / (kPi * kPi) * integral);
  }
  static double moment_generating(const double* t, double c) {
    const double slope = std::abs(c) * t[1];
    return slope < 0.5 * kPi ? std::exp(c * t[0]) / std::sin(0.5 * kPi - slope) : kInfinity;
  }
  static std::complex<double> characteristic(const double* t) { return std::polar(1 / std::cosh(t[1]), t[0]); }

  static double cdf(const double* t, double x, bool upper) {
    const double y = 0.5 * kPi * (x - t[0]) / t[1];
    return 2 / kPi * std::atan(std::exp(upper ? -y : y));
  }
  static double quantile(const double* t, double p, bool upper) {
    const double z = 2 / kPi * std::asinh(p < 0.25 ? 1 / std::tan(kPi * p) : std::tan(kPi * (0.5 - p)));
    return upper ? t[0] + t[1] * z : t[0] - t[1] * z;
  }
  static void landmarks(const double* t, std::vector<Landmark>& out) { out.push_back({t[0], t[1]}); }
  static Information information(const double*) { return {kPi * kPi / 8, kPi * kPi / 8}; }
};

}  // namespace

void add_hyperbolic_secant(Registrar& registrar) { add<HyperbolicSecant>(registrar); }

}  // namespace kullback::location_scale
