// Quasi-Monte Carlo and Monte Carlo against closed forms in dimensions where nothing else integrates.
#include "support/members.hpp"

#include <kullback/error.hpp>

#include <Eigen/Cholesky>

#include <cmath>
#include <random>

namespace {

using namespace kullback;

EvaluateOptions allowed(std::uint64_t seed) {
  EvaluateOptions options;
  options.skip_closed_forms = true;
  options.allow_monte_carlo = true;
  options.seed = seed;
  return options;
}

Members normals(Index d, double shift, double scale, double rho) {
  Eigen::MatrixXd covariance = Eigen::MatrixXd::Constant(d, d, rho * scale * scale);
  covariance.diagonal().setConstant(scale * scale);
  return make("multivariate_normal",
              {{"mean", Eigen::VectorXd(Eigen::VectorXd::LinSpaced(d, -shift, shift))}, {"covariance", covariance}});
}

// Of the mean of log(p/q) over independent draws from p.
double plain_standard_error(const Members& p, const Members& q, Index draws) {
  std::mt19937_64 random(5);
  std::normal_distribution<double> normal;
  const Index d = p.layout.dimension;
  const Eigen::MatrixXd l = p.theta.col(0).tail(d * d).reshaped(d, d).llt().matrixL();
  Eigen::MatrixXd x(d, draws);
  for (double& v : x.reshaped()) v = normal(random);
  x = (l * x).colwise() + p.theta.col(0).head(d);
  const Eigen::RowVectorXd r = log_density(p, x) - log_density(q, x);
  return std::sqrt((r.array() - r.mean()).square().mean() / static_cast<double>(draws));
}

// Over dimensions, divergences and seeds the truth is within the error.
TEST(QuasiMonteCarlo, HoldsItsErrorInFourToEightDimensions) {
  for (const Index d : {4, 6, 8})
    for (const char* written : {"kl", "hellinger", "renyi(0.3)", "amari_alpha(0.7)"}) {
      const auto divergence = find_divergence_written(registry(), written);
      const Members p = normals(d, 0.5, 1, 0.3), q = normals(d, -0.2, 1.3, 0);
      const double truth = evaluate(registry(), *divergence, p, q).value;
      for (const std::uint64_t seed : {1, 2}) {
        const Estimate found = evaluate(registry(), *divergence, p, q, allowed(seed));
        EXPECT_EQ(found.method, Method::monte_carlo);
        EXPECT_NE(found.source.find("Sobol"), std::string::npos);
        EXPECT_LE(std::abs(found.value - truth), found.error) << d << " " << written << " " << found.source;
        EXPECT_GT(found.error, 0);
      }
    }
}

// As many independent draws would leave a standard error several times as large.
TEST(QuasiMonteCarlo, IsBetterThanIndependentDraws) {
  for (const Index d : {4, 8}) {
    const Members p = normals(d, 0.5, 1, 0.3), q = normals(d, -0.2, 1.3, 0);
    const Estimate found = evaluate(registry(), registry().divergence("kl"), p, q, allowed(1));
    EXPECT_LT(found.error / 3.5, 0.5 * plain_standard_error(p, q, Index{1} << 18)) << d << " " << found.source;
  }
}

TEST(QuasiMonteCarlo, IsTheSameForTheSameSeedAndAnotherForAnother) {
  const Members p = normals(5, 0.5, 1, 0.3), q = normals(5, -0.2, 1.3, 0);
  const auto value = [&](std::uint64_t seed) {
    return evaluate(registry(), registry().divergence("kl"), p, q, allowed(seed)).value;
  };
  EXPECT_EQ(value(1), value(1));
  EXPECT_NE(value(1), value(2));
}

TEST(QuasiMonteCarlo, IsNotDoneUnasked) {
  EvaluateOptions options;
  options.skip_closed_forms = true;
  const Members p = normals(5, 0.5, 1, 0.3), q = normals(5, -0.2, 1.3, 0);
  const std::string why =
      message_of<UnsupportedError>([&] { evaluate(registry(), registry().divergence("kl"), p, q, options); });
  EXPECT_NE(why.find("--allow monte_carlo"), std::string::npos) << why;
}

}  // namespace
