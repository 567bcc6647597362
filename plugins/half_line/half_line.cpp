// The plugin of the families on the positive half line that are not gamma variables.
#include "half_line.hpp"

#include <algorithm>

namespace kullback::half_line {

Bounded half_square_excess(double a, double b) {
  const double e = (a - b) / b;
  if (std::abs(e) < 0.5) {
    const double value = 0.5 * e * e - log1pmx(e);
    return {value, 8 * kEpsilon * value};
  }
  const double ratio = a / b, logarithm = ratio > 1e-300 && ratio < 1e300 ? std::log(ratio) : std::log(a) - std::log(b);
  const double value = e * (1 + 0.5 * e) - logarithm;
  return {value, value < kInfinity ? 4 * kEpsilon * (value + 2 * std::abs(logarithm)) : 0};
}

Bounded log_excess(double a, double b) {
  const double e = (a - b) / b;
  if (std::abs(e) < 0.5) {
    const double value = -log1pmx(e);
    return {value, 8 * kEpsilon * value};
  }
  const double ratio = a / b, logarithm = ratio > 1e-300 && ratio < 1e300 ? std::log(ratio) : std::log(a) - std::log(b);
  const double value = e - logarithm;
  return {value, value < kInfinity ? 4 * kEpsilon * (value + 2 * std::abs(logarithm)) : 0};
}

namespace {

// log of the integral of p^a q^(1-a), r^(1-a)/(a + (1-a) r), over (a - 1); r = exp(log_ratio) = rate_q/rate_p.
Bounded renyi_of_rates(double order, double log_ratio) {
  if (order == 1) throw UnsupportedError("the order 1 is kl");
  const double rest = 1 - order, r = std::exp(log_ratio), e = std::expm1(log_ratio), decline = order + rest * r;
  if (!(std::abs(log_ratio) < 700)) throw UnsupportedError("they are too far apart");
  if (!(decline > 0)) return {order < 0 ? -kInfinity : kInfinity, 0};
  const bool near = std::abs(e) < 0.5;
  const double value = near ? rest * log1pmx(e) - log1pmx(rest * e) : rest * log_ratio - std::log(decline);
  const double size = std::abs(value) + std::abs(rest) * (near ? e * e : std::abs(log_ratio)) +
                      std::abs(log_ratio * order * rest * e / decline);
  const double found = value / (order - 1);
  return {order < 0 ? std::min(found, 0.0) : std::max(found, 0.0), 8 * kEpsilon * size / std::abs(order - 1)};
}

}  // namespace

Rule renyi_of_exponentials(std::string formula, double (*log_ratio)(const double* p, const double* q)) {
  return plain_rule_of_order(
      std::move(formula), "[Gil et al. 2013, table 2], as of exponentials",
      [log_ratio](double order, const double* p, const double* q) { return renyi_of_rates(order, log_ratio(p, q)); });
}

}  // namespace kullback::half_line

KULLBACK_PLUGIN("half_line", "1.0.0")(kullback::Registrar& registrar) {
  using namespace kullback::half_line;
  add_radial(registrar);
  add_levy(registrar);
  add_half_cauchy(registrar);
  add_half_student_t(registrar);
  add_folded_normal(registrar);
  add_weibull(registrar);
  add_log_logistic(registrar);
  add_log_laplace(registrar);
  add_gompertz(registrar);
  add_lomax(registrar);
  add_burr12(registrar);
  add_lindley(registrar);
}
