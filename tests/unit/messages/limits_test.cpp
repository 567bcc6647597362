// truncated and censored statements against evidence by quadrature and coordinate ascents written out elsewhere
// (tests/golden/make_limits.py), and rows that count several times against the rows themselves.
#include "golden.hpp"

#include "messages/restricted.hpp"

namespace kullback::messages::test {
namespace {

Json golden(const std::string& name) { return golden_file("limits.json")[name]; }

double moment(const ModelJoint& joint, const std::string& name) { return means_of(joint, name)(0, 0); }

TEST(Limits, CensoredWithKnownParametersIsTheEvidence) {
  const Json g = golden("censored_known");
  ModelJoint joint(registry(), read("plates: {n: 5}\ndata:\n  y[n]: " + list(g["y"]) + "\n  a[n]: " + list(g["low"]) +
                                    "\n  b[n]: " + list(g["high"]) + R"(
model:
  y[n]: censored(normal(1, stddev = 0.8), low = a, high = b)
)"));
  joint.initialize(1, 0);
  const Solution solution = solve_model(joint, 3);
  EXPECT_NEAR(solution.bound, g["evidence"].get<double>(), 1e-11);
  const Eigen::VectorXd means = flat(g["means"]);
  const Eigen::MatrixXd found = means_of(joint, "y");
  ASSERT_EQ(found.size(), means.size());
  for (Index i = 0; i < means.size(); ++i) EXPECT_NEAR(found.data()[i], means[i], 1e-11) << i;
}

TEST(Limits, CensoredAgreesInEverySweep) {
  const Json g = golden("censored");
  model::Model model = read("plates: {n: 8}\ndata:\n  y[n]: " + list(g["y"]) + "\n  a[n]: " + list(g["low"]) + R"(
model:
  mu:   normal(0.5, precision = 0.1)
  tau:  gamma(shape = 2, rate = 1)
  y[n]: censored(normal(mu, precision = tau), low = a)
)");
  set_order(model, {"y", "mu", "tau"});
  ModelJoint joint(registry(), model);
  joint.initialize(1, 0);
  expect_bounds(solve_model(joint, static_cast<Index>(g["bounds"].size())), g["bounds"], 1e-10);
  EXPECT_NEAR(moment(joint, "mu"), g["mu"].get<double>(), 1e-10);
  const Eigen::VectorXd first = flat(g["first"]);
  const Eigen::MatrixXd found = means_of(joint, "y");
  ASSERT_EQ(found.size(), first.size());
  for (Index i = 0; i < first.size(); ++i) EXPECT_NEAR(found.data()[i], first[i], 1e-10) << i;
}

TEST(Limits, TruncatedAgreesInEverySweep) {
  const Json g = golden("truncated");
  model::Model model = read("plates: {n: 8}\ndata:\n  y[n]: " + list(g["y"]) + R"(
model:
  mu:   normal(0.5, precision = 0.1)
  tau:  gamma(shape = 2, rate = 1)
  y[n]: truncated(normal(mu, precision = tau), low = 0.1, high = 3)
)");
  model.initializations[static_cast<std::size_t>(model.find("mu") - model.variables.data())] = {
      model::Initialization::Kind::moments,
      {{"x", {{}, flat(Json::array({g["start"]["x"]}))}}, {"x2", {{}, flat(Json::array({g["start"]["x2"]}))}}},
      {}};
  model.order = {static_cast<int>(model.variables.size())};  // what was discarded, which comes after the model's own
  set_order(model, {"mu", "tau"});
  ModelJoint joint(registry(), model);
  joint.initialize(1, 0);
  expect_bounds(solve_model(joint, static_cast<Index>(g["bounds"].size())), g["bounds"], 1e-9);
  EXPECT_NEAR(moment(joint, "mu"), g["mu"].get<double>(), 1e-9);
}

TEST(Limits, ATruncatedParameterIsExact) {
  const Json g = golden("truncated_prior");
  ModelJoint joint(registry(), read("plates: {n: 3}\ndata:\n  y[n]: " + list(g["y"]) + R"(
model:
  s:    truncated(normal(0.2, precision = 1), low = 0, high = 2)
  y[n]: normal(s, precision = 4)
)"));
  joint.initialize(1, 0);
  EXPECT_NEAR(solve_model(joint, 3).bound, g["evidence"].get<double>(), 1e-11);
  EXPECT_NEAR(moment(joint, "s"), g["mean"].get<double>(), 1e-11);
}

TEST(Limits, CountsAboveZeroAgreeInEverySweep) {
  const Json g = golden("positive_counts");
  model::Model model = read("plates: {n: 6}\ndata:\n  y[n]: " + list(g["y"]) + R"(
model:
  rate: gamma(shape = 2, rate = 1)
  y[n]: truncated(poisson(rate), low = 1)
)");
  model.order = {static_cast<int>(model.variables.size())};
  set_order(model, {"rate"});
  ModelJoint joint(registry(), model);
  joint.initialize(1, 0);
  expect_bounds(solve_model(joint, static_cast<Index>(g["bounds"].size())), g["bounds"], 1e-10);
}

TEST(Limits, WaitingTimesAgreeInEverySweep) {
  const Json g = golden("waiting_times");
  model::Model model = read("plates: {n: 5}\ndata:\n  y[n]: " + list(g["y"]) + "\n  a[n]: " + list(g["low"]) + R"(
model:
  rate: gamma(shape = 1.5, rate = 0.5)
  y[n]: censored(exponential(rate = rate), low = a)
)");
  set_order(model, {"y", "rate"});
  ModelJoint joint(registry(), model);
  joint.initialize(1, 0);
  expect_bounds(solve_model(joint, static_cast<Index>(g["bounds"].size())), g["bounds"], 1e-10);
}

TEST(Limits, MassAndMomentsOfFormsWithinLimits) {
  constexpr double kMost = std::numeric_limits<double>::max();
  for (const Json& g : golden("moments")) {
    const std::string family = g["family"];
    const auto labels = g["labels"].get<std::vector<std::string>>();
    const double infinity = std::numeric_limits<double>::infinity();
    const Support support = family == "normal"    ? Support{-infinity, infinity, false}
                            : family == "beta"    ? Support{0, 1, false}
                            : family == "poisson" ? Support{0, infinity, true}
                                                  : Support{0, infinity, false};
    const Restricted restricted(family, labels, support);
    Eigen::MatrixXd eta(4, 1), m(4, 1);
    eta << g["eta"][0].get<double>(), g["eta"][1].get<double>(), g["low"].is_null() ? -kMost : g["low"].get<double>(),
        g["high"].is_null() ? kMost : g["high"].get<double>();
    Eigen::RowVectorXd log_mass(1);
    restricted.mean({}, eta, m, row(log_mass));
    EXPECT_NEAR(log_mass[0], g["log_mass"].get<double>(), 1e-11 * (1 + std::abs(log_mass[0]))) << g.dump();
    for (Index l = 0; l < 2; ++l) {
      const double mean = g["means"][static_cast<std::size_t>(l)];
      EXPECT_NEAR(m(l, 0), mean, 1e-11 * std::abs(mean)) << g.dump();
    }
    // From elsewhere back to its mean.
    if (const auto x = std::find(labels.begin(), labels.end(), "x") - labels.begin(); x < 2) {
      Eigen::MatrixXd tilted = eta;
      tilted(x, 0) -= 0.3 * std::abs(eta(x, 0)) + 0.01;
      tilt_to_mean(restricted, {}, x, g["means"][static_cast<std::size_t>(x)], tilted);
      EXPECT_NEAR(tilted(x, 0), eta(x, 0), 1e-8 * (1 + std::abs(eta(x, 0)))) << g.dump();
    }
    // Draws: the mean of evenly spread uniforms.
    Eigen::MatrixXd u(1, 2000), x(1, 2000), mean(1, 1);
    for (Index i = 0; i < 2000; ++i) u(0, i) = (static_cast<double>(i) + 0.5) / 2000;
    restricted.sample({}, eta, u, x);
    ASSERT_TRUE(restricted.expect({}, eta, "x", mean));
    const double spread = std::sqrt((x.array() - x.mean()).square().mean());
    EXPECT_NEAR(x.mean(), mean(0, 0), 0.01 * spread) << g.dump();
    EXPECT_GE(x.minCoeff(), restricted.support({}, eta, 0, 0).low);
    EXPECT_LE(x.maxCoeff(), restricted.support({}, eta, 0, 0).high);
  }
}

// Far out the survival function of a Weibull is 0, and its log is known: -(x/scale)^shape.
TEST(Limits, LogMassWhereSurvivalHasUnderflowed) {
  const Distribution& weibull = registry().family("weibull");
  for (const double shape : {0.7, 1.0, 1.8, 3.0})
    for (const double survives : {-800.0, -2500.0, -9000.0}) {
      const Members member = weibull.make({{"shape", shape}, {"scale", 2.0}});
      const double x = 2 * std::pow(-survives, 1 / shape);
      EXPECT_NEAR(log_mass_or_none(weibull, member.layout, member.theta, x, std::numeric_limits<double>::infinity()),
                  survives, 1e-10 * -survives)
          << shape << " " << survives;
    }
  // A shape so small that a third of the mass lies beyond the largest number.
  const Members wide = weibull.make({{"shape", 1e-9}, {"scale", 2.0}});
  EXPECT_NEAR(log_mass_or_none(weibull, wide.layout, wide.theta, 10, std::numeric_limits<double>::infinity()),
              -std::pow(5, 1e-9), 1e-14);
  // The lower tail of a normal, 60 standard deviations out: log Phi(-60) by mpmath.
  const Distribution& normal = registry().family("normal");
  const Members member = normal.make({{"mean", 0.0}, {"stddev", 1.0}});
  EXPECT_NEAR(log_mass_or_none(normal, member.layout, member.theta, -std::numeric_limits<double>::infinity(), -60),
              -1805.0135606805671, 1e-8);
}

// A parameter that is certain to be where nothing is left between the limits, and one that starts at the data.
TEST(Limits, AStartFarFromTheLimitsSaysSo) {
  const std::string text = R"(
plates: {n: 2}
data:
  y[n]: [50.5, 51]
model:
  mu:   normal(0, variance = 10000)
  y[n]: truncated(normal(mu, precision = 1), low = 50, high = 52)
inference:
  initialize: {mu: {x: START, x2: SQUARE}}
)";
  const auto model = [&](double mean, double variance) {
    std::string out = text;
    out.replace(out.find("START"), 5, fmt::format("{}", mean));
    out.replace(out.find("SQUARE"), 6, fmt::format("{}", mean * mean + variance));
    return read(out);
  };
  ModelJoint far(registry(), model(0, 1e-18));
  try {
    far.initialize(1, 0);
    FAIL();
  } catch (const NumericalError& error) {
    EXPECT_NE(std::string(error.what()).find("y (discarded): at the start"), std::string::npos) << error.what();
  }
  ModelJoint near(registry(), model(51, 0.01));
  near.initialize(1, 0);
  EXPECT_EQ(solve_model(near, 5).trace.size(), 5u);
}

TEST(Limits, AValueOutsideSaysWhere) {
  try {
    ModelJoint(registry(), read(R"(
plates: {n: 3}
data:
  y[n]: [1, -2, 3]
model:
  mu:   normal(0, precision = 1)
  y[n]: truncated(normal(mu, precision = 1), low = 0)
)"));
    FAIL();
  } catch (const UnsupportedError& error) {
    EXPECT_NE(std::string(error.what()).find("y[2] is -2"), std::string::npos) << error.what();
  }
}

// Rows with latent variables of their own: one that counts three times is three equal rows.
TEST(Weights, OfLatentRowsAreTheRowsThemselves) {
  const std::string rest = R"(
model:
  mu:   normal(0, precision = 0.1)
  tau:  gamma(shape = 2, rate = 1)
  u[n]: gamma(shape = 2, rate = 2)
  y[n]: normal(mu, precision = tau * u)
)";
  const std::string folder = testing::TempDir();
  std::ofstream(folder + "/counted_rows.csv") << "y,times\n1,3\n2.5,1\n-1,2\n";
  ModelJoint counted(
      registry(),
      read("plates: {n: {size: data, weight: times}}\ndata:\n  file: counted_rows.csv\n  y[n]: y" + rest, folder));
  ModelJoint repeated(registry(), read("plates: {n: 6}\ndata:\n  y[n]: [1, 1, 1, 2.5, -1, -1]" + rest));
  for (ModelJoint* joint : {&counted, &repeated}) joint->initialize(1, 0);
  const Solution a = solve_model(counted, 40), b = solve_model(repeated, 40);
  ASSERT_EQ(a.trace.size(), b.trace.size());
  for (std::size_t s = 0; s < a.trace.size(); ++s)
    EXPECT_NEAR(a.trace[s].bound, b.trace[s].bound, 1e-11 * std::abs(b.trace[s].bound)) << s;
  EXPECT_NEAR(moment(counted, "mu"), moment(repeated, "mu"), 1e-11);
}

}  // namespace
}  // namespace kullback::messages::test
