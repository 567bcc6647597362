// Exponentials of logistic and Laplace variables: log_logistic and log_laplace.
#include "half_line.hpp"

namespace kullback::half_line {
namespace {

// log x is logistic about log(scale) with scale 1/shape. theta = (scale, shape).
struct LogLogistic {
  static constexpr Text kName = "log_logistic";
  static constexpr Text kFormula = "(shape/scale) (x/scale)^(shape-1) / (1 + (x/scale)^shape)^2,  x > 0";
  static std::vector<std::vector<Parameter>> parameterizations() {
    return {{{"scale", Domain::positive}, {"shape", Domain::positive}}};
  }
  static Support support(const double*) { return kHalfLine; }
  struct Density {
    double scale, shape, log_scale, log_shape;
    explicit Density(const double* t)
        : scale(t[0]), shape(t[1]), log_scale(std::log(t[0])), log_shape(std::log(t[1])) {}
    double operator()(double x, double log_x, double) const {
      const double t = shape * log_ratio(x, log_x, scale, log_scale);
      if (t == -kInfinity) return shape == 1 ? -log_scale : shape < 1 ? kInfinity : -kInfinity;
      return log_shape - log_x - std::abs(t) - 2 * std::log1p(std::exp(-std::abs(t)));
    }
  };
  static double entropy(const double* t) { return std::log(t[0]) - std::log(t[1]) + 2; }
  static double power_moment(const double* t, double c) {
    const double a = std::abs(c) / t[1];
    if (!(a < 1)) return kInfinity;
    return std::exp(c * std::log(t[0])) * (a == 0 ? 1 : a * kPi / std::sin(kPi * (a < 0.5 ? a : 1 - a)));
  }
  static constexpr Moment kMoments[] = {{"log_x", [](const double* t) { return std::log(t[0]); }},
                                        {"log2_x", [](const double* t) {
                                           const double mean = std::log(t[0]);
                                           return mean * mean + 2 * kTrigamma1 / (t[1] * t[1]);
                                         }}};
  static double cdf(const double* t, double x, bool upper) {
    const double s = t[1] * log_ratio(x, std::log(x), t[0], std::log(t[0]));
    return logistic(upper ? -s : s);
  }
  static double quantile(const double* t, double p, bool upper) {
    const double logit = std::log(p) - std::log1p(-p);
    return t[0] * std::exp((upper ? -logit : logit) / t[1]);
  }
  static void landmarks(const double* t, std::vector<Landmark>& out) {
    out.push_back({0, 0});
    if (t[1] > 1) out.push_back({t[0] * std::pow((t[1] - 1) / (t[1] + 1), 1 / t[1]), t[0] / t[1]});
    out.push_back({t[0], t[0] / std::max(1.0, t[1])});
  }
};

// d coth(d/2) - 2 with d the distance of the logarithms in units of their scale, for equal shapes.
Bounded kl_log_logistic(const double* p, const double* q) {
  if (p[1] != q[1]) throw UnsupportedError("the shapes differ, and the integral has no closed form then");
  const double e = (p[0] - q[0]) / q[0];
  const double logarithm = std::abs(e) < 0.5 ? std::log1p(e) : std::log(p[0]) - std::log(q[0]);
  const double h = 0.5 * std::abs(p[1] * logarithm);
  double value;
  if (h < 1) {  // 2 (h cosh h - sinh h) / sinh h = 2 sum 2k h^(2k+1) / (2k+1)! / sinh h
    double term = h, sum = 0;
    for (int k = 1; k < 14; ++k) {
      term *= h * h / (2 * k * (2 * k + 1));
      sum += 2 * k * term;
    }
    value = h > 0 ? 2 * sum / std::sinh(h) : 0;
  } else {
    value = 2 * (h / std::tanh(h) - 1);
  }
  return {value, kEpsilon * (12 * value + 8 * std::min(h, h * h))};
}

// log x has a Laplace density. theta = (log_location, log_scale).
struct LogLaplace {
  static constexpr Text kName = "log_laplace";
  static constexpr Text kFormula = "exp(-|log x - log_location| / log_scale) / (2 log_scale x),  x > 0";
  static std::vector<std::vector<Parameter>> parameterizations() {
    return {{{"log_location", Domain::real}, {"log_scale", Domain::positive}}};
  }
  static Support support(const double*) { return kHalfLine; }
  struct Density {
    double location, scale, constant;
    explicit Density(const double* t) : location(t[0]), scale(t[1]), constant(-kLog2 - std::log(t[1])) {}
    double operator()(double, double log_x, double) const {
      if (log_x == -kInfinity) return scale < 1 ? -kInfinity : scale > 1 ? kInfinity : constant - location;
      return constant - std::abs(log_x - location) / scale - log_x;
    }
  };
  static double entropy(const double* t) { return 1 + kLog2 + std::log(t[1]) + t[0]; }
  static double power_moment(const double* t, double c) {
    const double slope = std::abs(c) * t[1];
    return slope < 1 ? std::exp(c * t[0]) / ((1 - slope) * (1 + slope)) : kInfinity;
  }
  static constexpr Moment kMoments[] = {{"log_x", [](const double* t) { return t[0]; }},
                                        {"log2_x", [](const double* t) { return t[0] * t[0] + 2 * t[1] * t[1]; }}};
  static double cdf(const double* t, double x, bool upper) {
    const double z = (std::log(x) - t[0]) / t[1], tail = 0.5 * std::exp(-std::abs(z));
    return (z > 0) == upper ? tail : 1 - tail;
  }
  static double quantile(const double* t, double p, bool upper) {
    const double z = p < 0.5 ? -std::log(2 * p) : std::log1p(1 - 2 * p);
    return std::exp(upper ? t[0] + t[1] * z : t[0] - t[1] * z);
  }
  static void landmarks(const double* t, std::vector<Landmark>& out) {
    const double middle = std::exp(t[0]);
    out.push_back({0, 0});
    out.push_back({middle, 0});
    out.push_back({middle, middle * std::min(1.0, t[1])});
  }
};

// That of the Laplace variables: r - 1 - log r + r (exp(-d) - 1 + d), r = scale_p/scale_q, d = |shift|/scale_p.
Bounded kl_log_laplace(const double* p, const double* q) {
  const Bounded scales = log_excess(p[1], q[1]);
  const double shift = std::abs(p[0] - q[0]), d = shift / p[1], ratio = p[1] / q[1];
  const double locations = d > 40 ? shift / q[1] + ratio * std::expm1(-d) : ratio * expm1mx(-d);
  return {scales.value + locations, scales.error + 8 * kEpsilon * locations};
}

}  // namespace

void add_log_logistic(Registrar& registrar) {
  registrar.family(std::make_unique<PlainFamily<LogLogistic>>());
  registrar.rule("kl", "log_logistic", "log_logistic",
                 plain_rule("d coth(d/2) - 2,  d = shape |log(scale_p/scale_q)|, for equal shapes", "by integration",
                            kl_log_logistic));
  add_scale_distances<LogLogistic>(registrar, 0, 2);
}

void add_log_laplace(Registrar& registrar) {
  registrar.family(std::make_unique<PlainFamily<LogLaplace>>());
  registrar.rule("kl", "log_laplace", "log_laplace",
                 plain_rule("r - 1 - log r + r (exp(-d) - 1 + d),  r = log_scale_p/log_scale_q, d = |log_location_p - "
                            "log_location_q|/log_scale_p",
                            "[Gil et al. 2013, table 3] by the logarithm", kl_log_laplace));
}

}  // namespace kullback::half_line
