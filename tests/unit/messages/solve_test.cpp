// Models whose evidence is known in closed form, the eliminated selectors against stored ones, and the same bytes on
// any thread count.
#include "oracle.hpp"

#include <Eigen/LU>

#include <cmath>
#include <numbers>

namespace kullback::messages::test {
namespace {

Solution run(ModelJoint& joint, Index sweeps = 500, int threads = 0) {
  Settings settings;
  settings.max_sweeps = sweeps;
  settings.threads = threads;
  Observer observer;
  const Solution solution = solve(joint, registry().optimizer("coordinate_ascent"), settings, observer);
  EXPECT_NE(solution.status, Status::bound_fell) << solution.reason;
  return solution;
}

double evidence(const std::string& text) {
  ModelJoint joint(registry(), read(text));
  joint.initialize(1, 0);
  return run(joint).bound;
}

double lgamma_of(double x) { return kullback::log_gamma(x); }

TEST(Evidence, OfANormalMeanIsTheBound) {
  const double bound = evidence(R"(
plates: {n: 3}
data:
  y[n]: [1, 2, 4]
model:
  mu:   normal(0.5, variance = 2)
  y[n]: normal(mu, variance = 3)
)");
  const Eigen::Vector3d y(0.5, 1.5, 3.5);
  const Eigen::Matrix3d covariance = 3 * Eigen::Matrix3d::Identity() + 2 * Eigen::Matrix3d::Ones();
  const double expected = -0.5 * y.dot(covariance.inverse() * y) - 0.5 * std::log(covariance.determinant()) -
                          1.5 * std::log(2 * std::numbers::pi);
  EXPECT_NEAR(bound, expected, 1e-12);
}

TEST(Evidence, OfWeightsWithKnownNoiseIsTheBound) {
  const double bound = evidence(R"(
plates: {n: 3, k: 2}
data:
  y[n]: [1, 2, 4]
  x[n, k]: [[1, 0.5], [1, -1], [1, 2]]
model:
  w:    normal(0, variance = 2, over = k)
  y[n]: normal(dot(w, x), variance = 0.5)
)");
  Eigen::Matrix<double, 3, 2> x;
  x << 1, 0.5, 1, -1, 1, 2;
  const Eigen::Vector3d y(1, 2, 4);
  const Eigen::Matrix3d covariance = 0.5 * Eigen::Matrix3d::Identity() + 2 * x * x.transpose();
  EXPECT_NEAR(bound,
              -0.5 * y.dot(covariance.inverse() * y) - 0.5 * std::log(covariance.determinant()) -
                  1.5 * std::log(2 * std::numbers::pi),
              1e-11);
}

TEST(Evidence, OfCountsIsTheBound) {
  const double poisson = evidence(R"(
plates: {n: 3}
data:
  y[n]: [3, 0, 2]
model:
  rate: gamma(shape = 1.5, rate = 0.7)
  y[n]: poisson(rate)
)");
  EXPECT_NEAR(poisson, 1.5 * std::log(0.7) - lgamma_of(1.5) + lgamma_of(6.5) - 6.5 * std::log(3.7) - std::log(12.0),
              1e-12);
  const double coins = evidence(R"(
plates: {n: 4}
data:
  y[n]: [1, 0, 1, 1]
model:
  p:    beta(alpha = 2, beta = 3)
  y[n]: bernoulli(p)
)");
  EXPECT_NEAR(coins, lgamma_of(5) + lgamma_of(4) - lgamma_of(9) - (lgamma_of(2) + lgamma_of(3) - lgamma_of(5)), 1e-12);
  const double levels = evidence(R"(
plates: {n: 4, k: 3}
data:
  y[n]: {value: [1, 3, 1, 2], levels: k}
model:
  p:    dirichlet(0.5, over = k)
  y[n]: categorical(p)
)");
  EXPECT_NEAR(levels, lgamma_of(1.5) - lgamma_of(5.5) + lgamma_of(2.5) + 2 * lgamma_of(1.5) - 3 * lgamma_of(0.5),
              1e-12);
}

// A component that cannot have made a value has none of it, and a count of 0 does not mind a rate of 0.
TEST(Evidence, OfImpossibleComponentsIsTheBound) {
  const double poisson = lgamma_of(10) - 10 * std::log(4.0) - std::log(2.0 * 6 * 24);  // of 2, 3, 4 under gamma(1, 1)
  const double likelihood = evidence(R"(
plates: {n: 3, k: 2}
data:
  y[n]: [2, 3, 4]
model:
  w:           dirichlet(1, over = k)
  r:           gamma(shape = 1, rate = 1)
  z[n]:        categorical(w)
  rate[k = 1]: 0
  rate[k = 2]: r
  y[n]:        poisson(rate[z])
)");
  EXPECT_NEAR(likelihood, std::log(0.25) + poisson, 1e-11);
  const double prior = evidence(R"(
plates: {n: 3, g: 2, k: 2}
data:
  y[n]: [2, 3, 4]
  of[n]: {value: [2, 1, 2], levels: g}
  w[g, k]: [[0, 1], [1, 0]]
model:
  r[k]: gamma(shape = 1, rate = 1)
  z[n]: categorical(w[of])
  y[n]: poisson(r[z])
)");
  EXPECT_NEAR(prior,
              lgamma_of(7) - 7 * std::log(3.0) - std::log(2.0 * 24) + lgamma_of(4) - 4 * std::log(2.0) - std::log(6.0),
              1e-11);
  // The same zero in a cell of a random variable: E[w2^2] is 1/3.
  const double partly = evidence(R"(
plates: {n: 2, k: 2}
data:
  y[n]: [2, 3]
model:
  w:           dirichlet(1, over = k)
  rate[k = 1]: 0
  rate[k]:     gamma(shape = 1, rate = 1)
  z[n]:        categorical(w)
  y[n]:        poisson(rate[z])
)");
  EXPECT_NEAR(partly, std::log(1.0 / 3) + lgamma_of(6) - 6 * std::log(3.0) - std::log(2.0 * 6), 1e-11);
  const double exposure = evidence(R"(
plates: {n: 4}
data:
  y[n]: [0, 2, 3, 4]
  exposure[n]: [0, 1, 1, 1]
model:
  r:    gamma(shape = 1, rate = 1)
  y[n]: poisson(exposure * r)
)");
  EXPECT_NEAR(exposure, poisson, 1e-12);
}

TEST(Evidence, EmptyCellsThatNobodyReadsChangeNothing) {
  const std::string head = "plates: {n: 4}\ndata:\n  y[n]: ",
                    tail = "\nmodel:\n  mu: normal(0, variance = 2)\n  y[n]: normal(mu, variance = 1)\n";
  const double whole = evidence("plates: {n: 2}\ndata:\n  y[n]: [1, 3]" + tail);
  EXPECT_NEAR(evidence(head + "[1, .nan, 3, .nan]" + tail), whole, 1e-13);
}

// p(v) = b (1 - v)^(b - 1): b hears n and the sum of log(1 - v), as a rate does, and a gamma is conjugate.
TEST(Evidence, OfAPowerOfAUniformIsTheBound) {
  const double sum = std::log(0.8) + std::log(0.5) + std::log(0.9);
  for (const bool second : {true, false}) {
    const double bound = evidence(fmt::format(R"(
plates: {{n: 3}}
data:
  v[n]: {}
model:
  b:    gamma(shape = 2, rate = 3)
  v[n]: beta({})
)",
                                              second ? "[0.2, 0.5, 0.1]" : "[0.8, 0.5, 0.9]",
                                              second ? "alpha = 1, beta = b" : "alpha = b, beta = 1"));
    EXPECT_NEAR(bound, 2 * std::log(3.0) + lgamma_of(5) - lgamma_of(2) - 5 * std::log(3 - sum) - sum, 1e-12);
  }
}

// log w_k = log v_k + the logs of what the sticks before leave; the last level takes the rest.
TEST(Evidence, OfBrokenSticksIsTheBound) {
  const double bound = evidence(R"(
plates: {n: 6, k: 3}
data:
  z[n]: {value: [1, 2, 1, 3, 3, 3], levels: k}
model:
  v[k]: beta(alpha = 1, beta = 2)
  z[n]: categorical(stick_breaking(v, over = k))
)");
  const auto log_beta = [](double a, double b) { return lgamma_of(a) + lgamma_of(b) - lgamma_of(a + b); };
  // 2 of 6 break off the first stick, 1 of the 4 left the second.
  EXPECT_NEAR(bound, log_beta(3, 6) + log_beta(2, 5) - 2 * log_beta(1, 2), 1e-12);
}

// A vector of one element is a number: its square is known, and no grid is needed.
TEST(Evidence, OfAProductOverOneLevelIsTheBound) {
  ModelJoint joint(registry(), read(R"(
plates: {n: 3, k: 1}
data:
  x[n, k]: [[1], [2], [-1]]
  y[n]: [1.5, 3, -2]
model:
  b:    normal(0, variance = 2, over = k)
  y[n]: normal(dot(b, x), variance = 1)
)"));
  joint.initialize(1, 0);
  for (const Source& source : joint.sources()) EXPECT_FALSE(source.grid) << source.variable->name;
  const Eigen::Vector3d x(1, 2, -1), y(1.5, 3, -2);
  const Eigen::Matrix3d covariance = Eigen::Matrix3d::Identity() + 2 * x * x.transpose();
  EXPECT_NEAR(run(joint).bound,
              -0.5 * (3 * std::log(2 * std::numbers::pi) + std::log(covariance.determinant()) +
                      y.dot(covariance.inverse() * y)),
              1e-12);
}

TEST(Evidence, OfAJointBlockIsTheBound) {
  if (!registry().find_family("normal_gamma")) GTEST_SKIP() << "no normal_gamma";
  const double bound = evidence(R"(
plates: {n: 4}
data:
  y[n]: [1, 2, 4, 2.5]
model:
  mu:   normal(0.5, precision = 0.1 * tau)
  tau:  gamma(shape = 2, rate = 1.5)
  y[n]: normal(mu, precision = tau)
posterior:
  joint: [[mu, tau]]
)");
  const Eigen::Vector4d y(1, 2, 4, 2.5);
  const double kappa = 4.1, mean = (0.1 * 0.5 + y.sum()) / kappa, shape = 4;
  const double rate = 1.5 + 0.5 * (y.squaredNorm() + 0.1 * 0.25 - kappa * mean * mean);
  EXPECT_NEAR(bound,
              lgamma_of(shape) - lgamma_of(2) + 2 * std::log(1.5) - shape * std::log(rate) +
                  0.5 * std::log(0.1 / kappa) - 2 * std::log(2 * std::numbers::pi),
              1e-12);
}

const char* kMixture = R"(
plates: {n: 9, k: 3}
data:
  y[n]: [1.2, 0.3, 2.2, -1, 0.4, 3, 5, 5.2, 4.7]
model:
  w:      dirichlet(0.7, over = k)
  mu[k]:  normal(0, precision = 0.1)
  tau[k]: gamma(shape = 2, rate = 1)
  z[n]:   categorical(w)
  y[n]:   normal(mu[z], precision = tau[z])
inference:
  initialize: {z: random}
)";

TEST(Passes, GiveWhatStoredResponsibilitiesGive) {
  model::Model model = read(kMixture);
  const auto z = static_cast<std::size_t>(model.find("z") - model.variables.data());
  model.initializations[z] = {};
  model.initializations[z].kind = model::Initialization::Kind::moments;
  Eigen::VectorXd start(27);
  for (Index i = 0; i < 27; ++i) start[i] = 1 + 0.5 * std::sin(static_cast<double>(i));
  for (Index n = 0; n < 9; ++n) start.segment(3 * n, 3) /= start.segment(3 * n, 3).sum();
  model.initializations[z].numbers.push_back({"cell", {{}, start}});
  ModelJoint eliminated(registry(), model), stored(registry(), model, true);
  ASSERT_EQ(eliminated.passes(), 1);
  ASSERT_EQ(stored.passes(), 0);
  eliminated.initialize(1, 0);
  stored.initialize(1, 0);
  const Solution a = run(eliminated, 20), b = run(stored, 20);
  ASSERT_EQ(a.trace.size(), b.trace.size());
  for (std::size_t k = 0; k < a.trace.size(); ++k) EXPECT_NEAR(a.trace[k].bound, b.trace[k].bound, 1e-11);
}

TEST(Passes, GiveTheSameBytesOnAnyNumberOfThreads) {
  std::string y, text = kMixture;
  for (int n = 0; n < 6000; ++n) y += fmt::format("{}{}", n ? ", " : "", std::sin(n * 0.37) + (n % 3) * 2);
  const std::size_t begin = text.find("[1.2"), end = text.find(']', begin);
  text.replace(begin, end - begin + 1, "[" + y + "]");
  text.replace(text.find("n: 9"), 4, "n: 6000");
  const model::Model model = read(text);
  std::vector<double> bounds;
  for (const int threads : {1, 2}) {
    ModelJoint joint(registry(), model);
    joint.initialize(3, 0);
    bounds.push_back(run(joint, 5, threads).bound);
  }
  EXPECT_EQ(bounds[0], bounds[1]);
}

}  // namespace
}  // namespace kullback::messages::test
