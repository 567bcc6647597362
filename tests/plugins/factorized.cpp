#include <gtest/gtest.h>

#include "support/members.hpp"

namespace kullback {
namespace {

Members product(std::vector<Members> factors) { return make("factorized", {{"", std::move(factors)}}); }
Members correlated(double rho) {
  return make("multivariate_normal",
              {{"mean", vector({1, 2})}, {"covariance", (Eigen::MatrixXd(2, 2) << 1, rho, rho, 1).finished()}});
}

TEST(Factorized, MergesNeighboursOfOneFamilyIntoOnePart) {
  const Members p = product({normal(0, 1), normal(1, 2), correlated(0.5), normal(3, 4)});
  ASSERT_EQ(p.layout.parts.size(), 3u);
  EXPECT_EQ(p.layout.parts[0].count, 2);
  EXPECT_EQ(p.layout.dimension, 5);
  EXPECT_EQ(p.theta.rows(), p.family->parameter_count(p.layout));
  EXPECT_EQ(p.theta.col(0).head(4), vector({0, 1, 1, 2}));
}

TEST(Factorized, TakesNestedProductsApart) {
  const Members flat = product({normal(0, 1), normal(1, 2), normal(3, 4)});
  EXPECT_TRUE(identical(product({normal(0, 1), product({normal(1, 2), normal(3, 4)})}), flat));
}

TEST(Factorized, LogDensityIsTheSumOverFactors) {
  const Members p = product({normal(0, 1), correlated(0.5), normal(1, 2)});
  const Eigen::MatrixXd x = Eigen::MatrixXd::Random(4, 5);
  const Eigen::RowVectorXd expected = log_density(normal(0, 1), x.row(0)) +
                                      log_density(correlated(0.5), x.middleRows(1, 2)) +
                                      log_density(normal(1, 2), x.row(3));
  EXPECT_LT((log_density(p, x) - expected).cwiseAbs().maxCoeff(), 1e-14);  // another order of three additions
}

TEST(Factorized, AMillionMembersInOnePartEvaluateLikeOne) {
  const Index count = 1000000;
  Members p = product({normal(0, 1)});
  p.layout.parts[0].count = p.layout.dimension = count;
  p.theta = normal(0.5, 2).theta.replicate(count, 1);
  const double one = log_density(normal(0.5, 2), Eigen::MatrixXd::Constant(1, 1, 1.0))[0];
  // A million roundings of a sum of that size; pairwise summation inside would be far below.
  EXPECT_NEAR(log_density(p, Eigen::MatrixXd::Ones(count, 1))[0] / static_cast<double>(count), one, 1e-10);
}

TEST(Factorized, MarginalOfOneCoordinateIsTheFactorItself) {
  const Members p = product({normal(0, 1), correlated(0.5), normal(1, 2)});
  const auto* marginals = capability<Marginals>(*p.family, p.layout);
  ASSERT_TRUE(marginals);
  const Index last[] = {3};
  EXPECT_TRUE(identical(marginals->marginal(p.layout, p.theta, last), normal(1, 2)));
  const Index joint[] = {1, 2};
  EXPECT_TRUE(identical(marginals->marginal(p.layout, p.theta, joint), correlated(0.5)));
}

TEST(Factorized, MarginalKeepsTheOrderAskedFor) {
  const Members p = product({normal(0, 1), normal(1, 2), normal(2, 3)});
  const Index order[] = {2, 0};
  EXPECT_TRUE(identical(capability<Marginals>(*p.family, p.layout)->marginal(p.layout, p.theta, order),
                        product({normal(2, 3), normal(0, 1)})));
}

TEST(Factorized, SecondMomentsOfIndependentCoordinatesMultiply) {
  const Members p = product({normal(3, 1), correlated(0.5)});
  Eigen::MatrixXd second(9, 1);
  ASSERT_TRUE(capability<Moments>(*p.family, p.layout)->expect(p.layout, p.theta, "x*x'", second));
  const Eigen::VectorXd expected = vector({10, 3, 6, 3, 2, 2.5, 6, 2.5, 5});
  EXPECT_LT((second - expected).cwiseAbs().maxCoeff(), 1e-14);  // one rounding of numbers below 16
}

TEST(Factorized, OneFamilyIsRepeatedOverTheTargetsCoordinates) {
  const Distribution& family = registry().family("factorized");
  Opening opening;
  opening.dimension = 7;
  const Layout layout = family.open({{"", std::vector<Part>{{&registry().family("normal"), {}, 1}}}}, opening);
  EXPECT_EQ(layout.dimension, 7);
  EXPECT_EQ(family.parameter_count(layout), 14);
}

TEST(Factorized, RefusesFactorsThatDoNotFillTheTarget) {
  const Distribution& family = registry().family("product");
  Opening opening;
  opening.dimension = 3;
  const Part part{&registry().family("normal"), {}, 1};
  EXPECT_EQ(message_of<DomainError>([&] {
              family.open({{"", std::vector<Part>{part, part}}}, opening);
            }),
            "the factors have 2 coordinates together, but there are 3");
}

TEST(Factorized, RefusesNumbers) {
  EXPECT_EQ(message_of<DomainError>([] {
              make("factorized", {{"", 1.0}});
            }),
            "factorized takes distributions by position: factorized(normal(0, stddev = 1), ...)");
}

}  // namespace
}  // namespace kullback
