// weibull: (x/scale)^shape is exponential. frechet: its inverse. theta = (shape, scale).
#include "half_line.hpp"

namespace kullback::half_line {
namespace {

struct Weibull {
  static constexpr Text kName = "weibull", kFormula = "(shape/scale) (x/scale)^(shape-1) exp(-(x/scale)^shape),  x > 0";
  static auto parameterizations() { return shape_and_scale(); }
  static Support support(const double*) { return kHalfLine; }
  struct Density {
    double shape, scale, log_scale, log_shape;
    explicit Density(const double* t)
        : shape(t[0]), scale(t[1]), log_scale(std::log(t[1])), log_shape(std::log(t[0])) {}
    double operator()(double x, double log_x, double) const {
      const double t = shape * log_ratio(x, log_x, scale, log_scale);
      if (t == -kInfinity) return shape == 1 ? -log_scale : shape < 1 ? kInfinity : -kInfinity;
      return log_shape - log_x + t - std::exp(t);
    }
  };
  static double entropy(const double* t) { return kEulerGamma * (1 - 1 / t[0]) + std::log(t[1]) - std::log(t[0]) + 1; }
  static double power_moment(const double* t, double c) {
    const double order = c / t[0];
    return order > -1 ? std::exp(c * std::log(t[1]) + log_gamma(1 + order)) : kInfinity;
  }
  static double mean_log(const double* t) { return std::log(t[1]) - kEulerGamma / t[0]; }
  static double mean_log2(const double* t) { return mean_log(t) * mean_log(t) + kTrigamma1 / (t[0] * t[0]); }
  static constexpr Moment kMoments[] = {{"log_x", mean_log}, {"log2_x", mean_log2}};
  static double cdf(const double* t, double x, bool upper) {
    const double y = std::exp(t[0] * log_ratio(x, std::log(x), t[1], std::log(t[1])));
    return upper ? std::exp(-y) : -std::expm1(-y);
  }
  static double quantile(const double* t, double p, bool upper) {
    return t[1] * std::pow(-(upper ? std::log(p) : std::log1p(-p)), 1 / t[0]);
  }
  static void landmarks(const double* t, std::vector<Landmark>& out) {
    out.push_back({0, 0});
    if (t[0] > 1) out.push_back({t[1] * std::pow(1 - 1 / t[0], 1 / t[0]), t[1] / t[0]});
    out.push_back({t[1], t[1] / std::max(1.0, t[0])});
  }
  static constexpr Term kTerms[] = {
      {"log_x", [](const double* t) { return t[0] - 1; }},
      {"x^c", [](const double* t) { return -std::pow(t[1], -t[0]); }, [](const double* t) { return t[0]; }},
      {"1", [](const double* t) { return std::log(t[0]) - t[0] * std::log(t[1]); }}};
};

struct Frechet {
  static constexpr Text kName = "frechet",
                        kFormula = "(shape/scale) (x/scale)^(-shape-1) exp(-(x/scale)^-shape),  x > 0";
  static auto parameterizations() { return shape_and_scale(); }
  static Support support(const double*) { return kHalfLine; }
  struct Density {
    double shape, scale, log_scale, log_shape;
    explicit Density(const double* t)
        : shape(t[0]), scale(t[1]), log_scale(std::log(t[1])), log_shape(std::log(t[0])) {}
    double operator()(double x, double log_x, double) const {
      const double t = -shape * log_ratio(x, log_x, scale, log_scale);
      return t < 709 ? log_shape - log_x + t - std::exp(t) : -kInfinity;
    }
  };
  static double entropy(const double* t) { return 1 + kEulerGamma * (1 + 1 / t[0]) + std::log(t[1]) - std::log(t[0]); }
  static double power_moment(const double* t, double c) {
    const double order = c / t[0];
    return order < 1 ? std::exp(c * std::log(t[1]) + log_gamma(1 - order)) : kInfinity;
  }
  static double mean_log(const double* t) { return std::log(t[1]) + kEulerGamma / t[0]; }
  static double mean_log2(const double* t) { return mean_log(t) * mean_log(t) + kTrigamma1 / (t[0] * t[0]); }
  static constexpr Moment kMoments[] = {{"log_x", mean_log}, {"log2_x", mean_log2}};
  static double cdf(const double* t, double x, bool upper) {
    const double y = std::exp(-t[0] * log_ratio(x, std::log(x), t[1], std::log(t[1])));
    return upper ? -std::expm1(-y) : std::exp(-y);
  }
  static double quantile(const double* t, double p, bool upper) {
    return t[1] * std::pow(-(upper ? std::log1p(-p) : std::log(p)), -1 / t[0]);
  }
  static void landmarks(const double* t, std::vector<Landmark>& out) {
    out.push_back({0, 0});
    out.push_back({t[1], t[1] / std::max(1.0, t[0])});
  }
  static constexpr Term kTerms[] = {
      {"log_x", [](const double* t) { return -t[0] - 1; }},
      {"x^c", [](const double* t) { return -std::pow(t[1], t[0]); }, [](const double* t) { return -t[0]; }},
      {"1", [](const double* t) { return std::log(t[0]) + t[0] * std::log(t[1]); }}};
};

// 1/x is a weibull variable of the inverse scale.
class FrechetFamily final : public PlainFamily<Frechet>, public Image {
 public:
  explicit FrechetFamily(const Distribution& weibull) : weibull_(weibull) {}
  Text map() const override { return "1/y"; }
  Members preimage(const Layout& layout, In theta) const override {
    Members out{&weibull_, layout, theta};
    out.theta.row(1) = theta.row(1).cwiseInverse();
    return out;
  }

