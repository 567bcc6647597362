// kullback run and check: the run folder, overrides, failures and interruptions.
#include "support/command.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <sys/resource.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <thread>

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using test_support::command;
using test_support::read_file;

const std::string kSmall =
    "target: multivariate_normal(mean = [1, -1], covariance = [[1, 0.9], [0.9, 1]])\n"
    "approximation: factorized(normal, normal)\n"
    "inference:\n  divergence: reverse_kl\n";

class RunCommand : public testing::Test {
 protected:
  std::string folder = test_support::temporary_directory();
  std::string file(const std::string& text, const std::string& name = "experiment.yaml") {
    test_support::write_file(folder + "/" + name, text);
    return folder + "/" + name;
  }
  ~RunCommand() override { fs::remove_all(folder); }
};

TEST_F(RunCommand, LeavesAFolderWithConfigResultTraceAndManifest) {
  const auto result = command({"run", file(kSmall), "--out", folder + "/out"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const Json json = Json::parse(read_file(folder + "/out/result.json"));
  EXPECT_EQ(json["status"], "converged");
  EXPECT_GE(json["sweeps"], 1);
  // Mean field on this target: variances 1 - rho^2, means exact, KL(q||p) = -log(1 - rho^2)/2 [Bishop 2006,
  // sec. 10.1.2].
  EXPECT_NEAR(json["variables"]["x1"]["mean"].get<double>(), 1, 1e-5);  // the root of the tolerance
  EXPECT_NEAR(json["variables"]["x2"]["stddev"].get<double>(), std::sqrt(0.19), 1e-12);
  EXPECT_EQ(json["variables"]["x1"]["family"], "normal");
  EXPECT_NEAR(json["bound"].get<double>(), 0.5 * std::log(0.19), 1e-9);
  EXPECT_EQ(json["divergences"][0]["name"], "reverse_kl");
  EXPECT_NEAR(json["divergences"][0]["value"].get<double>(), -0.5 * std::log(0.19), 1e-9);
  EXPECT_EQ(read_file(folder + "/out/trace.csv").rfind("sweep,seconds,bound,change", 0), 0u);
  const Json manifest = Json::parse(read_file(folder + "/out/manifest.json"));
  for (const char* key : {"kullback", "versions", "plugins", "seed", "threads", "host", "inputs"})
    EXPECT_TRUE(manifest.contains(key)) << key;
  EXPECT_EQ(manifest["inputs"][0]["sha256"].get<std::string>().size(), 64u);
  const std::string config = read_file(folder + "/out/config.yaml");
  EXPECT_NE(config.find("tolerance:"), std::string::npos) << config;
  EXPECT_NE(config.find("seed: 1"), std::string::npos);
}

TEST_F(RunCommand, TheResolvedConfigGivesTheSameResult) {
  ASSERT_EQ(command({"run", file(kSmall), "--out", folder + "/a"}).exit_code, 0);
  ASSERT_EQ(command({"run", folder + "/a/config.yaml", "--out", folder + "/b"}).exit_code, 0);
  EXPECT_EQ(read_file(folder + "/a/result.json"), read_file(folder + "/b/result.json"));
}

TEST_F(RunCommand, NeverOverwritesAFolder) {
  const std::string experiment = file(kSmall);
  ASSERT_EQ(command({"run", experiment, "--out", folder + "/out"}).exit_code, 0);
  const std::string before = read_file(folder + "/out/result.json");
  const auto second = command({"run", experiment, "--out", folder + "/out"});
  EXPECT_EQ(second.exit_code, 1);
  EXPECT_NE(second.err.find("a run never overwrites one"), std::string::npos) << second.err;
  EXPECT_EQ(read_file(folder + "/out/result.json"), before);
}

TEST_F(RunCommand, WithoutOutNumbersItsFolders) {
  const std::string experiment = file(kSmall, "tiny.yaml");
  ASSERT_EQ(command({"run", experiment}, folder).exit_code, 0);
  ASSERT_EQ(command({"run", experiment}, folder).exit_code, 0);
  EXPECT_TRUE(fs::exists(folder + "/runs/tiny/result.json"));
  EXPECT_TRUE(fs::exists(folder + "/runs/tiny-2/result.json"));
}

TEST_F(RunCommand, JsonPrintsTheResultAndNothingElse) {
  const auto result = command({"run", file(kSmall), "--out", folder + "/out", "--json"});
  ASSERT_EQ(result.exit_code, 0);
  EXPECT_EQ(Json::parse(result.out), Json::parse(read_file(folder + "/out/result.json")));
}

TEST_F(RunCommand, QuietPrintsNothing) {
  const auto result = command({"run", "-q", file(kSmall), "--out", folder + "/out"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err, "");
}

TEST_F(RunCommand, SetReplacesAValue) {
  const auto result = command({"run", file(kSmall), "--set", "inference.max_sweeps=1", "--set",
                               "inference.divergence=forward_kl", "--out", folder + "/out"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(Json::parse(read_file(folder + "/out/result.json"))["divergence"], "forward_kl");
}

TEST_F(RunCommand, SetOfAnUnknownKeyIsRefused) {
  const auto result = command({"check", file(kSmall), "--set", "inference.max_sweep=1"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_NE(result.err.find("did you mean 'max_sweeps'?"), std::string::npos) << result.err;
}

TEST_F(RunCommand, StoppingAtMaxSweepsSaysSo) {
  const auto result = command({"run", file(kSmall), "--set", "inference.max_sweeps=2", "--out", folder + "/out"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(Json::parse(read_file(folder + "/out/result.json"))["status"], "max_sweeps");
  EXPECT_NE(result.err.find("warning: max_sweeps"), std::string::npos) << result.err;
}

TEST_F(RunCommand, TheSameBytesComeOutAtOneTwoAndSevenThreads) {
  const std::string experiment = file(
      "data:\n  precision: lattice_precision(shape = [300, 300], diagonal = 5, neighbor = -1)\n  h: noise(90000, seed "
      "= 3)\n"
      "target: multivariate_normal(information = h, precision = precision)\napproximation: factorized(normal)\n"
      "inference:\n  divergence: reverse_kl\n");
  for (const char* threads : {"1", "2", "7"})
    ASSERT_EQ(command({"run", experiment, "--threads", threads, "--out", folder + "/t" + threads}).exit_code, 0);
  for (const auto& entry : fs::directory_iterator(folder + "/t1")) {
    const std::string name = entry.path().filename();
    if (name == "manifest.json" || name == "trace.csv") continue;  // both hold times
    EXPECT_EQ(read_file(folder + "/t1/" + name), read_file(folder + "/t2/" + name)) << name;
    EXPECT_EQ(read_file(folder + "/t1/" + name), read_file(folder + "/t7/" + name)) << name;
  }
}

TEST_F(RunCommand, AFullDiskIsAnErrorAndNoHalfFileIsLeft) {
  const std::string experiment = file(
      "data:\n  precision: lattice_precision(shape = [100, 200], diagonal = 5, neighbor = -1)\n  h: noise(20000, seed "
      "= 3)\n"
      "target: multivariate_normal(information = h, precision = precision)\napproximation: factorized(normal)\n");
  const auto limit = [] {
    const rlimit small{100'000, 100'000};  // bytes a file may have: result.json fits, the arrays do not
    ::setrlimit(RLIMIT_FSIZE, &small);
  };
  const auto result =
      test_support::run_program({KULLBACK_BINARY, "run", experiment, "--out", folder + "/out"}, "", limit);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.err.find("error: cannot write '" + folder + "/out/"), std::string::npos) << result.err;
  EXPECT_EQ(Json::parse(read_file(folder + "/out/result.json"))["status"], "failed");
  for (const auto& entry : fs::directory_iterator(folder + "/out")) EXPECT_NE(entry.path().extension(), ".part");
}

TEST_F(RunCommand, AnOutFolderThatCannotBeMadeIsAnError) {
  test_support::write_file(folder + "/file", "");
  const auto result = command({"run", file(kSmall), "--out", folder + "/file/out"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.err.find("cannot create"), std::string::npos) << result.err;
}

TEST_F(RunCommand, AMissingFileIsAnError) {
  const auto result = command({"run", folder + "/nothing.yaml"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(result.err, "error: cannot read '" + folder + "/nothing.yaml': No such file or directory\n");
}

TEST_F(RunCommand, AnInterruptedRunSaysSo) {
  // Nearly singular, so that hundreds of thousands of sweeps would be needed.
  const std::string experiment = file(
      "data:\n  precision: lattice_precision(shape = [400, 400], diagonal = 4.0000001, neighbor = -1)\n  h: "
      "noise(160000, seed = 3)\n"
      "target: multivariate_normal(information = h, precision = precision)\napproximation: factorized(normal)\n"
      "inference:\n  max_sweeps: 100000000\n");
  const pid_t child = ::fork();
  if (child == 0) {
    ::freopen("/dev/null", "w", stdout);
    ::freopen((folder + "/err").c_str(), "w", stderr);
    ::execl(KULLBACK_BINARY, "kullback", "run", experiment.c_str(), "--out", (folder + "/out").c_str(), nullptr);
    ::_exit(127);
  }
  while (!fs::exists(folder + "/out/config.yaml")) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(Json::parse(read_file(folder + "/out/result.json"))["status"], "running");
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  ::kill(child, SIGINT);
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 1);
  EXPECT_EQ(Json::parse(read_file(folder + "/out/result.json"))["status"], "cancelled");
}

TEST_F(RunCommand, CheckDoesEverythingButTheWork) {
  const auto result = command({"check", file(kSmall)}, folder);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.out.find("coordinate_ascent"), std::string::npos) << result.out;
  EXPECT_FALSE(fs::exists(folder + "/runs"));
}

TEST_F(RunCommand, AListOfDivergencesRunsEach) {
  const auto result = command(
      {"run", file(kSmall), "--set", "inference.divergence=[reverse_kl, forward_kl]", "--out", folder + "/out"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const Json json = Json::parse(read_file(folder + "/out/result.json"));
  ASSERT_EQ(json["results"].size(), 2u);
  EXPECT_NEAR(json["results"][0]["variables"]["x1"]["stddev"].get<double>(), std::sqrt(0.19), 1e-12);
  EXPECT_NEAR(json["results"][1]["variables"]["x1"]["stddev"].get<double>(), 1, 1e-12);
}

}  // namespace
