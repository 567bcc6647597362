// Maximum mean discrepancies against characteristic functions, and transport on the integers against enumeration.
#include "support/members.hpp"

#include <complex>
#include <functional>

namespace {

using namespace kullback;
using Complex = std::complex<double>;
using Characteristic = std::function<Complex(double)>;
constexpr Complex kI{0, 1};

struct Known {
  Members members;
  Characteristic phi;
};

Known gaussian(double m, double s) {
  return {normal(m, s), [=](double t) { return std::exp(kI * m * t - 0.5 * s * s * t * t); }};
}
Known laplace(double m, double b) {
  return {make("laplace", {{"location", m}, {"scale", b}}),
          [=](double t) { return std::exp(kI * m * t) / (1 + b * b * t * t); }};
}
Known cauchy(double m, double s) {
  return {make("cauchy", {{"location", m}, {"scale", s}}),
          [=](double t) { return std::exp(kI * m * t - s * std::abs(t)); }};
}
Known gamma(double shape, double rate) {
  return {make("gamma", {{"shape", shape}, {"rate", rate}}),
          [=](double t) { return std::pow(1.0 - kI * t / rate, -shape); }};
}
Known uniform(double a, double b) {
  return {make("uniform", {{"low", a}, {"high", b}}),
          [=](double t) { return (std::exp(kI * b * t) - std::exp(kI * a * t)) / (kI * t * (b - a)); }};
}

Known poisson(double rate) {
  return {make("poisson", {{"rate", rate}}), [=](double t) { return std::exp(rate * (std::exp(kI * t) - 1.0)); }};
}
Known binomial(double n, double p) {
  return {make("binomial", {{"trials", n}, {"probability", p}}),
          [=](double t) { return std::pow(1 - p + p * std::exp(kI * t), n); }};
}
Known geometric(double p) {
  return {make("geometric", {{"probability", p}}), [=](double t) { return p / (1.0 - (1 - p) * std::exp(kI * t)); }};
}

// MMD^2 = integral |phi_p - phi_q|^2 times the kernel's own spectrum, a normal density of deviation 1/h.
double by_spectrum(const Known& p, const Known& q, double h) {
  constexpr int kPanels = 4000;
  const double step = 9.0 / kPanels;  // of t h, up to 9
  double sum = 0;
  for (int k = 0; k < kPanels; ++k)
    for (const double node : {-std::sqrt(0.6), 0.0, std::sqrt(0.6)}) {
      const double u = (k + 0.5 + 0.5 * node) * step, t = u / h;
      const double weight = node == 0 ? 4.0 / 9 : 5.0 / 18;
      sum += weight * step * std::norm(p.phi(t) - q.phi(t)) * std::exp(-0.5 * u * u);
    }
  return std::sqrt(2 * sum / std::sqrt(2 * M_PI));
}

TEST(Kernel, MeanDiscrepanciesAreThoseOfTheCharacteristicFunctions) {
  EvaluateOptions numerically;
  numerically.skip_closed_forms = true;
  const std::vector<std::pair<Known, Known>> pairs = {
      {gaussian(0, 1), gaussian(1, 2)}, {gaussian(0, 1), laplace(0.5, 1)}, {laplace(0, 1), cauchy(0, 1)},
      {gamma(3, 2), uniform(0, 2)},     {uniform(0, 1), uniform(2, 4)},    {gamma(0.5, 1), gaussian(0.5, 1)}};
  for (const auto& [p, q] : pairs)
    for (const double h : {0.3, 1.0, 4.0}) {
      const auto mmd = find_divergence_written(registry(), "mmd(" + std::to_string(h) + ")");
      const Estimate found = evaluate(registry(), *mmd, p.members, q.members, numerically);
      EXPECT_EQ(found.method, Method::quadrature);
      const double expected = by_spectrum(p, q, h);
      EXPECT_NEAR(found.value, expected, 1e-8 * expected)
          << p.members.family->name() << " " << q.members.family->name() << " " << h;
      EXPECT_LE(found.error, 1e-8 * found.value) << found.source;
    }
}

TEST(Kernel, MeanDiscrepanciesOfCountsAreSums) {
  const std::vector<std::pair<Known, Known>> pairs = {{poisson(3), binomial(10, 0.3)},
                                                      {poisson(50), poisson(51)},
                                                      {geometric(0.2), poisson(4)},
                                                      {binomial(4, 0.5), geometric(0.9)}};
  for (const auto& [p, q] : pairs)
    for (const double h : {0.3, 1.0, 10.0}) {
      const auto mmd = find_divergence_written(registry(), "mmd(" + std::to_string(h) + ")");
      const Estimate found = evaluate(registry(), *mmd, p.members, q.members);
      EXPECT_EQ(found.method, Method::exact_sum);
      const double expected = by_spectrum(p, q, h);
      EXPECT_NEAR(found.value, expected, 1e-8 * expected) << found.source;
      EXPECT_LE(found.error, 1e-8 * found.value) << found.source;
    }
}

TEST(Kernel, AgreesWithTheRuleForNormals) {
  EvaluateOptions numerically;
  numerically.skip_closed_forms = true;
  const auto& mmd = registry().divergence("mmd");
  for (const double scale : {1e-4, 1.0, 1e4}) {
    const Members p = normal(0, scale), q = normal(1.5 * scale, 2);
    const Estimate rule = evaluate(registry(), mmd, p, q), found = evaluate(registry(), mmd, p, q, numerically);
    EXPECT_NE(rule.method, found.method);
    EXPECT_LE(std::abs(rule.value - found.value), rule.error + found.error)
        << scale << ": " << rule.value << " " << found.value;
  }
}

// The monotone coupling, mass by mass.
double by_coupling(const Members& p, const Members& q, Index most) {
  const Eigen::MatrixXd k = Eigen::RowVectorXd::LinSpaced(most + 1, 0, static_cast<double>(most));
  Eigen::RowVectorXd a = log_density(p, k).array().exp(), b = log_density(q, k).array().exp();
  double sum = 0;
  for (Index i = 0, j = 0; i <= most && j <= most;) {
    const double moved = std::min(a[i], b[j]);
    sum += moved * static_cast<double>((i - j) * (i - j));
    a[i] -= moved, b[j] -= moved;
    if (a[i] <= b[j])
      ++i;
    else
      ++j;
  }
  return std::sqrt(sum);
}

TEST(QuantileSteps, Wasserstein2OfCountsIsThatOfTheMonotoneCoupling) {
  const auto& w2 = registry().divergence("wasserstein_2");
  const Members poisson = make("poisson", {{"rate", 3.0}}), other = make("poisson", {{"rate", 7.5}}),
                geometric = make("geometric", {{"probability", 0.3}}),
                binomial = make("binomial", {{"trials", 12.0}, {"probability", 0.4}}),
                flat = make("discrete_uniform", {{"low", 2.0}, {"high", 9.0}});
  for (const Members* p : {&poisson, &other, &geometric, &binomial, &flat})
    for (const Members* q : {&poisson, &other, &geometric, &binomial, &flat}) {
      if (p == q) continue;
      const Estimate found = evaluate(registry(), w2, *p, *q);
      EXPECT_EQ(found.method, Method::exact_sum);
      EXPECT_NEAR(found.value, by_coupling(*p, *q, 150), 1e-11) << p->family->name() << " " << q->family->name();
    }
  const Members low = make("bernoulli", {{"probability", 0.2}}), high = make("bernoulli", {{"probability", 0.7}});
  EXPECT_NEAR(evaluate(registry(), w2, low, high).value, std::sqrt(0.5), 1e-15);
}

}  // namespace
