// Members that a statement reads together stand in the order of their colors; what leaves the joint stands in the order
// of the cells. Mean field's means of a normal model are the exact posterior's, which Eigen solves for.
#include "golden.hpp"

#include <Eigen/Cholesky>

#include <cmath>

namespace kullback::messages::test {
namespace {

constexpr int kRows = 14, kGroups = 3;

double covariate(int n, int j) { return std::sin(1.0 + 2.3 * n + 1.7 * j); }
double observed(int n) { return 2 * std::cos(0.7 * n * n); }
int group(int n) { return (n * n + n + 1) % kGroups; }

std::string listed(const std::function<double(int)>& value) {
  std::string text = "[";
  for (int n = 0; n < kRows; ++n) text += fmt::format("{}{:.17g}", n ? ", " : "", value(n));
  return text + "]";
}

std::string data() {
  return fmt::format("data:\n  y[n]: {}\n  x[n]: {}\n  u[n]: {}\n", listed(observed),
                     listed([](int n) { return covariate(n, 0); }), listed([](int n) { return covariate(n, 1); }));
}

// Of weights with a standard normal prior and unit noise.
Eigen::VectorXd posterior_mean(const Eigen::MatrixXd& design) {
  Eigen::VectorXd y(kRows);
  for (int n = 0; n < kRows; ++n) y[n] = observed(n);
  const Eigen::MatrixXd precision =
      Eigen::MatrixXd::Identity(design.cols(), design.cols()) + design.transpose() * design;
  return precision.llt().solve(design.transpose() * y);
}

Members factor(const ModelJoint& joint, const std::string& name) {
  return joint.posterior(static_cast<int>(joint.model().find(name) - joint.model().variables.data()));
}

TEST(MemberOrder, FactorsStandInTheOrderOfTheirCells) {
  ModelJoint joint(registry(), read("plates: {n: 14, g: 3, m: 2}\n" + data() +
                                    "  h[n]: {value: " + listed([](int n) { return 1 + group(n); }) + R"(, levels: g}
model:
  v[g, m]: normal(0, precision = 1)
  y[n]:    normal(v[h, m = 1] * x + v[h, m = 2] * u, precision = 1)
)"));
  joint.initialize(1, 0);
  solve_model(joint, 500);
  Eigen::MatrixXd design = Eigen::MatrixXd::Zero(kRows, 2 * kGroups);
  for (int n = 0; n < kRows; ++n)
    for (int j = 0; j < 2; ++j) design(n, 2 * group(n) + j) = covariate(n, j);
  const Eigen::VectorXd expected = posterior_mean(design);
  const Eigen::MatrixXd found = factor(joint, "v").theta.row(0);
  ASSERT_EQ(found.size(), expected.size());
  for (Index k = 0; k < expected.size(); ++k) EXPECT_NEAR(found.data()[k], expected[k], 1e-7) << k;
  // The order inside is another one, or this test says nothing.
  EXPECT_FALSE(std::is_sorted(source_named(joint, "v").cell_of.begin(), source_named(joint, "v").cell_of.end()));
}

}  // namespace
}  // namespace kullback::messages::test
