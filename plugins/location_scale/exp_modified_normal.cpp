// A normal variable plus an exponential one. theta = (mean, stddev, rate), the mean and deviation of the normal.
#include "location_scale.hpp"
#include "special.hpp"

namespace kullback::location_scale {
namespace {

constexpr double kRootHalf = 0.70710678118654752440;
constexpr double kHalfLog2Pi = 0.91893853320467274178;

// The normal's upper tail over its density, (1 - Phi(y)) / phi(y).
double mills(double y) { return 1.25331413731550025121 * (y > -30 ? erfcx(y * kRootHalf) : kInfinity); }

struct ExpModifiedNormal {
  static constexpr Text kName = "exp_modified_normal";
  static constexpr Text kFormula =
      "rate exp(-rate (x - mean) + (rate stddev)^2/2) Phi((x - mean)/stddev - rate stddev)";
  static std::vector<std::vector<Parameter>> parameterizations() {
    return {{{"mean", Domain::real}, {"stddev", Domain::positive}, {"rate", Domain::positive}}};
  }
  static Support support(const double*) { return kLine; }

  struct Density {
    double mean, stddev, rate, constant;
    explicit Density(const double* t) : mean(t[0]), stddev(t[1]), rate(t[2]), constant(std::log(t[2])) {}
    double operator()(double x) const {
      const double z = (x - mean) / stddev, h = rate * stddev;
      if (z > h) return constant + 0.5 * h * h - h * z + log_normal_cdf(z - h);
      return constant - 0.5 * z * z + std::log(0.5 * erfcx((h - z) * kRootHalf));
    }
  };

  static CentralMoments central_moments(const double* t) {
    const double tail = 1 / t[2], variance = t[1] * t[1] + tail * tail;
    return {t[0] + tail, variance, 2 * tail * tail * tail, 3 * variance * variance + 6 * tail * tail * tail * tail};
  }
  static double moment_generating(const double* t, double c) {
    return c < t[2] ? std::exp(c * t[0] + 0.5 * c * t[1] * c * t[1]) / (1 - c / t[2]) : kInfinity;
  }
  static std::complex<double> characteristic(const double* t) {
    return std::polar(std::exp(-0.5 * t[1] * t[1]), t[0]) / std::complex<double>(1, -1 / t[2]);
  }
  static double mean_distance(const double* t, double c) {
    const double z = (c - t[0]) / t[1];
    const double normal_part = t[1] * (z * normal_cdf(z) + std::exp(-0.5 * z * z - kHalfLog2Pi));
    return t[0] + 1 / t[2] - c + 2 * (normal_part - cdf(t, c, false) / t[2]);
  }

  static double cdf(const double* t, double x, bool upper) {
    const double z = (x - t[0]) / t[1], h = t[1] * t[2], density = std::exp(Density(t)(x));
    if (upper) return normal_cdf(z, true) + density / t[2];
    if (z > -1 || h > 1) return normal_cdf(z) - density / t[2];
    // The difference of two close tails: integral of -mills'(y) = 1 - y mills(y) over a length of h.
    const double difference = gauss_legendre([](double y) { return 1 - y * mills(y); }, -z, h - z);
    return std::exp(-0.5 * z * z - kHalfLog2Pi) * difference;
  }
  static double quantile(const double* t, double p, bool upper) {
    const CentralMoments m = central_moments(t);
    const Density density(t);
    return solve_quantile([t](double x, bool tail) { return cdf(t, x, tail); }, density, p, upper, m.mean,
                          std::sqrt(m.variance));
  }
  static void landmarks(const double* t, std::vector<Landmark>& out) {
    out.push_back({t[0], t[1]});
    out.push_back({t[0] + 1 / t[2], std::hypot(t[1], 1 / t[2])});
  }
};

}  // namespace

void add_exp_modified_normal(Registrar& registrar) {
  registrar.family(std::make_unique<PlainFamily<ExpModifiedNormal>>());
}

}  // namespace kullback::location_scale
