// What holds of every family on the line, against a quadrature of the tests' own.
#include <cmath>

#include "contract/examples.hpp"

namespace kullback::contract {
namespace {

class OnTheLine : public ::testing::TestWithParam<Example> {
 protected:
  const Members& members() const { return GetParam().members; }
  const Distribution& family() const { return *members().family; }
  const Layout& layout() const { return members().layout; }
};

TEST_P(OnTheLine, DensityIntegratesToOne) {
  EXPECT_NEAR(expectation(members(), [](double) { return 1.0; }), 1, 1e-11);  // panels of half a scale, 8 nodes
}

TEST_P(OnTheLine, MomentsAreThoseOfTheDensity) {
  if (!capability<Moments>(family(), layout())) GTEST_SKIP() << "no moments";
  const double first = expect(members(), "x", 1)[0], second = expect(members(), "x2", 1)[0];
  EXPECT_NEAR(expectation(members(), [](double x) { return x; }), first, 1e-10 * (1 + std::abs(first)));
  EXPECT_NEAR(expectation(members(), [](double x) { return x * x; }), second, 1e-10 * (1 + second));
}

TEST_P(OnTheLine, EntropyIsThatOfTheDensity) {
  const auto* entropy = capability<Entropy>(family(), layout());
  if (!entropy) GTEST_SKIP() << "no entropy";
  Eigen::RowVectorXd found(1);
  entropy->entropy(layout(), members().theta, row(found));
  const double expected =
      expectation(members(), [&](double x) { return -log_density(members(), Eigen::MatrixXd::Constant(1, 1, x))[0]; });
  EXPECT_NEAR(found[0], expected, 1e-10 * (1 + std::abs(expected)));
}

TEST_P(OnTheLine, DistributionFunctionInvertsItsQuantilesFromBothTails) {
  const auto* quantiles = capability<Quantiles>(family(), layout());
  if (!quantiles) GTEST_SKIP() << "no quantiles";
  const Eigen::MatrixXd p = (Eigen::MatrixXd(1, 7) << 1e-12, 1e-3, 0.1, 0.4, 0.6, 0.9, 0.999).finished();
  for (bool upper : {false, true}) {
    Eigen::RowVectorXd x(7), back(7);
    quantiles->quantile(layout(), members().theta, p, upper, row(x));
    quantiles->cdf(layout(), members().theta, x, upper, row(back));
    // x carries a rounding, which the density turns into one of p: large in the tails and beside x = 0 of a wide cell.
    for (Index i = 0; i < 7; ++i) {
      const double slope = std::exp(log_density(members(), x.segment(i, 1))[0]);
      EXPECT_NEAR(back[i], p(0, i), 1e-12 * p(0, i) + 4 * kEpsilon * slope * (1 + std::abs(x[i])))
          << upper << " " << p(0, i);
    }
  }
}

TEST_P(OnTheLine, TheTailsOfTheDistributionFunctionAddToOne) {
  const auto* quantiles = capability<Quantiles>(family(), layout());
  if (!quantiles) GTEST_SKIP() << "no quantiles";
  const Eigen::MatrixXd x = Eigen::RowVectorXd::LinSpaced(41, -8, 8);
  Eigen::RowVectorXd below(41), above(41);
  quantiles->cdf(layout(), members().theta, x, false, row(below));
  quantiles->cdf(layout(), members().theta, x, true, row(above));
  EXPECT_LT((below + above - Eigen::RowVectorXd::Ones(41)).cwiseAbs().maxCoeff(), 1e-14);
}

INSTANTIATE_TEST_SUITE_P(All, OnTheLine, ::testing::ValuesIn(on_the_line()), test_name);

}  // namespace
}  // namespace kullback::contract
