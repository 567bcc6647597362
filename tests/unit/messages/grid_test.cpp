// Grids take any message: with one latent variable the bound is the evidence, here by a sum over a fine mesh.
#include "oracle.hpp"

#include <cmath>
#include <numbers>

namespace kullback::messages::test {
namespace {

struct Finished {
  Solution solution;
  std::unique_ptr<ModelJoint> joint;
};

Finished run(const std::string& text) {
  Finished r;
  r.joint = std::make_unique<ModelJoint>(registry(), read(text));
  r.joint->initialize(1, 0);
  Settings settings;
  settings.max_sweeps = 200;
  Observer observer;
  r.solution = solve(*r.joint, registry().optimizer("coordinate_ascent"), settings, observer);
  EXPECT_NE(r.solution.status, Status::bound_fell) << r.solution.reason;
  return r;
}

template <class F>
double log_integral(double low, double high, const F& log_density) {
  constexpr int kNodes = 400'000;
  const double h = (high - low) / kNodes;
  double sum = 0;
  for (int i = 0; i < kNodes; ++i) sum += std::exp(log_density(low + (i + 0.5) * h)) * h;
  return std::log(sum);
}

double log_normal_density(double x, double mean, double stddev) {
  const double z = (x - mean) / stddev;
  return -0.5 * z * z - std::log(stddev) - 0.5 * std::log(2 * std::numbers::pi);
}

TEST(Grid, WithAPriorThatHasNoTable) {
  const Finished r = run(R"(
plates: {n: 3}
data:
  y[n]: [4, 5, 6.5]
model:
  mu:   cauchy(location = 0, scale = 1)
  y[n]: normal(mu, variance = 2)
posterior:
  mu: discrete_grid
)");
  const double expected = log_integral(-60, 60, [](double mu) {
    double sum = -std::log(std::numbers::pi * (1 + mu * mu));
    for (const double y : {4.0, 5.0, 6.5}) sum += log_normal_density(y, mu, std::sqrt(2));
    return sum;
  });
  EXPECT_NEAR(r.solution.bound, expected, 1e-6);
  EXPECT_LE(r.solution.bound_error, 1e-6);
}

TEST(Grid, OfAScaleTakesItsPowersAndItsLogarithm) {
  const Finished r = run(R"(
plates: {n: 4}
data:
  y[n]: [1, -2, 0.5, 3]
model:
  s:    gamma(shape = 2, rate = 1)
  y[n]: normal(0, stddev = s)
posterior:
  s: discrete_grid
)");
  const double expected = log_integral(0, 60, [](double s) {
    double sum = std::log(s) - s;
    for (const double y : {1.0, -2.0, 0.5, 3.0}) sum += log_normal_density(y, 0, s);
    return sum;
  });
  EXPECT_NEAR(r.solution.bound, expected, 1e-6);
}

TEST(Grid, WithALikelihoodThatHasNoTable) {
  const Finished r = run(R"(
plates: {n: 4}
data:
  y[n]: [1, -2, 0.5, 30]
model:
  mu:   normal(0, variance = 100)
  y[n]: cauchy(location = mu, scale = 2)
posterior:
  mu: discrete_grid
)");
  const double expected = log_integral(-100, 100, [](double mu) {
    double sum = log_normal_density(mu, 0, 10);
    for (const double y : {1.0, -2.0, 0.5, 30.0}) sum -= std::log(std::numbers::pi * 2 * (1 + (y - mu) * (y - mu) / 4));
    return sum;
  });
  EXPECT_NEAR(r.solution.bound, expected, 1e-6);
}

TEST(Grid, BesideConjugateFactorsComesToWhereTheyAgree) {
  const char* text = R"(
plates: {n: 5}
data:
  y[n]: [1.2, 0.3, 2.2, -1, 0.4]
model:
  mu:   normal(0.5, precision = 0.1)
  tau:  gamma(shape = 2, rate = 1)
  y[n]: normal(mu, precision = tau)
)";
  const Finished closed = run(text),
                 gridded = run(std::string(text) + "posterior:\n  tau: discrete_grid\n  mu: discrete_grid\n");
  EXPECT_NEAR(gridded.solution.bound, closed.solution.bound, 1e-6);
}

TEST(Grid, IsWhatTheErrorOfAWrongPairOffers) {
  const std::string message = [] {
    try {
      ModelJoint joint(registry(), read(R"(
plates: {n: 2}
data:
  y[n]: [1, 2]
model:
  tau:  log_normal(0, stddev = 1)
  y[n]: normal(0, precision = tau)
)"));
    } catch (const UnsupportedError& e) {
      return std::string(e.what());
    }
    return std::string();
  }();
  EXPECT_NE(message.find("log_normal"), std::string::npos) << message;
  EXPECT_NE(message.find("use gamma"), std::string::npos) << message;
  EXPECT_NE(message.find("posterior: {tau: discrete_grid}"), std::string::npos) << message;
}

}  // namespace
}  // namespace kullback::messages::test
