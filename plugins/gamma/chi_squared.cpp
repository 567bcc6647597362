// Chi-squared: a gamma of shape degrees_of_freedom/2 and rate 1/2. theta = (degrees_of_freedom).
#include "gamma.hpp"

namespace kullback::gamma_family {
namespace {

constexpr double kLog2 = 0.69314718055994530942;

struct ChiSquared {
  static constexpr Text kName = "chi_squared";
  static constexpr Text kFormula =
      "x^(degrees_of_freedom/2-1) exp(-x/2) / (2^(degrees_of_freedom/2) Gamma(degrees_of_freedom/2)),  x > 0";
  static std::vector<std::vector<Parameter>> parameterizations() {
    return {{{"degrees_of_freedom", Domain::positive}}};
  }
  static Support support(const double*) { return {0, kInfinity}; }

  struct Density {
    LogDensity log_density;
    explicit Density(const double* t) : log_density(*t / 2, 0.5) {}
    double operator()(double x, double log_x, double) const { return log_density(x, log_x); }
  };

  static Variable variable(const double* t) { return {*t / 2, 0.5}; }
  static double entropy(const double* t) { return variable(t).entropy(); }
  static double power_moment(const double* t, double c) { return variable(t).power_moment(c); }
  static double moment_generating(const double* t, double c) { return variable(t).moment_generating(c); }
  static std::complex<double> characteristic(const double* t) { return variable(t).characteristic(); }
  static double mean_distance(const double* t, double c) { return variable(t).mean_distance(c, 1); }
  static constexpr Moment kMoments[] = {{"log_x", [](const double* t) { return variable(t).mean_log(); }},
                                        {"log2_x", [](const double* t) { return variable(t).mean_log2(); }}};
  static constexpr MomentAt kMomentsAt[] = {
      {"(x-c)^2", [](const double* t, double c) { return 2 * *t + (*t - c) * (*t - c); }}};
  static double cdf(const double* t, double x, bool upper) { return variable(t).cdf(x, upper); }
  static double quantile(const double* t, double p, bool upper) { return variable(t).quantile(p, upper); }
  static constexpr Index kUniforms = 1;
  static double sample(const double* t, const double* uniform) {  // a positive number, however small
    return std::max(quantile(t, *uniform, false), std::numeric_limits<double>::min());
  }
  static void landmarks(const double* t, std::vector<Landmark>& out) {
    out.push_back({std::max(*t - 2, 0.0), std::sqrt(2 * *t)});
    out.push_back({*t, std::sqrt(2 * *t)});
  }

  // exp(-x/2) stays outside as the base measure.
  static constexpr bool kBaseMeasure = true;
  static constexpr Text kStatistics[] = {"log_x"};
  static double log_partition(const double* eta, double* m) {
    const double shape = *eta + 1;
    *m = digamma(shape) + kLog2;
    return log_gamma(shape) + shape * kLog2;
  }
  static void natural(const double* m, double* eta) {
    if (!std::isfinite(*m)) throw DomainError("", "no chi_squared has this mean parameter: E[log x] must be finite");
    *eta = inverse_digamma(*m - kLog2) - 1;
  }
  static bool in_domain(const double* eta) { return *eta > -1 && std::isfinite(*eta); }
  static void to_natural(const double* t, double* eta) { *eta = *t / 2 - 1; }
  static void from_natural(const double* eta, double* t) { *t = 2 * (*eta + 1); }
  static double fisher(const double* eta, const double* delta) { return trigamma(*eta + 1) * *delta * *delta; }
  static std::vector<Monomial> conditional(int) {
    return {{0.5, "degrees_of_freedom.x * log_x"},
            {-1, "log_x"},
            {-0.5, "x"},
            {-0.5 * kLog2, "degrees_of_freedom.x"},
            {-1, "degrees_of_freedom.lgamma((x-0)/2)"}};
  }
  static constexpr Term kTerms[] = {{"log_x", [](const double* t) { return *t / 2 - 1; }},
                                    {"x", [](const double*) { return -0.5; }},
                                    {"1", [](const double* t) { return -log_gamma(*t / 2) - *t / 2 * kLog2; }}};
};

}  // namespace

void add_chi_squared(Registrar& registrar) {
  registrar.family(std::make_unique<PlainExponential<ChiSquared>>());
  registrar.rule("kl", "chi_squared", "chi_squared", kl_rule<ChiSquared>());
}

}  // namespace kullback::gamma_family
