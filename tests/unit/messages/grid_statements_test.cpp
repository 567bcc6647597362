// Statements without a closed rule behind latent selectors, within limits and on weighted plates, against quadrature
// and coordinate ascent by scipy (tests/golden/make_grids.py).
#include "golden.hpp"
#include "messages/numeric.hpp"

#include "support/temporary_folder.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>

namespace kullback::messages::test {
namespace {

Json golden(const std::string& name) { return golden_file("grids.json")[name]; }

struct Finished {
  Solution solution;
  std::unique_ptr<ModelJoint> joint;

  /// Mean and standard deviation of a grid's members, by mean.
  std::vector<std::pair<double, double>> moments(const std::string& name) const {
    const Eigen::MatrixXd m =
        joint->grid_moments(static_cast<int>(joint->model().find(name) - joint->model().variables.data()));
    std::vector<std::pair<double, double>> sorted;
    for (Index k = 0; k < m.cols(); ++k) sorted.emplace_back(m(0, k), m(1, k));
    std::sort(sorted.begin(), sorted.end());
    return sorted;
  }
};

Finished run(const model::Model& model) {
  Finished r;
  r.joint = std::make_unique<ModelJoint>(registry(), model);
  r.joint->initialize(1, 0);
  Settings settings;
  settings.max_sweeps = 500;
  settings.tolerance = 1e-11;
  Observer observer;
  r.solution = solve(*r.joint, registry().optimizer("coordinate_ascent"), settings, observer);
  EXPECT_NE(r.solution.status, Status::bound_fell) << r.solution.reason;
  return r;
}
Finished run(const std::string& text) { return run(read(text)); }

const char* const kMixture = R"(
plates: {n: data, k: 2}
data:
  y[n]: [-2.1, -1.9, -2.4, 3.0, 3.3, 2.8, 9.0, -1.5]
model:
  weights: dirichlet(1, over = k)
  mu[k]:   normal(0, stddev = 5)
  z[n]:    categorical(weights)
)";
const char* const kRandom = "inference:\n  initialize: {z: random}\n";

TEST(GridStatements, BehindASelector) {
  const Json expected = golden("mixture");
  const Finished r = run(std::string(kMixture) + "  y[n]: cauchy(location = mu[z], scale = 1)\n" + kRandom);
  EXPECT_NEAR(r.solution.bound, expected["bound"].get<double>(), 1e-7);
  const auto mu = r.moments("mu");
  for (std::size_t k = 0; k < 2; ++k) {
    EXPECT_NEAR(mu[k].first, expected["mean"][k].get<double>(), 1e-5);
    EXPECT_NEAR(mu[k].second, expected["stddev"][k].get<double>(), 1e-5);
  }
}

// Spelled so that no rule is closed, a mixture of normals is what its closed form says.
TEST(GridStatements, BehindASelectorAgreeWithAClosedForm) {
  const std::string tau = "  tau[k]: gamma(shape = 2, rate = 1)\n";
  const Finished closed = run(kMixture + tau + "  y[n]: normal(mu[z], precision = tau[z])\n" + kRandom);
  const Finished numeric = run(kMixture + tau + "  y[n]: normal(mu[z], stddev = exp(-0.5 * log(tau[z])))\n" + kRandom);
  EXPECT_EQ(numeric.joint->put_on_grids().size(), 2u);
  EXPECT_NEAR(numeric.solution.bound, closed.solution.bound, 1e-6);
}

TEST(GridStatements, BehindTwoSelectorsAgreeWithAClosedForm) {
  const std::string text = R"(
plates: {n: data, k: 2, l: [low, high]}
data:
  y[n]: [-2.1, -0.9, 0.02, 0.1, 13.3, 0.8, -5.1, 25.4]
model:
  tau[k, l]: gamma(shape = 2, rate = 1)
  z[n]:      categorical([0.5, 0.5], over = k)
  u[n]:      categorical([0.3, 0.7], over = l)
)";
  const std::string start = "inference:\n  initialize: {z: random, u: random}\n";
  const Finished closed = run(text + "  y[n]: normal(0, precision = tau[z, u])\n" + start);
  const Finished numeric = run(text + "  y[n]: normal(0, stddev = exp(-0.5 * log(tau[z, u])))\n" + start);
  EXPECT_EQ(numeric.joint->put_on_grids().size(), 1u);
  EXPECT_NEAR(numeric.solution.bound, closed.solution.bound, 1e-6);
}

