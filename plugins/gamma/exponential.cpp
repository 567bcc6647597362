// Exponential by its rate. theta = (rate).
#include "gamma.hpp"

namespace kullback::gamma_family {
namespace {

struct Exponential {
  static constexpr Text kName = "exponential";
  static constexpr Text kFormula = "rate exp(-rate x),  x > 0";
  static std::vector<std::vector<Parameter>> parameterizations() {
    return {{{"rate", Domain::positive}}, {{"scale", Domain::positive}}, {{"mean", Domain::positive}}};
  }
  static void to_stored(int given_as, const double* given, double* theta) {
    *theta = given_as == 0 ? *given : 1 / *given;
  }
  static Support support(const double*) { return {0, kInfinity}; }

  struct Density {
    double rate, log_rate;
    explicit Density(const double* t) : rate(*t), log_rate(std::log(*t)) {}
    double operator()(double x) const { return log_rate - rate * x; }
  };

  static double entropy(const double* t) { return 1 - std::log(*t); }
  static double power_moment(const double* t, double c) { return Variable{1, *t}.power_moment(c); }
  static double moment_generating(const double* t, double c) { return c < *t ? *t / (*t - c) : kInfinity; }
  static std::complex<double> characteristic(const double* t) { return 1.0 / std::complex<double>(1, -1 / *t); }
  static double mean_distance(const double* t, double c) {
    const double z = *t * c;  // (2 exp(-z) + z - 1) / rate
    return (z <= 0 ? 1 - z : expm1mx(-z) + std::exp(-z)) / *t;
  }
  static constexpr double kEulerGamma = 0.57721566490153286061;
  static constexpr Moment kMoments[] = {{"log_x", [](const double* t) { return -kEulerGamma - std::log(*t); }},
                                        {"log2_x", [](const double* t) {
                                           const double mean = -kEulerGamma - std::log(*t);
                                           return mean * mean + 1.6449340668482264365;  // pi^2 / 6
                                         }}};
  static constexpr MomentAt kMomentsAt[] = {{"(x-c)^2", [](const double* t, double c) {
                                               const double mean = 1 / *t;
                                               return mean * mean + (mean - c) * (mean - c);
                                             }}};

  static double cdf(const double* t, double x, bool upper) { return upper ? std::exp(-*t * x) : -std::expm1(-*t * x); }
  static double quantile(const double* t, double p, bool upper) { return -(upper ? std::log(p) : std::log1p(-p)) / *t; }
  static void landmarks(const double* t, std::vector<Landmark>& out) {
    out.push_back({0, 0});
    out.push_back({1 / *t, 1 / *t});
  }

  static constexpr Text kStatistics[] = {"x"};
  static double log_partition(const double* eta, double* m) {
    *m = -1 / *eta;
    return -std::log(-*eta);
  }
  static void natural(const double* m, double* eta) {
    if (!(*m > 0 && std::isfinite(*m)))
      throw DomainError("", "no exponential has this mean parameter: E[x] must be positive");
    *eta = -1 / *m;
  }
  static bool in_domain(const double* eta) { return *eta < 0 && std::isfinite(*eta); }
  static void to_natural(const double* t, double* eta) { *eta = -*t; }
  static void from_natural(const double* eta, double* t) { *t = -*eta; }
  static double fisher(const double* eta, const double* delta) { return (*delta / *eta) * (*delta / *eta); }

  static std::vector<Monomial> conditional(int parameterization) {
    if (parameterization == 0) return {{1, "rate.log_x"}, {-1, "rate.x * x"}};
    if (parameterization == 1) return {{-1, "scale.log_x"}, {-1, "scale.1/x * x"}};
    return {{-1, "mean.log_x"}, {-1, "mean.1/x * x"}};
  }
};

// KL(p || q) = r - 1 - log r with r = rate_q / rate_p.
void kl(const Side& p, const Side& q, Row value, Row error) {
  constexpr Index kBlock = 256;
  alignas(64) double excess[kBlock], ratio[kBlock];
  for (Index begin = 0; begin < value.size(); begin += kBlock) {
    const Index count = std::min(kBlock, value.size() - begin);
    for (Index i = 0; i < count; ++i) {
      const double a = *plain::column(p.theta, begin + i), b = *plain::column(q.theta, begin + i);
      excess[i] = (b - a) / a;
      ratio[i] = b / a;
    }
    vector_log_excess(excess, ratio, value.data() + begin, count);
    for (Index i = 0; i < count; ++i) error[begin + i] = 16 * kEpsilon * value[begin + i];
  }
}

}  // namespace

void add_exponential(Registrar& registrar) {
  registrar.family(std::make_unique<PlainExponential<Exponential>>());
  registrar.rule("kl", "exponential", "exponential",
                 {Method::closed_form, "r - 1 - log r,  r = rate_q/rate_p", "[Gil et al. 2013, table 3]", kl});
}

}  // namespace kullback::gamma_family
