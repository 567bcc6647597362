// Models with flat priors as a person runs them: what they print, what they predict, and how they fail.
#include "support/command.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <sstream>

namespace {

using nlohmann::json;
using test_support::command;
using test_support::read_file;
using test_support::write_file;

constexpr const char* kEvidence = "not evidence: flat prior of beta; the bound compares runs of this model only";

// A mixture of normals of known spread with flat means, up to what follows `inference:`.
std::string components(const std::string& y, int k, double stddev) {
  std::ostringstream text;
  text << "plates: {n: " << json::parse(y).size() << ", k: " << k << "}\ndata:\n  y[n]: " << y << R"(
model:
  w:     dirichlet(1, over = k)
  mu[k]: flat()
  z[n]:  categorical(w)
  y[n]:  normal(mu[z], stddev = )"
       << stddev << ")\ninference:\n";
  return text.str();
}

class FlatPriors : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = test_support::temporary_directory();
    write_rows("old.csv", golden_["X"], golden_["y"]);
    write_file(folder_ + "/m.yaml", R"(plates: {n: data, c: 3}
data:
  file: old.csv
  X[n]: {columns: [a, b, c], over: c}
  y[n]: y
model:
  beta: flat(over = c)
  y[n]: normal(dot(beta, X), stddev = )" +
                                        golden_["stddev"].dump() + ")\n");
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void write_rows(const std::string& name, const json& rows, const json& y) const {
    std::ostringstream text;
    text << "a,b,c,y\n";
    for (std::size_t n = 0; n < rows.size(); ++n) {
      for (const json& x : rows[n]) text << x.dump() << ",";
      text << (n < y.size() ? y[n].dump() : "") << "\n";
    }
    write_file(folder_ + "/" + name, text.str());
  }
  test_support::CommandResult run(const std::vector<std::string>& arguments) const {
    return command(arguments, folder_);
  }

  std::string folder_;
  const json golden_ = json::parse(read_file(KULLBACK_SOURCE_DIR "/tests/golden/flat.json"))["least_squares"];
};

TEST_F(FlatPriors, SayThatTheBoundIsNoEvidence) {
  const auto ran = run({"run", "m.yaml", "--out", "out"});
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_NE(ran.out.find(kEvidence), std::string::npos) << ran.out;
  EXPECT_NE(run({"explain", "m.yaml"}).out.find(kEvidence), std::string::npos);
  const std::string checked = run({"check", "m.yaml"}).out;
  EXPECT_NE(checked.find("beta[c] ~ flat, q normal"), std::string::npos) << checked;
  EXPECT_NE(checked.find("beta[c]: its prior is flat (improper): the bound is no evidence"), std::string::npos);
  const json result = json::parse(read_file(folder_ + "/out/result.json"));
  EXPECT_EQ(result["bound_is_evidence"], false);
  EXPECT_EQ(result["flat_priors"], json({"beta"}));
  EXPECT_NEAR(result["bound"].get<double>(), golden_["bound"].get<double>(), 1e-10);
}

TEST_F(FlatPriors, PredictFromARunFolder) {
  ASSERT_EQ(run({"run", "m.yaml", "--out", "out", "-q"}).exit_code, 0);
  write_rows("new.csv", golden_["new"], json::array());
  const auto predicted = run({"predict", "out", "new.csv", "--json"});
  ASSERT_EQ(predicted.exit_code, 0) << predicted.err;
  const json y = json::parse(predicted.out)["variables"]["y"];
  EXPECT_EQ(y["draws"], 0);
  for (std::size_t n = 0; n < 2; ++n)
    for (const char* what : {"mean", "variance"})
      EXPECT_NEAR(y[what][n].get<double>(), golden_["prediction"][what][n].get<double>(), 1e-11) << what << n;
}

TEST_F(FlatPriors, AFormerRunAndNumbersAreStarts) {
  ASSERT_EQ(run({"run", "m.yaml", "--out", "out", "-q"}).exit_code, 0);
  for (const std::string start : {"{run: out}", "[5, 5, 5]"}) {
    std::filesystem::remove_all(folder_ + "/again");
    write_file(folder_ + "/again.yaml",
               read_file(folder_ + "/m.yaml") + "inference:\n  initialize: {beta: " + start + "}\n");
    ASSERT_EQ(run({"run", "again.yaml", "--out", "again", "-q"}).exit_code, 0) << start;
    const json result = json::parse(read_file(folder_ + "/again/result.json"));
    for (std::size_t i = 0; i < 3; ++i)
      EXPECT_NEAR(result["variables"]["beta"]["mean"][i].get<double>(), golden_["mean"][i].get<double>(), 1e-12);
  }
}

