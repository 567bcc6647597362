// The absolute value of a normal variable. theta = (mean, stddev) of the normal.
#include "half_line.hpp"

namespace kullback::half_line {
namespace {

constexpr double kHalfLog2Pi = 0.91893853320467274178;

struct FoldedNormal {
  static constexpr Text kName = "folded_normal";
  static constexpr Text kFormula =
      "(exp(-((x - mean)/stddev)^2/2) + exp(-((x + mean)/stddev)^2/2)) / (stddev sqrt(2 pi)),  x > 0";
  static std::vector<std::vector<Parameter>> parameterizations() {
    return {{{"mean", Domain::real}, {"stddev", Domain::positive}}};
  }
  static Support support(const double*) { return kHalfLine; }
  struct Density {
    double mean, stddev, constant;
    explicit Density(const double* t) : mean(std::abs(t[0])), stddev(t[1]), constant(-std::log(t[1]) - kHalfLog2Pi) {}
    double operator()(double x) const {
      const double z = (x - mean) / stddev;
      return constant - 0.5 * z * z + std::log1p(std::exp(-2 * (x / stddev) * (mean / stddev)));
    }
  };

  static double mean_distance_from_zero(const double* t) {
    const double m = std::abs(t[0]) / t[1];
    return t[1] * (2 * std::exp(-0.5 * m * m - kHalfLog2Pi) + m * std::erf(m / std::sqrt(2.0)));
  }
  static constexpr Moment kMoments[] = {{"x", mean_distance_from_zero},
                                        {"abs_x", mean_distance_from_zero},
                                        {"x2", [](const double* t) { return t[0] * t[0] + t[1] * t[1]; }},
                                        {"x4", [](const double* t) {
                                           const double m = t[0] * t[0], v = t[1] * t[1];
                                           return m * m + 6 * m * v + 3 * v * v;
                                         }}};
  static constexpr MomentAt kMomentsAt[] = {{"(x-c)^2", [](const double* t, double c) {
                                               return t[0] * t[0] + t[1] * t[1] -
                                                      c * (2 * mean_distance_from_zero(t) - c);
                                             }}};
  static double cdf(const double* t, double x, bool upper) {
    const double z = x / t[1], m = std::abs(t[0]) / t[1];
    if (upper) return normal_cdf(z - m, true) + normal_cdf(z + m, true);
    if (z * std::max(1.0, m) > 0.5) return normal_cdf(z - m) - normal_cdf(-z - m);
    // Near zero the two nearly cancel: the integral of 2 phi(m) exp(-u^2/2) cosh(m u), by Gauss-Legendre [Abramowitz &
    // Stegun 25.4].
    constexpr double kNodes[] = {0.1834346424956498, 0.5255324099163290, 0.7966664774136267, 0.9602898564975363};
    constexpr double kWeights[] = {0.3626837833783620, 0.3137066458778873, 0.2223810344533745, 0.1012285362903763};
    double sum = 0;
    for (int i = 0; i < 4; ++i)
      for (const double sign : {-1.0, 1.0}) {
        const double u = 0.5 * z * (1 + sign * kNodes[i]);
        sum += kWeights[i] * std::exp(-0.5 * u * u) * std::cosh(m * u);
      }
    return z * sum * std::exp(-0.5 * m * m - kHalfLog2Pi);
  }
  static double quantile(const double* t, double p, bool upper) {
    const Density density(t);
    const double m = std::abs(t[0]),
                 guess = std::max(m + t[1] * normal_quantile(p, upper), 0.1 * t[1] * (upper ? 1 : p));
    return solve_quantile([&](double x, bool above) { return cdf(t, x, above); }, density, p, upper, guess, t[1], 0,
                          kInfinity);
  }
  static double sample(const double* t, const double* uniforms) {
    return std::abs(t[0] + t[1] * normal_quantile(*uniforms));
  }
  static constexpr Index kUniforms = 1;
  static void landmarks(const double* t, std::vector<Landmark>& out) {
    out.push_back({0, 0});
    out.push_back({std::abs(t[0]), t[1]});
  }
};

}  // namespace

void add_folded_normal(Registrar& registrar) { registrar.family(std::make_unique<PlainFamily<FoldedNormal>>()); }

}  // namespace kullback::half_line
