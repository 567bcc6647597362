// Square roots of gamma variables: nakagami by shape and spread, theta = (shape, spread), and chi, theta =
// (degrees_of_freedom).
#include "gamma.hpp"

namespace kullback::gamma_family {
namespace {

constexpr double kLog2 = 0.69314718055994530942;

// sqrt(Y) for Math::variable: what does not depend on the parameters' names.
template <class Math>
struct Root {
  static Support support(const double*) { return {0, kInfinity}; }

  struct Density {
    LogDensity log_density;
    explicit Density(const double* t) : log_density(Math::variable(t).shape, Math::variable(t).rate) {}
    double operator()(double x, double log_x, double) const { return log_density(x * x, 2 * log_x) + log_x + kLog2; }
  };

  static double entropy(const double* t) {
    const Variable y = Math::variable(t);
    return y.entropy() - 0.5 * y.mean_log() - kLog2;
  }
  static double power_moment(const double* t, double c) { return Math::variable(t).power_moment(0.5 * c); }
  static double mean_distance(const double* t, double c) { return Math::variable(t).mean_distance(c, 0.5); }
  static constexpr Moment kMoments[] = {
      {"log_x", [](const double* t) { return 0.5 * Math::variable(t).mean_log(); }},
      {"log2_x", [](const double* t) { return 0.25 * Math::variable(t).mean_log2(); }}};
  static constexpr MomentAt kMomentsAt[] = {
      {"(x-c)^2", [](const double* t, double c) { return power_moment(t, 2) - 2 * c * power_moment(t, 1) + c * c; }}};
  static double cdf(const double* t, double x, bool upper) { return Math::variable(t).cdf(x * x, upper); }
  static double quantile(const double* t, double p, bool upper) {
    return std::sqrt(Math::variable(t).quantile(p, upper));
  }
  static constexpr Index kUniforms = 1;
  static double sample(const double* t, const double* uniform) {  // a positive number, however small
    return std::max(quantile(t, *uniform, false), std::numeric_limits<double>::min());
  }
  static void landmarks(const double* t, std::vector<Landmark>& out) {
    const Variable y = Math::variable(t);
    const double width =
        std::sqrt(std::min(y.shape, 0.25) / y.rate);  // the variance lies between shape and 1/4, over the rate
    out.push_back({std::sqrt(std::max(y.shape - 0.5, 0.0) / y.rate), width});
    out.push_back({std::sqrt(y.mean()), width});
  }
};

struct Nakagami : Root<Nakagami> {
  static constexpr Text kName = "nakagami";
  static constexpr Text kFormula = "2 (shape/spread)^shape x^(2 shape-1) exp(-shape x^2/spread) / Gamma(shape),  x > 0";
  static std::vector<std::vector<Parameter>> parameterizations() {
    return {{{"shape", Domain::positive}, {"spread", Domain::positive}}};
  }
  static Variable variable(const double* t) { return {t[0], t[0] / t[1]}; }

  static constexpr Text kStatistics[] = {"log_x", "x2"};
  static double log_partition(const double* eta, double* m) {
    const double shape = 0.5 * (eta[0] + 1), log_rate = std::log(-eta[1]);
    m[0] = 0.5 * (digamma(shape) - log_rate);
    m[1] = shape / -eta[1];
    return log_gamma(shape) - shape * log_rate - kLog2;
  }
  static void natural(const double* m, double* eta) {
    const double excess = std::log(m[1]) - 2 * m[0];
    if (!(excess > 0 && std::isfinite(excess)))
      throw DomainError("", "no nakagami has these mean parameters: 2 E[log x] must be below log E[x2]");
    const double shape = shape_of_log_excess(excess);
    eta[0] = 2 * shape - 1;
    eta[1] = -shape / m[1];
  }
  static bool in_domain(const double* eta) {
    return eta[0] > -1 && eta[1] < 0 && std::isfinite(eta[0]) && std::isfinite(eta[1]);
  }
  static void to_natural(const double* t, double* eta) { eta[0] = 2 * t[0] - 1, eta[1] = -t[0] / t[1]; }
  static void from_natural(const double* eta, double* t) { t[0] = 0.5 * (eta[0] + 1), t[1] = -t[0] / eta[1]; }
  static double fisher(const double* eta, const double* delta) {
    const double shape = 0.5 * (eta[0] + 1), by_shape = 0.5 * delta[0], across = by_shape - shape * (delta[1] / eta[1]);
    return across * across / shape + trigamma_excess(shape) * by_shape * by_shape;
  }
};

struct Chi : Root<Chi> {
  static constexpr Text kName = "chi";
  static constexpr Text kFormula =
      "x^(degrees_of_freedom-1) exp(-x^2/2) / (2^(degrees_of_freedom/2-1) Gamma(degrees_of_freedom/2)),  x > 0";
  static std::vector<std::vector<Parameter>> parameterizations() {
    return {{{"degrees_of_freedom", Domain::positive}}};
  }
  static Variable variable(const double* t) { return {*t / 2, 0.5}; }

  // exp(-x^2/2) stays outside as the base measure.
  static constexpr bool kBaseMeasure = true;
  static constexpr Text kStatistics[] = {"log_x"};
  static double log_partition(const double* eta, double* m) {
    const double shape = 0.5 * (*eta + 1);
    *m = 0.5 * (digamma(shape) + kLog2);
    return log_gamma(shape) + (shape - 1) * kLog2;
  }
  static void natural(const double* m, double* eta) {
    if (!std::isfinite(*m)) throw DomainError("", "no chi has this mean parameter: E[log x] must be finite");
    *eta = 2 * inverse_digamma(2 * *m - kLog2) - 1;
  }
  static bool in_domain(const double* eta) { return *eta > -1 && std::isfinite(*eta); }
  static void to_natural(const double* t, double* eta) { *eta = *t - 1; }
  static void from_natural(const double* eta, double* t) { *t = *eta + 1; }
  static double fisher(const double* eta, const double* delta) {
    return trigamma(0.5 * (*eta + 1)) * (0.5 * *delta) * (0.5 * *delta);
  }
  static constexpr Term kTerms[] = {{"log_x", [](const double* t) { return *t - 1; }},
                                    {"x2", [](const double*) { return -0.5; }},
                                    {"1", [](const double* t) { return -log_gamma(*t / 2) - (*t / 2 - 1) * kLog2; }}};
};

}  // namespace

void add_nakagami_and_chi(Registrar& registrar, const Distribution& gamma) {
  registrar.family(std::make_unique<ImageOfGamma<Nakagami>>(gamma, "sqrt(y)"));
  registrar.rule("kl", "nakagami", "nakagami", kl_rule<Nakagami>());
  registrar.family(std::make_unique<ImageOfGamma<Chi>>(gamma, "sqrt(y)"));
  registrar.rule("kl", "chi", "chi", kl_rule<Chi>());
}

}  // namespace kullback::gamma_family
