// Divergences of registered families, as a file names them, against 50-digit values
// (tests/golden/make_divergence_values.py, make_distance_values.py).
#include "experiment/experiment.hpp"
#include "support/members.hpp"
#include "support/written.hpp"

#include <nlohmann/json.hpp>

#include <fstream>
#include <limits>
#include <set>

namespace {

using namespace kullback;
using nlohmann::json;

std::vector<json> rows() {
  std::vector<json> out;
  for (const char* file : {"divergence_values.json", "distance_values.json"}) {
    const auto more = json::parse(std::ifstream(std::string(KULLBACK_SOURCE_DIR "/tests/golden/") + file));
    out.insert(out.end(), more.begin(), more.end());
  }
  return out;
}

class DivergenceValues : public testing::TestWithParam<std::string> {};

TEST_P(DivergenceValues, AreMetWithinTheStatedError) {
  for (const json& row : rows()) {
    if (row["divergence"] != GetParam()) continue;
    SCOPED_TRACE(row.dump());
    const experiment::Direction direction = experiment::direction_of(registry(), row["divergence"]);
    const Members p = parse(row["p"]), q = parse(row["q"]);
    const Estimate e = evaluate(registry(), *direction.divergence, p, q);
    if (row["value"].is_string()) {
      constexpr double kInf = std::numeric_limits<double>::infinity();
      EXPECT_EQ(e.value, row["value"] == "inf" ? kInf : -kInf) << e.source;
      EXPECT_EQ(e.method, Method::infinite) << e.source;
      continue;
    }
    const double truth = row["value"], size = std::abs(truth), miss = std::abs(e.value - truth);
    const std::string got = std::string(to_text(e.method)) + ", " + e.source + ", off by " +
                            std::to_string(miss / size / kEpsilon) + " eps";
    EXPECT_LE(miss, e.error + kEpsilon * size) << e.value << " +- " << e.error << ", " << got;
    EXPECT_LE(e.error, 1e4 * std::max(miss, kEpsilon * size)) << e.value << " +- " << e.error << ", " << got;
    if (e.method == Method::closed_form)
      EXPECT_LE(miss, 1e-13 * size + 8 * kEpsilon * row["condition"].get<double>()) << got;
    else
      EXPECT_LE(miss, 1e-10 * size) << got;
  }
}

TEST(GoldenDivergences, AreMany) { EXPECT_GE(rows().size(), 300u); }

std::vector<std::string> divergences() {
  std::set<std::string> names;
  for (const json& row : rows()) names.insert(row["divergence"].get<std::string>());
  return {names.begin(), names.end()};
}
INSTANTIATE_TEST_SUITE_P(Golden, DivergenceValues, testing::ValuesIn(divergences()), [](const auto& info) {
  std::string out = info.param;
  for (char& c : out)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  return out;
});

TEST(DivergenceNames, ParametersAreReadAndWritten) {
  EXPECT_EQ(find_divergence_written(registry(), "renyi(0.25)")->written(), "renyi(0.25)");
  EXPECT_EQ(find_divergence_written(registry(), "renyi(order = 2)")->order(), 2);
  EXPECT_EQ(find_divergence_written(registry(), "renyi")->written(), "renyi(0.5)");
  EXPECT_THROW(find_divergence_written(registry(), "renyi(a)"), UnsupportedError);
  EXPECT_THROW(find_divergence_written(registry(), "kl(2)"), DomainError);
  EXPECT_THROW(find_divergence_written(registry(), "mmd(-1)"), DomainError);
}

TEST(DivergenceNames, LimitsOfTheAlphaFamilyAreRelativeEntropies) {
  const Members p = normal(0, 1), q = normal(1, 2);
  const auto value = [&](const char* word) {
    return evaluate(registry(), *find_divergence_written(registry(), word), p, q).value;
  };
  const double kl = kl_rule(p, q).value;
  EXPECT_EQ(value("renyi(1)"), kl);
  EXPECT_EQ(value("tsallis(1)"), kl);
  EXPECT_EQ(value("amari_alpha(1)"), kl);
  EXPECT_EQ(value("amari_alpha(0)"), kl_rule(q, p).value);
  EXPECT_EQ(value("renyi(0)"), 0);
}

TEST(FDivergence, ByAnExpressionIsTheDivergenceOfThatName) {
  const Members p = normal(0, 1), q = normal(1, 2);
  const std::pair<const char*, const char*> same[] = {{"f(t * log(t))", "kl"},
                                                      {"reverse_f(t * log(t))", "reverse_kl"},
                                                      {"f(abs(t - 1) / 2)", "total_variation"},
                                                      {"f((t - 1)^2)", "chi_squared"},
                                                      {"f((sqrt(t) - 1)^2 * 2)", "amari_alpha(0.5)"}};
  for (const auto& [expression, name] : same) {
    const auto a = experiment::direction_of(registry(), expression), b = experiment::direction_of(registry(), name);
    const Estimate e = evaluate(registry(), *a.divergence, a.reversed ? q : p, a.reversed ? p : q);
    const Estimate truth = evaluate(registry(), *b.divergence, b.reversed ? q : p, b.reversed ? p : q);
    EXPECT_NEAR(e.value, truth.value, e.error + truth.error) << expression;
    EXPECT_LT(e.error, 1e-9) << expression;
  }
}

TEST(FDivergence, LimitsDecideWhatHappensWhereOneHasNoMass) {
  const Members p = normal(0, 1), q = parse("gamma(shape = 2, rate = 1)");
  const auto value = [&](const char* expression) {
    return evaluate(registry(), *experiment::direction_of(registry(), expression).divergence, p, q).value;
  };
  EXPECT_EQ(value("f(t * log(t))"), std::numeric_limits<double>::infinity());
  EXPECT_NEAR(value("f(abs(t - 1) / 2)"), evaluate(registry(), registry().divergence("total_variation"), p, q).value,
              1e-9);
}

// Where p/q overflows a square: by mpmath, 2 quad((p - q)^2/(p + q), [0, 0.05, ..., 30]).
TEST(FDivergence, AnExpressionThatOverflowsKeepsItsSlope) {
  const auto triangular = experiment::direction_of(registry(), "f((t - 1)^2 / (t + 1))");
  const Estimate e = evaluate(registry(), *triangular.divergence, normal(0, 1), normal(0, 0.1));
  EXPECT_NEAR(e.value, 1.36807911634954772, 1e-10);
}

TEST(FDivergence, MustBeConvex) {
  EXPECT_NE(message_of<ConfigError>([] { experiment::direction_of(registry(), "f(sin(t))"); }).find("not convex"),
            std::string::npos);
  EXPECT_THROW(experiment::direction_of(registry(), "f(t * lgo(t))"), ConfigError);
}

TEST(DivergenceBatch, GivesTheValuesOfSinglePairs) {
  const Index n = 300;
  Eigen::MatrixXd p(2, n), q(2, n);
  for (Index i = 0; i < n; ++i) {
    p.col(i) << 0.01 * static_cast<double>(i), 1 + 0.02 * static_cast<double>(i);
    q.col(i) << 1, 2;
  }
  p.col(7) = q.col(7);
  const Layout layout = normal(0, 1).layout;
  const Distribution& family = registry().family("normal");
  for (const char* word : {"kl", "jeffreys", "hellinger", "reverse_chi_squared", "total_variation", "cross_entropy"}) {
    const auto divergence = find_divergence_written(registry(), word);
    Eigen::RowVectorXd value(n), error(n);
    std::vector<Method> method(static_cast<std::size_t>(n));
    evaluate_batch(registry(), *divergence, {family, layout, p}, {family, layout, q}, row(value), row(error), method);
    for (Index i = 0; i < n; i += 7) {
      const Estimate one = evaluate(registry(), *divergence, {&family, layout, p.col(i)}, {&family, layout, q.col(i)});
      EXPECT_EQ(value[i], one.value) << word << " " << i;
      EXPECT_EQ(method[static_cast<std::size_t>(i)], one.method) << word << " " << i;
    }
  }
}

}  // namespace