// Tables that are too large to be kept are made again: one after another they sum to the same.
TEST(GridStatements, ExpectTheSameOfTablesThatAreNotKept) {
  const Finished r = run(std::string(kMixture) + "  y[n]: cauchy(location = mu[z], scale = 1)\n" + kRandom);
  const NumericStatement& statement = r.joint->compiled().numeric.front();
  const Eigen::VectorXd first = Eigen::VectorXd::LinSpaced(700, -3, 4), second = Eigen::VectorXd::Zero(1);
  const Eigen::VectorXd mass = Eigen::VectorXd::LinSpaced(700, 0, 1), one = Eigen::VectorXd::Ones(1);
  const NodesOfReading nodes{r.joint->model(), r.joint->sources(), statement, 0, first, second, false, 0, 8};
  const Eigen::VectorXd expected = numeric_expectations(nodes, mass, one);
  for (Index c = 0; c < 8; ++c) {
    const double y =
        r.joint->model().find("y")->data.values[statement.readings[0].cells[static_cast<std::size_t>(c)].cell];
    double sum = 0;
    for (Index i = 0; i < 700; ++i) {
      const double d = y - first[i];
      sum -= mass[i] * std::log(std::numbers::pi * (1 + d * d));
    }
    EXPECT_NEAR(expected[c], sum, 1e-11 * std::abs(sum));
  }
}

// Where the mass is likely to lie is read off some of the rows, whatever their order.
TEST(GridStatements, OfManyRowsIsTheSumOverAllOfThem) {
  for (const bool outliers : {false, true}) {
    constexpr int kRows = 12'000;
    std::string rows;
    std::vector<double> y;
    for (int n = 0; n < kRows; ++n) {
      y.push_back(outliers && n % 24 == 0 ? 40 : 3 + 2 * std::tan(1.4 * (2.0 * n / kRows - 1)));
      rows += fmt::format("{}{:.17g}", n > 0 ? ", " : "", y.back());
    }
    const Finished r = run("plates: {n: data}\ndata:\n  y[n]: [" + rows +
                           "]\nmodel:\n  mu: normal(0, stddev = 100)\n"
                           "  y[n]: cauchy(location = mu, scale = 2)\n");
    const auto log_density = [&](double mu) {
      double sum = -0.5 * mu * mu / 1e4 - std::log(100) - 0.5 * std::log(2 * std::numbers::pi);
      for (const double value : y) sum -= std::log(2 * std::numbers::pi * (1 + 0.25 * (value - mu) * (value - mu)));
      return sum;
    };
    const auto [mean, stddev] = r.moments("mu")[0];
    const double top = log_density(mean), h = 0.1 * stddev;
    double mass = 0;
    for (int i = -120; i <= 120; ++i) mass += h * std::exp(log_density(mean + i * h) - top);
    EXPECT_NEAR(r.solution.bound, top + std::log(mass), 1e-6) << outliers;
  }
}

// The search for the mass finds one of them; the other lies near what is observed.
TEST(GridStatements, HasTwoModesFarFromEachOther) {
  const Json expected = golden("two_modes");
  const Finished r =
      run("plates: {n: data}\ndata:\n  y[n]: " + expected["y"].dump() +
          "\nmodel:\n  mu: normal(0, stddev = 30)\n  y[n]: cauchy(location = mu, scale = " + expected["scale"].dump() +
          ")\n");
  EXPECT_NEAR(r.solution.bound, expected["evidence"].get<double>(), 1e-6);
  EXPECT_NEAR(r.moments("mu")[0].first, expected["mean"].get<double>(), 1e-6);
}

// Of two unknown numbers: the sum over the rows is known at few points, and between them; with a kink at every row at
// few scales.
void expect_of_many(const std::string& name, const std::string& family, const std::string& posterior,
                    const std::function<double(int, int)>& row) {
  const Json expected = golden(name);
  const auto count = expected["rows"].get<int>();
  const test_support::TemporaryFolder folder;
  std::string rows = "y\n";
  for (int n = 0; n < count; ++n) rows += fmt::format("{:.17g}\n", row(n, count));
  folder.write("rows.csv", rows);
  const Finished r =
      run(read("plates: {n: data}\ndata:\n  file: rows.csv\n  y[n]: y\nmodel:\n"
               "  mu:   normal(0, stddev = " +
                   std::string(family == "cauchy" ? "100" : "5") +
                   ")\n"
                   "  s:    half_cauchy(scale = 5)\n"
                   "  y[n]: " +
                   family + "(location = mu, scale = s)\nposterior:\n  s: discrete_grid\n" + posterior,
               folder.path()));
  EXPECT_NEAR(r.solution.bound, expected["bound"].get<double>(), 1e-6);
  EXPECT_LE(r.solution.bound_error, 1e-6);
  EXPECT_NEAR(r.moments("mu")[0].first, expected["mean"].get<double>(), 1e-7);
  EXPECT_NEAR(r.moments("mu")[0].second, expected["stddev"].get<double>(), 1e-7);
  EXPECT_NEAR(r.moments("s")[0].first, expected["scale"].get<double>(), 1e-7);
  EXPECT_NEAR(r.moments("s")[0].second, expected["scale_stddev"].get<double>(), 1e-7);
  const NumericStatement::Read& read = r.joint->compiled().numeric.back().readings.front();  // of y
  EXPECT_FALSE(read.smooth.empty());
}

