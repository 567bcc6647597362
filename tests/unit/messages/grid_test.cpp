// Grids take any message: with one latent variable the bound is the evidence, here by a sum over a fine mesh.
#include "oracle.hpp"

#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>
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

nlohmann::json golden() {
  std::ifstream file(KULLBACK_SOURCE_DIR "/tests/golden/grids.json");
  return nlohmann::json::parse(file);
}

Eigen::MatrixXd moments_of(const Finished& r, const char* name) {
  return r.joint->grid_moments(static_cast<int>(r.joint->model().find(name) - r.joint->model().variables.data()));
}

// Bound, mean and standard deviation of `x`, which is on a grid.
void expect_exact(const Finished& r, const nlohmann::json& expected, double tolerance, const std::string& what) {
  EXPECT_EQ(r.solution.status, Status::converged) << what;
  EXPECT_NEAR(r.solution.bound, expected["evidence"].get<double>(), tolerance) << what;
  EXPECT_LE(r.solution.bound_error, 1.1e-7) << what;
  const Eigen::MatrixXd moments = moments_of(r, "x");
  EXPECT_NEAR(moments(0, 0), expected["mean"].get<double>(), 10 * tolerance) << what;
  EXPECT_NEAR(moments(1, 0), expected["stddev"].get<double>(), 10 * tolerance) << what;
}

TEST(Grid, OfOneUnknownIsThePosteriorWhateverThePrior) {
  const nlohmann::json all = golden();
  for (const auto& [prior, expected] : all["locations"].items()) {
    const Finished r = run("plates: {n: 3}\ndata:\n  y[n]: [1.3, 0.4, 2.2]\nmodel:\n  x: " + prior +
                           "\n  y[n]: normal(x, variance = 0.8)\nposterior:\n  x: discrete_grid\n");
    expect_exact(r, expected, 1e-7, prior);
  }
  for (const auto& [prior, expected] : all["scales"].items()) {
    const Finished r = run("plates: {n: 3}\ndata:\n  y[n]: [1.3, 0.4, 2.2]\nmodel:\n  x: " + prior +
                           "\n  y[n]: normal(0, stddev = x)\nposterior:\n  x: discrete_grid\n");
    expect_exact(r, expected, 1e-7, prior);
  }
}

const char* kRobust = R"(
plates: {n: data}
data:
  file: data/stackloss.csv
  y[n]: stack.loss
model:
  x:    normal(20, stddev = 20)
)";

TEST(Grid, OfALocationUnderStudentErrors) {
  const Finished r = run(std::string(kRobust) +
                         "  y[n]: student_t(degrees_of_freedom = 4, location = x, scale = 5)\n"
                         "posterior:\n  x: discrete_grid\n");
  expect_exact(r, golden()["robust"], 1e-7, "robust");
}

TEST(Grid, TwoOfThemShareATermWithoutAClosedRule) {
  const nlohmann::json expected = golden()["robust-with-scale"];
  // Nothing says that x is on a grid: the term has no other rule.
  const Finished r = run(std::string(kRobust) +
                         "  s:    half_cauchy(scale = 10)\n"
                         "  y[n]: student_t(degrees_of_freedom = 4, location = x, scale = s)\n"
                         "posterior:\n  s: discrete_grid\n");
  EXPECT_EQ(r.joint->put_on_grids().size(), 1u);
  EXPECT_NE(r.joint->rule(2).find("grids of x and s"), std::string::npos) << r.joint->rule(2);
  EXPECT_NEAR(r.solution.bound, expected["bound"].get<double>(), 1e-7);
  const Eigen::MatrixXd x = moments_of(r, "x"), s = moments_of(r, "s");
  EXPECT_NEAR(x(0, 0), expected["mean"].get<double>(), 1e-5);
  EXPECT_NEAR(x(1, 0), expected["stddev"].get<double>(), 1e-5);
  EXPECT_NEAR(s(0, 0), expected["scale"].get<double>(), 1e-5);
  EXPECT_NEAR(s(1, 0), expected["scale_stddev"].get<double>(), 1e-5);
}

