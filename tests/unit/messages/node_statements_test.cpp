// Statements that are closed at each node of a grid, against coordinate ascent written out densely
// (tests/golden/make_nodes.py).
#include "golden.hpp"

#include "parallel/parallel.hpp"

namespace kullback::messages::test {
namespace {

Json golden(const std::string& name) { return golden_file("nodes.json")[name]; }

std::string data_of(const Json& g) {
  return fmt::format("plates: {{n: {}}}\ndata:\n  x[n]: {}\n  y[n]: {}\n", g["y"].size(), list(g["x"]), list(g["y"]));
}

// An exponential decay whose rate is on a grid.
std::string decay(const Json& g, const std::string& prior_of_rate) {
  return data_of(g) + R"(
model:
  a: normal(0, precision = 1e-2)
  b: normal(0, precision = 1e-2)
  tau: gamma(shape = 0.5, rate = 0.1)
  y[n]: normal(a + b * exp(-c * x), precision = tau)
  c: )" + prior_of_rate +
         "\n";
}

std::unique_ptr<ModelJoint> started(const std::string& text) {
  auto joint = std::make_unique<ModelJoint>(registry(), read(text));
  joint->initialize(1, 0);
  return joint;
}

const Block& block_of(const ModelJoint& joint, const std::string& name) {
  return joint.blocks()[static_cast<std::size_t>(source_named(joint, name).block)];
}

void expect_probabilities(const ModelJoint& joint, const std::string& name, Index cell, const Json& expected) {
  const Source& source = source_named(joint, name);
  const Eigen::VectorXd q = block_of(joint, name).m.col(source.member[static_cast<std::size_t>(cell)]);
  const Eigen::VectorXd p = flat(expected);
  ASSERT_EQ(q.size(), p.size());
  for (Index i = 0; i < p.size(); ++i) EXPECT_NEAR(q[i], p[i], 1e-8) << name << " " << cell << " node " << i;
}

const char* const kChange = R"(
model:
  alpha:  normal(0, precision = 1e-6)
  before: normal(0, precision = 1e-6)
  after:  normal(0, precision = 1e-6)
  tau:    gamma(shape = 0.001, rate = 0.001)
  change: uniform(low = -1.3, high = 1.1)
  slope[n]: before * (x <= change) + after * (x > change)
  y[n]:   normal(alpha + slope * (x - change), precision = tau)
posterior:
  change: discrete_grid(cells = 400, low = -1.3, high = 1.1)
  joint: [[alpha, before, after]]
)";

TEST(NodeStatements, AChangeOfSlopeAtAnUnknownPlace) {
  const Json g = golden("change");
  const auto joint = started(data_of(g) + kChange);
  EXPECT_NEAR(solve_model(*joint, 1500).bound, g["bound"].get<double>(), 1e-8);
  const Block& block = block_of(*joint, "alpha");
  const Eigen::VectorXd mean = flat(g["mean"]), covariance = flat(g["covariance"]);
  for (Index i = 0; i < 3; ++i) {
    EXPECT_NEAR(block.m(i, 0), mean[i], 1e-8) << i;
    for (Index j = 0; j < 3; ++j)
      EXPECT_NEAR(block.m(3 + 3 * i + j, 0) - block.m(i, 0) * block.m(j, 0), covariance[3 * i + j], 1e-9) << i << j;
  }
  expect_probabilities(*joint, "change", 0, g["probabilities"][0]);
}

TEST(NodeStatements, AreTheSameBytesOnTwoThreads) {
  Json g = {{"x", Json::array()}, {"y", Json::array()}};
  for (int n = 0; n < 3000; ++n) {
    const double x = -1.3 + 2.4 * n / 3000.0;
    g["x"].push_back(x);
    g["y"].push_back(0.7 - (x > 0.2 ? 1.1 : 0.3) * (x - 0.2) + 0.1 * std::sin(40.0 * n));
  }
  std::vector<Eigen::MatrixXd> etas;
  for (const int threads : {1, 2}) {
    const parallel::ThreadLimit limit(threads);
    const auto joint = started(data_of(g) + kChange);
    solve_model(*joint, 5);
    etas.push_back(block_of(*joint, "alpha").eta);
  }
  EXPECT_TRUE((etas[0].array() == etas[1].array()).all());
}

TEST(NodeStatements, ARateOfDecayBesideFactorsApart) {
  const Json g = golden("decay");
  const auto joint = started(decay(g, "gamma(shape = 2, rate = 1)") + R"(
posterior:
  c: discrete_grid(cells = 200, low = 0.1, high = 3)
)");
  EXPECT_NEAR(solve_model(*joint, 1500).bound, g["bound"].get<double>(), 1e-8);
  EXPECT_NEAR(means_of(*joint, "a")(0, 0), g["mean"][0].get<double>(), 1e-8);
  EXPECT_NEAR(means_of(*joint, "b")(0, 0), g["mean"][1].get<double>(), 1e-8);
  EXPECT_NEAR(means_of(*joint, "tau")(0, 0), g["tau"].get<double>(), 1e-6);
  expect_probabilities(*joint, "c", 0, g["probabilities"][0]);
}

