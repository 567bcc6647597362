// Beta. theta = (alpha, beta).
#include "beta.hpp"

namespace kullback::beta_family {
namespace {

struct Beta {
  static constexpr Text kName = "beta";
  static constexpr Text kFormula = "x^(alpha-1) (1-x)^(beta-1) / B(alpha, beta),  0 < x < 1";
  static std::vector<std::vector<Parameter>> parameterizations() {
    return {{{"alpha", Domain::positive}, {"beta", Domain::positive}},
            {{"mean", Domain::unit_interval}, {"concentration", Domain::positive}}};
  }
  static void to_stored(int given_as, const double* given, double* theta) {
    if (given_as == 0) {
      theta[0] = given[0], theta[1] = given[1];
      return;
    }
    if (!(given[0] > 0 && given[0] < 1)) throw DomainError("mean", "mean must be above 0 and below 1");
    theta[0] = given[0] * given[1];
    theta[1] = (1 - given[0]) * given[1];
  }
  static Support support(const double*) { return {0, 1}; }

  struct Density {
    LogDensity log_density;
    explicit Density(const double* t) : log_density(t[0], t[1]) {}
    double operator()(double x, double log_x, double log_rest) const { return log_density(x, log_x, log_rest); }
  };

  static double entropy(const double* t) { return beta_family::entropy(t[0], t[1]); }
  static double power_moment(const double* t, double c) { return beta_family::power_moment(t[0], t[1], c); }
  static double mean_distance(const double* t, double c) {
    const double mean = t[0] / (t[0] + t[1]);
    if (c <= 0) return mean - c;
    if (c >= 1) return c - mean;
    // c (F - (1 - F)) + mean ((1 - G) - G), G the distribution function of an alpha larger by one
    return c * (cdf(t, c, false) - cdf(t, c, true)) +
           mean * (beta_cdf(c, t[0] + 1, t[1], true) - beta_cdf(c, t[0] + 1, t[1]));
  }
  static constexpr Moment kMoments[] = {{"log_x", [](const double* t) { return mean_log(t[0], t[1]); }},
                                        {"log_1mx", [](const double* t) { return mean_log(t[1], t[0]); }},
                                        {"log2_x", [](const double* t) {
                                           const double mean = mean_log(t[0], t[1]);
                                           return mean * mean + variance_log(t[0], t[1]);
                                         }}};
  static constexpr MomentAt kMomentsAt[] = {{"(x-c)^2", [](const double* t, double c) {
                                               const double sum = t[0] + t[1], from_mean = t[0] / sum - c;
                                               return t[0] / sum * (t[1] / sum) / (sum + 1) + from_mean * from_mean;
                                             }}};

  static double cdf(const double* t, double x, bool upper) { return beta_cdf(x, t[0], t[1], upper); }
  static double quantile(const double* t, double p, bool upper) { return beta_quantile(p, t[0], t[1], upper).x; }
  static constexpr Index kUniforms = 1;
  static double sample(const double* t, const double* uniform) {  // inside the interval, however near its ends
    return std::clamp(quantile(t, *uniform, false), std::numeric_limits<double>::min(), 1 - kEpsilon / 2);
  }
  static void landmarks(const double* t, std::vector<Landmark>& out) {
    const double sum = t[0] + t[1], stddev = std::sqrt(t[0] / sum * (t[1] / sum) / (sum + 1));
    out.push_back({t[0] / sum, stddev});
    if (t[0] > 1 && t[1] > 1) out.push_back({(t[0] - 1) / (sum - 2), stddev});
  }

  static constexpr Text kStatistics[] = {"log_x", "log_1mx"};
  static double log_partition(const double* eta, double* m) {
    const double alpha = eta[0] + 1, beta = eta[1] + 1;
    m[0] = mean_log(alpha, beta);
    m[1] = mean_log(beta, alpha);
    return log_beta(alpha, beta);
  }
  static void natural(const double* m, double* eta) {
    solve_mean_logs(m[0], m[1], eta[0], eta[1]);
    eta[0] -= 1, eta[1] -= 1;
  }
  static bool in_domain(const double* eta) {
    return eta[0] > -1 && eta[1] > -1 && std::isfinite(eta[0]) && std::isfinite(eta[1]);
  }
  static void to_natural(const double* t, double* eta) { eta[0] = t[0] - 1, eta[1] = t[1] - 1; }
  static void from_natural(const double* eta, double* t) { t[0] = eta[0] + 1, t[1] = eta[1] + 1; }
  static double fisher(const double* eta, const double* delta) {
    return beta_family::fisher(eta[0] + 1, eta[1] + 1, delta[0], delta[1]);
  }

  static std::vector<Monomial> conditional(int parameterization) {
    if (parameterization == 1) return {};
    return {{1, "alpha.x * log_x"}, {-1, "log_x"},         {1, "beta.x * log_1mx"},    {-1, "log_1mx"},
            {-1, "alpha.lgamma_x"}, {-1, "beta.lgamma_x"}, {1, "alpha.lgamma(x+beta)"}};
  }
};

}  // namespace

void add_beta(Registrar& registrar) {
  registrar.family(std::make_unique<PlainExponential<Beta>>());
  registrar.rule("kl", "beta", "beta",
                 kl_rule([](const double* t, double& alpha, double& beta) { alpha = t[0], beta = t[1]; }));
}

}  // namespace kullback::beta_family
