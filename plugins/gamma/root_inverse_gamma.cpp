// 1/sqrt(Y) for a gamma variable Y by shape and rate: a standard deviation whose square is inverse gamma. theta =
// (shape, scale), the scale being the rate of Y.
#include "gamma.hpp"

namespace kullback::gamma_family {
namespace {

constexpr double kLog2 = 0.69314718055994530942;

struct RootInverseGamma {
  static constexpr Text kName = "root_inverse_gamma";
  static constexpr Text kFormula = "2 scale^shape x^(-2 shape-1) exp(-scale/x^2) / Gamma(shape),  x > 0";
  static std::vector<std::vector<Parameter>> parameterizations() {
    return {{{"shape", Domain::positive}, {"scale", Domain::positive}}};
  }
  static Support support(const double*) { return {0, kInfinity}; }

  struct Density {
    LogDensity log_density;
    explicit Density(const double* t) : log_density(t[0], t[1]) {}
    double operator()(double x, double log_x, double) const {
      if (!(log_x > -350)) return -kInfinity;  // exp(-scale/x^2) is 0 long before
      return log_density(1 / (x * x), -2 * log_x) - 3 * log_x + kLog2;
    }
  };

  static Variable variable(const double* t) { return {t[0], t[1]}; }
  static double entropy(const double* t) {
    const Variable y = variable(t);
    return y.entropy() - 1.5 * y.mean_log() - kLog2;
  }
  static double power_moment(const double* t, double c) { return variable(t).power_moment(-0.5 * c); }
  static double mean_distance(const double* t, double c) { return variable(t).mean_distance(c, -0.5); }
  static constexpr Moment kMoments[] = {{"log_x", [](const double* t) { return -0.5 * variable(t).mean_log(); }},
                                        {"log2_x", [](const double* t) { return 0.25 * variable(t).mean_log2(); }}};
  static constexpr MomentAt kMomentsAt[] = {{"(x-c)^2", [](const double* t, double c) {
                                               if (!(t[0] > 1)) return kInfinity;
                                               return power_moment(t, 2) - 2 * c * power_moment(t, 1) + c * c;
                                             }}};
  static double cdf(const double* t, double x, bool upper) { return variable(t).cdf(1 / x / x, !upper); }
  static double quantile(const double* t, double p, bool upper) {
    return 1 / std::sqrt(variable(t).quantile(p, !upper));
  }
  static constexpr Index kUniforms = 1;
  static double sample(const double* t, const double* uniform) {  // a finite number, however large
    return std::min(quantile(t, *uniform, false), std::numeric_limits<double>::max());
  }
  static void landmarks(const double* t, std::vector<Landmark>& out) {
    for (const double shape : {t[0] + 0.5, t[0]})  // the mode, and 1/sqrt(E[Y])
      out.push_back({std::sqrt(t[1] / shape), 0.5 * std::sqrt(t[1]) / shape});
  }

  static constexpr Text kStatistics[] = {"log_x", "1/x2"};
  static double log_partition(const double* eta, double* m) {
    const double shape = -0.5 * (eta[0] + 1), log_scale = std::log(-eta[1]);
    m[0] = 0.5 * (log_scale - digamma(shape));
    m[1] = shape / -eta[1];
    return log_gamma(shape) - shape * log_scale - kLog2;
  }
  static void natural(const double* m, double* eta) {
    const double excess = std::log(m[1]) + 2 * m[0];
    if (!(excess > 0 && std::isfinite(excess)))
      throw DomainError("", "no root_inverse_gamma has these mean parameters: -2 E[log x] must be below log E[1/x2]");
    const double shape = shape_of_log_excess(excess);
    eta[0] = -2 * shape - 1;
    eta[1] = -shape / m[1];
  }
  static bool in_domain(const double* eta) {
    return eta[0] < -1 && eta[1] < 0 && std::isfinite(eta[0]) && std::isfinite(eta[1]);
  }
  static void to_natural(const double* t, double* eta) { eta[0] = -2 * t[0] - 1, eta[1] = -t[1]; }
  static void from_natural(const double* eta, double* t) { t[0] = -0.5 * (eta[0] + 1), t[1] = -eta[1]; }
  static double fisher(const double* eta, const double* delta) {
    const double shape = -0.5 * (eta[0] + 1), by_shape = -0.5 * delta[0],
                 across = by_shape - shape * (delta[1] / eta[1]);
    return across * across / shape + trigamma_excess(shape) * by_shape * by_shape;
  }

  static std::vector<Monomial> conditional(int) {
    return {{1, "shape.x * scale.log_x"}, {-1, "shape.lgamma_x"},
            {-2, "shape.x * log_x"},      {-1, "log_x"},
            {-1, "scale.x * 1/x2"},       {kLog2, "1"}};
  }
};

}  // namespace

void add_root_inverse_gamma(Registrar& registrar, const Distribution& gamma) {
  registrar.family(std::make_unique<ImageOfGamma<RootInverseGamma>>(gamma, "1/sqrt(y)"));
  registrar.rule("kl", "root_inverse_gamma", "root_inverse_gamma", kl_rule<RootInverseGamma>());
}

}  // namespace kullback::gamma_family
