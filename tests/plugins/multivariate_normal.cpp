#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <sstream>

#include "support/members.hpp"

namespace kullback {
namespace {

Members joint(const Eigen::VectorXd& mean, const char* name, const Value& matrix) {
  return make("multivariate_normal", {{"mean", mean}, {name, matrix}});
}

Eigen::MatrixXd two(double a, double b, double c, double d) { return (Eigen::MatrixXd(2, 2) << a, b, c, d).finished(); }

std::string refusal(const Arguments& arguments) {
  return message_of<DomainError>([&] { make("multivariate_normal", arguments); });
}

// A chain: diagonal 3, neighbours -1.
std::shared_ptr<const SparseMatrix> chain(Index d) {
  auto out = std::make_shared<SparseMatrix>(d, d);
  std::vector<Eigen::Triplet<double>> entries;
  for (int i = 0; i < d; ++i) {
    entries.emplace_back(i, i, 3);
    if (i > 0) entries.emplace_back(i, i - 1, -1), entries.emplace_back(i - 1, i, -1);
  }
  out->setFromTriplets(entries.begin(), entries.end());
  return out;
}

struct Golden {
  Members p, q;
  double kl;
  bool same_form;
};

std::vector<Golden> golden() {
  std::ifstream file(std::string(KULLBACK_SOURCE_DIR) + "/tests/golden/multivariate_normal_kl.txt");
  std::vector<Golden> out;
  for (std::string line; std::getline(file, line);) {
    std::istringstream in(line);
    std::string form_p, form_q;
    Index d;
    in >> form_p >> form_q >> d;
    const auto member = [&](const std::string& form) {
      Eigen::VectorXd mean(d);
      Eigen::MatrixXd matrix(d, d);
      for (double& v : mean) in >> v;
      for (Index i = 0; i < d * d; ++i) in >> matrix.data()[i];
      return joint(mean, form == "c" ? "covariance" : "precision", matrix);
    };
    Members p = member(form_p), q = member(form_q);
    double kl;
    in >> kl;
    out.push_back({p, q, kl, form_p == form_q});
  }
  return out;
}

TEST(MultivariateNormalKl, AgreesWithFiftyDigitsForEveryMixOfCovarianceAndPrecision) {
  ASSERT_GE(golden().size(), 40u);
  for (const Golden& g : golden()) {
    const auto found = kl_rule(g.p, g.q);
    // Random matrices of condition 10^2..10^3 amplify the rounding of some hundred operations.
    EXPECT_NEAR(found.value, g.kl, 1e-11 * g.kl) << g.p.layout.dimension << g.p.layout.form << g.q.layout.form;
  }
}

TEST(MultivariateNormalKl, ErrorBoundCoversTheErrorAndIsSmall) {
  for (const Golden& g : golden()) {
    const auto found = kl_rule(g.p, g.q);
    EXPECT_LE(std::abs(found.value - g.kl), found.error) << g.kl << " " << g.p.layout.dimension;
    if (!g.same_form) continue;
    EXPECT_LE(found.error, 1e-9 * g.kl);  // relative, also where the sides are equal to 8 digits
  }
}

TEST(MultivariateNormalKl, IsExactlyZeroForEqualArguments) {
  for (const Golden& g : golden()) EXPECT_EQ(kl_rule(g.p, g.p).value, 0);
}

TEST(MultivariateNormalKl, BatchEqualsSinglePairsToTheLastBit) {
  std::vector<Golden> ten;
  for (const Golden& g : golden())
    if (g.p.layout.dimension == 10 && g.p.layout.form == 0 && g.q.layout.form == 0) ten.push_back(g);
  Members p = ten[0].p, q = ten[0].q;
  const Index n = 21;  // two whole groups of eight and a rest
  p.theta.resize(110, n), q.theta.resize(110, n);
  for (Index i = 0; i < n; ++i) {
    p.theta.col(i) = ten[static_cast<std::size_t>(i) % ten.size()].p.theta;
    q.theta.col(i) = ten[static_cast<std::size_t>(i) % ten.size()].q.theta;
  }
  Eigen::RowVectorXd value(n), error(n);
  registry()
      .find_rule("kl", "multivariate_normal", "multivariate_normal")
      ->evaluate(side(p), side(q), row(value), row(error));
  for (Index i = 0; i < n; ++i) {
    const Golden& g = ten[static_cast<std::size_t>(i) % ten.size()];
    EXPECT_EQ(value[i], kl_rule(g.p, g.q).value);
  }
}

TEST(MultivariateNormalKl, DiagonalFormsAgreeWithTheSameMatrixInFull) {
  const Members p = joint(vector({1, 2}), "covariance", vector({4, 9}));
  const Members q = joint(vector({0, 1}), "precision", two(2, 0.5, 0.5, 1));
  const Members p_full = joint(vector({1, 2}), "covariance", two(4, 0, 0, 9));
  EXPECT_NEAR(kl_rule(p, q).value, kl_rule(p_full, q).value, 1e-13);  // a few roundings of 8
  EXPECT_NEAR(kl_rule(q, p).value, kl_rule(q, p_full).value, 1e-13);
}

TEST(MultivariateNormalKl, SurvivesScalesThatSquaresDoNot) {
  const Members p = joint(vector({0, 0}), "covariance", two(1e-100, 0, 0, 1e-100));
  const Members q = joint(vector({0, 0}), "covariance", two(1e100, 0, 0, 1e100));
  EXPECT_NEAR(kl_rule(p, q).value, 459.51701859880914, 1e-12);  // 200 log 10 - 1
}

TEST(MultivariateNormalKl, InformationFormIsTheSameDistribution) {
  const Eigen::MatrixXd precision = two(2, 0.5, 0.5, 1);
  const Members a = joint(vector({1, -1}), "precision", precision);
  const Members b = make("multivariate_normal",
                         {{"information", Eigen::VectorXd(precision * vector({1, -1}))}, {"precision", precision}});
  EXPECT_NEAR(kl_rule(a, b).value, 0, 1e-28);  // squares of roundings
}

TEST(MultivariateNormalKl, SparseAgreesWithDense) {
  const auto sparse = chain(6);
  const Members p = make("multivariate_normal", {{"information", 1.0}, {"precision", sparse}});
  const Members q = joint(Eigen::VectorXd::Zero(6), "covariance", 1.0);
  const Members p_dense = make("multivariate_normal", {{"information", 1.0}, {"precision", Eigen::MatrixXd(*sparse)}});
  EXPECT_NEAR(kl_rule(p, q).value, kl_rule(p_dense, q).value, 1e-13);
}

// Block-diagonal fields of independent small chains: the divergence is the sum over the blocks, which dense matrices
// give.
TEST(MultivariateNormalKl, LargeSparseFieldsAgreeWithTheirDenseBlocks) {
  constexpr Index kBlock = 50, kBlocks = 40;
  const auto blocks = [&](double diagonal, double beside, Index reach) {
    auto out = std::make_shared<SparseMatrix>(kBlock * kBlocks, kBlock * kBlocks);
    std::vector<Eigen::Triplet<double>> entries;
    for (Index b = 0; b < kBlocks; ++b)
      for (Index i = 0; i < kBlock; ++i) {
        const int at = static_cast<int>(b * kBlock + i);
        entries.emplace_back(at, at, diagonal + 0.01 * static_cast<double>(i + b));
        if (i >= reach) {
          entries.emplace_back(at, at - static_cast<int>(reach), beside);
          entries.emplace_back(at - static_cast<int>(reach), at, beside);
        }
      }
    out->setFromTriplets(entries.begin(), entries.end());
    return out;
  };
  const std::shared_ptr<const SparseMatrix> a = blocks(3, -1, 1), b = blocks(4, 0.7, 7);  // patterns that differ
  const Index d = kBlock * kBlocks;
  const Eigen::VectorXd mean = Eigen::VectorXd::LinSpaced(d, -1, 2), stddev = Eigen::VectorXd::LinSpaced(d, 0.5, 2);
  const Members p = make("multivariate_normal", {{"information", mean}, {"precision", a}});
  const Members q = make("multivariate_normal", {{"mean", mean}, {"precision", b}});
  const Members r = make("multivariate_normal", {{"mean", 1.0}, {"stddev", stddev}});
  const auto block = [&](const std::shared_ptr<const SparseMatrix>& m, const char* name, const Eigen::VectorXd& v,
                         Index k) {
    return make("multivariate_normal",
                {{name, Eigen::VectorXd(v.segment(k * kBlock, kBlock))},
                 {"precision", Eigen::MatrixXd(Eigen::MatrixXd(*m).block(k * kBlock, k * kBlock, kBlock, kBlock))}});
  };
  double pq = 0, qp = 0, pr = 0, rq = 0;
  for (Index k = 0; k < kBlocks; ++k) {
    const Members pk = block(a, "information", mean, k), qk = block(b, "mean", mean, k);
    const Members rk =
        make("multivariate_normal", {{"mean", 1.0}, {"stddev", Eigen::VectorXd(stddev.segment(k * kBlock, kBlock))}});
    pq += kl_rule(pk, qk).value, qp += kl_rule(qk, pk).value, pr += kl_rule(pk, rk).value, rq += kl_rule(rk, qk).value;
  }
  const auto expect = [](const ValueAndError& found, double truth) {
    EXPECT_NEAR(found.value, truth, 1e-12 * truth);
    EXPECT_LE(std::abs(found.value - truth), found.error + 1e-14 * truth);
  };
  expect(kl_rule(p, q), pq);
  expect(kl_rule(q, p), qp);
  expect(kl_rule(p, r), pr);
  expect(kl_rule(r, q), rq);
  EXPECT_EQ(kl_rule(p, p).value, 0);
}

TEST(MultivariateNormal, NamesThePivotThatFails) {
  EXPECT_EQ(refusal({{"mean", 0.0}, {"covariance", two(1, 2, 2, 1)}}),
            "covariance is not positive definite: pivot 2 is -3");
  EXPECT_EQ(refusal({{"mean", 0.0}, {"precision", two(1, 1, 1, 1)}}),
            "precision is not positive definite: pivot 2 is 0");
}

TEST(MultivariateNormal, NamesTheEntryThatIsNotSymmetric) {
  EXPECT_EQ(refusal({{"mean", 0.0}, {"covariance", two(1, 0.5, 0.4, 1)}}),
            "covariance is not symmetric: entry (1, 2) is 0.5, entry (2, 1) is 0.4");
}

TEST(MultivariateNormal, ChecksShapes) {
  EXPECT_EQ(refusal({{"mean", vector({0, 0, 0})}, {"covariance", two(1, 0, 0, 1)}}),
            "mean has 3 numbers, but the matrix has 2 rows");
  EXPECT_EQ(refusal({{"mean", 0.0}, {"covariance", Eigen::MatrixXd(Eigen::MatrixXd::Ones(2, 3))}}),
            "covariance must be a square matrix, but it has 2 rows and 3 columns");
  EXPECT_EQ(refusal({{"mean", 0.0}, {"covariance", 1.0}}),
            "how many coordinates? give covariance as a list, or the matrix in full");
}

TEST(MultivariateNormal, OneNumberSpreadsOverTheCoordinates) {
  const Members p = make("multivariate_normal", {{"", vector({1, 2, 3})}, {"covariance", 4.0}});
  EXPECT_EQ(p.theta.col(0), (Eigen::VectorXd(6) << 1, 2, 3, 2, 2, 2).finished());
}

TEST(MultivariateNormal, LogDensityAgreesWithScipy) {
  // scipy.stats.multivariate_normal.logpdf([0.3, -1.2], [1, -1], [[2, 0.6], [0.6, 1]])
  const Members p = joint(vector({1, -1}), "covariance", two(2, 0.6, 0.6, 1));
  const Eigen::MatrixXd x = vector({0.3, -1.2});
  EXPECT_NEAR(log_density(p, x)[0], -2.207786162937155, 1e-14);
  const Eigen::MatrixXd inverse = two(1, -0.6, -0.6, 2) / 1.64;
  EXPECT_NEAR(log_density(joint(vector({1, -1}), "precision", inverse), x)[0], -2.207786162937155, 1e-14);
}

TEST(MultivariateNormal, LargeSparseMembersHaveMeanDensityAndMarginals) {
  const Index d = 3000;
  const auto precision = chain(d);
  const Members p = make("multivariate_normal", {{"information", 1.0}, {"precision", precision}});
  Eigen::MatrixXd mean(d, 1);
  ASSERT_TRUE(capability<Moments>(*p.family, p.layout)->expect(p.layout, p.theta, "x", mean));
  EXPECT_LT((*precision * mean - Eigen::MatrixXd::Ones(d, 1)).cwiseAbs().maxCoeff(), 1e-14);
  // Far from the ends the chain's covariance is that of the endless one: 1 / sqrt(3^2 - 4).
  const Index middle[] = {1500};
  const Members one = capability<Marginals>(*p.family, p.layout)->marginal(p.layout, p.theta, middle);
  EXPECT_NEAR(one.theta(0, 0), 1, 1e-14);
  EXPECT_NEAR(one.theta(1, 0), 1 / std::sqrt(5.0), 1e-14);
  // log det of the chain: 3 = b + 1/b, pivots tend to b = (3 + sqrt 5) / 2; the determinant is sinh((d + 1) t) /
  // sinh(t), e^t = b.
  const double t = std::log((3 + std::sqrt(5.0)) / 2);
  const double log_det = (static_cast<double>(d) + 1) * t - std::log(2 * std::sinh(t));
  const double expected = 0.5 * log_det - 0.5 * static_cast<double>(d) * std::log(2 * 3.14159265358979323846);
  EXPECT_NEAR(log_density(p, mean)[0], expected, 1e-9);  // 3000 roundings of 4000
}

TEST(MultivariateNormal, RefusesASparsePrecisionThatIsNotPositiveDefinite) {
  auto matrix = std::make_shared<SparseMatrix>(*chain(3));
  matrix->coeffRef(2, 2) = 0.1;
  EXPECT_EQ(refusal({{"mean", 0.0}, {"precision", std::shared_ptr<const SparseMatrix>(matrix)}}),
            "precision is not positive definite: pivot 3 is -0.275");
}

}  // namespace
}  // namespace kullback
