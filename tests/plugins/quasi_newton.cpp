// Fits by the value of a divergence alone, against closed forms and against scipy's optimizers.
#include <gtest/gtest.h>

#include <cmath>

#include "experiment/experiment.hpp"
#include "inference/make_joint.hpp"
#include "support/family_golden.hpp"

namespace kullback {
namespace {

struct Fit {
  Solution solution;
  Members q() const { return solution.q; }
  double operator[](Index i) const { return solution.q.theta(i, 0); }
};

Fit fit(const Members& target, const std::string& family, const std::string& divergence,
        const Members* start = nullptr) {
  const Distribution& f = registry().family(family);
  const auto direction = experiment::direction_of(registry(), divergence);  // an expression too
  const auto joint =
      inference::make_joint(registry(), {target, &f, f.open({}, Opening{target.layout.dimension, {}}), {"x"}},
                            {direction.divergence, direction.reversed}, divergence);
  if (start) joint->start_from(*start);
  Observer observer;
  Settings settings;
  settings.tolerance = 1e-12;
  Fit out{solve(*joint, registry().optimizer("quasi_newton"), settings, observer)};
  EXPECT_EQ(to_text(out.solution.status), to_text(Status::converged))
      << family << " " << divergence << ": " << out.solution.reason;
  return out;
}

Members beta(double alpha, double b) { return make("beta", {{"alpha", alpha}, {"beta", b}}); }

// -E log q = log(2b) + E|x - m|/b: the median, and the mean distance from it.
TEST(QuasiNewton, ALaplaceTakesTheMedianAndTheMeanDistance) {
  for (const double stddev : {1e-6, 1.0, 3e4}) {
    const Fit found = fit(normal(5 * stddev, stddev), "laplace", "forward_kl");
    EXPECT_NEAR(found[0], 5 * stddev, 1e-7 * stddev);
    EXPECT_NEAR(found[1], stddev * std::sqrt(2 / M_PI), 1e-7 * stddev);
  }
}

// KL(q || p) = -log(2b) + b^2/sigma^2 + ...
TEST(QuasiNewton, ALaplaceInsideANormalHasItsVariance) {
  const Fit found = fit(normal(1, 2), "laplace", "reverse_kl");
  EXPECT_NEAR(found[0], 1, 1e-6);
  EXPECT_NEAR(found[1], std::sqrt(2.0), 1e-6);
}

// KL(q || p) = -log(2a) + a^2/(6 sigma^2) + ...
TEST(QuasiNewton, AUniformInsideANormalReachesSqrt3) {
  const Fit found = fit(normal(1, 2), "uniform", "reverse_kl");
  EXPECT_NEAR(found[0], 1 - 2 * std::sqrt(3.0), 1e-6);
  EXPECT_NEAR(found[1], 1 + 2 * std::sqrt(3.0), 1e-6);
}

// The least interval that covers the target, where the divergence is infinite beyond: not a digit off.
TEST(QuasiNewton, EndsThatMustCoverTheTargetAreItsEnds) {
  const Fit uniform = fit(beta(3, 2), "uniform", "forward_kl");
  EXPECT_EQ(uniform[0], 0);
  EXPECT_EQ(uniform[1], 1);
  // log q = log(k) + k log(m) - (k + 1) log x: m as large as can be, k = 1/E log(x/m)
  const Fit pareto = fit(make("uniform", {{"low", 1.0}, {"high", 2.0}}), "pareto", "forward_kl");
  EXPECT_NEAR(pareto[0], 1, 1e-15);
  EXPECT_NEAR(pareto[1], 1 / (2 * std::log(2.0) - 1), 1e-7);
}

// W2^2 between members of location-scale families is a quadratic form in both: scale = integral P^-1 Q0^-1 / integral
// (Q0^-1)^2.
TEST(QuasiNewton, TheNearestUniformInWasserstein2MatchesTheQuantilesRegression) {
  const Fit found = fit(normal(0, 1), "uniform", "wasserstein_2");
  const double half = 3 * 2 / (2 * std::sqrt(M_PI));  // 3 E[z (2 Phi(z) - 1)], which is 1/sqrt(pi) thrice
  EXPECT_NEAR(found[1], half, 1e-6);
  EXPECT_NEAR(found[0], -half, 1e-6);
}

TEST(QuasiNewton, AMemberOfTheFamilyIsFoundAgainUnderEveryDivergence) {
  const Members target = make("student_t", {{"degrees_of_freedom", 5.0}, {"location", 1.0}, {"scale", 2.0}});
  for (const char* divergence :
       {"forward_kl", "reverse_kl", "jensen_shannon", "hellinger", "renyi(2)", "chi_squared", "energy"}) {
    const Fit found = fit(target, "student_t", divergence);
    for (Index i = 0; i < 3; ++i) EXPECT_NEAR(found[i] / target.theta(i, 0), 1, 1e-4) << divergence;
  }
}

TEST(QuasiNewton, AgreesWithScipy) {
  const auto rows = golden::read("projections.json");
  ASSERT_GE(rows.size(), 15u);
  for (const auto& row : rows) {
    const std::string family = row["family"], divergence = row["divergence"];
    const Fit found = fit(golden::member(row["target"]["family"], row["target"]["arguments"]), family, divergence);
    const auto parameters = registry().family(family).parameterizations().front();
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const double expected = row["parameters"][parameters[i].name];
      EXPECT_NEAR(found[static_cast<Index>(i)], expected, 2e-5 * (1 + std::abs(expected)))
          << row["target"] << " " << family << " " << divergence << " " << parameters[i].name;
    }
    // At a minimum the value is far more exact than the place.
    EXPECT_NEAR(-found.solution.bound, row["value"].get<double>(), 1e-9) << row;
  }
}

// t log t is KL, whose fit in an exponential family matches the moments: the mean, and the mean logarithm.
TEST(QuasiNewton, AnExpressionFitsAsTheDivergenceItSpellsOut) {
  const Members target = make("log_normal", {{"log_mean", 0.5}, {"log_stddev", 0.75}});
  const Fit found = fit(target, "gamma", "f(t * log(t))");
  EXPECT_NEAR(found[0] / found[1], std::exp(0.5 + 0.5 * 0.5625), 1e-6);
  EXPECT_NEAR(digamma(found[0]) - std::log(found[1]), 0.5, 1e-6);
  // its mirror image is the other direction: E log q is that of a normal
  const Fit inside = fit(normal(1, 2), "laplace", "reverse_f(t * log(t))");
  EXPECT_NEAR(inside[0], 1, 1e-6);
  EXPECT_NEAR(inside[1], std::sqrt(2.0), 1e-6);
}

// Its support is the whole line at the shape 0 alone, where it is a gumbel: every other shape has infinite divergence.
TEST(QuasiNewton, AShapeThatAloneCoversTheTargetStaysWhereItIs) {
  const Fit found = fit(normal(1, 2), "generalized_extreme_value", "forward_kl"),
            gumbel = fit(normal(1, 2), "gumbel", "forward_kl");
  EXPECT_EQ(found[2], 0);
  EXPECT_NEAR(found.solution.bound, gumbel.solution.bound, 1e-9);
  EXPECT_NEAR(found[0], gumbel[0], 1e-4);
}

TEST(QuasiNewton, SaysWhyThereIsNoAnswer) {
  EXPECT_NE(message_of<InfiniteError>([] { fit(normal(0, 1), "cauchy", "reverse_kl"); }).find("infinite second moment"),
            std::string::npos);
  EXPECT_NE(message_of<InfiniteError>([] { fit(normal(0, 1), "weibull", "forward_kl"); }).find("where q has none"),
            std::string::npos);
  EXPECT_NE(message_of<UnsupportedError>([] {
              fit(make("poisson", {{"rate", 3.0}}), "hypergeometric", "forward_kl");
            }).find("whole number"),
            std::string::npos);
}

TEST(QuasiNewton, StartsWhereItIsTold) {
  // Two modes: a narrow laplace finds the one it starts beside.
  const Members target = make(
      "mixture", {{"weights", vector({0.5, 0.5})}, {"components", std::vector<Members>{normal(-6, 1), normal(6, 1)}}});
  for (const double side : {-1.0, 1.0}) {
    const Members start = make("laplace", {{"location", 5 * side}, {"scale", 1.0}});
    EXPECT_NEAR(fit(target, "laplace", "reverse_kl", &start)[0], 6 * side, 0.1);
  }
}

}  // namespace
}  // namespace kullback
