// A vector and its precision in one factor, against exact evidence and a coordinate ascent written out elsewhere
// (tests/golden/make_joint_blocks.py).
#include "golden.hpp"

namespace kullback::messages::test {
namespace {

TEST(JointBlocks, NormalWishartIsTheEvidence) {
  const Json g = golden_file("joint_blocks.json")["evidence"];
  ModelJoint joint(registry(), read("plates: {n: 12, d: 2, e: d}\ndata:\n  y[n, d]: " + list(g["y"]) +
                                    "\n  m[d]: " + list(g["mean"]) + "\n  S[d, e]: " + list(g["inverse_scale"]) + R"(
model:
  mu:     multivariate_normal(m, precision = 0.5 * Lambda, over = d)
  Lambda: wishart(degrees_of_freedom = 4, inverse_scale = S, over = d)
  y[n]:   multivariate_normal(mu, precision = Lambda, over = d)
posterior:
  joint: [[mu, Lambda]]
)"));
  joint.initialize(1, 0);
  EXPECT_NEAR(solve_model(joint, 4).bound, g["evidence"].get<double>(), 1e-10);
  const Members q = joint.posterior(static_cast<int>(&source_named(joint, "mu") - joint.sources().data()));
  const Eigen::VectorXd mean = flat(g["posterior_mean"]), precision = flat(g["posterior_precision"]);
  Eigen::MatrixXd x(6, 1);
  ASSERT_TRUE(capability<kullback::Moments>(*q.family, q.layout)->expect(q.layout, q.theta, "x", x));
  for (Index i = 0; i < 2; ++i) EXPECT_NEAR(x(i, 0), mean[i], 1e-12) << i;
  for (Index i = 0; i < 4; ++i) EXPECT_NEAR(x(2 + i, 0), precision[i], 1e-11) << i;
}

TEST(JointBlocks, MixtureOfNormalWishartsAgreesInEverySweep) {
  const Json g = golden_file("joint_blocks.json")["mixture"];
  model::Model model = read("plates: {n: 60, d: 2, k: 2}\ndata:\n  y[n, d]: " + list(g["y"]) + R"(
model:
  weights:   dirichlet(0.7, over = k)
  mu[k]:     multivariate_normal(0, precision = 0.2 * Lambda, over = d)
  Lambda[k]: wishart(degrees_of_freedom = 3, inverse_scale = 1, over = d)
  z[n]:      categorical(weights)
  y[n]:      multivariate_normal(mu[z], precision = Lambda[z], over = d)
posterior:
  joint: [[mu, Lambda]]
inference:
  initialize: {z: random}
)");
  set_order(model, {"weights", "mu", "Lambda", "z"});
  model.initializations[static_cast<std::size_t>(model.find("z") - model.variables.data())] = {
      model::Initialization::Kind::moments, {{"cell", {{}, flat(g["start"])}}}, {}};
  for (const bool keep : {false, true}) {
    ModelJoint joint(registry(), model, keep);
    joint.initialize(1, 0);
    expect_bounds(solve_model(joint, static_cast<Index>(g["bounds"].size())), g["bounds"], 1e-10);
    const Source& mu = source_named(joint, "mu");
    const Members q = joint.posterior(static_cast<int>(&mu - joint.sources().data()));
    const Eigen::VectorXd means = flat(g["means"]);
    for (Index k = 0; k < 2; ++k)
      for (Index i = 0; i < 2; ++i) EXPECT_NEAR(q.theta(i, k), means[2 * k + i], 1e-9) << k << " " << i;
  }
}

TEST(JointBlocks, AnElementOfTheVectorByItselfIsRefused) {
  EXPECT_THROW(ModelJoint(registry(), read(R"(
plates: {n: 2, d: 2}
data:
  y[n, d]: [[1, 2], [0, 1]]
  s[d]: [1, 2]
model:
  mu:     multivariate_normal(0, precision = Lambda, over = d)
  Lambda: wishart(degrees_of_freedom = 4, inverse_scale = 1, over = d)
  y[n]:   multivariate_normal(s * mu, precision = Lambda, over = d)
posterior:
  joint: [[mu, Lambda]]
)")),
               UnsupportedError);
}

}  // namespace
}  // namespace kullback::messages::test
