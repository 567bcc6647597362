// What holds of every family.
#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "contract/examples.hpp"

namespace kullback::contract {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

class Families : public ::testing::TestWithParam<Example> {
 protected:
  const Members& members() const { return GetParam().members; }
  const Distribution& family() const { return *members().family; }
  const Layout& layout() const { return members().layout; }
  Index dimension() const { return layout().dimension; }
  // Draws of the member: points where it has mass.
  Eigen::MatrixXd draws(Index count) const {
    const auto* sampler = capability<Sampler>(family(), layout());
    Eigen::MatrixXd x = Eigen::MatrixXd::Random(dimension(), count);
    if (sampler) sampler->sample(layout(), members().theta, uniforms(sampler->uniforms(layout()), count), x);
    return x;
  }
  Members copies(Index count) const { return {members().family, layout(), members().theta.replicate(1, count)}; }
};

TEST(EveryFamily, HasExamples) {
  std::set<std::string> seen;
  for (const Example& e : examples()) seen.insert(std::string(e.members.family->name()));
  for (const std::string& name : registry().families()) EXPECT_TRUE(seen.count(name)) << name;
}

TEST_P(Families, ThetaHasTheRowsThatParameterCountSays) {
  EXPECT_EQ(members().theta.rows(), family().parameter_count(layout()));
}

TEST_P(Families, LogDensityIsMinusInfinityOutsideTheSupport) {
  for (Index k = 0; k < dimension(); ++k) {
    const Support support = family().support(layout(), members().theta, 0, k);
    Eigen::MatrixXd x = draws(1).replicate(1, 2);
    x(k, 0) = support.low - 1, x(k, 1) = support.high + 1;
    EXPECT_TRUE((log_density(members(), x).array() == -kInfinity).all()) << "coordinate " << k;
  }
}

TEST_P(Families, LogDensityIsFiniteWhereTheFamilyDraws) { EXPECT_TRUE(log_density(members(), draws(50)).allFinite()); }

TEST_P(Families, ABatchOfPointsEqualsSinglePointsToTheLastBit) {
  const Eigen::MatrixXd x = draws(37);
  const Eigen::RowVectorXd together = log_density(members(), x);
  for (Index n = 0; n < x.cols(); ++n) EXPECT_EQ(together[n], log_density(members(), x.col(n))[0]) << n;
}

TEST_P(Families, OneColumnAPointEqualsOneColumnForAll) {
  const Eigen::MatrixXd x = draws(37);
  const Eigen::RowVectorXd together = log_density(members(), x), each = log_density(copies(37), x);
  // The logarithm of a scale may be taken by another routine: a few units in the last place of its terms.
  for (Index n = 0; n < x.cols(); ++n) EXPECT_NEAR(each[n], together[n], 1e-13 * (1 + std::abs(together[n])));
}

TEST_P(Families, MembersAreIdenticalToThemselvesOnly) {
  EXPECT_TRUE(identical(members(), members()));
  Members other = members();
  other.theta(0, 0) = other.theta(0, 0) == 0.125 ? 0.25 : 0.125;
  EXPECT_FALSE(identical(members(), other));
}

TEST_P(Families, KlToItselfIsZero) {
  const Rule* rule = registry().find_rule("kl", family().name(), family().name());
  if (!rule) GTEST_SKIP() << "no rule";
  const auto found = kl_rule(members(), members());
  EXPECT_EQ(found.value, 0);
}

TEST_P(Families, SampleMomentsAgreeWithinFiveStandardErrors) {
  const auto* moments = capability<Moments>(family(), layout());
  if (!capability<Sampler>(family(), layout()) || !moments) GTEST_SKIP() << "cannot draw";
  if (capability<Quantiles>(family(), layout())) GTEST_SKIP() << "see DrawsFollowTheDistributionFunction";
  constexpr Index kDraws = 20000;
  const Eigen::MatrixXd x = draws(kDraws);
  const Eigen::VectorXd mean = expect(members(), "x", dimension()), square = expect(members(), "x2", dimension());
  const Eigen::VectorXd found = x.rowwise().mean(), found_square = x.cwiseAbs2().rowwise().mean();
  for (Index k = 0; k < dimension(); ++k) {
    if (!std::isfinite(square[k])) continue;
    const double variance = std::max(0.0, square[k] - mean[k] * mean[k]);
    const double square_variance = (x.row(k).cwiseAbs2().array() - found_square[k]).square().mean();
    EXPECT_NEAR(found[k], mean[k], 5 * std::sqrt(variance / kDraws)) << k;
    EXPECT_NEAR(found_square[k], square[k], 5 * std::sqrt(square_variance / kDraws)) << k;
  }
}

TEST_P(Families, DrawsFollowTheDistributionFunction) {
  const auto* quantiles = capability<Quantiles>(family(), layout());
  if (!quantiles || !capability<Sampler>(family(), layout())) GTEST_SKIP() << "cannot draw";
  constexpr Index kDraws = 20000;
  Eigen::MatrixXd x = draws(kDraws);
  std::sort(x.data(), x.data() + kDraws);
  Eigen::RowVectorXd p(kDraws);
  quantiles->cdf(layout(), members().theta, x, false, row(p));
  double distance = 0;  // Kolmogorov's; the last of equal draws counts
  for (Index n = 0; n < kDraws; ++n)
    if (n + 1 == kDraws || x(0, n) < x(0, n + 1))
      distance = std::max(distance, std::abs(p[n] - static_cast<double>(n + 1) / kDraws));
  EXPECT_LT(distance, 2.2 / std::sqrt(kDraws));  // one in ten thousand
}

TEST_P(Families, MixedSecondMomentsContainTheSquares) {
  if (!capability<Moments>(family(), layout())) GTEST_SKIP() << "no moments";
  const Index d = dimension();
  const Eigen::VectorXd square = expect(members(), "x2", d), mixed = expect(members(), "x*x'", d * d);
  for (Index k = 0; k < d; ++k) {
    if (std::isinf(square[k]))
      EXPECT_EQ(mixed[k * d + k], square[k]);
    else
      EXPECT_NEAR(mixed[k * d + k], square[k], 1e-13 * (1 + square[k]));  // roundings of one sum
  }
}

TEST_P(Families, ExpansionAddsToTheLogDensity) {
  const auto* expansion = capability<Expansion>(family(), layout());
  if (!expansion) GTEST_SKIP() << "no expansion";
  const std::vector<std::string> terms = expansion->terms(layout());
  const auto rows = static_cast<Index>(terms.size());
  Eigen::MatrixXd coefficient(rows, 1), c = Eigen::MatrixXd::Zero(rows, 1);
  expansion->expand(layout(), members().theta, coefficient, c);
  const Eigen::MatrixXd x = draws(20);
  Eigen::RowVectorXd sum = Eigen::RowVectorXd::Zero(20), size = sum, statistic(20);
  for (Index i = 0; i < rows; ++i) {
    const Eigen::RowVectorXd at = c.row(i);
    const std::string& label = terms[static_cast<std::size_t>(i)];
    ASSERT_TRUE(evaluate_label(label, row(at), x, row(statistic)) || evaluate_label(label, x, statistic)) << label;
    sum += coefficient(i, 0) * statistic;
    size += (coefficient(i, 0) * statistic).cwiseAbs();
  }
  const Eigen::RowVectorXd expected = log_density(members(), x);
  for (Index n = 0; n < 20; ++n) EXPECT_NEAR(sum[n], expected[n], 1e-14 * (1 + size[n]));
}

TEST_P(Families, MarginalsHaveTheMomentsOfTheWhole) {
  const auto* marginals = capability<Marginals>(family(), layout());
  if (!marginals || !capability<Moments>(family(), layout())) GTEST_SKIP() << "no marginals";
  const Eigen::VectorXd mean = expect(members(), "x", dimension()), square = expect(members(), "x2", dimension());
  for (Index k = 0; k < dimension(); ++k) {
    const Index chosen[] = {k};
    const Members one = marginals->marginal(layout(), members().theta, chosen);
    ASSERT_EQ(one.layout.dimension, 1);
    EXPECT_NEAR(expect(one, "x", 1)[0], mean[k], 1e-13 * (1 + std::abs(mean[k])));
    if (std::isinf(square[k]))
      EXPECT_EQ(expect(one, "x2", 1)[0], square[k]);
    else
      EXPECT_NEAR(expect(one, "x2", 1)[0], square[k], 1e-13 * (1 + square[k]));
  }
}

TEST_P(Families, NodesGiveTheMoments) {
  const auto* rule = capability<Nodes>(family(), layout());
  if (!rule || !capability<Moments>(family(), layout()) || dimension() == 3) GTEST_SKIP() << "no nodes, or many";
  const Index count = rule->count(layout(), 1);
  Eigen::MatrixXd x(dimension(), count);
  Eigen::RowVectorXd weights(count);
  rule->nodes(layout(), members().theta, 1, x, row(weights));
  EXPECT_NEAR(weights.sum(), 1, 1e-13);
  const Eigen::VectorXd square = expect(members(), "x2", dimension());
  const Eigen::VectorXd found = x.cwiseAbs2() * weights.transpose();
  for (Index k = 0; k < dimension(); ++k)
    EXPECT_NEAR(found[k], square[k], 1e-12 * (1 + square[k]));  // exact for squares
}

TEST_P(Families, QuadraticFormIsTheLogDensity) {
  const auto* quadratic = capability<Quadratic>(family(), layout());
  if (!quadratic) GTEST_SKIP() << "not quadratic";
  const QuadraticForm form = quadratic->quadratic(layout(), members().theta, true);
  const Eigen::MatrixXd x = draws(10);
  const Eigen::RowVectorXd expected = log_density(members(), x);
  for (Index n = 0; n < 10; ++n) {
    const double value =
        -0.5 * x.col(n).dot(form.precision * x.col(n)) + form.information.dot(x.col(n)) - form.log_normalizer;
    EXPECT_NEAR(value, expected[n], 1e-11 * (1 + std::abs(expected[n])));  // x'Px and h'x cancel
  }
}

TEST_P(Families, ProductOfTheFactorsDensitiesIsTheDensity) {
  const auto* product = capability<Product>(family(), layout());
  if (!product) GTEST_SKIP() << "no product";
  const Eigen::MatrixXd x = draws(5);
  Eigen::RowVectorXd sum = Eigen::RowVectorXd::Zero(5);
  Index coordinate = 0;
  for (const Members& part : product->parts(layout(), members().theta))
    for (Index m = 0; m < part.theta.cols(); ++m) {
      sum +=
          log_density({part.family, part.layout, part.theta.col(m)}, x.middleRows(coordinate, part.layout.dimension));
      coordinate += part.layout.dimension;
    }
  EXPECT_EQ(coordinate, dimension());
  EXPECT_LT((sum - log_density(members(), x)).cwiseAbs().maxCoeff(), 1e-13);  // another order of additions
}

INSTANTIATE_TEST_SUITE_P(All, Families, ::testing::ValuesIn(examples()), test_name);

}  // namespace
}  // namespace kullback::contract
