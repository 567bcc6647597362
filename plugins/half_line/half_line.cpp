// The plugin of the families on the positive half line that are not gamma variables.
#include "half_line.hpp"

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
}
