// The mixture of an exponential variable and a gamma variable of shape 2 with one rate, in the odds rate : 1.
#include "half_line.hpp"

namespace kullback::half_line {
namespace {

// theta = (rate). eta = -rate, with the base measure 1 + x.
struct Lindley {
  static constexpr Text kName = "lindley", kFormula = "rate^2/(1 + rate) (1 + x) exp(-rate x),  x > 0";
  static std::vector<std::vector<Parameter>> parameterizations() { return {{{"rate", Domain::positive}}}; }
  static Support support(const double*) { return kHalfLine; }
  static double log_norm(double rate) { return 2 * std::log(rate) - std::log1p(rate); }

  struct Density {
    double rate, constant;
    explicit Density(const double* t) : rate(*t), constant(log_norm(*t)) {}
    double operator()(double x) const { return constant + std::log1p(x) - rate * x; }
  };

  static double entropy(const double* t) { return -log_norm(*t) - mean_log1p(t) + 1 + 1 / (1 + *t); }
  static double mean_log1p(const double* t) { return (1 + scaled_exponential_integral(*t)) / (1 + *t); }
  static double power_moment(const double* t, double c) {
    if (!(c > -1)) return kInfinity;
    return std::exp(log_gamma(1 + c) - c * std::log(*t)) * (1 + c / (1 + *t));
  }
  static double mean_log(const double* t) { return -kEulerGamma - std::log(*t) + 1 / (1 + *t); }
  static double moment_generating(const double* t, double c) {
    const double rest = *t - c;
    if (!(rest > 0)) return kInfinity;
    const double ratio = *t / rest;
    return ratio * ratio * ((1 + rest) / (1 + *t));
  }
  static constexpr Moment kMoments[] = {{"log_x", mean_log},
                                        {"log2_x",
                                         [](const double* t) {
                                           const double of_exponential = -kEulerGamma - std::log(*t);
                                           return of_exponential * of_exponential + kTrigamma1 +
                                                  2 * of_exponential / (1 + *t);
                                         }},
                                        {"log_1px", mean_log1p}};
  static double cdf(const double* t, double x, bool upper) {
    const double y = *t * x, first = upper ? std::exp(-y) : -std::expm1(-y);
    return (*t * first + gamma_cdf(y, 2, upper)) / (1 + *t);
  }
  static double quantile(const double* t, double p, bool upper) {
    const double guess = upper ? -std::log(p) / *t : std::min(p * ((1 + *t) / *t) / *t, 2 / *t);
    return solve_quantile([t](double x, bool above) { return cdf(t, x, above); }, Density(t), p, upper, guess, 1 / *t,
                          0);
  }
  static void landmarks(const double* t, std::vector<Landmark>& out) {
    out.push_back({0, 0});
    out.push_back({*t < 1 ? 1 / *t - 1 : 0, 1 / *t});
  }
  static constexpr Term kTerms[] = {{"x", [](const double* t) { return -*t; }},
                                    {"log_1px", [](const double*) { return 1.0; }},
                                    {"1", [](const double* t) { return log_norm(*t); }}};

  static constexpr bool kBaseMeasure = true;
  static constexpr Text kStatistics[] = {"x"};
  static double log_partition(const double* eta, double* m) {
    const double rate = -*eta;
    *m = (1 + 1 / (1 + rate)) / rate;
    return -log_norm(rate);
  }
  static void natural(const double* m, double* eta) {
    if (!(*m > 0 && std::isfinite(*m))) throw DomainError("", "no lindley has this mean: it must be positive");
    // mean rate^2 + (mean - 1) rate - 2 = 0
    const double b = *m - 1, root = std::sqrt(b * b + 8 * *m);
    *eta = b > 0 ? -4 / (b + root) : -(root - b) / (2 * *m);
  }
  static bool in_domain(const double* eta) { return *eta < 0 && std::isfinite(*eta); }
  static void to_natural(const double* t, double* eta) { *eta = -*t; }
  static void from_natural(const double* eta, double* t) { *t = -*eta; }
  static double fisher(const double* eta, const double* delta) {
    const double rate = -*eta, relative = *delta / rate, share = 1 / (1 + rate);
    return relative * relative * (1 + share * (2 - share));
  }
};

}  // namespace

void add_lindley(Registrar& registrar) { registrar.family(std::make_unique<PlainExponential<Lindley>>()); }

}  // namespace kullback::half_line
