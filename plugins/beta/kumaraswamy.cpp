// Kumaraswamy: X with 1 - (1 - X^a)^b uniform. theta = (a, b).
#include "beta.hpp"

namespace kullback::beta_family {
namespace {

// log(1 - x^a), also where x rounds to 0 or 1.
double log_rest_of_power(double a, double log_x, double log_rest) {
  if (log_rest < -30) return std::log(a) + log_rest;  // 1 - (1 - r)^a = a r (1 + O(r))
  const double log_power = a * (log_rest < -1 ? std::log1p(-std::exp(log_rest)) : log_x);
  return log_power < -0.7 ? std::log1p(-std::exp(log_power)) : std::log(-std::expm1(log_power));
}

struct Kumaraswamy {
  static constexpr Text kName = "kumaraswamy";
  static constexpr Text kFormula = "a b x^(a-1) (1 - x^a)^(b-1),  0 < x < 1";
  static std::vector<std::vector<Parameter>> parameterizations() {
    return {{{"a", Domain::positive}, {"b", Domain::positive}}};
  }
  static Support support(const double*) { return {0, 1}; }

  struct Density {
    double a, b, constant;
    explicit Density(const double* t) : a(t[0]), b(t[1]), constant(std::log(t[0]) + std::log(t[1])) {}
    double operator()(double, double log_x, double log_rest) const {
      const double low = a == 1 ? 0 : (a - 1) * log_x,
                   high = b == 1 ? 0 : (b - 1) * log_rest_of_power(a, log_x, log_rest);
      return constant + low + high;
    }
  };

  // X^a is a beta variable with parameters 1 and b.
  static double harmonic(double b) { return digamma_difference(1, b); }
  static double entropy(const double* t) {
    return 1 - 1 / t[1] + (1 - 1 / t[0]) * harmonic(t[1]) - std::log(t[0]) - std::log(t[1]);
  }
  static double power_moment(const double* t, double c) { return beta_family::power_moment(1, t[1], c / t[0]); }
  static double mean_distance(const double* t, double c) {
    const double mean = power_moment(t, 1);
    if (c <= 0) return mean - c;
    if (c >= 1) return c - mean;
    // c (F - (1 - F)) + mean ((1 - G) - G), G of a beta variable with parameters 1 + 1/a and b at c^a
    const double power = std::pow(c, t[0]), first = 1 + 1 / t[0];
    return c * (cdf(t, c, false) - cdf(t, c, true)) +
           mean * (beta_cdf(power, first, t[1], true) - beta_cdf(power, first, t[1]));
  }
  static constexpr Moment kMoments[] = {{"log_x", [](const double* t) { return -harmonic(t[1]) / t[0]; }},
                                        {"log2_x", [](const double* t) {
                                           const double mean = harmonic(t[1]);
                                           return (mean * mean + variance_log(1, t[1])) / t[0] / t[0];
                                         }}};
  static constexpr MomentAt kMomentsAt[] = {
      {"(x-c)^2", [](const double* t, double c) { return power_moment(t, 2) - 2 * c * power_moment(t, 1) + c * c; }}};

  static double cdf(const double* t, double x, bool upper) {
    const double log_above = t[1] * log_rest_of_power(t[0], std::log(x), std::log1p(-x));
    return upper ? std::exp(log_above) : -std::expm1(log_above);
  }
  static double quantile(const double* t, double p, bool upper) {
    return std::pow(-std::expm1((upper ? std::log(p) : std::log1p(-p)) / t[1]), 1 / t[0]);
  }
  static constexpr Index kUniforms = 1;
  static double sample(const double* t, const double* uniform) {  // inside the interval, however near its ends
    return std::clamp(quantile(t, *uniform, false), std::numeric_limits<double>::min(), 1 - kEpsilon / 2);
  }
  static void landmarks(const double* t, std::vector<Landmark>& out) {
    const double mean = power_moment(t, 1),
                 stddev = std::sqrt(std::max(power_moment(t, 2) - mean * mean, 1e-8 * mean * mean));
    out.push_back({mean, stddev});
    if (t[0] > 1 && t[1] > 1) out.push_back({std::pow((t[0] - 1) / (t[0] * t[1] - 1), 1 / t[0]), stddev});
  }

  static constexpr Term kTerms[] = {
      {"log_x", [](const double* t) { return t[0] - 1; }},
      {"log(1-x^c)", [](const double* t) { return t[1] - 1; }, [](const double* t) { return t[0]; }},
      {"1", [](const double* t) { return std::log(t[0]) + std::log(t[1]); }}};
};

// log(1 - X^c) has a closed expectation for c = a alone.
class KumaraswamyFamily final : public PlainFamily<Kumaraswamy> {
 public:
  bool expect_at(const Layout& layout, In theta, Text label, ConstRow c, Row value) const override {
    if (label != "log(1-x^c)") return PlainFamily<Kumaraswamy>::expect_at(layout, theta, label, c, value);
    for (Index n = 0; n < value.size(); ++n) {
      const double* t = plain::column(theta, n);
      if (c[c.size() > 1 ? n : 0] != t[0]) return false;
      value[n] = -1 / t[1];
    }
    return true;
  }
};

}  // namespace

void add_kumaraswamy(Registrar& registrar) { registrar.family(std::make_unique<KumaraswamyFamily>()); }

}  // namespace kullback::beta_family
