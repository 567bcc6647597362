// Several normals in one factor of q, against dense linear algebra (tests/golden/make_scalar_blocks.py) and against the
// same model of one vector.
#include "golden.hpp"

namespace kullback::messages::test {
namespace {

Json golden(const std::string& name) { return golden_file("scalar_blocks.json")[name]; }

Members posterior_of(const ModelJoint& joint, const std::string& name) {
  return joint.posterior(static_cast<int>(joint.model().find(name) - joint.model().variables.data()));
}

// Mean and covariance of a member of the block, in the order of its coordinates.
void expect_member(const Members& q, Index member, const Json& expected, double tolerance) {
  const Index d = q.layout.dimension;
  Eigen::MatrixXd mean(d, q.theta.cols()), second(d * d, q.theta.cols());
  const auto& moments = *capability<kullback::Moments>(*q.family, q.layout);
  ASSERT_TRUE(moments.expect(q.layout, q.theta, "x", mean) && moments.expect(q.layout, q.theta, "x*x'", second));
  const Eigen::VectorXd m = flat(expected["mean"]), c = flat(expected["covariance"]);
  ASSERT_EQ(m.size(), d);
  for (Index i = 0; i < d; ++i) {
    EXPECT_NEAR(mean(i, member), m[i], tolerance) << i;
    for (Index j = 0; j < d; ++j)
      EXPECT_NEAR(second(i * d + j, member) - mean(i, member) * mean(j, member), c[i * d + j], tolerance) << i << j;
  }
}

std::string numbers(const Json& g) { return "\ndata:\n  x[n]: " + list(g["x"]) + "\n  y[n]: " + list(g["y"]); }

TEST(ScalarBlocks, AParentAndItsChildAreTheEvidence) {
  const Json g = golden("line");
  ModelJoint joint(registry(), read("plates: {n: 9}" + numbers(g) + R"(
model:
  a: normal(0.7, variance = 4)
  b: normal(a, variance = 0.25)
  y[n]: normal(a + b * x, variance = 0.09)
posterior:
  joint: [[a, b]]
)"));
  joint.initialize(1, 0);
  EXPECT_NEAR(solve_model(joint, 2).bound, g["evidence"].get<double>(), 1e-10);
  expect_member(posterior_of(joint, "a"), 0, g, 1e-11);
}

TEST(ScalarBlocks, EveryGroupHasAFactor) {
  const Json g = golden("groups");
  ModelJoint joint(registry(), read("plates: {n: 9, group: 3}" + numbers(g) + "\n  g[n]: {value: " + list(g["g"]) +
                                    R"(, levels: group}
model:
  a[group]: normal(0, variance = 9)
  b[group]: normal(0.5 * a, variance = 1)
  y[n]: normal(a[g] + b[g] * x, variance = 0.16)
posterior:
  joint: [[a, b]]
)"));
  joint.initialize(1, 0);
  EXPECT_NEAR(solve_model(joint, 2).bound, g["evidence"].get<double>(), 1e-10);
  for (Index k = 0; k < 3; ++k)
    expect_member(posterior_of(joint, "b"), k, g["groups"][static_cast<std::size_t>(k)], 1e-11);
}

TEST(ScalarBlocks, ANumberBesideAVector) {
  const Json g = golden("vector");
  ModelJoint joint(registry(), read("plates: {n: 9, c: [line, square]}" + numbers(g) + R"(
  s[c]: [2.25, 0.36]
model:
  a: normal(-0.2, variance = 1)
  m[c = line]: 0.4
  m[c = square]: a
  b: normal(m, variance = s, over = c)
  y[n]: normal(a + b[c = line] * x + b[c = square] * x^2, variance = 0.25)
posterior:
  joint: [[a, b]]
)"));
  joint.initialize(1, 0);
  EXPECT_NEAR(solve_model(joint, 2).bound, g["evidence"].get<double>(), 1e-10);
  expect_member(posterior_of(joint, "a"), 0, g, 1e-11);
}

// With an unknown precision beside it, and starts of single variables.
TEST(ScalarBlocks, AreOneVectorInEverySweep) {
  const Json g = golden("line");
  const std::string end = "  tau: gamma(shape = 0.5, rate = 0.5)\n";
  ModelJoint apart(registry(), read("plates: {n: 9}" + numbers(g) + "\nmodel:\n" + end + R"(
  a: normal(0, precision = 1e-3)
  b: normal(0, precision = 1e-2)
  y[n]: normal(a + b * x, precision = tau)
posterior:
  joint: [[a, b]]
inference:
  initialize: {a: 3, b: -2}
)")),
      vector(registry(), read("plates: {n: 9, c: [a, b]}" + numbers(g) + "\n  p[c]: [1e-3, 1e-2]\nmodel:\n" + end + R"(
  w: normal(0, precision = p, over = c)
  y[n]: normal(w[c = a] + w[c = b] * x, precision = tau)
inference:
  initialize: {w: [3, -2]}
)"));
  for (ModelJoint* joint : {&apart, &vector}) joint->initialize(1, 0);
  const Solution one = solve_model(apart, 12), other = solve_model(vector, 12);
  ASSERT_EQ(one.trace.size(), other.trace.size());
  for (std::size_t s = 0; s < one.trace.size(); ++s) EXPECT_NEAR(one.trace[s].bound, other.trace[s].bound, 1e-11) << s;
  const Block &a = apart.blocks().back(), &w = vector.blocks().back();
  ASSERT_EQ(a.m.rows(), w.m.rows());
  for (Index i = 0; i < w.m.rows(); ++i) EXPECT_NEAR(a.m(i, 0), w.m(i, 0), 1e-11);
}

// Without their covariance the bound is lower.
TEST(ScalarBlocks, HoldWhatFactorsApartLose) {
  const Json g = golden("line");
  const std::string model = "plates: {n: 9}" + numbers(g) + R"(
model:
  a: normal(0.7, variance = 4)
  b: normal(a, variance = 0.25)
  y[n]: normal(a + b * x, variance = 0.09)
)";
  ModelJoint apart(registry(), read(model));
  apart.initialize(1, 0);
  EXPECT_LT(solve_model(apart, 200).bound, g["evidence"].get<double>() - 1e-3);
}

}  // namespace
}  // namespace kullback::messages::test
