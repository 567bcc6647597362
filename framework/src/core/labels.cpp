#include <kullback/labels.hpp>
#include <kullback/numerics.hpp>

#include <Eigen/Cholesky>

#include <array>
#include <cmath>

namespace kullback {
namespace {

constexpr std::array<Text, 24> kPlain = {
    "1",          "x",       "x2",     "x3",     "x4",      "x*x'",     "log_x",
    "log2_x",     "1/x",     "1/x2",   "sqrt_x", "log_1mx", "log_1px",  "log_1px2",
    "abs_x",      "exp_x",   "exp_-x", "cos_x",  "sin_x",   "lgamma_x", "log_factorial",
    "lgamma_sum", "log_det", "inverse"};
constexpr std::array<Text, 15> kParametric = {"abs(x-c)", "(x-c)^2",         "x^c",        "abs(x)^c", "exp(c*x)",
                                              "cos(x-c)", "log(1+exp(c*x))", "log(1+x^c)", "log(x+c)", "1/(x+c)",
                                              "cell(c)",  "above(c)"};

using Scalar = double (*)(double);
Scalar plain(Text label) {
  if (label == "x") return [](double x) { return x; };
  if (label == "x2") return [](double x) { return x * x; };
  if (label == "x3") return [](double x) { return x * x * x; };
  if (label == "x4") return [](double x) { return (x * x) * (x * x); };
  if (label == "log_x") return [](double x) { return std::log(x); };
  if (label == "log2_x") return [](double x) { return std::log(x) * std::log(x); };
  if (label == "1/x") return [](double x) { return 1 / x; };
  if (label == "1/x2") return [](double x) { return 1 / (x * x); };
  if (label == "sqrt_x") return [](double x) { return std::sqrt(x); };
  if (label == "log_1mx") return [](double x) { return std::log1p(-x); };
  if (label == "log_1px") return [](double x) { return std::log1p(x); };
  if (label == "log_1px2") return [](double x) { return std::log1p(x * x); };
  if (label == "abs_x") return [](double x) { return std::abs(x); };
  if (label == "exp_x") return [](double x) { return std::exp(x); };
  if (label == "exp_-x") return [](double x) { return std::exp(-x); };
  if (label == "cos_x") return [](double x) { return std::cos(x); };
  if (label == "sin_x") return [](double x) { return std::sin(x); };
  if (label == "lgamma_x") return [](double x) { return log_gamma(x); };
  if (label == "log_factorial") return [](double x) { return log_gamma(x + 1); };
  return nullptr;
}

using Parametric = double (*)(double x, double c);
Parametric parametric(Text label) {
  if (label == "abs(x-c)") return [](double x, double c) { return std::abs(x - c); };
  if (label == "(x-c)^2") return [](double x, double c) { return (x - c) * (x - c); };
  if (label == "x^c") return [](double x, double c) { return std::pow(x, c); };
  if (label == "abs(x)^c") return [](double x, double c) { return std::pow(std::abs(x), c); };
  if (label == "exp(c*x)") return [](double x, double c) { return std::exp(c * x); };
  if (label == "cos(x-c)") return [](double x, double c) { return std::cos(x - c); };
  if (label == "log(1+exp(c*x))")
    return [](double x, double c) {
      return c * x > 0 ? c * x + std::log1p(std::exp(-c * x)) : std::log1p(std::exp(c * x));
    };
  if (label == "log(1+x^c)")
    return [](double x, double c) {
      const double t = c * std::log(x);
      return t > 0 ? t + std::log1p(std::exp(-t)) : std::log1p(std::exp(t));
    };
  if (label == "log(x+c)") return [](double x, double c) { return std::log(x + c); };
  if (label == "1/(x+c)") return [](double x, double c) { return 1 / (x + c); };
  if (label == "lgamma(x+c)") return [](double x, double c) { return log_gamma(x + c); };
  if (label == "lgamma(c-x)") return [](double x, double c) { return log_gamma(c - x); };
  if (label == "log_binomial(c)")
    return [](double x, double c) { return log_gamma(c + 1) - log_gamma(x + 1) - log_gamma(c - x + 1); };
  if (label == "cell(c)") return [](double x, double c) { return x == c ? 1.0 : 0.0; };
  if (label == "above(c)") return [](double x, double c) { return x >= c ? 1.0 : 0.0; };
  return nullptr;
}

}  // namespace

Index label_rows(Text label, Index dimension) {
  if (label == "1" || label == "log_det" || label == "lgamma_sum") return 1;
  if (label == "x*x'" || label == "inverse") return dimension * dimension;
  return plain(label) ? dimension : 0;
}

std::span<const Text> plain_labels() { return kPlain; }
std::span<const Text> parametric_labels() { return kParametric; }

bool evaluate_label(Text label, In x, Out value) {
  const Index d = x.rows();
  if (label == "1") {
    value.setOnes();
  } else if (label == "x*x'") {
    for (Index n = 0; n < x.cols(); ++n)
      for (Index j = 0; j < d; ++j)
        for (Index i = 0; i < d; ++i) value(j * d + i, n) = x(i, n) * x(j, n);
  } else if (label == "lgamma_sum") {
    for (Index n = 0; n < x.cols(); ++n) value(0, n) = log_gamma(x.col(n).sum());
  } else if (label == "log_det" || label == "inverse") {
    const auto side = static_cast<Index>(std::lround(std::sqrt(static_cast<double>(d))));
    for (Index n = 0; n < x.cols(); ++n) {
      const Eigen::MatrixXd matrix = x.col(n).reshaped(side, side);
      const Eigen::LLT<Eigen::MatrixXd> factor(matrix);
      if (label == "log_det")
        value(0, n) = 2 * factor.matrixLLT().diagonal().array().log().sum();
      else
        value.col(n) = factor.solve(Eigen::MatrixXd::Identity(side, side)).reshaped();
    }
  } else if (const Scalar f = plain(label)) {
    for (Index n = 0; n < x.cols(); ++n)
      for (Index i = 0; i < d; ++i) value(i, n) = f(x(i, n));
  } else {
    return false;
  }
  return true;
}

bool evaluate_label(Text label, ConstRow c, In x, Row value) {
  const Parametric f = parametric(label);
  if (!f) return false;
  const Index step = c.size() > 1 ? 1 : 0;
  for (Index n = 0; n < x.cols(); ++n) value[n] = f(x(0, n), c[n * step]);
  return true;
}

}  // namespace kullback
