// Models from the file to the run folder and to predictions, as a person runs them.
#include "support/command.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <filesystem>

namespace {

using nlohmann::json;
using test_support::command;
using test_support::read_file;
using test_support::write_file;

class ModelCommand : public testing::Test {
 protected:
  void SetUp() override { folder_ = test_support::temporary_directory(); }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) const { write_file(folder_ + "/" + name, text); }
  test_support::CommandResult run(const std::vector<std::string>& arguments) const { return command(arguments, folder_); }
  json result(const std::string& out = "out") const { return json::parse(read_file(folder_ + "/" + out + "/result.json")); }

  std::string folder_;
};

// y ~ normal(mu, variance 4), mu ~ normal(1, variance 9), y = 2, 4, 9: by hand, precision 1/9 + 3/4, mean (1/9 + 15/4) / precision.
const char* kMean = R"(plates: {n: data}
data:
  file: y.csv
  y[n]: y
model:
  mu:     normal(1, variance = 9)
  y[n]:   normal(mu, variance = 4)
  double: 2 * mu
)";

TEST_F(ModelCommand, ConjugateMeanIsExactAndReported) {
  write("y.csv", "y\n2\n4\n9\n");
  write("m.yaml", kMean);
  const auto ran = run({"run", "m.yaml", "--out", "out"});
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  const json r = result();
  const double precision = 1.0 / 9 + 3.0 / 4, mean = (1.0 / 9 + 15.0 / 4) / precision;
  EXPECT_EQ(r["status"], "converged");
  EXPECT_NEAR(r["variables"]["mu"]["mean"].get<double>(), mean, 1e-12);
  EXPECT_NEAR(r["variables"]["mu"]["stddev"].get<double>(), 1 / std::sqrt(precision), 1e-12);
  const json report = r["reports"]["double"];
  const double error = report["standard_error"].get<double>();
  EXPECT_NEAR(report["mean"].get<double>(), 2 * mean, 5 * error);
  EXPECT_NEAR(error, 2 / std::sqrt(precision) / 100, 0.05 * error);  // 10,000 draws
  EXPECT_NE(read_file(folder_ + "/out/trace.csv").find("sweep,seconds,bound"), std::string::npos);
}

TEST_F(ModelCommand, PredictionsComeFromTheRunFolderAlone) {
  write("y.csv", "y\n2\n4\n9\n");
  write("m.yaml", kMean);
  ASSERT_EQ(run({"run", "m.yaml", "--out", "out"}).exit_code, 0);
  std::filesystem::remove(folder_ + "/y.csv");
  std::filesystem::remove(folder_ + "/m.yaml");
  write("new.csv", "y\n3\nNA\n");
  const auto ran = run({"predict", "out", "new.csv", "--json"});
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  const json y = json::parse(ran.out)["variables"]["y"];
  const double precision = 1.0 / 9 + 3.0 / 4, mean = (1.0 / 9 + 15.0 / 4) / precision, variance = 4 + 1 / precision;
  const double log_density = -0.5 * std::log(2 * M_PI * variance) - 0.5 * (3 - mean) * (3 - mean) / variance;
  EXPECT_NEAR(y["mean"][0].get<double>(), mean, 5 * y["mean_error"][0].get<double>());
  EXPECT_NEAR(y["variance"][0].get<double>(), variance, 0.1);
  EXPECT_NEAR(y["log_density"][0].get<double>(), log_density, 5 * y["log_density_error"][0].get<double>());
  ASSERT_EQ(y["log_density"].size(), 2u);
  EXPECT_TRUE(y["log_density"][1].is_null());
}

TEST_F(ModelCommand, PredictionsScaleAsTheOldRowsWere) {
  write("y.csv", "x,y\n1,1.1\n2,2.1\n3,2.9\n4,4.1\n5,5.0\n");
  write("m.yaml", R"(plates: {n: data}
data:
  file: y.csv
  x[n]: {column: x, standardize: true}
  c[n]: x - mean(x, over = n)
  y[n]: y
model:
  a:    normal(0, variance = 100)
  b:    normal(0, variance = 100)
  y[n]: normal(a + b * c, variance = 0.01)
)");
  ASSERT_EQ(run({"run", "m.yaml", "--out", "out"}).exit_code, 0);
  write("new.csv", "x\n10\n");  // no outcomes at all
  const auto ran = run({"predict", "out", "new.csv", "--json"});
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_NEAR(json::parse(ran.out)["variables"]["y"]["mean"][0].get<double>(), 9.9, 0.1);  // least squares: 3.04 + 0.98 (x - 3)
}

