// Gamma by shape and rate. theta = (shape, rate).
#include "gamma.hpp"

namespace kullback::gamma_family {
namespace {

struct Gamma {
  static constexpr Text kName = "gamma";
  static constexpr Text kFormula = "rate^shape x^(shape-1) exp(-rate x) / Gamma(shape),  x > 0";
  static std::vector<std::vector<Parameter>> parameterizations() {
    const Parameter shape{"shape", Domain::positive};
    return {
        {shape, {"rate", Domain::positive}}, {shape, {"scale", Domain::positive}}, {shape, {"mean", Domain::positive}}};
  }
  static void to_stored(int given_as, const double* given, double* theta) {
    theta[0] = given[0];
    theta[1] = given_as == 0 ? given[1] : given_as == 1 ? 1 / given[1] : given[0] / given[1];
  }
  static Support support(const double*) { return {0, kInfinity}; }

  struct Density {
    LogDensity log_density;
    explicit Density(const double* t) : log_density(t[0], t[1]) {}
    double operator()(double x, double log_x, double) const { return log_density(x, log_x); }
  };

  static Variable variable(const double* t) { return {t[0], t[1]}; }
  static double entropy(const double* t) { return variable(t).entropy(); }
  static double power_moment(const double* t, double c) { return variable(t).power_moment(c); }
  static double moment_generating(const double* t, double c) { return variable(t).moment_generating(c); }
  static std::complex<double> characteristic(const double* t) { return variable(t).characteristic(); }
  static double mean_distance(const double* t, double c) { return variable(t).mean_distance(c, 1); }
  static constexpr Moment kMoments[] = {{"log_x", [](const double* t) { return variable(t).mean_log(); }},
                                        {"log2_x", [](const double* t) { return variable(t).mean_log2(); }}};
  static constexpr MomentAt kMomentsAt[] = {{"(x-c)^2", [](const double* t, double c) {
                                               const double from_mean = variable(t).mean() - c;
                                               return variable(t).variance() + from_mean * from_mean;
                                             }}};
  static double cdf(const double* t, double x, bool upper) { return variable(t).cdf(x, upper); }
  static double quantile(const double* t, double p, bool upper) { return variable(t).quantile(p, upper); }
  static constexpr Index kUniforms = 1;
  static double sample(const double* t, const double* uniform) {  // a positive number, however small
    return std::max(quantile(t, *uniform, false), std::numeric_limits<double>::min());
  }
  static void landmarks(const double* t, std::vector<Landmark>& out) {
    const Variable y = variable(t);
    out.push_back({std::max(t[0] - 1, 0.0) / t[1], y.stddev()});
    out.push_back({y.mean(), y.stddev()});
  }

  static constexpr Text kStatistics[] = {"log_x", "x"};
  static double log_partition(const double* eta, double* m) {
    const double shape = eta[0] + 1, log_rate = std::log(-eta[1]);
    m[0] = digamma(shape) - log_rate;
    m[1] = shape / -eta[1];
    return log_gamma(shape) - shape * log_rate;
  }
  static void natural(const double* m, double* eta) {
    const double excess = std::log(m[1]) - m[0];
    if (!(excess > 0 && std::isfinite(excess)))
      throw DomainError("", "no gamma has these mean parameters: E[log x] must be below log E[x]");
    const double shape = shape_of_log_excess(excess);
    eta[0] = shape - 1;
    eta[1] = -shape / m[1];
  }
  static bool in_domain(const double* eta) {
    return eta[0] > -1 && eta[1] < 0 && std::isfinite(eta[0]) && std::isfinite(eta[1]);
  }
  static void to_natural(const double* t, double* eta) { eta[0] = t[0] - 1, eta[1] = -t[1]; }
  static void from_natural(const double* eta, double* t) { t[0] = eta[0] + 1, t[1] = -eta[1]; }
  static double fisher(const double* eta, const double* delta) {
    const double shape = eta[0] + 1, across = delta[0] - shape * (delta[1] / eta[1]);
    return across * across / shape + trigamma_excess(shape) * delta[0] * delta[0];
  }

  static std::vector<Monomial> conditional(int parameterization) {
    if (parameterization == 0)
      return {{1, "shape.x * rate.log_x"},
              {-1, "shape.lgamma_x"},
              {1, "shape.x * log_x"},
              {-1, "log_x"},
              {-1, "rate.x * x"}};
    if (parameterization == 1)
      return {{-1, "shape.x * scale.log_x"},
              {-1, "shape.lgamma_x"},
              {1, "shape.x * log_x"},
              {-1, "log_x"},
              {-1, "scale.1/x * x"}};
    return {{1, "shape.x * shape.log_x"},
            {-1, "shape.x * mean.log_x"},
            {-1, "shape.lgamma_x"},
            {1, "shape.x * log_x"},
            {-1, "log_x"},
            {-1, "shape.x * mean.1/x * x"}};
  }
};

// The loops that models run over many members: logarithms and gamma functions by vectors.
class GammaFamily final : public PlainExponential<Gamma> {
 public:
  void mean(const Layout&, In eta, Out m, Row log_partition) const override {
    constexpr Index kBlock = 128;
    alignas(64) double shape[kBlock], rate[kBlock], log_rate[kBlock], log_gamma_of[kBlock], digamma_of[kBlock];
    for (Index begin = 0; begin < eta.cols(); begin += kBlock) {
      const Index count = std::min(kBlock, eta.cols() - begin);
      for (Index i = 0; i < count; ++i) shape[i] = eta(0, begin + i) + 1, rate[i] = -eta(1, begin + i);
      vector_log(rate, log_rate, count);
      vector_log_gamma_digamma(shape, log_gamma_of, digamma_of, count);
      for (Index i = 0; i < count; ++i) {
        m(0, begin + i) = digamma_of[i] - log_rate[i];
        m(1, begin + i) = shape[i] / rate[i];
        log_partition[begin + i] = log_gamma_of[i] - shape[i] * log_rate[i];
      }
    }
  }
};

}  // namespace

const Distribution& add_gamma(Registrar& registrar) {
  auto family = std::make_unique<GammaFamily>();
  const Distribution& added = *family;
  registrar.family(std::move(family));
  registrar.rule("kl", "gamma", "gamma", kl_rule<Gamma>());
  return added;
}

}  // namespace kullback::gamma_family