// The same errors as a gamma mixture of normals: q(x) q(u) is another approximation of the same posterior.
TEST(Grid, ChecksTheScaleMixture) {
  const nlohmann::json expected = golden()["robust"];
  const Finished r = run(std::string(kRobust) +
                         "  u[n]: gamma(shape = 2, rate = 2)\n"
                         "  y[n]: normal(x, precision = 0.04 * u)\n");
  const Members q =
      r.joint->posterior(static_cast<int>(r.joint->model().find("x") - r.joint->model().variables.data()));
  Eigen::MatrixXd mean(1, 1);
  capability<kullback::Moments>(*q.family, q.layout)->expect(q.layout, q.theta, "x", mean);
  EXPECT_NEAR(mean(0, 0), expected["mean"].get<double>(), 0.2 * expected["stddev"].get<double>());
  EXPECT_LT(r.solution.bound, expected["evidence"].get<double>());
  EXPECT_GT(r.solution.bound, expected["evidence"].get<double>() - 1);
}

// Members far apart and of different widths: one set of cells serves all of them.
TEST(Grid, OfManyMembersServesEachOfThem) {
  const char* text = R"(
plates: {n: 4}
data:
  y[n]:     [-3000, 0.001, 2, 500]
  sigma[n]: [10, 1e-4, 1, 0.5]
model:
  x[n]: normal(0, stddev = 1000)
  y[n]: normal(x, stddev = sigma)
)";
  const Finished closed = run(text), gridded = run(std::string(text) + "posterior:\n  x: discrete_grid\n");
  EXPECT_NEAR(gridded.solution.bound, closed.solution.bound, 1e-6);
}

TEST(Grid, OfALogScale) {  // a function without a rule
  const Finished r = run(R"(
plates: {n: 4}
data:
  y[n]: [1, -2, 0.5, 3]
model:
  h:    normal(0, stddev = 2)
  y[n]: normal(0, stddev = exp(0.5 * h))
posterior:
  h: discrete_grid
)");
  const double expected = log_integral(-30, 40, [](double h) {
    double sum = log_normal_density(h, 0, 2);
    for (const double y : {1.0, -2.0, 0.5, 3.0}) sum += log_normal_density(y, 0, std::exp(0.5 * h));
    return sum;
  });
  EXPECT_NEAR(r.solution.bound, expected, 1e-7);
}

TEST(Grid, OfGivenCellsStatesTheirError) {
  const auto with = [](const std::string& grid) {
    return run(
        "plates: {n: 2}\ndata:\n  y[n]: [1, 2]\nmodel:\n  x: cauchy(location = 0, scale = 1)\n"
        "  y[n]: normal(x, variance = 2)\nposterior:\n  x: " +
        grid + "\n");
  };
  const double exact = with("discrete_grid").solution.bound;
  for (const char* grid : {"discrete_grid(cells = 12)", "discrete_grid(cells = 10, low = -12, high = 12)"}) {
    const Finished r = with(grid);
    EXPECT_GT(std::abs(r.solution.bound - exact), 1e-6) << grid;
    EXPECT_LE(std::abs(r.solution.bound - exact), r.solution.bound_error) << grid;
  }
}

// A prior without a factor that could be updated puts its variable there: the evidence is the sum over all numbers.
TEST(Grid, ServesPriorsThatAreNoExponentialFamilies) {
  const Finished counted = run(R"(
data:
  y: 7
model:
  N: binomial(20, probability = 0.3)
  y: binomial(N, probability = 0.6)
)");
  EXPECT_EQ(counted.joint->put_on_grids().size(), 1u);
  EXPECT_NEAR(counted.solution.bound, std::log(77520) + 7 * std::log(0.18) + 13 * std::log(0.82), 1e-10);
  const char* const text = R"(
plates: {n: 4}
data:
  y[n]: [0.5, 1.5, -1, 3]
model:
  mu:   normal(0, variance = 4)
  s:    half_cauchy(scale = 2)
  y[n]: normal(mu, stddev = s)
)";
  EXPECT_EQ(run(text).solution.bound, run(std::string(text) + "posterior:\n  s: discrete_grid\n").solution.bound);
}

