#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "support/members.hpp"

namespace kullback {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Members grid(const Value& edges, const Eigen::VectorXd& weights) {
  return make("discrete_grid", {{"edges", edges}, {"weights", weights}});
}
std::string refusal(const Arguments& arguments) {
  return message_of<DomainError>([&] { make("discrete_grid", arguments); });
}
Eigen::VectorXd probabilities(const Members& p) { return p.theta.col(0).array().exp(); }
double moment(const Members& p, Text label) {
  Eigen::MatrixXd value(p.layout.dimension, 1);
  capability<Moments>(*p.family, p.layout)->expect(p.layout, p.theta, label, value);
  return value(0, 0);
}

TEST(DiscreteGrid, WeightsAreNormalized) {
  EXPECT_LT((probabilities(grid(vector({0, 1, 3}), vector({1, 3}))) - vector({0.25, 0.75})).norm(), 1e-15);
}

TEST(DiscreteGrid, DensityIsProbabilityOverWidth) {
  const Members p = grid(vector({0, 1, 3}), vector({1, 3}));
  const Eigen::RowVectorXd found = log_density(p, (Eigen::MatrixXd(1, 5) << -0.1, 0, 1, 3, 3.1).finished());
  const double low = std::log(0.25), high = std::log(0.375);
  EXPECT_EQ(found[0], -kInfinity);
  EXPECT_NEAR(found[1], low, 1e-15);
  EXPECT_NEAR(found[2], high, 1e-15);
  EXPECT_NEAR(found[3], high, 1e-15);
  EXPECT_EQ(found[4], -kInfinity);
}

TEST(DiscreteGrid, MomentsAreThoseOfUniformCells) {
  const Members p = grid(vector({0, 1, 3}), vector({1, 3}));
  EXPECT_NEAR(moment(p, "x"), 0.25 * 0.5 + 0.75 * 2, 1e-15);
  EXPECT_NEAR(moment(p, "x2"), 0.25 / 3 + 0.75 * (27.0 - 1) / 6, 1e-15);  // integrals of x^2 over the cells
}

TEST(DiscreteGrid, RowsOfATableBelongToTheFirstCoordinate) {
  const Members p = make("discrete_grid", {{"low", 0.0},
                                           {"high", vector({2, 3})},
                                           {"cells", vector({2, 3})},
                                           {"weights", (Eigen::MatrixXd(2, 3) << 1, 2, 3, 4, 5, 6).finished()}});
  EXPECT_EQ(p.layout.dimension, 2);
  // x1 in the second cell, x2 in the third: the last number of the second row
  EXPECT_NEAR(log_density(p, vector({1.5, 2.5}))[0], std::log(6.0 / 21), 1e-15);
  EXPECT_NEAR(log_density(p, vector({0.5, 2.5}))[0], std::log(3.0 / 21), 1e-15);
}

TEST(DiscreteGrid, MarginalSumsOverTheOtherCoordinate) {
  const Members p = make("discrete_grid", {{"low", 0.0},
                                           {"high", 1.0},
                                           {"cells", vector({2, 3})},
                                           {"weights", (Eigen::MatrixXd(2, 3) << 1, 2, 3, 4, 5, 6).finished()}});
  const Index second[] = {1};
  const Members m = capability<Marginals>(*p.family, p.layout)->marginal(p.layout, p.theta, second);
  EXPECT_LT((probabilities(m) - vector({5, 7, 9}) / 21).norm(), 1e-15);
}

TEST(DiscreteGrid, TailCellsOfADistributionKeepTheirDigits) {
  const Members p =
      make("discrete_grid", {{"edges", vector({-40, 9, 10, 40})}, {"of", std::vector<Members>{normal(0, 1)}}});
  // scipy.stats.norm.sf(9) - sf(10)
  EXPECT_NEAR(probabilities(p)[1] / 1.1285122074235991e-19, 1, 1e-13);  // the tail's own rounding
}

TEST(DiscreteGrid, CellsTooFarOutForADoubleKeepTheirLogarithm) {
  const Members p =
      make("discrete_grid", {{"edges", vector({-60, -40, 40, 41, 41.25})}, {"of", std::vector<Members>{normal(0, 1)}}});
  // mpmath, 400 digits: log of the probability of [40, 41] and [41, 41.25]
  EXPECT_NEAR(p.theta(2, 0), -804.60844201375378,
              1e-4);  // 12 nodes for a cell over which the density falls by exp(-40)
  EXPECT_NEAR(p.theta(3, 0), -845.13313866456887, 1e-9);
  EXPECT_TRUE(p.theta.allFinite());
}

TEST(DiscreteGrid, OfAJointDistributionSumsToTheMarginals) {
  const Members joint =
      make("multivariate_normal",
           {{"mean", vector({0, 0})}, {"covariance", (Eigen::MatrixXd(2, 2) << 1, 0.6, 0.6, 1).finished()}});
  const Members p =
      make("discrete_grid",
           {{"low", -8.0}, {"high", 8.0}, {"cells", vector({80, 80})}, {"of", std::vector<Members>{joint}}});
  const Members one = make("discrete_grid",
                           {{"low", -8.0}, {"high", 8.0}, {"cells", 80.0}, {"of", std::vector<Members>{normal(0, 1)}}});
  const Index first[] = {0};
  const Members m = capability<Marginals>(*p.family, p.layout)->marginal(p.layout, p.theta, first);
  // Gauss-Legendre with 7 nodes on cells of a fifth of the deviation
  EXPECT_LT((probabilities(m) - probabilities(one)).cwiseAbs().maxCoeff(), 1e-13);
}

TEST(DiscreteGrid, RefusesToCutTailsOff) {
  EXPECT_EQ(refusal({{"low", -1.0}, {"high", 1.0}, {"cells", 10.0}, {"of", std::vector<Members>{normal(0, 1)}}}),
            "the grid covers only 68.3 % of normal: widen low and high");
}

TEST(DiscreteGrid, ChecksEdgesAndContents) {
  EXPECT_EQ(refusal({{"edges", vector({0, 2, 1})}, {"weights", vector({1, 1})}}), "edges must ascend, but 1 follows 2");
  EXPECT_EQ(refusal({{"edges", vector({0, 1, 2})}, {"weights", vector({1, -1})}}),
            "weights must be finite and non-negative, got -1");
  EXPECT_EQ(refusal({{"edges", vector({0, 1, 2})}, {"weights", vector({0, 0})}}),
            "weights are all zero: at least one cell must have mass");
  EXPECT_EQ(refusal({{"edges", vector({0, 1, 2})}, {"probabilities", vector({0.5, 0.6})}}),
            "probabilities must sum to 1, got a sum of 1.1; weights need not");
  EXPECT_EQ(refusal({{"edges", vector({0, 1, 2})}, {"weights", vector({1, 1, 1})}}),
            "weights has 3 numbers, but the grid has 2 cells");
  EXPECT_EQ(refusal({{"low", 0.0}, {"high", 1.0}, {"cells", 1e9}, {"weights", vector({1})}}),
            "a grid of 1e+09 cells is too large: at most 10000000");
}

TEST(DiscreteGrid, QuantileInvertsTheDistributionFunctionAcrossEmptyCells) {
  const Members p = grid(vector({0, 1, 2, 3}), vector({1, 0, 1}));
  const auto* q = capability<Quantiles>(*p.family, p.layout);
  Eigen::RowVectorXd x(3), back(3);
  q->quantile(p.layout, p.theta, (Eigen::MatrixXd(1, 3) << 0.25, 0.5, 0.75).finished(), false, row(x));
  EXPECT_NEAR(x[0], 0.5, 1e-15);
  EXPECT_NEAR(x[1], 1, 1e-15);
  EXPECT_NEAR(x[2], 2.5, 1e-15);
}

TEST(DiscreteGridKl, IsTheSumOverCells) {
  const Members p = grid(vector({0, 1, 3}), vector({1, 3})), q = grid(vector({0, 1, 3}), vector({1, 1}));
  EXPECT_NEAR(kl_rule(p, q).value, 0.25 * std::log(0.5) + 0.75 * std::log(1.5), 1e-15);
  EXPECT_EQ(kl_rule(p, p).value, 0);
}

TEST(DiscreteGridKl, DifferentEdgesGiveTheExactIntegral) {
  const Members p = grid(vector({0, 2}), vector({1})), q = grid(vector({-1, 1, 3}), vector({1, 3}));
  // p = 1/2 on [0, 2]; q = 1/8 on [-1, 1], 3/8 on [1, 3]
  EXPECT_NEAR(kl_rule(p, q).value, 0.5 * std::log(4.0) + 0.5 * std::log(4.0 / 3), 1e-15);
}

TEST(DiscreteGridKl, IsInfiniteWhereQHasAnEmptyCellOrEnds) {
  const Members p = grid(vector({0, 1, 3}), vector({1, 3})), q = grid(vector({0, 1, 3}), vector({1, 0}));
  EXPECT_EQ(kl_rule(p, q).value, kInfinity);
  EXPECT_NEAR(kl_rule(q, p).value, std::log(4.0), 1e-15);
  EXPECT_EQ(kl_rule(p, grid(vector({0, 1}), vector({1}))).value, kInfinity);
}

TEST(DiscreteGridKl, KeepsRelativeAccuracyForNearlyEqualGrids) {
  Members p = grid(vector({0, 1, 2}), vector({1, 1})), q = p;
  const double e = 1e-9;  // p = (1/2, 1/2), q = (1/2 + e, 1/2 - e): -log(1 - 4 e^2) / 2 = 2 e^2 + 4 e^4
  q.theta(0, 0) += std::log1p(2 * e), q.theta(1, 0) += std::log1p(-2 * e);
  // log q is off by 1e-16 at 2e-9 from log p: 1e-7 relative
  EXPECT_NEAR(kl_rule(p, q).value, 2 * e * e, 1e-6 * e * e);
}

}  // namespace
}  // namespace kullback
