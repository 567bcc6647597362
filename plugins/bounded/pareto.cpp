// Pareto: density proportional to x^-(shape + 1) above the minimum. theta = (minimum, shape).
#include "bounded.hpp"

namespace kullback::bounded {
namespace {

double log_ratio(double x, double minimum) {
  return x < 2 * minimum ? std::log1p((x - minimum) / minimum) : std::log(x) - std::log(minimum);
}

struct Math {
  static constexpr Text kName = "pareto";
  static constexpr Text kFormula = "shape/minimum (minimum/x)^(shape + 1),  x >= minimum";
  static std::vector<std::vector<Parameter>> parameterizations() { return {{positive("minimum"), positive("shape")}}; }
  static Support support(const double* t) { return {t[0], kInfinity, false}; }

  struct Density {
    double minimum, shape, constant;
    explicit Density(const double* t) : minimum(t[0]), shape(t[1]), constant(std::log(t[1]) - std::log(t[0])) {}
    double operator()(double x) const { return constant - (shape + 1) * log_ratio(x, minimum); }
  };

  static double entropy(const double* t) { return std::log(t[0]) - std::log(t[1]) + 1 / t[1] + 1; }
  static double power_moment(const double* t, double c) {
    return c < t[1] ? std::pow(t[0], c) * t[1] / (t[1] - c) : kInfinity;
  }
  static double mean_distance(const double* t, double c) {
    const double mean = power_moment(t, 1);
    if (mean == kInfinity || c <= t[0]) return mean - c;
    return c - mean + 2 * c * std::exp(-t[1] * log_ratio(c, t[0])) / (t[1] - 1);
  }
  static constexpr Moment kMoments[] = {{"log_x", [](const double* t) { return std::log(t[0]) + 1 / t[1]; }},
                                        {"log2_x", [](const double* t) {
                                           const double mean = std::log(t[0]) + 1 / t[1];
                                           return mean * mean + 1 / (t[1] * t[1]);
                                         }}};
  static constexpr MomentAt kMomentsAt[] = {{"(x-c)^2", [](const double* t, double c) {
                                               const double square = power_moment(t, 2);
                                               return square == kInfinity ? square
                                                                          : square + c * (c - 2 * power_moment(t, 1));
                                             }}};