// The value of x at 0.3, on cells that are found and refined: the same as on very many.
TEST(NodeStatements, CellsAreFoundAndRefined) {
  const Json g = golden("decay");
  const std::string model = decay(g, "gamma(shape = 2, rate = 1)");
  const auto found = started(model),
             given = started(model + "posterior:\n  c: discrete_grid(cells = 20000, low = 0, high = 10)\n");
  EXPECT_EQ(found->put_on_grids().size(), 1u);
  const double bound = solve_model(*found, 600).bound;
  EXPECT_LT(found->quadrature_error(), 1e-6);
  EXPECT_NEAR(bound, solve_model(*given, 600).bound, 1e-6);
}

TEST(NodeStatements, EveryGroupHasAPlaceOfItsOwn) {
  const Json g = golden("groups");
  std::string text = data_of(g) + "  g[n]: {value: " + list(g["g"]) + ", levels: k}\n" + R"(
model:
  m[k]: normal(0, precision = 0.1)
  b:    normal(0, precision = 0.2)
  tau:  gamma(shape = 1, rate = 0.1)
  c[k]: uniform(low = -1.3, high = 1.1)
  y[n]: normal(m[g] + b * (x > c[g]), precision = tau)
posterior:
  c: discrete_grid(cells = 48, low = -1.3, high = 1.1)
)";
  text.replace(text.find("{n: 12}"), 7, "{n: 12, k: 3}");
  const auto joint = started(text);
  EXPECT_NEAR(solve_model(*joint, 1500).bound, g["bound"].get<double>(), 1e-8);
  for (Index k = 0; k < 3; ++k) {
    EXPECT_NEAR(means_of(*joint, "m")(0, k), g["mean"][static_cast<std::size_t>(k)].get<double>(), 1e-8);
    expect_probabilities(*joint, "c", k, g["probabilities"][static_cast<std::size_t>(k)]);
  }
}

TEST(NodeStatements, TwoNumbersOnGridsInOneProduct) {
  const Json g = golden("two");
  const auto joint = started(data_of(g) + R"(
model:
  a: normal(0, precision = 0.1)
  b: normal(0, precision = 0.1)
  tau: gamma(shape = 1, rate = 0.1)
  c: uniform(low = -1.3, high = 1.1)
  d: gamma(shape = 2, rate = 1)
  y[n]: normal(a * (x > c) + b * exp(-d * (x + 1.2)), precision = tau)
posterior:
  c: discrete_grid(cells = 40, low = -1.3, high = 1.1)
  d: discrete_grid(cells = 50, low = 0.05, high = 4)
  joint: [[a, b]]
)");
  EXPECT_NEAR(solve_model(*joint, 3000).bound, g["bound"].get<double>(), 1e-8);
  for (const std::size_t k : {0u, 1u}) expect_probabilities(*joint, k == 0 ? "c" : "d", 0, g["probabilities"][k]);
}

// A grid that reaches where exp(-c x) is too large for a number.
TEST(NodeStatements, NodesBeyondAllNumbersAreImpossible) {
  const Json g = golden("decay");
  const std::string model = decay(g, "normal(1, stddev = 300)") + R"(
posterior:
)";
  const auto wide = started(model + "  c: discrete_grid(cells = 30300, low = -3000, high = 30)\n"),
             narrow = started(model + "  c: discrete_grid(cells = 400, low = -10, high = 30)\n");
  EXPECT_NEAR(solve_model(*wide, 300).bound, solve_model(*narrow, 300).bound, 1e-7);
}

// The first cells of a wide prior are wide: a start is where it says, not in the middle of its cell.
TEST(NodeStatements, AStartInAWidePriorIsWhereItSays) {
  const Json g = golden("decay");
  const std::string model = decay(g, "normal(0, stddev = 100)");
  const auto found = started(model + "inference:\n  initialize: {c: 1}\n"),
             given = started(model + "posterior:\n  c: discrete_grid(cells = 4000, low = 0, high = 5)\n");
  EXPECT_NEAR(solve_model(*found, 600).bound, solve_model(*given, 600).bound, 1e-6);
}

TEST(NodeStatements, NumbersThatStandInsideEachOtherAreRefused) {
  const Json g = golden("decay");
  const std::string why = refusal(data_of(g) + R"(
model:
  a: normal(0, precision = 1e-2)
  b: normal(0, precision = 1e-2)
  c: normal(0, precision = 1e-2)
  y[n]: normal(a / (b + exp(c * x)), precision = 1)
)");
  EXPECT_NE(why.find("unknown numbers"), std::string::npos) << why;
}

}  // namespace
}  // namespace kullback::messages::test
