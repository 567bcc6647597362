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

void expect_near(const Json& found, const Json& expected, double relative, const std::string& what) {
  const std::vector<double> a = flat(found), b = flat(expected);
  ASSERT_EQ(a.size(), b.size()) << what;
  for (std::size_t i = 0; i < a.size(); ++i)
    EXPECT_NEAR(a[i], b[i], relative * (1 + std::abs(b[i]))) << what << " " << i;
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
  Json replay(const std::string& name, const std::string& start) {
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
    EXPECT_GT(sweep, 0u);
    return result["variables"];
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

TEST_F(Models, Mixture) {
  const Json& expected = golden("mixture");
  const Json q = replay("mixture", "{mu: " + moments(expected["start"]["mu"]["mean"]) + "}");
  expect_near(q["weights"]["parameters"]["concentration"], expected["weights"], 1e-7, "weights");
  expect_near(q["mu"]["mean"], expected["mu"], 1e-7, "mu");
}

TEST_F(Models, MeanAndPrecision) {
  const Json& expected = golden("mean-and-precision");
  const Json q = replay("mean-and-precision", "");
  expect_near(q["mu"]["mean"], expected["mu"]["mean"], 1e-8, "mu");
  expect_near(q["tau"]["parameters"]["shape"], expected["tau"]["shape"], 1e-8, "tau");
  expect_near(q["tau"]["parameters"]["rate"], expected["tau"]["rate"], 1e-8, "tau");
}

TEST_F(Models, TheJointPosteriorIsExact) {
  const Json& expected = golden("mean-and-precision-joint");
  const Json result = run("mean-and-precision-joint", "  max_sweeps: 100\n");
  EXPECT_EQ(result["status"], "converged");
  EXPECT_NEAR(result["bound"].get<double>(), expected["evidence"].get<double>(),
              1e-8);  // log evidence, sums of a hundred terms of order 10
}

TEST_F(Models, Regression) {
  const Json& expected = golden("regression");
  const Json q = replay("regression", "");
  expect_near(q["w"]["mean"], expected["w"]["mean"], 1e-8, "w");
  expect_near(q["tau"]["parameters"]["rate"], expected["tau"]["rate"], 1e-8, "tau");
}

TEST_F(Models, Ard) {
  const Json& expected = golden("ard");
  const Json q = replay("ard", "");
  expect_near(q["w"]["mean"], expected["w"]["mean"], 1e-7, "w");
  expect_near(q["alpha"]["parameters"]["rate"], expected["alpha"]["rate"], 1e-7, "alpha");
}

TEST_F(Models, VaryingSlopes) {
  const Json& expected = golden("varying-slopes");
  const Json q = replay("varying-slopes", "");
  expect_near(q["b"]["mean"], expected["b"], 1e-7, "b");
  expect_near(q["m"]["mean"], expected["m"], 1e-7, "m");
}

TEST_F(Models, WinePca) {
  const Json& expected = golden("wine-pca");
  const Json q = replay("wine-pca", "{W: " + moments(expected["start"]["W"]["mean"]) + "}");
  expect_near(q["W"]["mean"], expected["W"], 1e-6, "W");  // 50 sweeps of a slowly turning subspace
}

TEST_F(Models, AirQualityWithEmptyCells) {
  const Json& expected = golden("air-quality");
  const Json q = replay("air-quality", "{W: " + moments(expected["start"]["W"]["mean"]) + "}");
  expect_near(q["W"]["mean"], expected["W"], 1e-6, "W");
}

TEST_F(Models, Digits) {
  const Json& expected = golden("digits");
  const Json q = replay("digits", "{p: " + expected["start"]["p"].dump() + "}");
  expect_near(q["weights"]["parameters"]["concentration"], expected["weights"], 1e-6, "weights");
}

TEST_F(Models, LatentClassesWithWeights) {
  const Json& expected = golden("latent-classes");
  const Json q = replay("latent-classes", expected["start"].dump());
  for (const char* name : {"weights", "P", "Q", "R"})
    expect_near(q[name]["parameters"]["concentration"], expected[name], 1e-6, name);
}

TEST_F(Models, InsectSprays) {
  const Json& expected = golden("insect-sprays");
  const Json q = replay("insect-sprays", "");
  expect_near(q["rate"]["parameters"]["shape"], expected["rate"]["shape"], 1e-12, "rate");
  for (const double rate : flat(q["rate"]["parameters"]["rate"]))
    EXPECT_NEAR(rate, flat(expected["rate"]["rate"])[0], 1e-12);
}

TEST_F(Models, Gospels) {
  const Json& expected = golden("gospels");
  const std::size_t topics = expected["theta_first"].size(), words = expected["phi_first"].size();
  Json start = Json::array();
  for (std::size_t k = 0; k < topics; ++k) {
    Json row = Json::array();
    for (std::size_t w = 0; w < words; ++w)
      row.push_back(1 + 0.5 * std::round(1e6 * std::sin(1.0 + 3.0 * double(k) + 7.0 * double(w))) / 1e6);
    start.push_back(row);
  }
  const Json q = replay("gospels", "{phi: {concentration: " + start.dump() + "}}");
  (void)q;
}

TEST_F(Models, RobustRegression) {
  const Json& expected = golden("robust-regression");
  const Json q = replay("robust-regression",
                        "");  // the priors, which the golden run starts from too
  const char* names[] = {"a", "b1", "b2", "b3"};
  for (std::size_t j = 0; j < 4; ++j) expect_near(q[names[j]]["mean"], expected["mean"][j], 1e-7, names[j]);
}

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

// The files as they stand.
TEST_F(Models, TheFilesAsTheyStandConverge) {
  for (const char* name :
       {"mixture", "mean-and-precision", "mean-and-precision-joint", "regression", "ard", "varying-slopes",
        "air-quality", "latent-classes", "insect-sprays", "robust-regression", "eight-schools"}) {
    const auto result = test_support::command(
        {"run", std::string(KULLBACK_SOURCE_DIR "/configs/") + name + ".yaml", "-q", "--out", folder + "/" + name});
    EXPECT_EQ(result.exit_code, 0) << name << result.err;
    EXPECT_EQ(Json::parse(read_file(folder + "/" + name + "/result.json"))["status"], "converged") << name;
  }
}

}  // namespace
