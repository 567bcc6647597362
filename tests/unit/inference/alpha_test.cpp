// Fitting under alpha divergences: tilt, then match.
#include "support/members.hpp"

#include <cmath>

namespace {

using namespace kullback;

Eigen::MatrixXd correlated(double rho) { return (Eigen::MatrixXd(2, 2) << 1, rho, rho, 1).finished(); }

// Two normal factors, fitted.
Solution fit(const Members& target, const std::string& divergence) {
  const Members start = make("factorized", {{"", std::vector<Members>{normal(0, 1), normal(0, 1)}}});
  const auto joint = make_joint(registry(), {target, start.family, start.layout, {"x", "y"}}, divergence);
  Observer observer;
  Settings settings;
  settings.tolerance = 1e-14;
  return solve(*joint, registry().optimizer("moment_matching"), settings, observer);
}

// v(a) = (2a - 1 + sqrt(1 - 4a(1 - a) rho^2)) / (2a): between 1 - rho^2 (a -> 0) and 1 (a = 1).
TEST(AlphaProjection, OfACorrelatedNormalOnIndependentOnesHasTheKnownVariance) {
  for (const double rho : {0.5, 0.9})
    for (const double a : {0.25, 0.5, 0.75}) {
      const Members target = make("multivariate_normal", {{"mean", vector({1, -2})}, {"covariance", correlated(rho)}});
      const Solution solution = fit(target, "amari_alpha(" + std::to_string(a) + ")");
      EXPECT_EQ(to_text(solution.status), to_text(Status::converged)) << solution.reason;
      const double variance = (2 * a - 1 + std::sqrt(1 - 4 * a * (1 - a) * rho * rho)) / (2 * a);
      ASSERT_EQ(solution.q.theta.rows(), 4);
      EXPECT_NEAR(solution.q.theta(1, 0) * solution.q.theta(1, 0), variance, 1e-6)
          << rho << " " << a;  // cubature to 1e-9
      EXPECT_NEAR(solution.q.theta(3, 0) * solution.q.theta(3, 0), variance, 1e-6) << rho << " " << a;
      EXPECT_NEAR(solution.q.theta(0, 0), 1, 1e-6);
      EXPECT_NEAR(solution.q.theta(2, 0), -2, 1e-6);
    }
}

TEST(AlphaProjection, DivergencesOfOneOrderHaveOneMinimizer) {
  const Members target = make("multivariate_normal", {{"mean", vector({0, 0})}, {"covariance", correlated(0.8)}});
  const double expected = fit(target, "amari_alpha(0.5)").q.theta(1, 0);
  for (const char* same : {"renyi(0.5)", "hellinger", "reverse_tsallis(0.5)", "alpha(0.5)"})
    EXPECT_NEAR(fit(target, same).q.theta(1, 0), expected, 1e-12) << same;
}

// In the family itself the fixed point of tilting and matching is the target for any order; without the step's part 1/a
// of the way it is left at once for a < 0, and oscillates for a far above 1.
TEST(AlphaProjection, FarOrdersReachTheTargetOfTheSameFamily) {
  for (const char* order : {"alpha(-2)", "alpha(-0.5)", "alpha(0.1)", "alpha(3)", "alpha(8)"}) {
    const Members target = make("gamma", {{"shape", 3.5}, {"rate", 2.0}});
    const auto joint = make_joint(registry(), {target, target.family, target.layout, {"x"}}, order);
    joint->start_from(make("gamma", {{"shape", 3.0}, {"rate", 1.8}}));
    Observer observer;
    const Solution solution = solve(*joint, registry().optimizer("moment_matching"), Settings{}, observer);
    EXPECT_EQ(to_text(solution.status), to_text(Status::converged)) << order << ": " << solution.reason;
    EXPECT_NEAR(solution.q.theta(0, 0), 3.5, 1e-6) << order;
    EXPECT_NEAR(solution.q.theta(1, 0), 2.0, 1e-6) << order;
    EXPECT_LE(solution.sweeps, 12) << order;
  }
}

TEST(AlphaProjection, WhatDoesNotLookAtQIsRefused) {
  const Members target = make("multivariate_normal", {{"mean", vector({0, 0})}, {"covariance", correlated(0.8)}});
  EXPECT_NE(message_of<UnsupportedError>([&] { fit(target, "entropy"); }).find("does not look at"), std::string::npos);
}

}  // namespace
