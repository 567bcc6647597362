// kullback divergence, plugins and describe, as a person or a script calls them.
#include "support/command.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <map>
#include <sstream>

namespace {

using Json = nlohmann::json;
using test_support::command;

// KL(N(0,1) || N(1,2)) = log 2 + (1 + 1)/8 - 1/2, and its mirror image -log 2 + (4 + 1)/2 - 1/2.
const double kForward = std::log(2.0) - 0.25;
const double kReverse = 2 - std::log(2.0);

TEST(DivergenceCommand, PrintsATableOfBothDirections) {
  const auto result = command({"divergence", "normal(mean = 0, stddev = 1)", "normal(mean = 1, stddev = 2)"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.out.find("kl"), std::string::npos);
  EXPECT_NE(result.out.find("reverse_kl"), std::string::npos);
  EXPECT_NE(result.out.find("0.44314718056"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("1.30685281944"), std::string::npos) << result.out;
  EXPECT_EQ(result.err, "");
}

TEST(DivergenceCommand, JsonHoldsNameValueErrorMethodAndSource) {
  const auto result = command({"divergence", "--json", "normal(mean = 0, stddev = 1)", "normal(mean = 1, stddev = 2)"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const Json json = Json::parse(result.out);
  EXPECT_EQ(json["p"], "normal(mean = 0, stddev = 1)");
  EXPECT_EQ(json["q"], "normal(mean = 1, stddev = 2)");
  ASSERT_EQ(json["divergences"].size(), 2u);
  EXPECT_EQ(json["divergences"][0]["name"], "kl");
  EXPECT_NEAR(json["divergences"][0]["value"].get<double>(), kForward, 1e-15);
  EXPECT_LT(json["divergences"][0]["error"].get<double>(), 1e-13);
  EXPECT_EQ(json["divergences"][0]["method"], "closed_form");
  EXPECT_NE(json["divergences"][0]["source"], "");
  EXPECT_NEAR(json["divergences"][1]["value"].get<double>(), kReverse, 1e-14);
}

TEST(DivergenceCommand, OneDivergenceCanBePicked) {
  const auto result =
      command({"divergence", "--divergence", "kl", "--json", "gaussian(0, variance = 1)", "gaussian(0, variance = 1)"});
  const Json json = Json::parse(result.out);
  ASSERT_EQ(json["divergences"].size(), 1u);
  EXPECT_EQ(json["divergences"][0]["value"], 0.0);
  EXPECT_EQ(json["divergences"][0]["error"], 0.0);
}

TEST(DivergenceCommand, InfinityIsAStringInJson) {
  const auto result = command({"divergence", "--divergence", "kl", "--json", "normal(mean = 0, stddev = 1)",
                               "discrete_grid(low = 0, high = 1, cells = 2, weights = [1, 1])"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const Json json = Json::parse(result.out);
  EXPECT_EQ(json["divergences"][0]["value"], "inf");
  EXPECT_EQ(json["divergences"][0]["method"], "infinite");
}

TEST(DivergenceCommand, UnknownDivergenceIsAUsageErrorWithASuggestion) {
  const auto result =
      command({"divergence", "--divergence", "lk", "normal(mean = 0, stddev = 1)", "normal(mean = 0, stddev = 1)"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_NE(result.err.find("lk"), std::string::npos);
  EXPECT_NE(result.err.find("kl"), std::string::npos);
}

TEST(DivergenceCommand, AMistakeInAnArgumentIsPointedAt) {
  const auto result = command({"divergence", "normal(mean = 0, stddev = -1)", "normal(mean = 0, stddev = 1)"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(result.err,
            "P:1:27: error: stddev must be positive, got -1\n"
            "  1 | normal(mean = 0, stddev = -1)\n"
            "                                ^^\n")
      << result.err;
}

TEST(DivergenceCommand, PairsAreAnsweredInOrderErrorsIncluded) {
  const std::string folder = test_support::temporary_directory();
  test_support::write_file(
      folder + "/pairs.jsonl",
      "{\"p\": \"normal(mean = 0, stddev = 1)\", \"q\": \"normal(mean = 1, stddev = 2)\", \"divergence\": \"kl\"}\n"
      "{\"p\": \"norml(mean = 0, stddev = 1)\", \"q\": \"normal(mean = 1, stddev = 2)\"}\n"
      "not json\n"
      "{\"p\": \"normal(mean = 0, stddev = 1)\"}\n"
      "\n"
      "{\"p\": \"normal(mean = 1, stddev = 2)\", \"q\": \"normal(mean = 0, stddev = 1)\", \"divergence\": \"kl\"}\n");
  const auto result = command({"divergence", "--pairs", folder + "/pairs.jsonl"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  std::vector<Json> answers;
  std::istringstream lines(result.out);
  for (std::string line; std::getline(lines, line);) answers.push_back(Json::parse(line));
  ASSERT_EQ(answers.size(), 5u);
  EXPECT_NEAR(answers[0]["divergences"][0]["value"].get<double>(), kForward, 1e-15);
  EXPECT_NE(answers[1]["error"].get<std::string>().find("did you mean 'normal'?"), std::string::npos);
  EXPECT_TRUE(answers[2].contains("error"));
  EXPECT_TRUE(answers[3].contains("error"));
  EXPECT_NEAR(answers[4]["divergences"][0]["value"].get<double>(), kReverse, 1e-14);
}

TEST(DivergenceCommand, ParametersAreWrittenInBrackets) {
  const auto result = command({"divergence", "--divergence", "renyi(2)", "--divergence", "reverse_renyi(order = 2)",
                               "--json", "normal(mean = 0, stddev = 1)", "normal(mean = 1, stddev = 1)"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const Json json = Json::parse(result.out);
  ASSERT_EQ(json["divergences"].size(), 2u);
  EXPECT_EQ(json["divergences"][0]["name"], "renyi(2)");
  EXPECT_NEAR(json["divergences"][0]["value"].get<double>(), 1, 1e-13);  // a (difference of means)^2 / 2
  EXPECT_NEAR(json["divergences"][1]["value"].get<double>(), 1, 1e-13);
}

TEST(DivergenceCommand, AllShowsEveryDivergenceOnce) {
  const auto result =
      command({"divergence", "--all", "--json", "normal(mean = 0, stddev = 1)", "normal(mean = 1, stddev = 2)"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  std::map<std::string, int> seen;
  const Json json = Json::parse(result.out);
  for (const Json& each : json["divergences"]) ++seen[each["name"].get<std::string>()];
  for (const char* name : {"kl",
                           "reverse_kl",
                           "jeffreys",
                           "renyi(0.5)",
                           "amari_alpha(0.5)",
                           "tsallis(0.5)",
                           "bhattacharyya",
                           "chernoff",
                           "hellinger",
                           "chi_squared",
                           "reverse_chi_squared",
                           "total_variation",
                           "jensen_shannon",
                           "wasserstein_1",
                           "wasserstein_2",
                           "energy",
                           "fisher_divergence",
                           "fisher_rao",
                           "cross_entropy",
                           "entropy"})
    EXPECT_EQ(seen[name], 1) << name;
  EXPECT_EQ(seen.count("reverse_hellinger"), 0u);
}

TEST(DivergenceCommand, AnEntropyNeedsNoQ) {
  const auto result = command({"divergence", "--divergence", "entropy", "--json", "normal(mean = 0, stddev = 1)"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NEAR(Json::parse(result.out)["divergences"][0]["value"].get<double>(), 1.4189385332046727, 1e-15);
}

TEST(DivergenceCommand, ABatchReadsParametersFromColumns) {
  const std::string folder = test_support::temporary_directory();
  test_support::write_file(folder + "/pairs.csv", "a,b,c\n0,1,2\n1,1,2\n0,1,1\n");
  const auto result = command({"divergence", "--batch", folder + "/pairs.csv", "--divergence", "kl", "--divergence",
                               "hellinger", "normal(mean = a, stddev = b)", "normal(mean = 1, stddev = c)"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  std::istringstream lines(result.out);
  std::string line;
  std::getline(lines, line);
  EXPECT_EQ(line, "kl,kl_error,kl_method,hellinger,hellinger_error,hellinger_method");
  std::getline(lines, line);
  EXPECT_NEAR(std::stod(line), kForward, 1e-15) << line;
  EXPECT_NE(line.find("closed_form"), std::string::npos);
  int rows = 1;
  while (std::getline(lines, line)) ++rows;
  EXPECT_EQ(rows, 3);
}

TEST(DivergenceCommand, AMistakeInARowOfABatchIsPointedAt) {
  const std::string folder = test_support::temporary_directory();
  test_support::write_file(folder + "/pairs.csv", "b\n1\n-1\n");
  const auto result = command(
      {"divergence", "--batch", folder + "/pairs.csv", "normal(mean = 0, stddev = b)", "normal(mean = 0, stddev = 1)"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_NE(result.err.find("stddev must be positive, got -1"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("row 2"), std::string::npos) << result.err;
}

TEST(DivergenceCommand, MonteCarloOnlyWhereItIsAllowed) {
  const std::string p =
      "mixture(weights = [0.5, 0.5], components = [multivariate_normal(mean = [0, 0, 0, 0], covariance = 1), "
      "multivariate_normal(mean = [3, 3, 3, 3], covariance = 1)])";
  const std::string q = "multivariate_normal(mean = [0, 0, 0, 0], covariance = 9)";
  const auto refused = command({"divergence", "--divergence", "total_variation", "--json", p, q});
  EXPECT_EQ(refused.out.find("monte_carlo\""), std::string::npos) << refused.out;
  const auto allowed =
      command({"divergence", "--divergence", "total_variation", "--allow", "monte_carlo", "--json", p, q});
  ASSERT_EQ(allowed.exit_code, 0) << allowed.err;
  const Json value = Json::parse(allowed.out)["divergences"][0];
  EXPECT_EQ(value["method"], "monte_carlo") << allowed.out;
  EXPECT_GT(value["error"].get<double>(), 0);
  EXPECT_LT(value["error"].get<double>(), 0.01);
  EXPECT_EQ(command({"divergence", "--divergence", "total_variation", "--allow", "monte_carlo", "--json", p, q}).out,
            allowed.out);
}

TEST(PluginsCommand, ListsEveryPluginWithItsHash) {
  const auto result = command({"plugins", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  std::vector<std::string> ids;
  const Json json = Json::parse(result.out);
  for (const Json& plugin : json["plugins"]) {
    ids.push_back(plugin["id"]);
    EXPECT_EQ(plugin["sha256"].get<std::string>().size(), 64u);
  }
  for (const char* id : {"normal", "multivariate_normal", "discrete_grid", "factorized", "mixture", "divergences",
                         "coordinate_ascent", "moment_matching"})
    EXPECT_NE(std::find(ids.begin(), ids.end(), id), ids.end()) << id;
}

TEST(DescribeCommand, ShowsParametersAndRulesFromTheRegistry) {
  const auto result = command({"describe", "gaussian"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  for (const char* text :
       {"normal (also gaussian)", "stddev", "variance", "precision", "positive", "kl(normal, normal)"})
    EXPECT_NE(result.out.find(text), std::string::npos) << text << "\n" << result.out;
}

TEST(DescribeCommand, SuggestsTheNameThatWasMeant) {
  const auto result = command({"describe", "norml"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(result.err, "error: there is no 'norml'; did you mean 'normal'?\n");
}

TEST(Command, WithoutSubcommandIsAUsageError) { EXPECT_EQ(command({}).exit_code, 2); }

}  // namespace