 private:
  const Distribution& weibull_;
};

// log Gamma(a) + gamma (a - 1), the Bregman divergence of log Gamma from 1: by that of Stirling's error where a is
// near 1.
double gamma_excess(double a, double e) {  // e = a - 1
  if (!(a > 0.3 && a < 3)) return log_gamma(a) + kEulerGamma * e;
  const double one = 1;
  double stirling = 0;
  vector_stirling_bregman(&a, &one, &stirling, 1);
  return stirling + 0.5 * log1pmx(e) + e * std::log1p(e);
}

// With a = shape_q/shape_p and w = shape_q times the logarithm of the ratio of scales, under p the statistic of q is
// e^w y^a of an exponential y. Its mean is e^v, v = w + log Gamma(1 + a).
Bounded kl_of_powers(double shape_p, double shape_q, double log_scales) {
  const double a = shape_q / shape_p, e = (shape_q - shape_p) / shape_p, w = shape_q * log_scales, g = log_gamma(1 + a),
               v = w + g;
  const double shapes = gamma_excess(a, e), scales = expm1mx(v), value = scales + shapes;
  if (!(value < kInfinity)) return {kInfinity, 0};
  const bool far = !(a > 0.3 && a < 3);
  return {value, kEpsilon * (12 * value + (far ? 8 * (std::abs(e) + shapes) : 0) +
                             4 * (std::abs(w) + std::abs(g)) * std::abs(std::expm1(v)))};
}
double log_of_scales(double a, double b) {
  const double ratio = a / b;
  if (std::abs(a - b) < 0.5 * b) return std::log1p((a - b) / b);
  return ratio > 1e-300 && ratio < 1e300 ? std::log(ratio) : std::log(a) - std::log(b);
}
Bounded kl_weibull(const double* p, const double* q) { return kl_of_powers(p[0], q[0], log_of_scales(p[1], q[1])); }
Bounded kl_frechet(const double* p, const double* q) { return kl_of_powers(p[0], q[0], log_of_scales(q[1], p[1])); }

// (x/scale)^shape is exponential.
double log_rates(const double* p, const double* q) {
  if (p[0] != q[0]) throw UnsupportedError("the shapes differ, and the integral has no elementary form then");
  return p[0] * log_of_scales(p[1], q[1]);
}

}  // namespace

void add_weibull(Registrar& registrar) {
  auto weibull = std::make_unique<PlainFamily<Weibull>>();
  registrar.family(std::make_unique<FrechetFamily>(*weibull));
  registrar.family(std::move(weibull));
  registrar.rule("kl", "weibull", "weibull",
                 plain_rule("exp(v) - 1 - v + log Gamma(a) + gamma (a - 1),  a = shape_q/shape_p, v = log Gamma(1 + a) "
                            "+ shape_q log(scale_p/scale_q)",
                            "[Bauckhage 2013]", kl_weibull));
  registrar.rule("renyi", "weibull", "weibull",
                 renyi_of_exponentials(
                     "log(r^(1-a) / (a + (1-a) r))/(a - 1),  r = (scale_p/scale_q)^shape, equal shapes", log_rates));
  registrar.rule("kl", "frechet", "frechet",
                 plain_rule("exp(v) - 1 - v + log Gamma(a) + gamma (a - 1),  a = shape_q/shape_p, v = log Gamma(1 + a) "
                            "+ shape_q log(scale_q/scale_p)",
                            "[Bauckhage 2013] by the inverse", kl_frechet));
  add_scale_distances<Weibull>(registrar, 1, 2);
  add_scale_distances<Frechet>(registrar, 1, 2);
}

}  // namespace kullback::half_line
