// Skew normal: z has density 2 phi(z) Phi(shape z). theta = (location, scale, shape).
#include "location_scale.hpp"
#include "special.hpp"

#include <boost/math/special_functions/owens_t.hpp>

namespace kullback::location_scale {
namespace {

constexpr double kRootTwoOverPi = 0.79788456080286535588;
constexpr double kLogRootHalfPi = 0.22579135264472743236;

struct SkewNormal {
  static constexpr int kParameters = 3;
  static constexpr Text kName = "skew_normal";
  static constexpr Text kFormula = "2/scale phi(z) Phi(shape z),  z = (x - location)/scale";
  static auto parameterizations() { return parameters("shape", Domain::real); }
  static Support support(const double*) { return kLine; }

  struct Density {
    double location, scale, shape, constant;
    explicit Density(const double* t)
        : location(t[0]), scale(t[1]), shape(t[2]), constant(-kLogRootHalfPi - std::log(t[1])) {}
    double operator()(double x) const {
      const double z = (x - location) / scale;
      return constant - 0.5 * z * z + log_normal_cdf(shape * z);
    }
  };

  static double delta(double shape) { return shape / std::hypot(1, shape); }
  static CentralMoments central_moments(const double* t) {
    const double mean = kRootTwoOverPi * delta(t[2]), variance = 1 - mean * mean, square = t[1] * t[1];
    return {t[0] + t[1] * mean, square * variance, (2 - 0.5 * kPi) * mean * mean * mean * square * t[1],
            (3 * variance * variance + 2 * (kPi - 3) * mean * mean * mean * mean) * square * square};
  }
  static double moment_generating(const double* t, double c) {
    const double s = c * t[1];
    return 2 * std::exp(c * t[0] + 0.5 * s * s) * normal_cdf(delta(t[2]) * s);
  }
  static double mean_distance(const double* t, double c) {
    const double z = (c - t[0]) / t[1], mean = kRootTwoOverPi * delta(t[2]);
    const double unit[] = {0, 1, t[2]};
    const double density = std::exp(Density(unit)(z)), other = normal_cdf(z * std::hypot(1, t[2]));
    return t[1] * (mean * (1 - 2 * other) - z * (1 - 2 * cdf(unit, z, false)) + 2 * density);
  }

  // Phi(z) - 2 T(z, shape) from below; where that cancels, the tail's integral.
  static double below(double z, double shape) {
    const double direct = normal_cdf(z) - 2 * boost::math::owens_t(z, shape, Quiet());
    if (!(shape > 0) || direct > 0.02) return direct;
    const double unit[] = {0, 1, shape};
    const Density density(unit);
    const double width = 1 / (1 - z * (1 + shape * shape) + shape);  // of the density's decline below z
    double sum = 0, from = 0, step = 2 * width;
    for (int i = 0; i < 40 && from < 40; ++i) {
      const double part = gauss_legendre([&](double u) { return std::exp(density(z - u)); }, from, from + step);
      sum += part, from += step, step *= 1.5;
      if (part < 1e-18 * sum) break;
    }
    return sum;
  }
  static double cdf(const double* t, double x, bool upper) {
    const double z = (x - t[0]) / t[1];
    return upper ? below(-z, -t[2]) : below(z, t[2]);
  }
  static double quantile(const double* t, double p, bool upper) {
    const CentralMoments m = central_moments(t);
    const Density density(t);
    return solve_quantile([t](double x, bool tail) { return cdf(t, x, tail); }, density, p, upper,
                          m.mean + std::sqrt(m.variance) * normal_quantile(p, upper), std::sqrt(m.variance));
  }
  static void landmarks(const double* t, std::vector<Landmark>& out) {
    out.push_back({t[0], t[1]});
    out.push_back({t[0], t[1] / (1 + std::abs(t[2]))});
    const CentralMoments m = central_moments(t);
    out.push_back({m.mean, std::sqrt(m.variance)});
  }
};

}  // namespace

void add_skew_normal(Registrar& registrar) { add<SkewNormal>(registrar); }

}  // namespace kullback::location_scale
