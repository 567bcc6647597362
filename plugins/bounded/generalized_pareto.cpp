// Generalized Pareto: P(z > t) = (1 + shape t)^(-1/shape). theta = (location, scale, shape).
#include <algorithm>

#include "bounded.hpp"

namespace kullback::bounded {
namespace {

struct GeneralizedPareto {
  static constexpr Text kName = "generalized_pareto";
  static constexpr Text kFormula = "(1 + shape z)^(-1/shape - 1) / scale,  z = (x - location)/scale >= 0";
  static std::vector<std::vector<Parameter>> parameterizations() {
    return {{real("location"), positive("scale"), real("shape")}};
  }
  static Support support(const double* t) { return {t[0], t[2] < 0 ? t[0] - t[1] / t[2] : kInfinity, false}; }

  // log(1 + shape z)/shape
  static double hazard(double z, double shape) { return shape == 0 ? z : std::log1p(shape * z) / shape; }

  struct Density {
    double location, scale, shape, constant, log_range;
    explicit Density(const double* t)
        : location(t[0]),
          scale(t[1]),
          shape(t[2]),
          constant(-std::log(t[1])),
          log_range(t[2] < 0 ? std::log(-t[1] / t[2]) : 0) {}
    double operator()(double x, double, double log_to_high) const {
      const double z = (x - location) / scale;
      const bool beside = shape * z < -0.5;  // beside the upper end
      return constant - (1 + shape) * (beside ? (log_to_high - log_range) / shape : hazard(z, shape));
    }
  };

  static double entropy(const double* t) { return std::log(t[1]) + t[2] + 1; }
  static CentralMoments central_moments(const double* t) {
    const double s = t[1], k = t[2];
    const double mean = k < 1 ? t[0] + s / (1 - k) : kInfinity;
    const double variance = k < 0.5 ? s * s / ((1 - k) * (1 - k) * (1 - 2 * k)) : kInfinity;
    const double third = k < 1.0 / 3 ? 2 * s * variance * (1 + k) / ((1 - k) * (1 - 3 * k)) : kInfinity;
    const double fourth =
        k < 0.25 ? 3 * variance * variance * (1 - 2 * k) * (2 * k * k + k + 3) / ((1 - 3 * k) * (1 - 4 * k))
                 : kInfinity;
    return {mean, variance, third, fourth};
  }
  static double mean_distance(const double* t, double c) {
    if (t[2] >= 1) return kInfinity;
    const double mean = t[0] + t[1] / (1 - t[2]);
    if (c <= t[0]) return mean - c;
    if (c >= support(t).high) return c - mean;
    return c - mean + 2 * (t[1] + t[2] * (c - t[0])) / (1 - t[2]) * cdf(t, c, true);
  }

  static double cdf(const double* t, double x, bool upper) {
    const double exponent = -hazard((x - t[0]) / t[1], t[2]);
    return upper ? std::exp(exponent) : -std::expm1(exponent);
  }
  static double quantile(const double* t, double p, bool upper) {
    const double hazard = upper ? -std::log(p) : -std::log1p(-p);
    return t[0] + t[1] * (t[2] == 0 ? hazard : std::expm1(t[2] * hazard) / t[2]);
  }
  static void landmarks(const double* t, std::vector<Landmark>& out) {
    out.push_back({t[0], 0.5 * std::min(t[1], support(t).high - t[0])});
  }
};

}  // namespace

void add_generalized_pareto(Registrar& registrar) {
  registrar.family(std::make_unique<PlainFamily<GeneralizedPareto>>());
}

}  // namespace kullback::bounded
