// The models of configs/ from the starts and in the orders of tests/golden/models.json: every sweep's bound and the
// last parameters agree with what other programs found (make_models.py).
#include "support/command.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <filesystem>
#include <sstream>

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using test_support::read_file;

const Json& golden(const std::string& model) {
  static const Json values = Json::parse(read_file(KULLBACK_SOURCE_DIR "/tests/golden/models.json"));
  return values.at(model);
}

std::vector<double> flat(const Json& numbers) {
  std::vector<double> all;
  if (!numbers.is_array()) return {numbers.get<double>()};
  for (const Json& each : numbers)
    for (const double x : flat(each)) all.push_back(x);
  return all;
}

// Relative to each number, and to a tenth of the largest where a number is next to nothing beside the others.
void expect_near(const Json& found, const Json& expected, double relative, const std::string& what) {
  const std::vector<double> a = flat(found), b = flat(expected);
  ASSERT_EQ(a.size(), b.size()) << what;
  double largest = 0;
  for (const double x : b) largest = std::max(largest, std::abs(x));
  for (std::size_t i = 0; i < a.size(); ++i)
    EXPECT_NEAR(a[i], b[i], relative * std::max(std::abs(b[i]), 0.1 * largest)) << what << " " << i;
}

class Models : public testing::Test {
 protected:
  std::string folder = test_support::temporary_directory();
  ~Models() override { fs::remove_all(folder); }

