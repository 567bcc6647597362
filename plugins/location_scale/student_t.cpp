// Student's t: z has density proportional to (1 + z^2/nu)^(-(nu + 1)/2). theta = (degrees_of_freedom, location, scale).
#include "location_scale.hpp"
#include "special.hpp"

#include <boost/math/distributions/students_t.hpp>

namespace kullback::location_scale {
namespace {

struct StudentT {
  static constexpr int kLocation = 1, kParameters = 3;
  static constexpr Text kName = "student_t";
  static constexpr Text kFormula =
      "Gamma((nu+1)/2) / (Gamma(nu/2) sqrt(nu pi) scale) (1 + ((x - location)/scale)^2/nu)^(-(nu+1)/2),  nu = "
      "degrees_of_freedom";
  static std::vector<std::vector<Parameter>> parameterizations() {
    return {{{"degrees_of_freedom", Domain::positive}, {"location", Domain::real}, {"scale", Domain::positive}}};
  }
  static Support support(const double*) { return kLine; }

  struct Density {
    double nu, location, scale, constant;
    explicit Density(const double* t)
        : nu(t[0]), location(t[1]), scale(t[2]), constant(-log_root_beta(t[0]) - std::log(t[2])) {}
    double operator()(double x) const {
      const double z = (x - location) / scale, square = z * z / nu;
      const double logarithm = square < 1e300 ? std::log1p(square) : 2 * std::log(std::abs(z)) - std::log(nu);
      return constant - 0.5 * (nu + 1) * logarithm;
    }
  };
  // log(sqrt(nu) B(nu/2, 1/2))
  static double log_root_beta(double nu) { return 0.5 * (std::log(nu) + std::log(kPi)) - log_gamma_half_step(nu / 2); }

  static double entropy(const double* t) {
    return 0.5 * (t[0] + 1) * digamma_half_step(t[0] / 2) + log_root_beta(t[0]) + std::log(t[2]);
  }
  static CentralMoments central_moments(const double* t) {
    const double nu = t[0], square = t[2] * t[2];
    return {t[1], nu > 2 ? square * (nu / (nu - 2)) : kInfinity, 0,
            nu > 4 ? 3 * square * square * (nu / (nu - 2)) * (nu / (nu - 4)) : kInfinity};
  }
  static double mean_distance(const double* t, double c) {
    const double nu = t[0], z = std::abs(c - t[1]) / t[2];
    if (nu <= 1) return kInfinity;
    const double unit[] = {nu, 0, 1};
    const double density = std::exp(Density(unit)(z));
    // z (1 - 2 P(T > z)) + 2 E[T; T > z], the last (nu + z^2)/(nu - 1) times the density
    const double rest = density > 0 ? 2 * density * (nu + z * z) / (nu - 1) : 0;
    return t[2] * (z * (1 - 2 * cdf(unit, z, true)) + rest);
  }
  static double moment_generating(const double*, double c) { return c == 0 ? 1 : kInfinity; }

  static double cdf(const double* t, double x, bool upper) {
    const double z = (x - t[1]) / t[2];
    return boost::math::cdf(boost::math::students_t_distribution<double, Quiet>(t[0]), upper ? -z : z);
  }
  static double quantile(const double* t, double p, bool upper) {
    if (p == 0 || p == 1) return (p == 0) == upper ? kInfinity : -kInfinity;
    const double z = boost::math::quantile(boost::math::students_t_distribution<double, Quiet>(t[0]), p);
    return upper ? t[1] - t[2] * z : t[1] + t[2] * z;
  }
  static void landmarks(const double* t, std::vector<Landmark>& out) { out.push_back({t[1], t[2]}); }
  static Information information(const double* t) { return {(t[0] + 1) / (t[0] + 3), 2 * t[0] / (t[0] + 3)}; }
};

}  // namespace

void add_student_t(Registrar& registrar) { add<StudentT>(registrar); }

}  // namespace kullback::location_scale