TEST(Grid, RefusesWhatItCannotDo) {
  const std::string three = refusal(R"(
plates: {n: 2}
data:
  y[n]: [1, 2]
model:
  a: normal(0, stddev = 1)
  b: normal(0, stddev = 1)
  s: gamma(shape = 2, rate = 1)
  y[n]: cauchy(location = a + b, scale = s)
)");
  EXPECT_NE(three.find("at most two grids, but one of its cells reads 3 unknown numbers (a, b, s)"), std::string::npos)
      << three;
  const std::string vector = refusal(R"(
plates: {n: 2, k: 2}
data:
  y[n]: [1, 2]
  x[n, k]: [[1, 0], [0, 1]]
model:
  w: normal(0, stddev = 1, over = k)
  y[n]: cauchy(location = dot(w, x), scale = 1)
)");
  EXPECT_NE(vector.find("w, which is not one number on the line"), std::string::npos) << vector;
  const std::string range = refusal(R"(
plates: {n: 2}
data:
  y[n]: [1, 2]
model:
  b: gamma(shape = 1, rate = 1)
  x: uniform(low = 0, high = b)
  y[n]: normal(x, stddev = 1)
posterior:
  x: discrete_grid
)");
  EXPECT_NE(range.find("discrete_grid(low = ..., high = ...)"), std::string::npos) << range;
}

// The first sweep starts with the other factor from exactly there.
TEST(Grid, StartsWhereItIsTold) {
  const model::Model model = read(R"(
plates: {n: 2}
data:
  y[n]: [1, 2]
model:
  mu:   normal(0, precision = 1)
  tau:  gamma(shape = 2, rate = 1)
  y[n]: normal(mu, precision = tau)
posterior:
  tau: discrete_grid
inference:
  initialize: {tau: 3}
)");
  ModelJoint joint(registry(), model);
  joint.initialize(1, 0);
  const int tau = static_cast<int>(joint.model().find("tau") - joint.model().variables.data());
  const Eigen::MatrixXd start = joint.grid_moments(tau);
  EXPECT_NEAR(start(0, 0), 3, 0.1);
  EXPECT_NEAR(start(1, 0), 0, 1e-12);
  Settings settings;
  settings.max_sweeps = 1;
  Observer observer;
  solve(joint, registry().optimizer("coordinate_ascent"), settings, observer);
  const Members mu = joint.posterior(static_cast<int>(joint.model().find("mu") - joint.model().variables.data()));
  Eigen::MatrixXd mean(1, 1);
  capability<kullback::Moments>(*mu.family, mu.layout)->expect(mu.layout, mu.theta, "x", mean);
  EXPECT_NEAR(mean(0, 0), 3 * start(0, 0) / (1 + 2 * start(0, 0)), 1e-12);
}

TEST(Grid, GivesTheSameBytesOnAnyNumberOfThreads) {
  std::vector<double> bounds;
  for (const int threads : {1, 2}) {
    ModelJoint joint(registry(),
                     read(std::string(kRobust) + "  s:    half_cauchy(scale = 10)\n"
                                                 "  y[n]: student_t(degrees_of_freedom = 4, location = x, scale = s)\n"
                                                 "posterior:\n  s: discrete_grid\n"));
    joint.initialize(1, 0);
    Settings settings;
    settings.threads = threads;
    Observer observer;
    bounds.push_back(solve(joint, registry().optimizer("coordinate_ascent"), settings, observer).bound);
  }
  EXPECT_EQ(bounds[0], bounds[1]);
}

TEST(Grid, IsWhatTheErrorOfAWrongPairOffers) {
  const std::string message = [] {
    try {
      ModelJoint joint(registry(), read(R"(
plates: {n: 2}
data:
  y[n]: [1, 2]
model:
  tau:  log_normal(log_mean = 0, log_stddev = 1)
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
