// logistic(Y) = 1/(1 + exp(-Y)) of a normal variable Y. theta = (logit_mean, logit_stddev).
#include "images.hpp"
#include "kl.hpp"

namespace kullback::normal_family {
namespace {

constexpr double kHalfLog2Pi = 0.91893853320467274178;

// E[f(Y)] for f analytic but for poles at odd multiples of i pi, as functions of logistic(Y) are: the trapezoidal rule
// in z = (y - mean)/stddev, whose error falls as exp(-2 pi d/h), d the distance of the poles from the line, and as
// exp(-2 pi^2/h^2).
template <class Function>
double expectation(const double* t, Function f) {
  constexpr double kPi = 3.14159265358979323846, kEnd = 8.6;  // the mass beyond is 1e-17
  const double step = std::min(0.5, 2 * kPi * kPi / (38 * t[1]));
  const auto count = static_cast<int>(std::ceil(kEnd / step));
  double sum = 0, mass = 0;
  for (int i = -count; i <= count; ++i) {
    const double z = i * step, weight = std::exp(-0.5 * z * z);
    sum += weight * f(t[0] + t[1] * z);
    mass += weight;
  }
  return sum / mass;
}

template <int kPower>
double power(const double* t) {
  return expectation(t, [](double y) { return std::exp(-kPower * log1pexp(-y)); });
}

struct LogitNormal {
  static constexpr Text kName = "logit_normal";
  static constexpr Text kFormula =
      "exp(-((logit x - logit_mean)/logit_stddev)^2/2) / (x (1-x) logit_stddev sqrt(2 pi)),  0 < x < 1";
  static std::vector<std::vector<Parameter>> parameterizations() { return prefixed_parameters("logit_"); }
  static void to_stored(int given_as, const double* given, double* theta) {
    prefixed_to_stored(given_as, given, theta);
  }
  static Support support(const double*) { return {0, 1}; }

  struct Density {
    double mean, stddev, constant;
    explicit Density(const double* t) : mean(t[0]), stddev(t[1]), constant(std::log(t[1]) + kHalfLog2Pi) {}
    double operator()(double, double log_x, double log_rest) const {
      const double z = (log_x - log_rest - mean) / stddev;
      return std::isinf(z) ? -plain::kInfinity : -0.5 * z * z - constant - log_x - log_rest;
    }
  };

  static double mean_log(const double* t) {
    return expectation(t, [](double y) { return -log1pexp(-y); });
  }
  static double mean_log_rest(const double* t) {
    return expectation(t, [](double y) { return -log1pexp(y); });
  }
  static double entropy(const double* t) {
    return std::log(t[1]) + (kHalfLog2Pi + 0.5) + mean_log(t) + mean_log_rest(t);
  }
  static constexpr Moment kMoments[] = {
      {"x", power<1>},
      {"x2", power<2>},
      {"x3", power<3>},
      {"x4", power<4>},
      {"log_x", mean_log},
      {"log_1mx", mean_log_rest},
      {"logit_x", [](const double* t) { return t[0]; }},
      {"logit2_x", [](const double* t) { return t[0] * t[0] + t[1] * t[1]; }},
      {"1/x", [](const double* t) { return 1 + std::exp(-t[0] + 0.5 * t[1] * t[1]); }}};
  static constexpr MomentAt kMomentsAt[] = {{"(x-c)^2", [](const double* t, double c) {
                                               return expectation(
                                                   t, [c](double y) { return (logistic(y) - c) * (logistic(y) - c); });
                                             }}};

  static double cdf(const double* t, double x, bool upper) {
    return normal_cdf((std::log(x) - std::log1p(-x) - t[0]) / t[1], upper);
  }
  static double quantile(const double* t, double p, bool upper) {  // below 1, however near
    const double x = logistic(t[0] + t[1] * normal_quantile(p, upper));
    return p > 0 && p < 1 ? std::min(x, 1 - kEpsilon / 2) : x;
  }
  static constexpr Index kUniforms = 1;
  static double sample(const double* t, const double* uniform) {  // inside the interval, however near its ends
    return std::clamp(quantile(t, *uniform, false), std::numeric_limits<double>::min(), 1 - kEpsilon / 2);
  }
  static void landmarks(const double* t, std::vector<Landmark>& out) {
    for (const double z : {-2.0, 0.0, 2.0}) {
      const double x = logistic(t[0] + z * t[1]), rest = logistic(-t[0] - z * t[1]);
      if (rest > 1e-3) out.push_back({x, x * rest * std::min(t[1], 1.0)});  // nearer to 1 the location says nothing
    }
    if (out.empty()) out.push_back({0.5, 0.1});
  }

  // The factor 1/(x (1-x)) stays outside as the base measure.
  static constexpr bool kBaseMeasure = true;
  static constexpr Text kStatistics[] = {"logit_x", "logit2_x"};
  static double log_partition(const double* eta, double* m) {
    const double precision = -2 * eta[1], mean = eta[0] / precision;
    m[0] = mean;
    m[1] = mean * mean + 1 / precision;
    return 0.5 * (eta[0] * mean - std::log(precision)) + kHalfLog2Pi;
  }
  static void natural(const double* m, double* eta) {
    const double variance = m[1] - m[0] * m[0];
    if (!(variance > 0))
      throw DomainError("", "no logit_normal has these mean parameters: E[logit2_x] must be above E[logit_x]^2");
    eta[0] = m[0] / variance;
    eta[1] = -0.5 / variance;
  }
  static bool in_domain(const double* eta) { return eta[1] < 0 && std::isfinite(eta[0]) && std::isfinite(eta[1]); }
  static void to_natural(const double* t, double* eta) {
    const double precision = 1 / (t[1] * t[1]);
    eta[0] = t[0] * precision;
    eta[1] = -0.5 * precision;
  }
  static void from_natural(const double* eta, double* t) {
    t[0] = eta[0] / (-2 * eta[1]);
    t[1] = 1 / std::sqrt(-2 * eta[1]);
  }
  static double fisher(const double* eta, const double* delta) {
    const double variance = -0.5 / eta[1], mean = eta[0] * variance;
    const double linear = delta[0] + 2 * mean * delta[1], square = delta[1] * variance;
    return variance * linear * linear + 2 * square * square;
  }
  static constexpr Term kTerms[] = {
      {"logit_x", [](const double* t) { return t[0] / t[1] / t[1]; }},
      {"logit2_x", [](const double* t) { return -0.5 / t[1] / t[1]; }},
      {"log_x", [](const double*) { return -1.0; }},
      {"log_1mx", [](const double*) { return -1.0; }},
      {"1", [](const double* t) { return -0.5 * (t[0] / t[1]) * (t[0] / t[1]) - std::log(t[1]) - kHalfLog2Pi; }}};
};

}  // namespace

void add_logit_normal(Registrar& registrar, const Distribution& normal) {
  registrar.family(std::make_unique<ImageOfNormal<PlainExponential<LogitNormal>>>(normal, "logistic"));
  registrar.rule("kl", "logit_normal", "logit_normal", kl_rule());
}

}  // namespace kullback::normal_family
