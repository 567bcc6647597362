// Lifetimes whose survival function is elementary: gompertz, lomax, burr12.
#include "half_line.hpp"

namespace kullback::half_line {
namespace {

// The hazard grows exponentially: shape (exp(rate x) - 1) is exponential. theta = (rate, shape).
struct Gompertz {
  static constexpr Text kName = "gompertz", kFormula = "rate shape exp(rate x - shape (exp(rate x) - 1)),  x > 0";
  static std::vector<std::vector<Parameter>> parameterizations() {
    return {{{"rate", Domain::positive}, {"shape", Domain::positive}}};
  }
  static Support support(const double*) { return kHalfLine; }
  struct Density {
    double rate, shape, constant;
    explicit Density(const double* t) : rate(t[0]), shape(t[1]), constant(std::log(t[0]) + std::log(t[1])) {}
    double operator()(double x) const {
      const double y = rate * x, hazard = shape * std::expm1(y);
      return hazard < kInfinity ? constant + y - hazard : -kInfinity;
    }
  };
  // E[log(1 + u/shape)^order] for an exponential u: rate x.
  static double moment(const double* t, int order) {
    return exponential_average([&](double u) { return std::pow(std::log1p(u / t[1]), order); }) *
           std::pow(t[0], -order);
  }
  static constexpr Moment kMoments[] = {{"x", [](const double* t) { return moment(t, 1); }},
                                        {"abs_x", [](const double* t) { return moment(t, 1); }},
                                        {"x2", [](const double* t) { return moment(t, 2); }},
                                        {"x3", [](const double* t) { return moment(t, 3); }},
                                        {"x4", [](const double* t) { return moment(t, 4); }}};
  static double moment_generating(const double* t, double c) {
    if (c == t[0]) return 1 + 1 / t[1];
    return exponential_average([&](double u) { return std::exp(c / t[0] * std::log1p(u / t[1])); });
  }
  static double entropy(const double* t) { return 1 - std::log(t[0]) - std::log(t[1]) - t[0] * moment(t, 1); }
  static double cdf(const double* t, double x, bool upper) {
    const double hazard = t[1] * std::expm1(t[0] * x);
    return upper ? std::exp(-hazard) : -std::expm1(-hazard);
  }
  static double quantile(const double* t, double p, bool upper) {
    return std::log1p(-(upper ? std::log(p) : std::log1p(-p)) / t[1]) / t[0];
  }
  static void landmarks(const double* t, std::vector<Landmark>& out) {
    out.push_back({0, 0});
    out.push_back({t[1] < 1 ? -std::log(t[1]) / t[0] : 0, 1 / t[0] / std::max(1.0, t[1])});
  }
  static constexpr Term kTerms[] = {
      {"x", [](const double* t) { return t[0]; }},
      {"exp(c*x)", [](const double* t) { return -t[1]; }, [](const double* t) { return t[0]; }},
      {"1", [](const double* t) { return std::log(t[0]) + std::log(t[1]) + t[1]; }}};
};

// Pareto from zero: log(1 + x/scale) is exponential of rate shape. theta = (scale, shape).
struct Lomax {
  static constexpr Text kName = "lomax", kFormula = "(shape/scale) (1 + x/scale)^(-shape-1),  x > 0";
  static std::vector<std::vector<Parameter>> parameterizations() {
    return {{{"scale", Domain::positive}, {"shape", Domain::positive}}};
  }
  static Support support(const double*) { return kHalfLine; }
  static double log1p_ratio(double x, double scale) {
    const double ratio = x / scale;
    return ratio < kInfinity ? std::log1p(ratio) : std::log(x) - std::log(scale);
  }
  struct Density {
    double scale, shape, constant;
    explicit Density(const double* t) : scale(t[0]), shape(t[1]), constant(std::log(t[1]) - std::log(t[0])) {}
    double operator()(double x) const { return constant - (shape + 1) * log1p_ratio(x, scale); }
  };
  static double entropy(const double* t) { return 1 + 1 / t[1] + std::log(t[0]) - std::log(t[1]); }
  static double power_moment(const double* t, double c) {
    const double a = t[1];
    if (!(c > -1 && c < a)) return kInfinity;
    if (c == 1) return t[0] / (a - 1);
    if (c == 2) return 2 * t[0] / (a - 1) * (t[0] / (a - 2));
    const double ratio = c > 0 ? log_beta(a - c, c) - log_gamma(c) : c < 0 ? log_gamma(-c) - log_beta(a, -c) : 0;
    return std::exp(c * std::log(t[0]) + log_gamma(1 + c) + ratio);
  }
  static double mean_log(const double* t) { return std::log(t[0]) - kEulerGamma - digamma(t[1]); }
  static constexpr Moment kMoments[] = {{"log_x", mean_log}, {"log2_x", [](const double* t) {
                                                                const double mean = mean_log(t);
                                                                return mean * mean + kTrigamma1 + trigamma(t[1]);
                                                              }}};
  // E[log(x + c)] = log c + E[log(1 + x/c)], with x = scale (exp(u/shape) - 1) of an exponential u.
  static double mean_log_shifted(const double* t, double c) {
    if (c == t[0]) return std::log(c) + 1 / t[1];
    if (!(c > 0)) return c == 0 ? mean_log(t) : std::numeric_limits<double>::quiet_NaN();
    const double scale = t[0] / c;
    return std::log(c) + exponential_average([&](double u) {
             const double growth = u / t[1];
             return growth < 700 ? std::log1p(scale * std::expm1(growth)) : std::log(scale) + growth;
           });
  }
  static double cdf(const double* t, double x, bool upper) {
    const double hazard = t[1] * log1p_ratio(x, t[0]);
    return upper ? std::exp(-hazard) : -std::expm1(-hazard);
  }
  static double quantile(const double* t, double p, bool upper) {
    return t[0] * std::expm1(-(upper ? std::log(p) : std::log1p(-p)) / t[1]);
  }
  static void landmarks(const double* t, std::vector<Landmark>& out) {
    out.push_back({0, 0});
    out.push_back({0, t[0] / std::max(1.0, t[1])});
    out.push_back({t[0], t[0]});
  }
  static constexpr Term kTerms[] = {
      {"log(x+c)", [](const double* t) { return -t[1] - 1; }, [](const double* t) { return t[0]; }},
      {"1", [](const double* t) { return std::log(t[1]) + t[1] * std::log(t[0]); }}};
};

// r - 1 - log r with r = shape_q/shape_p: what both families become when their other parameters agree.
Bounded kl_of_shapes(double shape_p, double shape_q) { return log_excess(shape_q, shape_p); }

Bounded kl_lomax(const double* p, const double* q) {
  if (p[0] != q[0]) throw UnsupportedError("the scales differ, and the integral has no elementary form then");
  return kl_of_shapes(p[1], q[1]);
}

double log_rates(double shape_p, double shape_q) {
  const double e = (shape_q - shape_p) / shape_p;
  return std::abs(e) < 0.5 ? std::log1p(e) : std::log(shape_q) - std::log(shape_p);
}
double log_rates_of_lomax(const double* p, const double* q) {
  if (p[0] != q[0]) throw UnsupportedError("the scales differ, and the integral has no elementary form then");
  return log_rates(p[1], q[1]);
}

// log(1 + x^c) is exponential of rate d. theta = (c, d).
struct Burr12 {
  static constexpr Text kName = "burr12", kFormula = "c d x^(c-1) (1 + x^c)^(-d-1),  x > 0";
  static std::vector<std::vector<Parameter>> parameterizations() {
    return {{{"c", Domain::positive}, {"d", Domain::positive}}};
  }
  static Support support(const double*) { return kHalfLine; }
  struct Density {
    double c, d, constant;
    explicit Density(const double* t) : c(t[0]), d(t[1]), constant(std::log(t[0]) + std::log(t[1])) {}
    double operator()(double, double log_x, double) const {
      const double t = c * log_x;
      if (t == -kInfinity) return c == 1 ? constant : c < 1 ? kInfinity : -kInfinity;
      return constant + (t - log_x) - (d + 1) * log1pexp(t);
    }
  };
  static double mean_log(const double* t) { return (-kEulerGamma - digamma(t[1])) / t[0]; }
  static double entropy(const double* t) {
    return -std::log(t[0]) - std::log(t[1]) - (t[0] - 1) * mean_log(t) + 1 + 1 / t[1];
  }
  static double power_moment(const double* t, double k) {
    const double unit[] = {1, t[1]};
    return Lomax::power_moment(unit, k / t[0]);
  }
  static constexpr Moment kMoments[] = {{"log_x", mean_log}, {"log2_x", [](const double* t) {
                                                                const double mean = mean_log(t);
                                                                return mean * mean +
                                                                       (kTrigamma1 + trigamma(t[1])) / (t[0] * t[0]);
                                                              }}};
  static double cdf(const double* t, double x, bool upper) {
    const double hazard = t[1] * log1pexp(t[0] * std::log(x));
    return upper ? std::exp(-hazard) : -std::expm1(-hazard);
  }
  static double quantile(const double* t, double p, bool upper) {
    const double growth = -(upper ? std::log(p) : std::log1p(-p)) / t[1];  // log(1 + x^c)
    return std::exp((growth + std::log(-std::expm1(-growth))) / t[0]);
  }
  static void landmarks(const double* t, std::vector<Landmark>& out) {
    const double half = quantile(t, 0.5, false);
    out.push_back({0, 0});
    out.push_back({half, half / std::max(1.0, t[0])});
  }
  static constexpr Term kTerms[] = {
      {"log_x", [](const double* t) { return t[0] - 1; }},
      {"log(1+x^c)", [](const double* t) { return -t[1] - 1; }, [](const double* t) { return t[0]; }},
      {"1", [](const double* t) { return std::log(t[0]) + std::log(t[1]); }}};
};

Bounded kl_burr12(const double* p, const double* q) {
  if (p[0] != q[0]) throw UnsupportedError("the exponents c differ, and the integral has no elementary form then");
  return kl_of_shapes(p[1], q[1]);
}

double log_rates_of_burr12(const double* p, const double* q) {
  if (p[0] != q[0]) throw UnsupportedError("the exponents c differ, and the integral has no elementary form then");
  return log_rates(p[1], q[1]);
}

// Labels with a parameter that these two know and others of their table need.
class LomaxFamily final : public PlainFamily<Lomax> {
 public:
  bool expect_at(const Layout& layout, In theta, Text label, ConstRow c, Row value) const override {
    if (label != "log(x+c)") return PlainFamily<Lomax>::expect_at(layout, theta, label, c, value);
    for (Index n = 0; n < value.size(); ++n) {
      value[n] = Lomax::mean_log_shifted(plain::column(theta, n), c[c.size() > 1 ? n : 0]);
      if (std::isnan(value[n])) return false;
    }
    return true;
  }
};

class Burr12Family final : public PlainFamily<Burr12> {
 public:
  bool expect_at(const Layout& layout, In theta, Text label, ConstRow c, Row value) const override {
    if (label != "log(1+x^c)") return PlainFamily<Burr12>::expect_at(layout, theta, label, c, value);
    for (Index n = 0; n < value.size(); ++n)
      value[n] = mean_log1p_power(plain::column(theta, n), c[c.size() > 1 ? n : 0]);
    return true;
  }

