// Vectors with single empty entries against conditional normals and a coordinate ascent written out elsewhere
// (tests/golden/make_incomplete.py).
#include "golden.hpp"

namespace kullback::messages::test {
namespace {

TEST(Incomplete, KnownParametersGiveTheEvidenceOfWhatIsObserved) {
  const Json g = golden_file("incomplete.json")["known"];
  ModelJoint joint(registry(), read("plates: {n: 12, d: 4, e: d}\ndata:\n  y[n, d]: " + list(g["y"]) +
                                    "\n  m[d]: " + list(g["mean"]) + "\n  P[d, e]: " + list(g["precision"]) + R"(
model:
  y[n]: multivariate_normal(m, precision = P, over = d)
)"));
  joint.initialize(1, 0);
  const Solution solution = solve_model(joint, 5);
  const double evidence = g["evidence"];
  EXPECT_NEAR(solution.bound, evidence, 1e-11 * std::abs(evidence));
  const Eigen::VectorXd expected = flat(g["means"]), deviations = flat(g["deviations"]);
  const Eigen::MatrixXd means = means_of(joint, "y");
  ASSERT_EQ(means.size(), expected.size());
  const Source& y = source_named(joint, "y");
  const Block& block = joint.blocks()[static_cast<std::size_t>(y.block)];
  for (Index k = 0; k < y.members(); ++k)
    for (Index i = 0; i < 4; ++i) {
      EXPECT_NEAR(means(i, k), expected[4 * k + i], 1e-12) << k << " " << i;
      const double variance = block.m(4 + 5 * i, k) - block.m(i, k) * block.m(i, k);
      if (deviations[4 * k + i] > 0) {
        EXPECT_NEAR(std::sqrt(variance), deviations[4 * k + i], 1e-12) << k << " " << i;
      }
    }
}

TEST(Incomplete, MixtureAgreesInEverySweep) {
  const Json g = golden_file("incomplete.json")["mixture"];
  model::Model model = read("plates: {n: 40, d: 4, k: 2}\ndata:\n  y[n, d]: " + list(g["y"]) + R"(
model:
  weights:   dirichlet(0.5, over = k)
  mu[k]:     multivariate_normal(0, precision = 0.1, over = d)
  Lambda[k]: wishart(degrees_of_freedom = 5, inverse_scale = 1, over = d)
  z[n]:      categorical(weights)
  y[n]:      multivariate_normal(mu[z], precision = Lambda[z], over = d)
inference:
  initialize: {z: random}
)");
  const auto index_of = [&](const std::string& name) {
    return static_cast<std::size_t>(model.find(name) - model.variables.data());
  };
  const auto start = [&](const std::string& name, const std::string& label, const Json& numbers) {
    model::Initialization& at = model.initializations[index_of(name)];
    if (at.kind != model::Initialization::Kind::moments) at = {model::Initialization::Kind::moments, {}, {}};
    at.numbers.push_back({label, {{}, flat(numbers)}});
  };
  start("z", "cell", g["start"]["cell"]);
  start("mu", "x", g["start"]["mu"]);
  start("mu", "x*x'", g["start"]["mumu"]);
  set_order(model, {"y", "weights", "mu", "Lambda", "z"});
  ModelJoint joint(registry(), model);
  joint.initialize(1, 0);
  expect_bounds(solve_model(joint, static_cast<Index>(g["bounds"].size())), g["bounds"], 1e-9);
  const Eigen::VectorXd mu = flat(g["mu"]), first = flat(g["first"]);
  const Eigen::MatrixXd found = means_of(joint, "mu"), filled = means_of(joint, "y");
  ASSERT_EQ(found.size(), mu.size());
  ASSERT_EQ(filled.size(), first.size());
  for (Index i = 0; i < mu.size(); ++i) EXPECT_NEAR(found.data()[i], mu[i], 1e-9) << i;
  for (Index i = 0; i < first.size(); ++i) EXPECT_NEAR(filled.data()[i], first[i], 1e-9) << i;
}

TEST(Incomplete, KMeansTellsGroupsApartByWhatIsThere) {
  ModelJoint joint(registry(), read(R"(
plates: {n: 8, d: 2, k: 2}
data:
  y[n, d]: [[-5, -4], [-5.2, .nan], [-4.8, -4.1], [.nan, -4.2], [5, 4], [5.2, 4.2], [.nan, 3.9], [4.9, 4]]
model:
  w:     dirichlet(1, over = k)
  mu[k]: multivariate_normal(0, precision = 0.01, over = d)
  z[n]:  categorical(w)
  y[n]:  multivariate_normal(mu[z], precision = 2, over = d)
inference:
  initialize: {z: kmeans}
)"));
  joint.initialize(1, 0);
  const Source& z = source_named(joint, "z");
  const Eigen::MatrixXd start = joint.blocks()[static_cast<std::size_t>(z.block)].m;
  for (Index n = 0; n < 8; ++n) {
    EXPECT_EQ(start.col(n).maxCoeff(), 1) << n;
    EXPECT_EQ(start(0, n), start(0, n < 4 ? 0 : 4)) << n;
  }
  EXPECT_NE(start(0, 0), start(0, 4));
  solve_model(joint, 20);
  const Eigen::MatrixXd mu = means_of(joint, "mu");
  EXPECT_NEAR(std::abs(mu(0, 0)), 5, 0.1);
  EXPECT_NEAR(mu(0, 0) + mu(0, 1), 0, 0.1);
}

// A component that nobody observes anything of is integrated out: the model is that of the other rows.
TEST(Incomplete, RowsOfNothingAreRowsThatAreNotThere) {
  const auto of = [](const std::string& rows) {
    return read("plates: {n: data, k: 2}\ndata:\n  y[n]: [" + rows + R"(]
model:
  w:     dirichlet(1, over = k)
  mu[k]: normal(0, precision = 0.01)
  tau:   gamma(shape = 2, rate = 1)
  z[n]:  categorical(w)
  y[n]:  normal(mu[z], precision = tau)
inference:
  initialize: {mu: [-1, 2]}
)");
  };
  ModelJoint with(registry(), of("1.5, .nan, -1, 4, .nan, 3.2, -2, .nan, 0.3")),
      without(registry(), of("1.5, -1, 4, 3.2, -2, 0.3"));
  for (ModelJoint* joint : {&with, &without}) joint->initialize(1, 0);
  const Solution a = solve_model(with, 30), b = solve_model(without, 30);
  ASSERT_EQ(a.trace.size(), b.trace.size());
  for (std::size_t s = 0; s < a.trace.size(); ++s)
    EXPECT_NEAR(a.trace[s].bound, b.trace[s].bound, 1e-11 * std::abs(b.trace[s].bound)) << s;
}

TEST(Incomplete, AVectorOfAnotherFamilySaysWhichRow) {
  try {
    ModelJoint(registry(), read(R"(
plates: {n: 2, k: 3}
data:
  x[n, k]: [[0.2, 0.3, 0.5], [0.4, .nan, 0.1]]
model:
  a[k]: gamma(shape = 1, rate = 1)
  x[n]: dirichlet(2, over = k)
)"));
    FAIL();
  } catch (const UnsupportedError& error) {
    EXPECT_NE(std::string(error.what()).find("x[2]"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace kullback::messages::test
