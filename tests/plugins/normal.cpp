#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>

#include "support/members.hpp"

namespace kullback {
namespace {

struct Golden {
  double p[2], q[2], kl;
};

std::vector<Golden> golden() {
  std::ifstream file(std::string(KULLBACK_SOURCE_DIR) + "/tests/golden/normal_kl.csv");
  std::vector<Golden> out;
  for (std::string line; std::getline(file, line);) {
    std::replace(line.begin(), line.end(), ',', ' ');
    std::vector<double> v;
    for (const char* at = line.c_str(); *at;) {
      char* end;
      v.push_back(std::strtod(at, &end));
      at = end;
    }
    out.push_back({{v[0], v[1]}, {v[2], v[3]}, v[4]});
  }
  return out;
}

TEST(NormalKl, AgreesWithFiftyDigitsFromNearlyEqualToExtremeRatios) {
  ASSERT_GT(golden().size(), 200u);
  for (const Golden& g : golden()) {
    const auto found = kl_rule(normal(g.p[0], g.p[1]), normal(g.q[0], g.q[1]));
    // A dozen roundings, none amplified by more than 6 (at the seam r = sqrt(2)).
    EXPECT_NEAR(found.value, g.kl, 16 * kEpsilon * g.kl) << g.p[0] << " " << g.p[1] << " " << g.q[0] << " " << g.q[1];
  }
}

TEST(NormalKl, ErrorBoundCoversTheError) {
  for (const Golden& g : golden()) {
    const auto found = kl_rule(normal(g.p[0], g.p[1]), normal(g.q[0], g.q[1]));
    EXPECT_LE(std::abs(found.value - g.kl), found.error) << g.p[1] << " " << g.q[1];
  }
}

TEST(NormalKl, IsExactlyZeroForEqualArguments) {
  const auto found = kl_rule(normal(0.3, 7.1), normal(0.3, 7.1));
  EXPECT_EQ(found.value, 0);
  EXPECT_EQ(found.error, 0);
}

TEST(NormalKl, OverflowsToInfinityOnlyWhenTheValueDoes) {
  EXPECT_EQ(kl_rule(normal(0, 1e200), normal(0, 1)).value, std::numeric_limits<double>::infinity());
  EXPECT_NEAR(kl_rule(normal(0, 1e-100), normal(0, 1e100)).value, 460.01701859880914, 1e-12);  // 200 log 10 - 1/2
}

TEST(NormalKl, BatchEqualsSinglePairsToTheLastBit) {
  const std::vector<Golden> g = golden();
  const Index n = static_cast<Index>(g.size());
  Members p = normal(0, 1), q = normal(0, 1);
  p.theta.resize(2, n), q.theta.resize(2, n);
  for (Index i = 0; i < n; ++i) {
    p.theta.col(i) << g[static_cast<std::size_t>(i)].p[0], g[static_cast<std::size_t>(i)].p[1];
    q.theta.col(i) << g[static_cast<std::size_t>(i)].q[0], g[static_cast<std::size_t>(i)].q[1];
  }
  Eigen::RowVectorXd value(n), error(n);
  registry().find_rule("kl", "normal", "normal")->evaluate(side(p), side(q), row(value), row(error));
  for (Index i = 0; i < n; ++i)
    EXPECT_EQ(value[i], kl_rule(normal(p.theta(0, i), p.theta(1, i)), normal(q.theta(0, i), q.theta(1, i))).value);
}

TEST(NormalKl, OneColumnServesAllPairs) {
  Members p = normal(0, 1), q = normal(1, 2);
  p.theta = Eigen::MatrixXd::Ones(2, 300).eval();
  Eigen::RowVectorXd value(300), error(300);
  registry().find_rule("kl", "normal", "normal")->evaluate(side(p), side(q), row(value), row(error));
  EXPECT_EQ(value, Eigen::RowVectorXd::Constant(300, kl_rule(normal(1, 1), normal(1, 2)).value));
}

TEST(Normal, VarianceAndPrecisionAreOtherNamesForTheScale) {
  EXPECT_EQ(make("normal", {{"mean", 1.0}, {"variance", 4.0}}).theta, normal(1, 2).theta);
  EXPECT_EQ(make("gaussian", {{"", 1.0}, {"precision", 0.25}}).theta, normal(1, 2).theta);
}

TEST(Normal, RefusesAVarianceThatIsNotPositive) {
  EXPECT_EQ(message_of<DomainError>([] {
              make("normal", {{"mean", 0.0}, {"variance", -1.0}});
            }),
            "variance must be positive, got -1");
}

TEST(Normal, QuantilesOfTheUpperTailKeepTheirDigits) {
  const Members p = normal(1, 2);
  const auto* q = capability<Quantiles>(*p.family, p.layout);
  Eigen::RowVectorXd x(1);
  q->quantile(p.layout, p.theta, Eigen::MatrixXd::Constant(1, 1, 1e-20), true, row(x));
  // scipy.stats.norm.isf(1e-20) = 9.262340089798408
  EXPECT_NEAR(x[0], 1 + 2 * 9.262340089798408, 1e-13);  // a few roundings of 20
}

TEST(Normal, QuadraticFormIsTheLogDensity) {
  const Members p = normal(3, 0.5);
  const auto form = capability<Quadratic>(*p.family, p.layout)->quadratic(p.layout, p.theta, true);
  const double x = 2.2;
  const double value = -0.5 * x * x * form.precision.coeff(0, 0) + form.information[0] * x - form.log_normalizer;
  // -log(0.5 sqrt(2 pi)) - 1.6^2/2; terms of size 20 cancel
  EXPECT_NEAR(value, -1.5057913526447273, 1e-13);
}

}  // namespace
}  // namespace kullback