 private:
  static double mean_log1p_power(const double* t, double exponent) {
    if (exponent == t[0]) return 1 / t[1];
    return exponential_average([&](double u) {
      const double growth = u / t[1];
      return log1pexp(exponent / t[0] * (growth + std::log(-std::expm1(-growth))));
    });
  }
};

}  // namespace

void add_gompertz(Registrar& registrar) { registrar.family(std::make_unique<PlainFamily<Gompertz>>()); }

void add_lomax(Registrar& registrar) {
  registrar.family(std::make_unique<LomaxFamily>());
  registrar.rule("kl", "lomax", "lomax",
                 plain_rule("r - 1 - log r,  r = shape_q/shape_p, for equal scales", "as of exponentials", kl_lomax));
  registrar.rule("renyi", "lomax", "lomax",
                 renyi_of_exponentials("log(r^(1-a) / (a + (1-a) r))/(a - 1),  r = shape_q/shape_p, for equal scales",
                                       log_rates_of_lomax));
  add_scale_distances<Lomax>(registrar, 0, 2);
}

void add_burr12(Registrar& registrar) {
  registrar.family(std::make_unique<Burr12Family>());
  registrar.rule("kl", "burr12", "burr12",
                 plain_rule("r - 1 - log r,  r = d_q/d_p, for equal c", "as of exponentials", kl_burr12));
  registrar.rule(
      "renyi", "burr12", "burr12",
      renyi_of_exponentials("log(r^(1-a) / (a + (1-a) r))/(a - 1),  r = d_q/d_p, for equal c", log_rates_of_burr12));
}

}  // namespace kullback::half_line
