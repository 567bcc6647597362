#include <gtest/gtest.h>

#include <cmath>

#include "support/members.hpp"

namespace kullback {
namespace {

Members mixture(const Eigen::VectorXd& weights, std::vector<Members> components) {
  return make("mixture", {{"weights", weights}, {"components", std::move(components)}});
}
Members correlated(double mean, double rho) {
  return make("multivariate_normal",
              {{"mean", vector({mean, -mean})}, {"covariance", (Eigen::MatrixXd(2, 2) << 1, rho, rho, 1).finished()}});
}
double expectation(const Members& m, Text label) {
  Eigen::MatrixXd out(1, 1);
  EXPECT_TRUE(capability<Moments>(*m.family, m.layout)->expect(m.layout, m.theta, label, out));
  return out(0, 0);
}

TEST(Mixture, DensityIsTheWeightedSum) {
  const Members p = mixture(vector({0.25, 0.75}), {normal(-1, 1), normal(2, 0.5)});
  const Eigen::MatrixXd x = Eigen::RowVectorXd::LinSpaced(41, -6, 6);
  const Eigen::ArrayXXd expected =
      0.25 * log_density(normal(-1, 1), x).array().exp() + 0.75 * log_density(normal(2, 0.5), x).array().exp();
  EXPECT_LT((log_density(p, x).array().exp() / expected - 1).abs().maxCoeff(), 1e-13);  // exp of logs down to -30
}

TEST(Mixture, FarFromEveryComponentTheLogDensityIsThatOfTheNearest) {
  const Members p = mixture(vector({0.5, 0.5}), {normal(0, 1), normal(10, 1)});
  const Eigen::MatrixXd x = Eigen::MatrixXd::Constant(1, 1, 1e5);
  EXPECT_NEAR(log_density(p, x)[0], std::log(0.5) + log_density(normal(10, 1), x)[0], 1e-5);  // 5e9 in size
}

TEST(Mixture, AComponentOfWeightZeroIsNotThere) {
  const Members p = mixture(vector({1, 0}), {normal(0, 1), normal(5, 1e-3)});
  const Eigen::MatrixXd x = Eigen::RowVectorXd::LinSpaced(11, -5, 5);
  EXPECT_EQ(log_density(p, x), log_density(normal(0, 1), x));
}

TEST(Mixture, MomentsFollowFromTheLawOfTotalVariance) {
  const Members p = mixture(vector({0.3, 0.7}), {normal(-2, 1), normal(3, 0.5)});
  EXPECT_NEAR(expectation(p, "x"), 0.3 * -2 + 0.7 * 3, 1e-14);
  EXPECT_NEAR(expectation(p, "x2"), 0.3 * (4 + 1) + 0.7 * (9 + 0.25), 1e-14);
}

TEST(Mixture, QuantilesInvertTheWeightedSumOfDistributionFunctions) {
  const Members p = mixture(vector({0.3, 0.7}), {normal(-2, 1), normal(3, 0.5)});
  const auto* quantiles = capability<Quantiles>(*p.family, p.layout);
  ASSERT_TRUE(quantiles);
  Eigen::RowVectorXd below(1);
  quantiles->cdf(p.layout, p.theta, Eigen::MatrixXd::Constant(1, 1, 1.0), false, row(below));
  EXPECT_NEAR(below[0], 0.3 * normal_cdf(3) + 0.7 * normal_cdf(-4), 1e-15);
}

TEST(Mixture, MarginalIsTheMixtureOfMarginals) {
  const Members p = mixture(vector({0.4, 0.6}), {correlated(0, 0.5), correlated(2, -0.3)});
  const Index second[] = {1};
  const Members m = capability<Marginals>(*p.family, p.layout)->marginal(p.layout, p.theta, second);
  const Eigen::MatrixXd x = Eigen::RowVectorXd::LinSpaced(21, -5, 3);
  EXPECT_LT((log_density(m, x) - log_density(mixture(vector({0.4, 0.6}), {normal(0, 1), normal(-2, 1)}), x))
                .cwiseAbs()
                .maxCoeff(),
            1e-13);
}

TEST(Mixture, RefusesWhatIsNoMixture) {
  EXPECT_EQ(message_of<DomainError>([] {
              mixture(vector({0.5, 0.6}), {normal(0, 1), normal(1, 1)});
            }),
            "weights must sum to 1, got a sum of 1.1");
  EXPECT_EQ(message_of<DomainError>([] {
              mixture(vector({1}), {normal(0, 1), normal(1, 1)});
            }),
            "there are 1 weights for 2 components");
  EXPECT_EQ(message_of<DomainError>([] {
              mixture(vector({0.5, 0.5}), {normal(0, 1), correlated(0, 0)});
            }),
            "the components have 1 and 2 coordinates");
}

}  // namespace
}  // namespace kullback
