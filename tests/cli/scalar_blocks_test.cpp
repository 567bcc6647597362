// Several normals in one factor as a person runs them, against dense linear algebra
// (tests/golden/make_scalar_blocks.py).
#include "support/command.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <filesystem>
#include <numbers>
#include <sstream>

namespace {

using json = nlohmann::json;
using test_support::read_file;
using test_support::write_file;

class ScalarBlocks : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = test_support::temporary_directory();
    golden_ = json::parse(read_file(KULLBACK_SOURCE_DIR "/tests/golden/scalar_blocks.json"))["line"];
    std::string rows = "x,y\n";
    for (std::size_t n = 0; n < golden_["x"].size(); ++n)
      rows += golden_["x"][n].dump() + "," + golden_["y"][n].dump() + "\n";
    write_file(folder_ + "/old.csv", rows);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  test_support::CommandResult run(const std::vector<std::string>& arguments) const {
    return test_support::command(arguments, folder_);
  }
  // Exit code and result.json of the model.
  json fit(const std::string& out, const std::string& inference) const {
    write_file(folder_ + "/m.yaml", R"(plates: {n: data}
data:
  file: old.csv
  x[n]: x
  y[n]: y
model:
  a: normal(0.7, variance = 4)
  b: normal(a, variance = 0.25)
  y[n]: normal(a + b * x, variance = 0.09)
posterior:
  joint: [[a, b]]
)" + inference);
    const auto ran = run({"run", "m.yaml", "-q", "--out", out});
    EXPECT_EQ(ran.exit_code, 0) << ran.err;
    return json::parse(read_file(folder_ + "/" + out + "/result.json"));
  }

  std::string folder_;
  json golden_;
};

TEST_F(ScalarBlocks, ResultsAreOfSingleVariablesAndOfTheBlock) {
  const json variables = fit("out", "")["variables"];
  for (std::size_t i = 0; i < 2; ++i) {
    const json v = variables[i == 0 ? "a" : "b"];
    EXPECT_EQ(v["joint"], json({"a", "b"}));
    EXPECT_NEAR(v["mean"].get<double>(), golden_["mean"][i].get<double>(), 1e-11);
    EXPECT_NEAR(v["stddev"].get<double>(), std::sqrt(golden_["covariance"][i][i].get<double>()), 1e-11);
    for (std::size_t j = 0; j < 2; ++j)
      EXPECT_NEAR(v["parameters"]["covariance"][i][j].get<double>(), golden_["covariance"][i][j].get<double>(), 1e-11);
  }
}

TEST_F(ScalarBlocks, PredictionsAreExact) {
  fit("out", "");
  write_file(folder_ + "/new.csv", "x,y\n0.5,1\n-3,2\n");
  const auto predicted = run({"predict", "out", "new.csv", "--json"});
  ASSERT_EQ(predicted.exit_code, 0) << predicted.err;
  const json y = json::parse(predicted.out)["variables"]["y"];
  EXPECT_EQ(y["draws"], 0);
  const auto c = [&](int i, int j) { return golden_["covariance"][i][j].get<double>(); };
  for (std::size_t n = 0; n < 2; ++n) {
    const double x = n == 0 ? 0.5 : -3, seen = n == 0 ? 1 : 2;
    const double mean = golden_["mean"][0].get<double>() + x * golden_["mean"][1].get<double>();
    const double variance = 0.09 + c(0, 0) + 2 * x * c(0, 1) + x * x * c(1, 1);
    EXPECT_NEAR(y["mean"][n].get<double>(), mean, 1e-10);
    EXPECT_NEAR(y["variance"][n].get<double>(), variance, 1e-10);
    EXPECT_NEAR(y["log_density"][n].get<double>(),
                -0.5 * std::log(2 * std::numbers::pi * variance) - 0.5 * (seen - mean) * (seen - mean) / variance,
                1e-9);
  }
}

TEST_F(ScalarBlocks, AFormerRunIsAStart) {
  const double end = fit("first", "")["bound"];
  const json again = fit("again", "inference:\n  initialize: {a: {run: first}}\n");
  std::istringstream trace(read_file(folder_ + "/again/trace.csv"));
  std::string line;
  for (int i = 0; i < 2; ++i) std::getline(trace, line);
  std::istringstream cells(line);
  for (int i = 0; i < 4; ++i) std::getline(cells, line, ',');
  EXPECT_NEAR(std::stod(line), 0, 1e-8);  // the first sweep changes nothing
  EXPECT_NEAR(again["bound"].get<double>(), end, 1e-10);
}

}  // namespace