TEST_F(ModelCommand, AnUnseenLabelIsAnError) {
  write("y.csv", "g,y\na,1\nb,2\n");
  write("m.yaml", "plates: {n: data, g: data}\ndata:\n  file: y.csv\n  y[n]: y\n  in[n]: {column: g, levels: g}\nmodel:\n  mu[g]: normal(0, stddev = 10)\n  y[n]: normal(mu[in], stddev = 1)\n");
  ASSERT_EQ(run({"run", "m.yaml", "--out", "out"}).exit_code, 0);
  write("new.csv", "g,y\nc,1\n");
  const auto ran = run({"predict", "out", "new.csv"});
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_NE(ran.err.find("row 1 of new.csv has 'c', which is not a label of g"), std::string::npos) << ran.err;
  write("good.csv", "g,y\nb,1\n");
  const auto good = run({"predict", "out", "good.csv"});
  ASSERT_EQ(good.exit_code, 0) << good.err;
  EXPECT_NE(good.out.find("y,n = 1,,1.9"), std::string::npos) << good.out;  // 2 / (1 + 1/100)
}

const char* kMixture = R"(plates: {n: data, k: 3}
data:
  y[n]: [-5, -4.9, -5.1, 0, 0.1, -0.1, 5, 5.1, 4.9]
model:
  weights: dirichlet(1, over = k)
  mu[k]:   normal(0, precision = 0.01)
  z[n]:    categorical(weights)
  y[n]:    normal(mu[z], precision = 10)
)";

TEST_F(ModelCommand, RestartsReportDistinctOptima) {
  write("m.yaml", std::string(kMixture) + "inference:\n  initialize: {z: random}\n  restarts: 8\n  seed: 3\n");
  const auto ran = run({"run", "m.yaml", "--out", "out"});
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  const json r = result();
  EXPECT_EQ(r["restarts"]["count"], 8);
  int times = 0;
  double last = std::numeric_limits<double>::infinity();
  for (const json& optimum : r["restarts"]["optima"]) {
    times += optimum["times"].get<int>();
    EXPECT_LT(optimum["bound"].get<double>(), last);
    last = optimum["bound"];
  }
  EXPECT_EQ(times, 8);
  EXPECT_EQ(r["bound"], r["restarts"]["optima"][0]["bound"]);
  // The best one finds the three groups.
  std::vector<double> means = r["variables"]["mu"]["mean"].get<std::vector<double>>();
  std::sort(means.begin(), means.end());
  EXPECT_NEAR(means[0], -5, 0.1);
  EXPECT_NEAR(means[1], 0, 0.1);
  EXPECT_NEAR(means[2], 5, 0.1);
  const json z = r["variables"]["z"]["parameters"]["probabilities"];
  ASSERT_EQ(z.size(), 9u);
  EXPECT_NEAR(z[0][0].get<double>() + z[0][1].get<double>() + z[0][2].get<double>(), 1, 1e-12);
  double sum = 0;
  for (const auto& [term, value] : r["bound_by_term"].items()) sum += value.get<double>();
  EXPECT_NEAR(sum, r["bound"].get<double>(), 1e-10 * std::abs(sum));
}

TEST_F(ModelCommand, SymmetricStartIsRefused) {
  write("m.yaml", kMixture);
  const auto ran = run({"check", "m.yaml"});
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_NE(ran.err.find("write initialize: {z: random} under inference"), std::string::npos) << ran.err;
}

TEST_F(ModelCommand, CheckEchoesAndExplainForesees) {
  write("m.yaml", std::string(kMixture) + "inference:\n  initialize: {z: random}\n");
  const auto checked = run({"check", "m.yaml"});
  ASSERT_EQ(checked.exit_code, 0) << checked.err;
  EXPECT_EQ(checked.out.substr(0, checked.out.find('\n')), "observed: y (9 cells)");
  EXPECT_NE(checked.out.find("y[n] ~ normal(mean = mu[z[n]], precision = 10)   9 cells; data -5.1 to 5.1"), std::string::npos) << checked.out;
  EXPECT_NE(checked.out.find("mu[k] ~ normal(mean = 0, precision = 0.01)   3 cells; 3 factors; prior 0 ± 10"), std::string::npos) << checked.out;
  const auto explained = run({"explain", "m.yaml"});
  ASSERT_EQ(explained.exit_code, 0) << explained.err;
  for (const char* word : {"weights", "dirichlet", "schedule: colored", "multiplications a sweep", "memory: about"}) EXPECT_NE(explained.out.find(word), std::string::npos) << explained.out;
}

}  // namespace