TEST(GridStatements, OfManyRowsAndTwoNumbers) {
  expect_of_many("many_rows", "cauchy", "",
                 [](int n, int count) { return 3 + 2 * std::tan(1.4 * (2.0 * n / count - 1)); });
}

// Cells as wide as some rows are apart see their kinks by chance.
TEST(GridStatements, OfManyRowsWithKinks) {
  expect_of_many("many_kinks", "laplace", "  mu: discrete_grid(cells = 1000)\n", [](int n, int count) {
    const double u = 2 * (n + 0.5) / count - 1;
    return 1 - std::copysign(1.5, u) * std::log1p(-std::abs(u));
  });
}

// A level that a row compares with: the other way to write a selector.
TEST(GridStatements, OfAComparedLevel) {
  const std::string text = std::string(kMixture) + "  spread: half_cauchy(scale = 1)\n";
  const std::string rest = "posterior:\n  spread: discrete_grid\ninference:\n  initialize: {z: random}\n";
  const Finished compared =
      run(text + "  y[n]: cauchy(location = 4 * (z == 2), scale = spread)\n  unread[n]: normal(mu[z], stddev = 1)\n" +
          rest);
  const Finished picked = run(text +
                              "  at[k = 1]: 0\n  at[k = 2]: 4\n  y[n]: cauchy(location = at[z], scale = spread)\n"
                              "  unread[n]: normal(mu[z], stddev = 1)\n" +
                              rest);
  EXPECT_NEAR(compared.solution.bound, picked.solution.bound, 1e-9);
}

TEST(GridStatements, OnAWeightedPlate) {
  const Json expected = golden("weighted");
  const test_support::TemporaryFolder folder;
  std::string rows = "y,times\n";
  for (const Json& row : expected["rows"]) rows += row[0].dump() + "," + row[1].dump() + "\n";
  folder.write("rows.csv", rows);
  const Finished r = run(read(R"(
plates: {n: {size: data, weight: times}}
data:
  file: rows.csv
  y[n]: y
model:
  x[n]: student_t(degrees_of_freedom = 3, location = 0, scale = 1)
  y[n]: normal(x, stddev = 0.5)
posterior:
  x: discrete_grid
)",
                              folder.path()));
  EXPECT_NEAR(r.solution.bound, expected["bound"].get<double>(), 1e-6);
  std::vector<double> means;
  for (const Json& mean : expected["mean"]) means.push_back(mean.get<double>());
  std::sort(means.begin(), means.end());
  const auto x = r.moments("x");
  for (std::size_t k = 0; k < means.size(); ++k) EXPECT_NEAR(x[k].first, means[k], 1e-6);
}

void expect_exact(const Finished& r, const std::string& name, const Json& expected) {
  EXPECT_NEAR(r.solution.bound, expected["evidence"].get<double>(), 1e-6);
  EXPECT_NEAR(r.moments(name)[0].first, expected["mean"].get<double>(), 1e-6);
  EXPECT_NEAR(r.moments(name)[0].second, expected["stddev"].get<double>(), 1e-6);
}

// Whether or not the file says that they are on grids.
TEST(GridStatements, StartAtNumbers) {
  const std::string text = std::string(kMixture) +
                           "  s: gamma(shape = 2, rate = 2)\n  y[n]: cauchy(location = mu[z], scale = s)\n"
                           "inference:\n  initialize: {mu: [4, -3], s: {x: 0.5}}\n";
  ModelJoint joint(registry(), read(text));
  joint.initialize(1, 0);
  const auto at = [&](const char* name) {
    return joint.grid_moments(static_cast<int>(joint.model().find(name) - joint.model().variables.data()));
  };
  EXPECT_NEAR(at("mu")(0, 0), 4, 0.2);
  EXPECT_NEAR(at("mu")(0, 1), -3, 0.2);
  EXPECT_NEAR(at("s")(0, 0), 0.5, 0.05);
  for (const Eigen::MatrixXd& m : {at("mu"), at("s")}) EXPECT_NEAR(m(1, 0), 0, 1e-12);
  const std::string refused = [&] {
    try {
      ModelJoint(registry(), read(std::string(kMixture) + "  y[n]: cauchy(location = mu[z], scale = 1)\ninference:\n  "
                                                          "initialize: {mu: {x: [4, -3], x2: [17, 10]}}\n"))
          .initialize(1, 0);
    } catch (const Error& e) {
      return std::string(e.what());
    }
    return std::string();
  }();
  EXPECT_NE(refused.find("mu: a grid starts at one number"), std::string::npos) << refused;
}

