// Flat priors, against least squares and quadrature of the likelihood (tests/golden/make_flat.py).
#include "golden.hpp"

#include <kullback/error.hpp>

#include <Eigen/LU>

namespace kullback::messages::test {
namespace {

// Means and standard deviations of the numbers of one variable, as the family of its factor says.
struct Numbers {
  Eigen::VectorXd mean, stddev;
};
Numbers numbers_of(const ModelJoint& joint, const std::string& name, Index row = 0) {
  const Members q = joint.posterior(static_cast<int>(&source_named(joint, name) - joint.sources().data()));
  const auto* moments = capability<kullback::Moments>(*q.family, q.layout);
  Eigen::MatrixXd x(q.layout.dimension, q.theta.cols()), x2 = x;
  EXPECT_TRUE(moments->expect(q.layout, q.theta, "x", x) && moments->expect(q.layout, q.theta, "x2", x2));
  const Index rows = row > 0 || q.layout.dimension == 2 ? 1 : q.layout.dimension;
  const Eigen::VectorXd mean = x.middleRows(row, rows).reshaped(), second = x2.middleRows(row, rows).reshaped();
  return {mean, (second - mean.cwiseAbs2()).cwiseSqrt()};
}

TEST(Flat, CoefficientsAreLeastSquares) {
  const Json g = golden_file("flat.json")["least_squares"];
  ModelJoint joint(registry(), read("plates: {n: 12, c: 3}\ndata:\n  y[n]: " + list(g["y"]) +
                                    "\n  X[n, c]: " + list(g["X"]) + "\nmodel:\n  beta: flat(over = c)\n" +
                                    "  y[n]: normal(dot(beta, X), stddev = " + g["stddev"].dump() + ")\n"));
  joint.initialize(1, 0);
  EXPECT_NEAR(solve_model(joint, 3).bound, g["bound"].get<double>(), 1e-10);
  EXPECT_LT((numbers_of(joint, "beta").mean - flat(g["mean"])).cwiseAbs().maxCoeff(), 1e-12);
  const Members q = joint.posterior(static_cast<int>(&source_named(joint, "beta") - joint.sources().data()));
  Eigen::MatrixXd products(9, 1);
  ASSERT_TRUE(capability<kullback::Moments>(*q.family, q.layout)->expect(q.layout, q.theta, "x*x'", products));
  const Eigen::VectorXd mean = flat(g["mean"]), covariance = flat(g["covariance"]);
  EXPECT_LT((products - (mean * mean.transpose()).reshaped() - covariance).cwiseAbs().maxCoeff(), 1e-12);
}

TEST(Flat, OneNumberHasTheLikelihoodForItsPosterior) {
  const Json g = golden_file("flat.json")["one"];
  ASSERT_GE(g["cases"].size(), 6u);
  for (const Json& each : g["cases"]) {
    SCOPED_TRACE(each["name"].get<std::string>());
    ModelJoint joint(registry(), read("plates: {n: 9, m: 7}\ndata:\n  y[n]: " + list(g["y"]) +
                                      "\n  counts[m]: " + list(g["counts"]) + "\nmodel:\n  x: flat()\n  " +
                                      each["statement"].get<std::string>() + "\n"));
    joint.initialize(1, 0);
    EXPECT_NEAR(solve_model(joint, 3).bound, each["bound"].get<double>(), 1e-9);
    const Numbers x = numbers_of(joint, "x");
    EXPECT_NEAR(x.mean[0], each["mean"].get<double>(), 1e-9);
    EXPECT_NEAR(x.stddev[0], each["stddev"].get<double>(), 1e-8);
  }
}

TEST(Flat, MeanAndStandardDeviationAreTheFixedPoint) {
  const Json g = golden_file("flat.json"), field = g["pair"]["field"];
  const std::string data = "plates: {n: 9}\ndata:\n  y[n]: " + list(g["one"]["y"]) + "\nmodel:\n";
  ModelJoint joint(registry(), read(data + "  mu: flat()\n  sigma: flat()\n  y[n]: normal(mu, stddev = sigma)\n"));
  joint.initialize(1, 0);
  EXPECT_NEAR(solve_model(joint, 60).bound, field["bound"].get<double>(), 1e-9);
  for (const char* name : {"mu", "sigma"}) {
    EXPECT_NEAR(numbers_of(joint, name).mean[0], field[name][0].get<double>(), 1e-9) << name;
    EXPECT_NEAR(numbers_of(joint, name).stddev[0], field[name][1].get<double>(), 1e-8) << name;
  }
  const Json both = g["pair"]["joint"];
  ModelJoint one(registry(), read(data + "  mu: flat()\n  tau: flat()\n  y[n]: normal(mu, precision = tau)\n" +
                                  "posterior:\n  joint: [[mu, tau]]\n"));
  one.initialize(1, 0);
  EXPECT_NEAR(solve_model(one, 3).bound, both["bound"].get<double>(), 1e-8);
  Index row = 0;
  for (const char* name : {"mu", "tau"}) {
    EXPECT_NEAR(numbers_of(one, "mu", row).mean[0], both[name][0].get<double>(), 1e-8) << name;
    EXPECT_NEAR(numbers_of(one, "mu", row).stddev[0], both[name][1].get<double>(), 1e-8) << name;
    ++row;
  }
}

// gamma(1 + n/2, S/2) of a precision, as a matrix: the Wishart density without its factors has v = d + 1 + n.
TEST(Flat, APrecisionMatrixHasTheScatterForItsInverseScale) {
  ModelJoint joint(registry(), read(R"(
plates: {n: 4, d: 2}
data:
  y[n, d]: [[1, 2], [2, -1], [0, 3], [-1, 1]]
model:
  Lambda: flat(over = d)
  y[n]: multivariate_normal(0, precision = Lambda, over = d)
)"));
  joint.initialize(1, 0);
  solve_model(joint, 2);
  const Eigen::Matrix2d scatter{{6, -1}, {-1, 15}};
  const Eigen::VectorXd expected = (7 * scatter.inverse()).reshaped();
  EXPECT_LT((numbers_of(joint, "Lambda").mean - expected).cwiseAbs().maxCoeff(), 1e-12);
}

// Rows of two groups: each hears of its own alone, and another that is stated keeps its number.
TEST(Flat, CellsOfTheirOwn) {
  ModelJoint joint(registry(), read(R"(
plates: {n: 5, k: [a, b, c]}
data:
  g[n]: {value: [a, a, b, b, c], levels: k}
  y[n]: [1, 2, 5, 7, 40]
model:
  mu[k = c]: normal(0, precision = 1)
  mu[k]: flat()
  y[n]: normal(mu[g], variance = 2)
)"));
  joint.initialize(1, 0);
  solve_model(joint, 2);
  const Numbers mu = numbers_of(joint, "mu");
  EXPECT_LT((mu.mean - Eigen::Vector3d(1.5, 6, 40.0 / 3)).cwiseAbs().maxCoeff(), 1e-12);
  EXPECT_LT((mu.stddev - Eigen::Vector3d(1, 1, std::sqrt(2.0 / 3))).cwiseAbs().maxCoeff(), 1e-12);
}

TEST(Flat, ProbabilitiesAreProper) {
  const model::Model model = read(R"(
plates: {n: 5, k: 3}
data:
  z[n]: {value: [1, 3, 3, 3, 2], levels: k}
  b[n]: [1, 0, 1, 1, 1]
model:
  p: flat()
  w: flat(over = k)
  b[n]: bernoulli(p)
  z[n]: categorical(w)
)");
  EXPECT_TRUE(model.flat_priors().empty());
  ModelJoint joint(registry(), model);
  joint.initialize(1, 0);
  // log of 4! 1!/6! and of 2! (1! 1! 3!)/7!: the marginal likelihoods by counting.
  EXPECT_NEAR(solve_model(joint, 2).bound, std::log(1 / 30.0) + std::log(12 / 5040.0), 1e-12);
  EXPECT_NEAR(numbers_of(joint, "p").mean[0], 5.0 / 7, 1e-14);
  EXPECT_LT((numbers_of(joint, "w").mean - Eigen::Vector3d(2, 2, 4) / 8).cwiseAbs().maxCoeff(), 1e-14);
}

TEST(Flat, AGridWithEndsIsUniformBetweenThem) {
  const Json g = golden_file("flat.json"), ends = g["between_ends"];
  const model::Model model = read("plates: {n: 9}\ndata:\n  y[n]: " + list(g["one"]["y"]) +
                                  "\nmodel:\n  x: flat()\n  y[n]: cauchy(x, scale = 1)\n" +
                                  "posterior:\n  x: discrete_grid(low = -3, high = 4)\n");
  EXPECT_TRUE(model.flat_priors().empty());
  ModelJoint joint(registry(), model);
  joint.initialize(1, 0);
  EXPECT_NEAR(solve_model(joint, 3).bound, ends["bound"].get<double>(), 1e-6);
  const auto x = static_cast<int>(&source_named(joint, "x") - joint.sources().data());
  EXPECT_NEAR(joint.grid_moments(x)(0, 0), ends["mean"].get<double>(), 1e-5);
  EXPECT_NEAR(joint.grid_moments(x)(1, 0), ends["stddev"].get<double>(), 1e-5);
}

// What too few data leave without a finite integral says which variable, and what is missing.
TEST(Flat, ImproperPosteriorsAreErrors) {
  const struct {
    const char *file, *says;
  } cases[] = {
      {"plates: {n: 1}\ndata:\n  y[n]: [1.5]\nmodel:\n  s: flat()\n  y[n]: normal(1, stddev = s)\n",
       "s: its prior is flat, and its posterior is improper: too few observations speak of it"},
      {"plates: {n: 2}\ndata:\n  y[n]: [1.5, 2]\nmodel:\n  v: flat()\n  y[n]: normal(1, variance = v)\n",
       "v: its prior is flat, and its posterior is improper: too few observations speak of it"},
      {"plates: {n: 2}\ndata:\n  y[n]: [1, 1]\nmodel:\n  t: flat()\n  y[n]: normal(1, precision = t)\n",
       "t: its prior is flat, and its posterior is improper: what is observed of it does not vary"},
      {"plates: {n: 1}\ndata:\n  y[n]: [1.5]\nmodel:\n  m: flat()\n  t: flat()\n  y[n]: normal(m, precision = t)\n",
       "t: its prior is flat, and its posterior is improper"},
      {"plates: {n: 3, c: [one, x, twice]}\ndata:\n  X[n, c]: [[1, 0.1, 0.2], [1, 0.3, 0.6], [1, 0.7, 1.4]]\n"
       "  y[n]: [1, 2, 3]\nmodel:\n  b: flat(over = c)\n  y[n]: normal(dot(b, X), stddev = 1)\n",
       "the data do not tell its coordinate c = twice from those before it"},
      {"plates: {n: 2, k: 3}\ndata:\n  g[n]: {value: [1, 3], levels: k}\n  y[n]: [1, 2]\nmodel:\n  mu[k]: flat()\n"
       "  y[n]: normal(mu[g], stddev = 1)\n",
       "mu[2]: its prior is flat, and its posterior is improper: no observation speaks of it"},
  };
  for (const auto& [file, says] : cases) {
    SCOPED_TRACE(file);
    ModelJoint joint(registry(), read(file));
    joint.initialize(1, 0);
    Settings settings;
    settings.max_sweeps = 2000;
    Observer observer;
    try {
      solve(joint, registry().optimizer("coordinate_ascent"), settings, observer);
      ADD_FAILURE() << "no error";
    } catch (const NumericalError& error) {
      EXPECT_NE(std::string(error.what()).find(says), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace kullback::messages::test
