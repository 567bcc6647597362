// 1/Y for a gamma variable Y by shape and rate. theta = (shape, scale), the scale being the rate of Y.
#include "gamma.hpp"

namespace kullback::gamma_family {
namespace {

struct InverseGamma {
  static constexpr Text kName = "inverse_gamma";
  static constexpr Text kFormula = "scale^shape x^(-shape-1) exp(-scale/x) / Gamma(shape),  x > 0";
  static std::vector<std::vector<Parameter>> parameterizations() {
    return {{{"shape", Domain::positive}, {"scale", Domain::positive}}};
  }
  static Support support(const double*) { return {0, kInfinity}; }

  struct Density {
    LogDensity log_density;
    explicit Density(const double* t) : log_density(t[0], t[1]) {}
    double operator()(double x, double log_x, double) const {
      return log_x > -700 ? log_density(1 / x, -log_x) - 2 * log_x : -kInfinity;  // exp(-scale/x) is 0 long before
    }
  };

  static Variable variable(const double* t) { return {t[0], t[1]}; }
  static double entropy(const double* t) { return variable(t).entropy() - 2 * variable(t).mean_log(); }
  static double power_moment(const double* t, double c) { return variable(t).power_moment(-c); }
  static double mean_distance(const double* t, double c) { return variable(t).mean_distance(c, -1); }
  static constexpr Moment kMoments[] = {{"log_x", [](const double* t) { return -variable(t).mean_log(); }},
                                        {"log2_x", [](const double* t) { return variable(t).mean_log2(); }}};
  static constexpr MomentAt kMomentsAt[] = {{"(x-c)^2", [](const double* t, double c) {
                                               if (!(t[0] > 2)) return kInfinity;
                                               const double mean = t[1] / (t[0] - 1);
                                               return mean * mean / (t[0] - 2) + (mean - c) * (mean - c);
                                             }}};
  static double cdf(const double* t, double x, bool upper) { return variable(t).cdf(1 / x, !upper); }
  static double quantile(const double* t, double p, bool upper) { return 1 / variable(t).quantile(p, !upper); }
  static constexpr Index kUniforms = 1;
  static double sample(const double* t, const double* uniform) {  // a finite number, however large
    return std::min(quantile(t, *uniform, false), std::numeric_limits<double>::max());
  }
  static void landmarks(const double* t, std::vector<Landmark>& out) {
    const double mode = t[1] / (t[0] + 1);
    out.push_back({mode, mode / std::sqrt(t[0] + 1)});
    out.push_back({t[1] / t[0], t[1] / t[0] / std::sqrt(t[0])});
  }

  static constexpr Text kStatistics[] = {"log_x", "1/x"};
  static double log_partition(const double* eta, double* m) {
    const double shape = -eta[0] - 1, log_scale = std::log(-eta[1]);
    m[0] = log_scale - digamma(shape);
    m[1] = shape / -eta[1];
    return log_gamma(shape) - shape * log_scale;
  }
  static void natural(const double* m, double* eta) {
    const double excess = std::log(m[1]) + m[0];
    if (!(excess > 0 && std::isfinite(excess)))
      throw DomainError("", "no inverse_gamma has these mean parameters: -E[log x] must be below log E[1/x]");
    const double shape = shape_of_log_excess(excess);
    eta[0] = -shape - 1;
    eta[1] = -shape / m[1];
  }
  static bool in_domain(const double* eta) {
    return eta[0] < -1 && eta[1] < 0 && std::isfinite(eta[0]) && std::isfinite(eta[1]);
  }
  static void to_natural(const double* t, double* eta) { eta[0] = -t[0] - 1, eta[1] = -t[1]; }
  static void from_natural(const double* eta, double* t) { t[0] = -eta[0] - 1, t[1] = -eta[1]; }
  static double fisher(const double* eta, const double* delta) {
    const double shape = -eta[0] - 1, across = delta[0] + shape * (delta[1] / eta[1]);
    return across * across / shape + trigamma_excess(shape) * delta[0] * delta[0];
  }

  static std::vector<Monomial> conditional(int) {
    return {{1, "shape.x * scale.log_x"},
            {-1, "shape.lgamma_x"},
            {-1, "shape.x * log_x"},
            {-1, "log_x"},
            {-1, "scale.x * 1/x"}};
  }
};

}  // namespace

void add_inverse_gamma(Registrar& registrar, const Distribution& gamma) {
  registrar.family(std::make_unique<ImageOfGamma<InverseGamma>>(gamma, "1/y"));
  registrar.rule("kl", "inverse_gamma", "inverse_gamma", kl_rule<InverseGamma>());
}

}  // namespace kullback::gamma_family