TEST(GridStatements, OfCensoredValues) {
  expect_exact(run(R"(
plates: {n: data}
data:
  y[n]:     [1.2, 0.3, NA, 2.5, NA, 0.7]
model:
  mu:   normal(0, stddev = 5)
  y[n]: censored(cauchy(location = mu, scale = 1), low = 3)
)"),
               "mu", golden("censored"));
}

TEST(GridStatements, OfATruncatedPrior) {
  const std::string data = "plates: {n: data}\ndata:\n  y[n]: [1.2, 0.3, 2.5, 0.7]\nmodel:\n";
  const std::string likelihood = "  y[n]: student_t(degrees_of_freedom = 4, location = mu, scale = 1)\n";
  expect_exact(run(data + "  mu: truncated(normal(0, stddev = 5), low = 0)\n" + likelihood), "mu", golden("positive"));
  // The family's own support says the same.
  expect_exact(run(data + "  mu: half_normal(scale = 5)\n" + likelihood), "mu", golden("positive"));
}

TEST(GridStatements, WithinALimitThatIsUnknown) {
  const Json expected = golden("truncated");
  const Finished r = run(R"(
plates: {n: data}
data:
  y[n]: [1.2, 0.3, 2.5, 0.7]
model:
  mu:   normal(0, stddev = 5)
  c:    exponential(rate = 1)
  y[n]: truncated(normal(mu, stddev = 1), high = 2.5 + c)
)");
  EXPECT_NEAR(r.solution.bound, expected["bound"].get<double>(), 1e-6);
  EXPECT_NEAR(r.moments("mu")[0].first, expected["mean"].get<double>(), 1e-5);
  EXPECT_NEAR(r.moments("c")[0].first, expected["excess"].get<double>(), 1e-5);
}

// It starts where the data let it, and its cells begin at the jump: a rule for smooth densities would not see it.
TEST(GridStatements, OfALimitEndInAJump) {
  const std::string data = "plates: {n: data}\ndata:\n  y[n]: [5.2, 1, 3, 8]\nmodel:\n";
  const Json expected = golden("ends_in_a_jump");
  const auto check = [&](const std::string& model, const char* name) {
    const Finished r = run(data + model);
    EXPECT_NEAR(r.solution.bound, expected[name]["evidence"].get<double>(), 1e-9) << name;
    EXPECT_NEAR(r.moments("theta")[0].first, expected[name]["mean"].get<double>(), 1e-7) << name;
  };
  check("  theta: exponential(rate = 0.1)\n  y[n]: truncated(exponential(rate = 0.3), high = theta)\n", "truncated");
  check("  theta: gamma(shape = 2, rate = 0.1)\n  y[n]: uniform(low = 0, high = theta)\n", "uniform");
}

TEST(GridStatements, RefuseLimitsThatNoFactorCanKeep) {
  const std::string latent = refusal(R"(
plates: {n: data}
data:
  y[n]: [1, 2]
model:
  a:    normal(0, stddev = 1)
  x:    truncated(normal(0, stddev = 1), low = a)
  y[n]: normal(x, stddev = 1)
)");
  EXPECT_NE(latent.find("independent factors of q cannot keep one within the other"), std::string::npos) << latent;
  const std::string three = refusal(R"(
plates: {n: data}
data:
  y[n]: [1, 2]
model:
  a:    normal(0, stddev = 1)
  mu:   normal(0, stddev = 1)
  tau:  gamma(shape = 1, rate = 1)
  y[n]: truncated(normal(mu, precision = tau), low = a - 10)
)");
  EXPECT_NE(
      three.find("it needs limits that are known numbers; on grids it needs a sum over at most two grids, but one "
                 "of its cells reads 3 unknown numbers"),
      std::string::npos)
      << three;
}

}  // namespace
}  // namespace kullback::messages::test
