// Every experiment of configs/ ends where it must: values from golden/configs.json (other implementations) or from a
// formula.
#include "support/command.hpp"

#include "core/random.hpp"

#include <kullback/numerics.hpp>

#include <gtest/gtest.h>
#include <Eigen/IterativeLinearSolvers>
#include <Eigen/SparseCore>
#include <nlohmann/json.hpp>

#include <cmath>
#include <cstring>
#include <filesystem>

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using test_support::read_file;

const Json& golden() {
  static const Json values = Json::parse(read_file(KULLBACK_SOURCE_DIR "/tests/golden/configs.json"));
  return values;
}

// The result of running one file of configs/, in a folder that goes away.
class Config : public testing::Test {
 protected:
  std::string folder = test_support::temporary_directory();
  ~Config() override { fs::remove_all(folder); }
  Json run(const std::string& name) {
    const auto result =
        test_support::command({"run", KULLBACK_SOURCE_DIR "/configs/" + name, "--out", folder + "/out"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    printed = result.out;
    return Json::parse(read_file(folder + "/out/result.json"));
  }
  std::string printed;
};

double value(const Json& outcome, const std::string& name) {
  for (const Json& each : outcome["divergences"])
    if (each["name"] == name && each["value"].is_number()) return each["value"];
  return std::nan("");
}

double stated_error(const Json& outcome, const std::string& name) {
  for (const Json& each : outcome["divergences"])
    if (each["name"] == name) return each["error"];
  return std::nan("");
}

TEST_F(Config, Exercise1bAgreesWithFormulaQuadratureAndFiftyDigits) {
  const Json json = run("exercise-1b.yaml");
  ASSERT_EQ(json["results"].size(), 3u);
  for (const Json& outcome : json["results"]) {
    const double truth = std::stod(golden()["exercise_1b"][outcome["case"].get<std::string>()].get<std::string>());
    ASSERT_EQ(outcome["divergences"].size(), 3u);
    const Json& closed = outcome["divergences"][0];
    const Json& quadrature = outcome["divergences"][1];
    EXPECT_EQ(closed["method"], "closed_form");
    EXPECT_EQ(quadrature["method"], "quadrature");
    EXPECT_NEAR(closed["value"].get<double>(), truth, closed["error"].get<double>());
    EXPECT_LT(closed["error"].get<double>(), 1e-15);
    EXPECT_NEAR(quadrature["value"].get<double>(), truth, quadrature["error"].get<double>());
    EXPECT_LT(quadrature["error"].get<double>(), 1e-9);
    EXPECT_NEAR(outcome["divergences"][2]["value"].get<double>(), truth, 1e-15);  // a few roundings of numbers near 1
  }
}

TEST_F(Config, TwoDirectionsFindsConditionalAndMarginalVariances) {
  const Json json = run("two-directions.yaml");
  ASSERT_EQ(json["results"].size(), 2u);
  const Json& reverse = json["results"][0];
  const Json& forward = json["results"][1];
  for (const char* x : {"x1", "x2"}) {
    EXPECT_NEAR(std::pow(reverse["variables"][x]["stddev"].get<double>(), 2), 1 - 0.81, 1e-12);
    EXPECT_NEAR(std::pow(forward["variables"][x]["stddev"].get<double>(), 2), 1, 1e-12);
  }
  for (const Json& outcome : json["results"]) {
    // The loop stops when the means have less than the root of its tolerance (1e-10) left to go.
    EXPECT_NEAR(outcome["variables"]["x1"]["mean"].get<double>(), 1, 1e-5);
    EXPECT_NEAR(outcome["variables"]["x2"]["mean"].get<double>(), -1, 1e-5);
  }
  // Both minima have the same value, -log(1 - rho^2)/2.
  EXPECT_NEAR(value(reverse, "reverse_kl"), -0.5 * std::log(0.19), 1e-9);
  EXPECT_NEAR(value(forward, "forward_kl"), -0.5 * std::log(0.19), 1e-9);
}

TEST_F(Config, BimodalFindsEveryLocalMinimumOfReverseKlAndTheOneOfForwardKl) {
  const Json json = run("bimodal.yaml");
  ASSERT_EQ(json["results"].size(), 4u);
  for (std::size_t i = 0; i < 3; ++i) {
    const Json& outcome = json["results"][i];
    const Json& truth = golden()["bimodal"][i];
    EXPECT_EQ(outcome["status"], "converged");
    EXPECT_NEAR(outcome["variables"]["x"]["mean"].get<double>(), truth["mean"].get<double>(), 1e-4);
    EXPECT_NEAR(outcome["variables"]["x"]["stddev"].get<double>(), truth["stddev"].get<double>(), 1e-4);
    EXPECT_NEAR(value(outcome, "reverse_kl"), truth["reverse_kl"].get<double>(),
                1e-8);  // quadratic at the minimum: 1e-4 squared
  }
  const Json& forward = json["results"][3];
  EXPECT_NEAR(forward["variables"]["x"]["mean"].get<double>(), 0, 1e-12);
  EXPECT_NEAR(forward["variables"]["x"]["stddev"].get<double>(), std::sqrt(17.0), 1e-12);
}

TEST_F(Config, BananaAgreesWithPlainMeanFieldOnTheSameGrid) {
  const Json json = run("banana.yaml");
  const Json& reverse = json["results"][0];
  const Json& truth = golden()["banana"];
  EXPECT_EQ(reverse["status"], "converged");
  EXPECT_NEAR(reverse["bound"].get<double>(), truth["bound"].get<double>(), 1e-8);
  EXPECT_NEAR(reverse["variables"]["x"]["mean"].get<double>(), 0, 1e-4);  // symmetric: the sign decides nothing
  EXPECT_NEAR(reverse["variables"]["y"]["mean"].get<double>(), truth["mean_y"].get<double>(), 1e-4);
  EXPECT_NEAR(std::pow(reverse["variables"]["x"]["stddev"].get<double>(), 2), truth["var_x"].get<double>(), 1e-4);
  EXPECT_NEAR(std::pow(reverse["variables"]["y"]["stddev"].get<double>(), 2), truth["var_y"].get<double>(), 1e-4);
  // Forward: the marginals. x is standard normal; y = x^2/2 + e with variance 1/4, so mean 1/2 and variance 1/2 + 1/4.
  // The grid cuts x at 5 (6e-7 of the mass) and its cells add width^2/12.
  const Json& forward = json["results"][1];
  EXPECT_NEAR(forward["variables"]["x"]["stddev"].get<double>(), 1, 1e-3);
  EXPECT_NEAR(forward["variables"]["y"]["mean"].get<double>(), 0.5, 1e-3);
  EXPECT_NEAR(std::pow(forward["variables"]["y"]["stddev"].get<double>(), 2), 0.75, 2e-3);
  // Cubature cell by cell certifies the value of what was minimized.
  EXPECT_NEAR(value(forward, "forward_kl"), truth["forward_kl"].get<double>(),
              stated_error(forward, "forward_kl") + 1e-9);
  EXPECT_LE(stated_error(forward, "forward_kl"), 4e-5);  // four digits
}

Eigen::VectorXd read_doubles(const std::string& npy) {
  const std::string bytes = read_file(npy);
  const std::size_t header = 10 + static_cast<unsigned char>(bytes[8]) + 256 * static_cast<unsigned char>(bytes[9]);
  Eigen::VectorXd values(static_cast<Eigen::Index>((bytes.size() - header) / sizeof(double)));
  std::memcpy(values.data(), bytes.data() + header, bytes.size() - header);
  return values;
}

TEST_F(Config, LatticeMeanAgreesWithASparseSolver) {
  const Json json = run("lattice.yaml");
  EXPECT_EQ(json["status"], "converged");
  const Eigen::VectorXd mean =
      read_doubles(folder + "/out/" + json["variables"]["x"]["mean"]["npy"].get<std::string>());
  const Eigen::VectorXd stddev =
      read_doubles(folder + "/out/" + json["variables"]["x"]["stddev"]["npy"].get<std::string>());
  constexpr int kSide = 1000;
  ASSERT_EQ(mean.size(), kSide * kSide);
  EXPECT_NEAR(stddev.minCoeff(), 1 / std::sqrt(5.0), 1e-14);  // the conditional precision is the diagonal
  EXPECT_NEAR(stddev.maxCoeff(), 1 / std::sqrt(5.0), 1e-14);

  std::vector<Eigen::Triplet<double>> entries;
  const auto neighbors = [&](int i, int j) {
    entries.emplace_back(i, j, -1.0);
    entries.emplace_back(j, i, -1.0);
  };
  for (int r = 0; r < kSide; ++r)
    for (int c = 0; c < kSide; ++c) {
      entries.emplace_back(r * kSide + c, r * kSide + c, 5.0);
      if (c + 1 < kSide) neighbors(r * kSide + c, r * kSide + c + 1);
      if (r + 1 < kSide) neighbors(r * kSide + c, (r + 1) * kSide + c);
    }
  Eigen::SparseMatrix<double> precision(kSide * kSide, kSide * kSide);
  precision.setFromTriplets(entries.begin(), entries.end());
  // The measurements are the config's input: the same draws, solved by conjugate gradients to 1e-13.
  Eigen::MatrixXd measurements(1, kSide * kSide);
  kullback::Stream(1, kullback::Purpose::data).uniforms(0, 0, measurements);
  const Eigen::VectorXd h = measurements.transpose().unaryExpr([](double u) { return kullback::normal_quantile(u); });
  Eigen::ConjugateGradient<Eigen::SparseMatrix<double>, Eigen::Lower | Eigen::Upper> solver(precision);
  solver.setTolerance(1e-13);
  const Eigen::VectorXd exact = solver.solve(h);
  // The loop stops when what is left to go is below the root of its tolerance (1e-10), in standard deviations.
  EXPECT_LT((mean - exact).cwiseAbs().maxCoeff(), 1e-5);
}

TEST_F(Config, OldFaithfulAgreesWithIndependentMinimizers) {
  const Json json = run("old-faithful.yaml");
  const Json& truth = golden()["old_faithful"];
  const auto find = [&](const std::string& name, const std::string& divergence) -> const Json& {
    for (const Json& outcome : json["results"])
      if (outcome["case"] == name && outcome["divergence"] == divergence) return outcome;
    throw std::runtime_error("no " + name);
  };
  const Json& two_forward = find("two normals", "forward_kl");
  EXPECT_NEAR(two_forward["variables"]["eruptions"]["mean"].get<double>(), truth["mean"][0].get<double>(), 1e-10);
  EXPECT_NEAR(std::pow(two_forward["variables"]["waiting"]["stddev"].get<double>(), 2),
              truth["covariance"][1][1].get<double>(), 1e-8);

  const Json& one_forward = find("one normal", "forward_kl")["variables"]["eruptions,waiting"];
  EXPECT_NEAR(one_forward["parameters"]["covariance"][0][1].get<double>(), truth["covariance"][0][1].get<double>(),
              1e-9);

  const Json& one_reverse = find("one normal", "reverse_kl");
  EXPECT_NEAR(value(one_reverse, "reverse_kl"), truth["one_normal_reverse"]["kl"].get<double>(), 1e-6);
  EXPECT_LE(std::abs(value(one_reverse, "reverse_kl") - truth["one_normal_reverse"]["kl"].get<double>()),
            stated_error(one_reverse, "reverse_kl") + 1e-6);

  const Json& two_reverse = find("two normals", "reverse_kl");
  EXPECT_NEAR(value(two_reverse, "reverse_kl"), truth["two_normals_reverse"]["kl"].get<double>(), 1e-6);
  EXPECT_NEAR(two_reverse["variables"]["waiting"]["mean"].get<double>(),
              truth["two_normals_reverse"]["mean"][1].get<double>(), 1e-2);

  EXPECT_EQ(find("raw histogram", "reverse_kl")["status"], "infinite");

  const Json& grids = truth["two_grids"];
  const Json& grids_forward = find("two grids", "forward_kl");
  EXPECT_NEAR(value(grids_forward, "forward_kl"), grids["forward"]["kl_p_q"].get<double>(), 1e-6);
  EXPECT_NEAR(value(grids_forward, "reverse_kl"), grids["forward"]["kl_q_p"].get<double>(), 1e-5);
  const Json& grids_reverse = find("two grids", "reverse_kl");
  EXPECT_EQ(grids_reverse["status"], "converged");
  EXPECT_NEAR(value(grids_reverse, "reverse_kl"), grids["reverse"]["kl_q_p"].get<double>(), 1e-6);
  // The direction that is not minimized moves to first order with what is left to go.
  EXPECT_NEAR(value(grids_reverse, "forward_kl"), grids["reverse"]["kl_p_q"].get<double>(), 0.01);
  EXPECT_NE(printed.find("raw histogram"), std::string::npos);
}

}  // namespace
