// log x is uniform. theta = (low, high).
#include "bounded.hpp"

namespace kullback::bounded {
namespace {

// log(high / low), and logarithms of ratios in general, also of close numbers.
double log_ratio(double high, double low) {
  return high < 2 * low ? std::log1p((high - low) / low) : std::log(high) - std::log(low);
}

struct Math {
  static constexpr Text kName = "log_uniform";
  static constexpr Text kFormula = "1 / (x log(high/low)),  low <= x <= high";
  static std::vector<std::vector<Parameter>> parameterizations() { return {{positive("low"), positive("high")}}; }
  static void to_stored(int, const double* given, double* t) { store_ordered(given, t, 2, 0, 1); }
  static Support support(const double* t) { return {t[0], t[1], false}; }

  struct Density {
    double constant;
    explicit Density(const double* t) : constant(-std::log(log_ratio(t[1], t[0]))) {}
    double operator()(double x) const { return constant - std::log(x); }
  };

  static double mean_log_x(const double* t) { return 0.5 * (std::log(t[0]) + std::log(t[1])); }
  static double entropy(const double* t) { return mean_log_x(t) + std::log(log_ratio(t[1], t[0])); }
  static double power_moment(const double* t, double c) {
    const double range = log_ratio(t[1], t[0]);
    return c >= 0 ? std::pow(t[1], c) * decay(c * range) : std::pow(t[0], c) * decay(-c * range);
  }
  static double mean_distance(const double* t, double c) {
    const double mean = power_moment(t, 1);
    if (c <= t[0] || c >= t[1]) return std::abs(mean - c);
    const double range = log_ratio(t[1], t[0]);
    return ((t[1] - c) - (c - t[0]) + c * (log_ratio(c, t[0]) - log_ratio(t[1], c))) / range;
  }
  static constexpr Moment kMoments[] = {{"log_x", mean_log_x}, {"log2_x", [](const double* t) {
                                                                  const double mean = mean_log_x(t),
                                                                               range = log_ratio(t[1], t[0]);
                                                                  return mean * mean + range * range / 12;
                                                                }}};
  static constexpr MomentAt kMomentsAt[] = {{"(x-c)^2", [](const double* t, double c) {
                                               const double mean = power_moment(t, 1);
                                               return power_moment(t, 2) + c * (c - 2 * mean);
                                             }}};

  static double cdf(const double* t, double x, bool upper) {
    return (upper ? log_ratio(t[1], x) : log_ratio(x, t[0])) / log_ratio(t[1], t[0]);
  }
  static double quantile(const double* t, double p, bool upper) {
    const double part = p * log_ratio(t[1], t[0]);
    return upper ? t[1] + t[1] * std::expm1(-part) : t[0] + t[0] * std::expm1(part);
  }
  static void landmarks(const double* t, std::vector<Landmark>& out) {
    for (double scale = 0.5 * (t[1] - t[0]); scale > 0.1 * t[0]; scale *= 0.1) out.push_back({t[0], scale});
    out.push_back({t[0], 0.25 * std::min(t[0], t[1] - t[0])});
  }
  static constexpr Term kTerms[] = {{"log_x", [](const double*) { return -1.0; }},
                                    {"1", [](const double* t) { return -std::log(log_ratio(t[1], t[0])); }}};
};

class LogUniform final : public PlainFamily<Math>, public Image {
 public:
  explicit LogUniform(const Distribution& uniform) : uniform_(uniform) {}
  Text map() const override { return "exp"; }
  Members preimage(const Layout& layout, In theta) const override {
    return {&uniform_, layout, theta.array().log().matrix()};
  }

 private:
  const Distribution& uniform_;
};

Bounded kl(const double* p, const double* q) {
  if (q[0] > p[0] || q[1] < p[1]) return {kInfinity, 0};
  const double gaps = (log_ratio(p[0], q[0]) + log_ratio(q[1], p[1])) / log_ratio(p[1], p[0]);
  const double value = std::log1p(gaps);
  return {value, kEpsilon * (8 * value + 4 * gaps / (1 + gaps))};
}

}  // namespace

void add_log_uniform(Registrar& registrar, const Distribution& uniform) {
  registrar.family(std::make_unique<LogUniform>(uniform));
  registrar.rule("kl", "log_uniform", "log_uniform",
                 plain_rule("log(log(high_q/low_q)/log(high_p/low_p)), p within q", "[by definition]", kl));
}

}  // namespace kullback::bounded
