// Entropies and cross-entropies against 50-digit values (tests/golden/make_entropies.py), and integrals that must say
// that they diverge.
#include "support/members.hpp"
#include "support/written.hpp"

#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>
#include <numbers>

namespace {

using namespace kullback;
using nlohmann::json;

std::vector<json> rows() {
  return json::parse(std::ifstream(KULLBACK_SOURCE_DIR "/tests/golden/entropies.json")).get<std::vector<json>>();
}

TEST(Entropies, AreMetWithinTheStatedError) {
  EXPECT_GE(rows().size(), 50u);
  for (const json& row : rows()) {
    SCOPED_TRACE(row.dump());
    const bool alone = row["q"].get<std::string>().empty();
    const Members p = parse(row["p"]), q = alone ? p : parse(row["q"]);
    const double truth = row["value"], size = 1 + std::abs(truth);
    for (const bool numerically : {false, true}) {
      const Estimate e = evaluate(registry(), registry().divergence(alone ? "entropy" : "cross_entropy"), p, q,
                                  {.skip_closed_forms = numerically});
      const double miss = std::abs(e.value - truth);
      EXPECT_LE(miss, e.error + kEpsilon * size) << e.value << " +- " << e.error << ", " << e.source;
      EXPECT_LE(e.error, 1e4 * std::max(miss, kEpsilon * size)) << e.value << " +- " << e.error << ", " << e.source;
      EXPECT_LE(miss, 1e-10 * size) << e.value << ", " << e.source;
    }
  }
}

TEST(Entropies, OfNegativeValueStateTheirErrorAndNotTheValue) {
  const Members p = normal(0, 1e-5);
  const Estimate e = evaluate(registry(), registry().divergence("entropy"), p, p);
  EXPECT_LT(e.value, -10);
  EXPECT_LT(e.error, 1e-13);
}

TEST(Entropies, OfProductsAddOverPartsWithoutAFormula) {
  const Members p = parse("factorized(skew_normal(location = 0, scale = 1, shape = 2), normal(mean = 0, stddev = 2))");
  const Members first = parse("skew_normal(location = 0, scale = 1, shape = 2)"), second = normal(0, 2);
  const auto value = [&](const Members& of) { return evaluate(registry(), registry().divergence("entropy"), of, of); };
  const Estimate all = value(p), a = value(first), b = value(second);
  EXPECT_NEAR(all.value, a.value + b.value, all.error + a.error + b.error);
}

TEST(Entropies, InManyDimensionsNeedDrawsOrAFormula) {
  const std::string part =
      "multivariate_normal(mean = [0, 0, 0, 0], covariance = [[1,0,0,0],[0,1,0,0],[0,0,1,0],[0,0,0,1]])";
  const std::string far =
      "multivariate_normal(mean = [100, 0, 0, 0], covariance = [[1,0,0,0],[0,1,0,0],[0,0,1,0],[0,0,0,1]])";
  const Members p = parse("mixture(weights = [0.5, 0.5], components = [" + part + ", " + far + "])");
  const Divergence& entropy = registry().divergence("entropy");
  EXPECT_NE(message_of<UnsupportedError>([&] { evaluate(registry(), entropy, p, p); }).find("integration ends at 3"),
            std::string::npos);
  const Estimate e = evaluate(registry(), entropy, p, p, {.allow_monte_carlo = true});
  const double truth = 2 * std::log(2 * std::numbers::pi * std::numbers::e) + std::log(2.0);  // they do not overlap
  EXPECT_EQ(e.method, Method::monte_carlo);
  EXPECT_NEAR(e.value, truth, e.error);
  EXPECT_LT(e.error, 0.1);
}

TEST(CrossEntropies, WithoutAValueAreInfinite) {
  const Divergence& cross = registry().divergence("cross_entropy");
  const std::pair<const char*, const char*> infinite[] = {
      {"cauchy(location = 0, scale = 1)", "normal(mean = 0, stddev = 1)"},
      {"normal(mean = 0, stddev = 1)", "exponential(rate = 1)"},
      {"truncated(cauchy(location = 0, scale = 1), low = 0)", "gamma(shape = 2, rate = 1)"},
      {"zeta(shape = 2)", "poisson(rate = 3)"}};
  for (const auto& [p, q] : infinite) {
    const Estimate e = evaluate(registry(), cross, parse(p), parse(q));
    EXPECT_EQ(e.value, std::numeric_limits<double>::infinity()) << p << q << e.source;
    EXPECT_EQ(e.method, Method::infinite);
  }
}

TEST(FisherDivergences, BesideABoundAreThoseOfTheScores) {
  const auto value = [](const char* p, const char* q) {
    return evaluate(registry(), registry().divergence("fisher_divergence"), parse(p), parse(q));
  };
  // E (x - x/4)^2, E (x/4 - 1)^2, E (1/(2x) + ...)^2 by the moments of p
  const Estimate same = value("half_normal(scale = 1)", "half_normal(scale = 2)");
  EXPECT_NEAR(same.value, 0.5625, same.error);
  const Estimate other = value("exponential(rate = 1)", "half_normal(scale = 2)");
  EXPECT_NEAR(other.value, 0.625, other.error);
  EXPECT_LT(same.error + other.error, 1e-9);
  constexpr double kInf = std::numeric_limits<double>::infinity();
  EXPECT_EQ(value("half_cauchy(scale = 0.7)", "half_normal(scale = 0.7)").value, kInf);    // E x^2
  EXPECT_EQ(value("gamma(shape = 1.5, rate = 1)", "half_normal(scale = 2)").value, kInf);  // E 1/x^2
  EXPECT_THROW(value("generalized_normal(location = 0, scale = 1, shape = 0.45)", "logistic(location = 0, scale = 1)"),
               UnsupportedError);
}

TEST(AlphaIntegrals, ThatOverflowAreInfinite) {
  const Estimate e = evaluate(registry(), registry().divergence("chi_squared"),
                              parse("gumbel(location = -0.4, scale = 1.9873928202605791)"),
                              parse("gumbel(location = -0.4, scale = 1.9726761581002146)"));
  EXPECT_EQ(e.value, std::numeric_limits<double>::infinity()) << e.source;
}

}  // namespace