  static double cdf(const double* t, double x, bool upper) {
    const double exponent = -t[1] * log_ratio(x, t[0]);
    return upper ? std::exp(exponent) : -std::expm1(exponent);
  }
  static double quantile(const double* t, double p, bool upper) {
    const double exponent = -(upper ? std::log(p) : std::log1p(-p)) / t[1];
    return t[0] + t[0] * std::expm1(exponent);
  }
  static void landmarks(const double* t, std::vector<Landmark>& out) {
    out.push_back({t[0], t[0] * std::min(1.0, 0.5 / t[1])});
  }
};

// For a fixed minimum: statistic log_x, eta = -(shape + 1).
class Pareto final : public PlainFamily<Math>, public ExponentialFamily, public Fisher {
 public:
  std::vector<Statistic> statistics(const Layout&) const override { return {{"log_x", 1}}; }
  Index fixed_rows(const Layout&) const override { return 1; }
  void mean(const Layout&, In eta, Out m, Row log_partition) const override {
    for (Index n = 0; n < eta.cols(); ++n) {
      const double shape = -1 - eta(0, n), log_minimum = std::log(eta(1, n));
      m(0, n) = log_minimum + 1 / shape;
      log_partition[n] = -std::log(shape) - shape * log_minimum;
    }
  }
  void natural(const Layout&, In m, Out eta) const override {
    for (Index n = 0; n < m.cols(); ++n) {
      const double excess = m(0, n) - std::log(eta(1, n));
      if (!(excess > 0))
        throw DomainError("", "no pareto has this mean parameter: E[log_x] must be above log(minimum)");
      eta(0, n) = -1 - 1 / excess;
    }
  }
  bool in_domain(const Layout&, In eta, Index member) const override {
    return eta(0, member) < -1 && std::isfinite(eta(0, member)) && eta(1, member) > 0;
  }
  void convert(const Layout&, In from, Out to, bool theta_to_eta) const override {
    for (Index n = 0; n < from.cols(); ++n) {
      const double minimum = theta_to_eta ? from(0, n) : from(1, n), other = theta_to_eta ? from(1, n) : from(0, n);
      to(theta_to_eta ? 0 : 1, n) = -1 - other;
      to(theta_to_eta ? 1 : 0, n) = minimum;
    }
  }
  void fisher(const Layout&, In eta, In delta, Row out) const override {
    for (Index n = 0; n < eta.cols(); ++n) {
      const double relative = delta(0, n) / (1 + eta(0, n));
      out[n] = relative * relative;
    }
  }
};

Bounded kl(const double* p, const double* q) {
  if (p[0] < q[0]) return {kInfinity, 0};
  const double e = (q[1] - p[1]) / p[1];
  const double shapes = std::abs(e) < 0.5 ? -log1pmx(e) : e - std::log(q[1] / p[1]);
  const double minima = q[1] * log_ratio(p[0], q[0]);
  const double rounding = std::abs(e) < 0.5 ? 0 : std::abs(e) + std::abs(std::log(q[1] / p[1]));
  return {shapes + minima,
          kEpsilon * (8 * (shapes + minima) + 4 * rounding +
                      4 * q[1] * (p[0] > 2 * q[0]) * (std::abs(std::log(p[0])) + std::abs(std::log(q[0]))))};
}

// Above the larger minimum m both are powers: with r = shape_q/shape_p, the integral of p^a q^(1-a) is
// r^(1-a)/(a + (1-a) r) (minimum_p/m)^(a shape_p) (minimum_q/m)^((1-a) shape_q).
Bounded renyi(double order, const double* p, const double* q) {
  if (order == 1) throw UnsupportedError("the order 1 is kl");
  const double rest = 1 - order, r = q[1] / p[1], e = (q[1] - p[1]) / p[1], decline = order + rest * r;
  if (order > 1 && p[0] < q[0]) return {kInfinity, 0};
  if (!(decline > 0) || (order < 0 && q[0] < p[0])) return {order < 0 ? -kInfinity : kInfinity, 0};
  const bool near = std::abs(e) < 0.5;
  const double shapes = near ? rest * log1pmx(e) - log1pmx(rest * e) : rest * std::log(r) - std::log(decline);
  const double minima = p[0] < q[0] ? order * p[1] * log_ratio(q[0], p[0]) : rest * q[1] * log_ratio(p[0], q[0]);
  const double value = (shapes - minima) / (order - 1);
  const double size = std::abs(shapes) + std::abs(rest) * (near ? e * e : std::abs(std::log(r)));
  const double logs = std::abs(std::log(p[0])) + std::abs(std::log(q[0]));
  const double steep = p[0] < q[0] ? std::abs(order) * p[1] : std::abs(rest) * q[1];
  return {order < 0 ? std::min(value, 0.0) : std::max(value, 0.0),
          kEpsilon * (8 * size + 8 * std::abs(minima) + 4 * steep * logs * (std::abs(p[0] - q[0]) > q[0])) /
              std::abs(order - 1)};
}

}  // namespace

void add_pareto(Registrar& registrar) {
  registrar.family(std::make_unique<Pareto>());
  registrar.rule(
      "kl", "pareto", "pareto",
      plain_rule("shape_q log(minimum_p/minimum_q) + r - 1 - log r,  r = shape_q/shape_p, minimum_p >= minimum_q",
                 "[Gil et al. 2013, table 3]", kl));
  registrar.rule("renyi", "pareto", "pareto",
                 plain_rule_of_order(
                     "log(r^(1-a)/(a + (1-a) r) (minimum_p/m)^(a shape_p) (minimum_q/m)^((1-a) shape_q))/(a - 1),  "
                     "r = shape_q/shape_p, m the larger minimum",
                     "[Gil et al. 2013, table 2]", renyi));
}

}  // namespace kullback::bounded
