#include "experiment/f_divergence.hpp"

#include "model/density_program.hpp"

#include <kullback/error.hpp>

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <optional>

namespace kullback::experiment {

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNearZero = 1e-300, kFar = 1e300;

class FDivergence final : public Divergence {
 public:
  explicit FDivergence(const std::string& expression) : name_(fmt::format("f({})", expression)) {
    const auto source = std::make_shared<const config::Source>(config::Source{"f", expression});
    program_ = model::compile(config::parse_expression(source, ""), {"t"},
                              [](const std::string&) { return std::optional<double>(); });
    at_one_ = at(1);
    if (!std::isfinite(at_one_))
      throw ConfigError(fmt::format("f:1:1: error: f(1) is {} in '{}'", at_one_, expression));
    // What is subtracted integrates to nothing, so that the slope need not be exact: it keeps the integrand from
    // changing its sign.
    constexpr double kStep = 1e-4;
    slope_ = (8 * (at(1 + kStep) - at(1 - kStep)) - (at(1 + 2 * kStep) - at(1 - 2 * kStep))) / (12 * kStep);
    check_convex(expression);
    at_zero_ = at(0);
    if (std::isnan(at_zero_)) at_zero_ = at(kNearZero);  // 0 log 0
    look_far();
  }

  Text name() const override { return name_; }
  Text formula() const override { return "integral q (f(p/q) - f(1))"; }
  Functional functional() const override { return Functional::f_divergence; }

  void integrand(ConstRow log_p, ConstRow log_q, Row out) const override {
    const Index n = out.size();
    Eigen::MatrixXd t(1, n);
    for (Index i = 0; i < n; ++i) t(0, i) = log_p[i] == -kInf || log_q[i] == -kInf ? 1 : std::exp(log_p[i] - log_q[i]);
    model::evaluate_program(program_, t, out);
    for (Index i = 0; i < n; ++i) {
      if (log_p[i] == -kInf)
        out[i] = std::exp(log_q[i]) * (at_zero_ - at_one_ + slope_);
      else if (log_q[i] == -kInf)
        out[i] = std::exp(log_p[i]) * (slope_far_ - slope_);
      else if (t(0, i) > kFar || (t(0, i) > 1 && !std::isfinite(out[i])))
        out[i] = std::exp(log_p[i]) * (beyond_ - slope_);
      else if (t(0, i) == 0 || std::isnan(out[i]))
        out[i] = std::exp(log_q[i]) * (at_zero_ - at_one_ + slope_);
      else
        out[i] = std::exp(log_q[i]) * (out[i] - at_one_ - slope_ * (t(0, i) - 1));
      if (std::isnan(out[i])) out[i] = 0;  // no density at all, of a function without a bound
    }
  }

 private:
  // f(t) / t for t -> inf, from the farthest t where f has a value: (t - 1)^2 / (t + 1) overflows beyond 1e154.
  void look_far() {
    double reach = 1, ratio = at_one_;
    for (int k = 10; k <= 300; k += 10) {
      const double t = std::pow(10, k), f = at(t);
      if (!std::isfinite(f)) break;
      reach = t, ratio = f / t;
    }
    const double half = std::sqrt(reach);
    if (reach > 1 && std::abs(ratio - at(half) / half) <= 1e-6 * (1 + std::abs(ratio)))
      slope_far_ = beyond_ = ratio;
    else if (reach > 0.99 * kFar)  // t log t: as far out as doubles reach
      beyond_ = ratio;
  }

  double at(double t) const {
    Eigen::RowVectorXd out(1);
    model::evaluate_program(program_, Eigen::MatrixXd::Constant(1, 1, t), row(out));
    return out[0];
  }

  void check_convex(const std::string& expression) const {
    constexpr int kPoints = 120;
    for (int k = 0; k < kPoints; ++k) {
      const double a = std::pow(10, -6 + 0.1 * k), c = a * 1.6, b = 0.5 * (a + c);
      const double left = at(a), middle = at(b), right = at(c);
      const double size = std::abs(left) + std::abs(middle) + std::abs(right);
      if (!(middle <= 0.5 * (left + right) + 1e-13 * size))
        throw ConfigError(
            fmt::format("f:1:1: error: '{}' is not convex at t = {:.3g}: no f-divergence", expression, b));
    }
  }

  std::string name_;
  Eigen::VectorXd program_;
  double at_one_ = 0, slope_ = 0, at_zero_ = 0;
  double slope_far_ = kInf, beyond_ = kInf;  // f(t)/t in the limit, and where t is beyond doubles
};

}  // namespace

std::shared_ptr<const Divergence> make_f_divergence(const std::string& expression) {
  return std::make_shared<FDivergence>(expression);
}

}  // namespace kullback::experiment