TEST_F(FlatPriors, NewRowsWithAFlatVariableOfTheirOwnAreRefused) {
  write_file(
      folder_ + "/rows.yaml",
      "plates: {n: data}\ndata:\n  file: old.csv\n  y[n]: y\nmodel:\n  b[n]: flat()\n  y[n]: normal(b, stddev = 1)\n");
  ASSERT_EQ(run({"run", "rows.yaml", "--out", "out", "-q"}).exit_code, 0);
  const auto predicted = run({"predict", "out", "old.csv"});
  EXPECT_EQ(predicted.exit_code, 2);
  EXPECT_NE(predicted.err.find("b: its prior is flat, which says nothing of cells without data"), std::string::npos);
}

// The third component starts where no row is: it hears of none, and its posterior is its prior.
TEST_F(FlatPriors, AnEmptyComponentIsAnErrorWithItsRemedy) {
  const std::string model = components("[1, 1.1, 0.9, 5, 5.1, 4.9]", 3, 0.1) + "  initialize: {mu: [1, 5, -90]}\n";
  write_file(folder_ + "/three.yaml", model);
  const auto failed = run({"run", "three.yaml", "--out", "out"});
  EXPECT_EQ(failed.exit_code, 1);
  EXPECT_NE(failed.err.find("mu[3]: its prior is flat, and its posterior is improper: no observation speaks of it (a "
                            "level of z that is empty: give it fewer levels, or another start)"),
            std::string::npos)
      << failed.err;
  std::string two = model;
  two.replace(two.find("k: 3"), 4, "k: 2");
  two.replace(two.find(", -90"), 5, "");
  write_file(folder_ + "/two.yaml", two);
  ASSERT_EQ(run({"run", "two.yaml", "--out", "two", "-q"}).exit_code, 0);
  const json mean = json::parse(read_file(folder_ + "/two/result.json"))["variables"]["mu"]["mean"];
  EXPECT_NEAR(mean[0].get<double>(), 1, 1e-9);  // the means of the two groups
  EXPECT_NEAR(mean[1].get<double>(), 5, 1e-9);
}

// A group of one row: some labels leave a component empty, which ends that restart and no other.
TEST_F(FlatPriors, ARestartThatFailsIsCountedBesideTheOthers) {
  const std::string model = components("[0, 0.2, 0.4, 0.1, 0.3, 6, 12, 12.3, 12.1, 12.4, 11.8, 12]", 3, 1.5) +
                            "  initialize: {z: random}\n  restarts: 30\n";
  write_file(folder_ + "/restarts.yaml", model);
  const auto ran = run({"run", "restarts.yaml", "--out", "out"});
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  const json result = json::parse(read_file(folder_ + "/out/result.json")), failed = result["restarts"]["failed"];
  ASSERT_GT(failed.size(), 0u);
  ASSERT_LT(failed.size(), 30u);
  std::size_t ended = 0;
  for (const json& optimum : result["restarts"]["optima"]) ended += optimum["times"].get<std::size_t>();
  EXPECT_EQ(ended + failed.size(), 30u);
  for (const json& each : failed)
    EXPECT_NE(each["reason"].get<std::string>().find("its posterior is improper"), std::string::npos);
  EXPECT_NE(ran.out.find(std::to_string(failed.size()) + " of 30 restarts failed (restart "), std::string::npos);
  run({"run", "restarts.yaml", "--out", "again", "--threads", "1", "-q"});
  EXPECT_EQ(json::parse(read_file(folder_ + "/again/result.json"))["restarts"], result["restarts"]);
}

TEST_F(FlatPriors, RestartsAreCompared) {
  write_file(folder_ + "/restarts.yaml",
             components("[1, 1.1, 0.9, 5, 5.1, 4.9]", 2, 1) + "  initialize: {z: random}\n  restarts: 4\n");
  ASSERT_EQ(run({"run", "restarts.yaml", "--out", "out", "-q"}).exit_code, 0);
  const json result = json::parse(read_file(folder_ + "/out/result.json"));
  int times = 0;
  for (const json& optimum : result["restarts"]["optima"]) times += optimum["times"].get<int>();
  EXPECT_EQ(times, 4);
  EXPECT_EQ(result["restarts"]["optima"][0]["bound"], result["bound"]);
}

}  // namespace
