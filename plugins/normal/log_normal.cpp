// exp of a normal variable. theta = (log_mean, log_stddev).
#include "images.hpp"
#include "kl.hpp"

namespace kullback::normal_family {

std::vector<std::vector<Parameter>> prefixed_parameters(const std::string& prefix) {
  const Parameter mean{prefix + "mean", Domain::real};
  return {{mean, {prefix + "stddev", Domain::positive}},
          {mean, {prefix + "variance", Domain::positive}},
          {mean, {prefix + "precision", Domain::positive}}};
}

void prefixed_to_stored(int given_as, const double* given, double* theta) {
  theta[0] = given[0];
  theta[1] = given_as == 0 ? given[1] : given_as == 1 ? std::sqrt(given[1]) : 1 / std::sqrt(given[1]);
}

namespace {

constexpr double kInfinity = plain::kInfinity;
constexpr double kHalfLog2Pi = 0.91893853320467274178;

struct LogNormal {
  static constexpr Text kName = "log_normal";
  static constexpr Text kFormula = "exp(-((log x - log_mean)/log_stddev)^2/2) / (x log_stddev sqrt(2 pi)),  x > 0";
  static std::vector<std::vector<Parameter>> parameterizations() {
    auto sets = prefixed_parameters("log_");
    sets.push_back({{"mean", Domain::positive}, {"stddev", Domain::positive}});
    return sets;
  }
  static void to_stored(int given_as, const double* given, double* theta) {
    if (given_as < 3) return prefixed_to_stored(given_as, given, theta);
    const double ratio = given[1] / given[0], variance = std::log1p(ratio * ratio);
    theta[0] = std::log(given[0]) - 0.5 * variance;
    theta[1] = std::sqrt(variance);
  }
  static Support support(const double*) { return {0, kInfinity}; }

  struct Density {
    double mean, stddev, constant;
    explicit Density(const double* t) : mean(t[0]), stddev(t[1]), constant(std::log(t[1]) + kHalfLog2Pi) {}
    double operator()(double, double log_x, double) const {
      const double z = (log_x - mean) / stddev;
      return std::isinf(log_x) ? -kInfinity : -0.5 * z * z - constant - log_x;
    }
  };

  static double entropy(const double* t) { return t[0] + std::log(t[1]) + (kHalfLog2Pi + 0.5); }
  static double power_moment(const double* t, double c) { return std::exp(c * (t[0] + 0.5 * c * t[1] * t[1])); }
  static double mean_distance(const double* t, double c) {
    const double mean = power_moment(t, 1);
    if (c <= 0) return mean - c;
    const double z = (std::log(c) - t[0]) / t[1];
    return c * (1 - 2 * normal_cdf(z, true)) + mean * (1 - 2 * normal_cdf(z - t[1]));
  }
  static constexpr Moment kMoments[] = {{"log_x", [](const double* t) { return t[0]; }},
                                        {"log2_x", [](const double* t) { return t[0] * t[0] + t[1] * t[1]; }},
                                        {"exp_x", [](const double*) { return kInfinity; }}};
  static constexpr MomentAt kMomentsAt[] = {{"(x-c)^2", [](const double* t, double c) {
                                               const double mean = power_moment(t, 1);
                                               return mean * mean * std::expm1(t[1] * t[1]) + (mean - c) * (mean - c);
                                             }}};

  static double cdf(const double* t, double x, bool upper) { return normal_cdf((std::log(x) - t[0]) / t[1], upper); }
  static double quantile(const double* t, double p, bool upper) {
    return std::exp(t[0] + t[1] * normal_quantile(p, upper));
  }
  static void landmarks(const double* t, std::vector<Landmark>& out) {
    const double median = std::exp(t[0]), mode = std::exp(t[0] - t[1] * t[1]);
    out.push_back({mode, mode * std::min(t[1], 1.0)});
    out.push_back({median, median * t[1]});
  }

  // The normal's eta, less 1 for the factor 1/x of the density.
  static constexpr Text kStatistics[] = {"log_x", "log2_x"};
  static double log_partition(const double* eta, double* m) {
    const double precision = -2 * eta[1], mean = (eta[0] + 1) / precision;
    m[0] = mean;
    m[1] = mean * mean + 1 / precision;
    return 0.5 * ((eta[0] + 1) * mean - std::log(precision)) + kHalfLog2Pi;
  }
  static void natural(const double* m, double* eta) {
    const double variance = m[1] - m[0] * m[0];
    if (!(variance > 0))
      throw DomainError("", "no log_normal has these mean parameters: E[log2_x] must be above E[log_x]^2");
    eta[0] = m[0] / variance - 1;
    eta[1] = -0.5 / variance;
  }
  static bool in_domain(const double* eta) { return eta[1] < 0 && std::isfinite(eta[0]) && std::isfinite(eta[1]); }
  static void to_natural(const double* t, double* eta) {
    const double precision = 1 / (t[1] * t[1]);
    eta[0] = t[0] * precision - 1;
    eta[1] = -0.5 * precision;
  }
  static void from_natural(const double* eta, double* t) {
    t[0] = (eta[0] + 1) / (-2 * eta[1]);
    t[1] = 1 / std::sqrt(-2 * eta[1]);
  }
  static double fisher(const double* eta, const double* delta) {
    const double variance = -0.5 / eta[1], mean = (eta[0] + 1) * variance;
    const double linear = delta[0] + 2 * mean * delta[1], square = delta[1] * variance;
    return variance * linear * linear + 2 * square * square;
  }

  static std::vector<Monomial> conditional(int parameterization) {
    if (parameterization == 3) return {};
    const bool precise = parameterization == 2;
    const std::string scale = parameterization == 0   ? "log_stddev.1/x2"
                              : parameterization == 1 ? "log_variance.1/x"
                                                      : "log_precision.x";
    const std::string logarithm = parameterization == 0   ? "log_stddev.log_x"
                                  : parameterization == 1 ? "log_variance.log_x"
                                                          : "log_precision.log_x";
    return {{-0.5, "log2_x * " + scale},
            {1, "log_x * log_mean.x * " + scale},
            {-0.5, "log_mean.x2 * " + scale},
            {precise                 ? 0.5
             : parameterization == 1 ? -0.5
                                     : -1.0,
             logarithm},
            {-1, "log_x"},
            {-kHalfLog2Pi, "1"}};
  }
};

}  // namespace

void add_log_normal(Registrar& registrar, const Distribution& normal) {
  registrar.family(std::make_unique<ImageOfNormal<PlainExponential<LogNormal>>>(normal, "exp"));
  registrar.rule("kl", "log_normal", "log_normal", kl_rule());
}

}  // namespace kullback::normal_family