  // The model of a config with other settings for its inference.
  Json run(const std::string& name, const std::string& inference) {
    std::string text = read_file(KULLBACK_SOURCE_DIR "/configs/" + name + ".yaml");
    if (const auto at = text.find("\ninference:"); at != std::string::npos) text.resize(at + 1);
    if (!fs::exists(folder + "/data"))
      fs::create_directory_symlink(KULLBACK_SOURCE_DIR "/configs/data", folder + "/data");
    test_support::write_file(folder + "/" + name + ".yaml", text + "inference:\n" + inference);
    const auto result = test_support::command({"run", folder + "/" + name + ".yaml", "-q", "--out", folder + "/out"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return Json::parse(read_file(folder + "/out/result.json"));
  }

  // The same sweeps as the golden run: `start` is the value of `initialize`.
  void replay(const std::string& name, const std::string& start) {
    const Json& expected = golden(name);
    std::string order;
    for (const Json& block : expected["order"]) order += (order.empty() ? "" : ", ") + block.get<std::string>();
    const Json result =
        run(name, "  schedule: [" + order + "]\n  max_sweeps: " + std::to_string(expected["bounds"].size()) +
                      "\n  tolerance: 1e-300\n" + (start.empty() ? "" : "  initialize: " + start + "\n"));
    std::istringstream trace(read_file(folder + "/out/trace.csv"));
    std::string line;
    std::getline(trace, line);
    std::size_t sweep = 0;
    for (; std::getline(trace, line) && sweep < expected["bounds"].size(); ++sweep) {
      std::istringstream cells(line);
      std::string cell;
      for (int c = 0; c < 3; ++c) std::getline(cells, cell, ',');
      const double bound = expected["bounds"][sweep];
      EXPECT_NEAR(std::stod(cell), bound, 1e-8 * std::abs(bound)) << name << ", sweep " << sweep + 1;
    }
    EXPECT_GE(sweep, std::min<std::size_t>(expected["bounds"].size(), 10)) << name;  // fewer: nothing moves any more
    for (const auto& [variable, numbers] : expected["q"].items())
      expect_all(result["variables"][variable], numbers, name + ": " + variable);
  }

  // Every number that is expected, by its name in result.json.
  void expect_all(const Json& found, const Json& expected, const std::string& what) {
    for (const auto& [key, numbers] : expected.items()) {
      ASSERT_TRUE(found.contains(key)) << what << " has no " << key;
      if (numbers.is_object())
        expect_all(found[key], numbers, what + " " + key);
      else
        expect_near(found[key], numbers, 1e-8, what + " " + key);
    }
  }
};

// Means and unit covariance as moments of a normal vector: x and x*x' = m m' + I.
std::string moments(const Json& means) {
  Json x = Json::array(), products = Json::array();
  for (const Json& row : means) {
    const std::vector<double> m = flat(row);
    x.push_back(m);
    for (std::size_t j = 0; j < m.size(); ++j)
      for (std::size_t i = 0; i < m.size(); ++i) products.push_back(m[i] * m[j] + (i == j ? 1 : 0));
  }
  return "{x: " + x.dump() + ", \"x*x'\": " + products.dump() + "}";
}

TEST_F(Models, Mixture) { replay("mixture", "{mu: " + moments(golden("mixture")["start"]["mu"]["mean"]) + "}"); }

TEST_F(Models, MeanAndPrecision) { replay("mean-and-precision", ""); }

TEST_F(Models, TheJointPosteriorIsExact) {
  const Json& expected = golden("mean-and-precision-joint");
  const Json result = run("mean-and-precision-joint", "  max_sweeps: 100\n");
  EXPECT_EQ(result["status"], "converged");
  EXPECT_NEAR(result["bound"].get<double>(), expected["evidence"].get<double>(),
              1e-8);  // log evidence, sums of a hundred terms of order 10
}

TEST_F(Models, Regression) { replay("regression", ""); }

TEST_F(Models, Ard) { replay("ard", ""); }

TEST_F(Models, VaryingSlopes) { replay("varying-slopes", ""); }

TEST_F(Models, WinePca) { replay("wine-pca", "{W: " + moments(golden("wine-pca")["start"]["W"]["mean"]) + "}"); }

TEST_F(Models, AirQualityWithEmptyCells) {
  replay("air-quality", "{W: " + moments(golden("air-quality")["start"]["W"]["mean"]) + "}");
}

TEST_F(Models, Digits) { replay("digits", "{p: " + golden("digits")["start"]["p"].dump() + "}"); }

TEST_F(Models, LatentClassesWithWeights) { replay("latent-classes", golden("latent-classes")["start"].dump()); }

TEST_F(Models, InsectSprays) { replay("insect-sprays", ""); }

TEST_F(Models, Gospels) {
  const Json& expected = golden("gospels");
  Json start = Json::array();
  for (int k = 0; k < expected["topics"].get<int>(); ++k) {
    Json row = Json::array();
    for (int w = 0; w < expected["words"].get<int>(); ++w)
      row.push_back(1 + 0.5 * std::round(1e6 * std::sin(1.0 + 3.0 * k + 7.0 * w)) / 1e6);
    start.push_back(row);
  }
  replay("gospels", "{phi: {concentration: " + start.dump() + "}}");
}

// From the priors, which the golden run starts from too.
TEST_F(Models, RobustRegression) { replay("robust-regression", ""); }

// A scale on a grid: the fixed point of an independent mean field, whose bound the other factors come to as well.
TEST_F(Models, EightSchools) {
  const Json& expected = golden("eight-schools");
  const Json result = run("eight-schools", "  tolerance: 1e-13\n");
  EXPECT_NEAR(result["bound"].get<double>(), expected["bound"].get<double>(), 1e-9);
  EXPECT_LE(result["bound_error"].get<double>(), 1.1e-7);
  const Json& q = result["variables"];
  expect_near(q["theta"]["mean"], expected["theta"], 1e-6, "theta");
  expect_near(q["theta"]["stddev"], expected["theta_stddev"], 1e-6, "theta");
  expect_near(q["mu"]["mean"], expected["mu"], 1e-6, "mu");
  expect_near(q["mu"]["stddev"], expected["mu_stddev"], 1e-6, "mu");
  expect_near(q["tau"]["mean"], expected["tau_mean"], 1e-6, "tau");
  const Json& quantiles = q["tau"]["quantiles"];
  EXPECT_LT(quantiles["0.025"].get<double>(), quantiles["0.5"].get<double>());
  EXPECT_LT(std::abs(quantiles["0.5"].get<double>() - expected["tau_mean"].get<double>()),
            q["tau"]["stddev"].get<double>());
}

// A year of change on a grid beside two levels in one factor: a coordinate ascent written out densely (make_nodes.py).
TEST_F(Models, ChangePoint) {
  const Json expected = Json::parse(read_file(KULLBACK_SOURCE_DIR "/tests/golden/nodes.json")).at("nile");
  const Json result = run("change-point", "  tolerance: 1e-14\n");
  EXPECT_NEAR(result["bound"].get<double>(), expected["bound"].get<double>(), 1e-8);
  const Json& q = result["variables"];
  for (const char* level : {"before", "after"}) {
    EXPECT_EQ(q[level]["joint"], Json({"before", "after"}));
    expect_near(q[level]["parameters"]["mean"], expected["mean"], 1e-9, level);
    expect_near(q[level]["parameters"]["covariance"], expected["covariance"], 1e-8, level);
  }
  expect_near(q["before"]["mean"], expected["mean"][0], 1e-9, "before");
  expect_near(q["after"]["mean"], expected["mean"][1], 1e-9, "after");
  expect_near(q["tau"]["mean"], expected["tau"], 1e-8, "tau");
  expect_near(q["change"]["parameters"]["probabilities"], expected["probabilities"][0], 1e-8, "change");
}

// The files as they stand.
TEST_F(Models, TheFilesAsTheyStandConverge) {
  for (const char* name : {"mixture", "mean-and-precision", "mean-and-precision-joint", "regression", "ard",
                           "varying-slopes", "air-quality", "latent-classes", "insect-sprays", "robust-regression",
                           "eight-schools", "change-point", "wine-pca", "digits", "gospels"}) {
    const auto result = test_support::command(
        {"run", std::string(KULLBACK_SOURCE_DIR "/configs/") + name + ".yaml", "-q", "--out", folder + "/" + name});
    EXPECT_EQ(result.exit_code, 0) << name << result.err;
    EXPECT_EQ(Json::parse(read_file(folder + "/" + name + "/result.json"))["status"], "converged") << name;
  }
}

}  // namespace
