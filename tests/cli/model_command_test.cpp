// Models from the file to the run folder and to predictions, as a person runs them.
#include "support/command.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <Eigen/LU>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <numbers>
#include <sstream>

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
  test_support::CommandResult run(const std::vector<std::string>& arguments) const {
    return command(arguments, folder_);
  }
  json result(const std::string& out = "out") const {
    return json::parse(read_file(folder_ + "/" + out + "/result.json"));
  }

  /// What is predicted for the new rows of a golden case.
  json predicted(const json& golden) const {
    write("old.csv", golden["data"]);
    write("m.yaml", golden["model"]);
    write("new.csv", golden["new"]);
    std::filesystem::remove_all(folder_ + "/out");
    const auto ran = run({"run", "m.yaml", "--out", "out", "-q"});
    EXPECT_EQ(ran.exit_code, 0) << ran.err;
    const auto predicted = run({"predict", "out", "new.csv", "--json"});
    EXPECT_EQ(predicted.exit_code, 0) << predicted.err;
    const json all = predicted.exit_code == 0 ? json::parse(predicted.out)["variables"] : json{{"none", {}}};
    return all.begin().value();
  }

  /// That `explain` says the peak of a run within 20 %. `least`: megabytes, more than any run before it took.
  void expect_foreseen(const std::string& file, double least) const {
    const auto explained = run({"explain", file});
    ASSERT_EQ(explained.exit_code, 0) << explained.err;
    const std::string about = "memory: about ";
    const double foreseen = std::stod(explained.out.substr(explained.out.find(about) + about.size()));
    ASSERT_EQ(run({"run", file, "-q", "--out", file + ".out"}).exit_code, 0);
    rusage used{};
    ASSERT_EQ(::getrusage(RUSAGE_CHILDREN, &used), 0);  // the largest child so far: this one
    const double measured = static_cast<double>(used.ru_maxrss) * 1024 / 1e6;
    EXPECT_GT(measured, least);
    EXPECT_NEAR(foreseen, measured, 0.2 * measured) << explained.out;
  }

  std::string folder_;
};

// y ~ normal(mu, variance 4), mu ~ normal(1, variance 9), y = 2, 4, 9: by hand, precision 1/9 + 3/4, mean (1/9 + 15/4)
// / precision.
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

// New rows are of the old groups, whose own data are in a file of their own.
TEST_F(ModelCommand, PredictionsKeepWhatTheRunKnewOfGroups) {
  write("groups.csv", "g,w\n1,0.5\n2,1.5\n");
  write("rows.csv", "y,g\n1,1\n2,2\n2.2,2\n");
  write("m.yaml", R"(plates: {n: data, group: data}
data:
  file: rows.csv
  y[n]: y
  g[n]: {column: g, levels: group}
  w[group]: {file: groups.csv, column: w}
model:
  b:        normal(0, precision = 1)
  a[group]: normal(b * w, precision = 1)
  y[n]:     normal(a[g], precision = 4)
)");
  ASSERT_EQ(run({"run", "m.yaml", "--out", "out"}).exit_code, 0);
  std::filesystem::remove(folder_ + "/groups.csv");
  write("new.csv", "y,g\n,2\n,1\n");
  const auto ran = run({"predict", "out", "new.csv", "--json"});
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  const json y = json::parse(ran.out)["variables"]["y"];
  // Means of the exact posterior, which are those of the factors: of b, a1, a2; the factor of a has precision 1 + 4 n.
  Eigen::Matrix3d precision;
  precision << 1 + 0.25 + 2.25, -0.5, -1.5, -0.5, 1 + 4, 0, -1.5, 0, 1 + 8;
  const Eigen::Vector3d means = precision.inverse() * Eigen::Vector3d(0, 4 * 1, 4 * 4.2);
  EXPECT_NEAR(y["mean"][0].get<double>(), means[2], 1e-5);
  EXPECT_NEAR(y["mean"][1].get<double>(), means[1], 1e-5);
  EXPECT_NEAR(y["variance"][0].get<double>(), 0.25 + 1.0 / 9, 1e-9);
  EXPECT_NEAR(y["variance"][1].get<double>(), 0.25 + 1.0 / 5, 1e-9);
}

// Closed forms, and quadrature by scipy: see make_predictions.py.
json golden(const char* kind) {
  return json::parse(read_file(KULLBACK_SOURCE_DIR "/tests/golden/predictions.json"))[kind];
}

TEST_F(ModelCommand, PredictionsAreExactWhereTheModelAllows) {
  const json cases = golden("exact");
  ASSERT_GE(cases.size(), 8u);
  for (const json& each : cases) {
    SCOPED_TRACE(each["name"].get<std::string>());
    const json p = predicted(each);
    EXPECT_EQ(p["draws"], 0);
    ASSERT_EQ(p["mean"].size(), each["mean"].size());
    for (std::size_t i = 0; i < each["mean"].size(); ++i)
      for (const char* what : {"mean", "variance", "log_density"}) {
        const double wanted = each[what][i];
        EXPECT_NEAR(p[what][i].get<double>(), wanted, 1e-9 * std::max(1.0, std::abs(wanted)))
            << what << " of row " << i;
      }
  }
}

TEST_F(ModelCommand, AveragedPredictionsAreWithinTheirErrors) {
  for (const json& each : golden("averaged")) {
    SCOPED_TRACE(each["name"].get<std::string>());
    const json p = predicted(each);
    ASSERT_EQ(p["mean"].size(), each["mean"].size());
    for (std::size_t i = 0; i < each["mean"].size(); ++i) {
      const double error = p["log_density_error"][i];
      EXPECT_LT(error, 0.02);
      EXPECT_NEAR(p["log_density"][i].get<double>(), each["log_density"][i].get<double>(), 5 * error + 1e-12);
      for (std::size_t d = 0; d < 2; ++d) {
        EXPECT_NEAR(p["mean"][i][d].get<double>(), each["mean"][i][d].get<double>(),
                    5 * p["mean_error"][i][d].get<double>() + 1e-12);
        EXPECT_NEAR(p["variance"][i][d].get<double>() / each["variance"][i][d].get<double>(), 1, 0.05);
      }
    }
  }
  const json known = predicted(golden("averaged")[1]);  // what the draws are of has been summed over
  for (std::size_t i = 0; i < 2; ++i) EXPECT_LT(known["log_density_error"][i].get<double>(), 1e-12);
}

TEST_F(ModelCommand, AveragedPredictionsWithinLimitsAreWithinTheirErrors) {
  for (const json& each : golden("two_numbers")) {
    const json p = predicted(each);
    EXPECT_GT(p["draws"].get<int>(), 0);
    for (std::size_t i = 0; i < each["mean"].size(); ++i)
      for (const char* what : {"mean", "log_density"}) {
        const double error = p[std::string(what) + "_error"][i];
        EXPECT_GT(error, 0);
        EXPECT_LT(error, 0.02);
        EXPECT_NEAR(p[what][i].get<double>(), each[what][i].get<double>(), 5 * error) << what << " of row " << i;
      }
  }
}

// Of the entries that are there: a normal marginal, of the prior here, since the old row is empty.
TEST_F(ModelCommand, PredictionsOfRowsWithSingleEmptyEntriesHaveADensity) {
  const json p = predicted(
      json{{"data", "a,b\nNA,NA\n"}, {"new", "a,b\n1.5,NA\nNA,-0.5\nNA,NA\n"}, {"model", R"(plates: {n: data, d: 2}
data:
  file: old.csv
  y[n]: {columns: [a, b], over: d}
model:
  mu:   multivariate_normal(0, precision = 4, over = d)
  y[n]: multivariate_normal(mu, precision = [[2, 1], [1, 1]])
)"}});
  // The covariance of y is [[1, -1], [-1, 2]] and a quarter of the identity.
  const auto normal = [](double x, double variance) {
    return -0.5 * (std::log(2 * std::numbers::pi * variance) + x * x / variance);
  };
  const double expected[] = {normal(1.5, 1.25), normal(-0.5, 2.25)};
  for (std::size_t i = 0; i < 2; ++i) {
    const double error = p["log_density_error"][i];
    EXPECT_LT(error, 0.02);
    EXPECT_NEAR(p["log_density"][i].get<double>(), expected[i], 5 * error);
  }
  EXPECT_TRUE(p["log_density"][2].is_null());
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
  EXPECT_NEAR(json::parse(ran.out)["variables"]["y"]["mean"][0].get<double>(), 9.9,
              0.1);  // least squares: 3.04 + 0.98 (x - 3)
}

TEST_F(ModelCommand, ResultsSayTheLabelsOfTheirArrays) {
  write("y.csv", "g,y\nb,8\na,1\n");
  write("m.yaml",
        "plates: {n: data, g: data, k: 2}\ndata:\n  file: y.csv\n  y[n]: y\n  in[n]: {column: g, levels: g}\nmodel:\n  "
        "mu[g]: normal(0, stddev = 10)\n  free[k]: normal(0, stddev = 1)\n  y[n]: normal(mu[in], stddev = 1)\n");
  const auto ran = run({"run", "m.yaml", "--out", "out"});
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_NE(ran.out.find("a: 0.9901 ± 0.995, b: 7.921 ± 0.995"), std::string::npos) << ran.out;  // y / (1 + 1/100)
  const json plates = result()["plates"];
  EXPECT_EQ(plates["g"], json::parse(R"({"size": 2, "labels": ["a", "b"]})"));
  EXPECT_EQ(plates["k"], json::parse(R"({"size": 2, "first": 1})"));
}

TEST_F(ModelCommand, AModelWithoutAFileHasNoNewRows) {
  write("m.yaml", "data:\n  y: 3\nmodel:\n  mu: normal(0, stddev = 1)\n  y: normal(mu, stddev = 1)\n");
  ASSERT_EQ(run({"run", "m.yaml", "--out", "out"}).exit_code, 0);
  write("new.csv", "y\n1\n");
  const auto ran = run({"predict", "out", "new.csv"});
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_NE(ran.err.find("no data of this model are rows of a file"), std::string::npos) << ran.err;
}

TEST_F(ModelCommand, AnUnseenLabelIsAnError) {
  write("y.csv", "g,y\na,1\nb,2\n");
  write("m.yaml",
        "plates: {n: data, g: data}\ndata:\n  file: y.csv\n  y[n]: y\n  in[n]: {column: g, levels: g}\nmodel:\n  "
        "mu[g]: normal(0, stddev = 10)\n  y[n]: normal(mu[in], stddev = 1)\n");
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

std::vector<std::string> cells(const std::string& line) {
  std::vector<std::string> all;
  std::istringstream in(line);
  for (std::string cell; std::getline(in, cell, ',');) all.push_back(cell);
  return all;
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
  // Every restart's last bound in the trace is that of one optimum.
  std::map<std::string, double> ends;
  std::istringstream trace(read_file(folder_ + "/out/trace.csv"));
  std::string line;
  std::getline(trace, line);
  const std::vector<std::string> columns = cells(line);
  const auto column = [&](const char* name) {
    return std::find(columns.begin(), columns.end(), name) - columns.begin();
  };
  ASSERT_LT(column("start"), static_cast<std::ptrdiff_t>(columns.size()));
  while (std::getline(trace, line))
    ends[cells(line)[static_cast<std::size_t>(column("start"))]] =
        std::stod(cells(line)[static_cast<std::size_t>(column("bound"))]);
  ASSERT_EQ(ends.size(), 8u) << line;
  for (const auto& [restart, bound] : ends)
    EXPECT_TRUE(std::any_of(r["restarts"]["optima"].begin(), r["restarts"]["optima"].end(),
                            [&](const json& optimum) {
                              return std::abs(optimum["bound"].get<double>() - bound) <= 1e-6 * (1 + std::abs(bound));
                            }))
        << restart << " " << bound;
  EXPECT_GE(r["restarts"]["optima"][0]["times"].get<int>(), 2);  // the same groups in another order are one optimum
  EXPECT_NE(ran.out.find("optimum"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("restarts"), std::string::npos) << ran.out;
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

// Sum over components of E[weight] N(y; E[mu], Var[mu] + 1 / precision), with q as result.json has it.
TEST_F(ModelCommand, MixturesArePredictedByTheirComponents) {
  write("old.csv", "y\n-5\n-4.9\n-5.1\n0\n0.1\n-0.1\n5\n5.1\n4.9\n");
  std::string text = kMixture;
  const std::size_t list = text.find("  y[n]: [");
  text.replace(list, text.find('\n', list) - list, "  file: old.csv\n  y[n]: y");
  write("m.yaml", text + "inference:\n  initialize: {z: random}\n  seed: 3\n");
  ASSERT_EQ(run({"run", "m.yaml", "--out", "out"}).exit_code, 0);
  const json q = result()["variables"];
  const auto alpha = q["weights"]["parameters"]["concentration"].get<std::vector<double>>();
  const auto means = q["mu"]["mean"].get<std::vector<double>>(), stddevs = q["mu"]["stddev"].get<std::vector<double>>();
  double total = 0;
  for (double a : alpha) total += a;
  write("new.csv", "y\n-4\n2.5\n");
  const auto ran = run({"predict", "out", "new.csv", "--json"});
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  const json p = json::parse(ran.out)["variables"]["y"];
  for (std::size_t i = 0; i < 2; ++i) {
    const double y = i == 0 ? -4 : 2.5;
    double density = 0, mean = 0, second = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      const double w = alpha[k] / total, v = stddevs[k] * stddevs[k] + 0.1;
      density += w * std::exp(-0.5 * (y - means[k]) * (y - means[k]) / v) / std::sqrt(2 * M_PI * v);
      mean += w * means[k];
      second += w * (v + means[k] * means[k]);
    }
    EXPECT_NEAR(p["log_density"][i].get<double>(), std::log(density), 1e-10);
    EXPECT_NEAR(p["mean"][i].get<double>(), mean, 1e-10);
    EXPECT_NEAR(p["variance"][i].get<double>(), second - mean * mean, 1e-10);
  }
}

// Hardy-Weinberg: 3, 4 and 2 of the genotypes leave q ~ beta(1 + 4 + 2*2, 1 + 4 + 2*3), evidence 2^4 B(9, 11).
TEST_F(ModelCommand, ProbabilitiesMayBeProductsOfOneParameter) {
  write("g.csv", "g\naa\naa\naa\nab\nab\nab\nab\nbb\nbb\n");
  write("m.yaml", R"(plates: {n: data, k: [aa, ab, bb]}
data:
  file: g.csv
  z[n]: {column: g, levels: k}
model:
  q:    uniform(low = 0, high = 1)
  z[n]: categorical([(1 - q)^2, 2 * q * (1 - q), q^2], over = k)
)");
  const auto ran = run({"run", "m.yaml", "--out", "out"});
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  const json r = result();
  EXPECT_NEAR(r["variables"]["q"]["mean"].get<double>(), 9.0 / 20, 1e-12);
  EXPECT_NEAR(r["variables"]["q"]["stddev"].get<double>(), std::sqrt(9.0 * 11 / (20.0 * 20 * 21)), 1e-12);
  EXPECT_NEAR(r["bound"].get<double>(), 4 * std::log(2.0) + std::lgamma(9) + std::lgamma(11) - std::lgamma(20), 1e-10);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_F(ModelCommand, ExplainForeseesThePeakOfMemory) {
  std::string text = "c0,c1,c2,c3,c4,c5,c6,c7,c8,c9\n";
  unsigned state = 1;
  for (int row = 0; row < 150'000; ++row)
    for (int column = 0; column < 10; ++column) {
      state = state * 1664525u + 1013904223u;
      text += std::to_string(state % 10'000) + (column < 9 ? "," : "\n");
    }
  write("x.csv", text);
  write("m.yaml", R"(plates: {n: data, k: 4, d: 10}
data:
  y[n]: {file: x.csv, columns: all, over: d, standardize: true}
model:
  w:     dirichlet(1, over = k)
  mu[k]: multivariate_normal(0, precision = 0.01, over = d)
  L[k]:  wishart(degrees_of_freedom = 12, inverse_scale = 1, over = d)
  z[n]:  categorical(w)
  y[n]:  multivariate_normal(mu[z], precision = L[z])
inference:
  initialize: {z: random}
  max_sweeps: 3
)");
  expect_foreseen("m.yaml", 60);
  // Probabilities of many components are in the results, and restarts stand side by side.
  write("wide.yaml", R"(plates: {n: data, k: 24}
data:
  y[n]: {file: x.csv, column: c0, standardize: true}
model:
  w:     dirichlet(1, over = k)
  mu[k]: normal(0, stddev = 2)
  z[n]:  categorical(w)
  y[n]:  normal(mu[z], stddev = 1)
inference:
  initialize: {z: random}
  restarts: 2
  max_sweeps: 3
)");
  expect_foreseen("wide.yaml", 100);
}
#endif

// The posterior of s is the normal of ConjugateMeanIsExactAndReported, cut at 3.
TEST_F(ModelCommand, PredictionsDrawATruncatedParameter) {
  write("y.csv", "y\n2\n4\n9\n");
  write("m.yaml", R"(plates: {n: data}
data:
  file: y.csv
  y[n]: y
model:
  s:    truncated(normal(1, variance = 9), low = 3)
  y[n]: normal(s, variance = 4)
)");
  const auto ran = run({"run", "m.yaml", "--out", "out"});
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  const double precision = 1.0 / 9 + 3.0 / 4, mean = (1.0 / 9 + 15.0 / 4) / precision,
               stddev = 1 / std::sqrt(precision);
  const double a = (3 - mean) / stddev, above = 0.5 * std::erfc(a / std::sqrt(2.0)),
               density = std::exp(-0.5 * a * a) / std::sqrt(2 * M_PI);
  const double expected = mean + stddev * density / above;
  EXPECT_NEAR(result()["variables"]["s"]["mean"].get<double>(), expected, 1e-10);
  write("new.csv", "y\n3\n");
  const auto predicted = run({"predict", "out", "new.csv", "--json"});
  ASSERT_EQ(predicted.exit_code, 0) << predicted.err;
  const json y = json::parse(predicted.out)["variables"]["y"];
  EXPECT_NEAR(y["mean"][0].get<double>(), expected, 5 * y["mean_error"][0].get<double>());
}

TEST_F(ModelCommand, PredictionsOfATruncatedVariableStayWithinItsLimits) {
  write("y.csv", "y\n2\n4\n9\n");
  write("m.yaml", R"(plates: {n: data}
data:
  file: y.csv
  y[n]: y
model:
  s:    normal(1, variance = 9)
  y[n]: truncated(normal(s, variance = 4), low = 0)
)");
  const auto ran = run({"run", "m.yaml", "--out", "out"});
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_FALSE(result()["variables"].contains("y (discarded)"));
  write("new.csv", "y\n3\n-1\n");
  const auto predicted = run({"predict", "out", "new.csv", "--json"});
  ASSERT_EQ(predicted.exit_code, 0) << predicted.err;
  const json y = json::parse(predicted.out)["variables"]["y"];
  EXPECT_GT(y["mean"][0].get<double>(), 0);
  EXPECT_EQ(y["mean"][0], y["mean"][1]);
  EXPECT_LT(y["log_density"][0].get<double>(), 0);
  EXPECT_EQ(y["log_density"][1], "-inf");
}

// A vector and its precision in one factor: reports draw both together; an empty entry comes with its posterior, what
// was observed beside it as it is.
TEST_F(ModelCommand, JointBlocksAreReportedAndEmptyEntriesFilledIn) {
  write("y.csv", "a,b\n1,0.5\n2,1.5\n0.5,\n1.5,1\n3,2.5\n");
  write("m.yaml", R"(plates: {n: data, d: 2}
data:
  file: y.csv
  y[n]: {columns: [a, b], over: d}
model:
  mu:     multivariate_normal(0, precision = 0.1 * Lambda, over = d)
  Lambda: wishart(degrees_of_freedom = 3, scale = 1, over = d)
  y[n]:   multivariate_normal(mu, precision = Lambda, over = d)
  twice[d]: 2 * mu
posterior:
  joint: [[mu, Lambda]]
)");
  const auto ran = run({"run", "m.yaml", "--out", "out"});
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  const json r = result();
  EXPECT_EQ(r["variables"]["mu"]["family"], "normal_wishart");
  for (int i = 0; i < 2; ++i) {
    const double error = r["reports"]["twice"]["standard_error"][i].get<double>();
    EXPECT_NEAR(r["reports"]["twice"]["mean"][i].get<double>(), 2 * r["variables"]["mu"]["mean"][i].get<double>(),
                5 * error)
        << i;
    EXPECT_NEAR(error, 2 * r["variables"]["mu"]["stddev"][i].get<double>() / 100, 0.1 * error) << i;
  }
  const json y = r["variables"]["y"];
  ASSERT_EQ(y["mean"].size(), 1u);
  EXPECT_EQ(y["mean"][0][0], 0.5);
  EXPECT_EQ(y["stddev"][0][0], 0.0);
  EXPECT_GT(y["stddev"][0][1].get<double>(), 0.1);
  EXPECT_LT(y["mean"][0][1].get<double>(),
            r["variables"]["mu"]["mean"][1].get<double>());  // a is below its mean, and b goes with it
}

TEST_F(ModelCommand, AFormerRunIsAStart) {
  const std::string model = R"(plates: {n: data, g: 2}
data:
  y[n]: [1, 2.5, 4, 3]
  in[n]: {value: [1, 1, 2, 2], levels: g}
model:
  m:    normal(0, stddev = 10)
  a[g]: normal(m, stddev = 1)
  tau:  gamma(shape = 1, rate = 1)
  y[n]: normal(a[in], precision = tau)
inference:
)";
  write("first.yaml", model + "  tolerance: 1e-12\n");
  ASSERT_EQ(run({"run", "first.yaml", "--out", "first"}).exit_code, 0);
  const double end = result("first")["bound"];
  write("again.yaml", model + "  initialize: {m: {run: first}, a: {run: first}, tau: {run: first}}\n");
  const auto again = run({"run", "again.yaml", "--out", "again"});
  ASSERT_EQ(again.exit_code, 0) << again.err;
  std::istringstream trace(read_file(folder_ + "/again/trace.csv"));
  std::string line;
  std::getline(trace, line);
  std::getline(trace, line);
  EXPECT_NEAR(std::stod(cells(line)[2]), end, 1e-9 * std::abs(end)) << line;  // after one sweep already
  write("nowhere.yaml", model + "  initialize: {m: {run: nowhere}}\n");
  EXPECT_NE(run({"check", "nowhere.yaml"}).err.find("there is no run in 'nowhere'"), std::string::npos);
  std::string other = model;
  other.replace(other.find("g: 2"), 4, "g: 3");
  write("other.yaml", other + "  initialize: {a: {run: first}}\n");
  const auto refused = run({"check", "other.yaml"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_NE(refused.err.find("other.yaml:11:25: error: inference.initialize.a.run: "), std::string::npos)
      << refused.err;
}

// With z known, w ~ dirichlet(1 + 1, 1 + 2).
TEST_F(ModelCommand, FixedLevelsAreLabels) {
  write("m.yaml", R"(plates: {n: data, k: [lo, hi]}
data:
  y[n]: [5, 0, 5.2]
model:
  w:    dirichlet(1, over = k)
  m[k]: normal(0, stddev = 10)
  z[n]: categorical(w)
  y[n]: normal(m[z], stddev = 1)
posterior:
  z: [hi, lo, hi]
)");
  ASSERT_EQ(run({"run", "m.yaml", "--out", "out"}).exit_code, 0);
  const json q = result()["variables"];
  EXPECT_NEAR(q["w"]["mean"][0].get<double>(), 2.0 / 5, 1e-12);
  EXPECT_NEAR(q["m"]["mean"][1].get<double>(), 10.2 / 2.01, 1e-10);
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
  EXPECT_NE(checked.out.find("y[n] ~ normal(mean = mu[z[n]], precision = 10)   9 cells; data -5.1 to 5.1"),
            std::string::npos)
      << checked.out;
  EXPECT_NE(checked.out.find("mu[k] ~ normal(mean = 0, precision = 0.01)   3 cells; 3 factors; prior 0 ± 10"),
            std::string::npos)
      << checked.out;
  const auto explained = run({"explain", "m.yaml"});
  ASSERT_EQ(explained.exit_code, 0) << explained.err;
  for (const char* word : {"weights", "dirichlet", "schedule: colored", "multiplications a sweep", "memory: about"})
    EXPECT_NE(explained.out.find(word), std::string::npos) << explained.out;
}

const char* kGrids = R"(plates: {n: data, g: data}
data:
  file: y.csv
  y[n]: y
  group[n]: {column: group, levels: g}
model:
  mu[g]: cauchy(location = 0, scale = 5)
  nu:    normal(0, stddev = 3)
  y[n]:  cauchy(location = mu[group] + nu, scale = 1)
posterior:
  mu: discrete_grid
)";

TEST_F(ModelCommand, GridsAreSaidBeforeTheRunAndSummedUpAfterIt) {
  write("y.csv", "y,group\n2,a\n4,a\n9,b\n8,b\n8.5,b\n");
  write("m.yaml", kGrids);
  const auto checked = run({"check", "m.yaml"});
  ASSERT_EQ(checked.exit_code, 0) << checked.err;
  EXPECT_NE(checked.out.find("mu[g] ~ cauchy(location = 0, scale = 5)   2 cells; 2 factors; on a grid"),
            std::string::npos)
      << checked.out;
  EXPECT_NE(checked.out.find("nu is on a grid, since a statement that reads it has no closed form"), std::string::npos)
      << checked.out;
  const auto explained = run({"explain", "m.yaml"});
  ASSERT_EQ(explained.exit_code, 0) << explained.err;
  EXPECT_NE(explained.out.find("at the nodes of the grids of mu and nu"), std::string::npos) << explained.out;
  const auto ran = run({"run", "m.yaml", "--out", "out"});
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  const json mu = result()["variables"]["mu"];
  EXPECT_EQ(mu["family"], "discrete_grid");
  const json &edges = mu["parameters"]["edges"], &probabilities = mu["parameters"]["probabilities"];
  ASSERT_EQ(probabilities.size(), 2u);
  ASSERT_EQ(edges.size(), probabilities[0].size() + 1);
  // The median by the cells' probabilities themselves.
  for (std::size_t k = 0; k < 2; ++k) {
    double below = 0;
    std::size_t cell = 0;
    while (below + probabilities[k][cell].get<double>() < 0.5) below += probabilities[k][cell++].get<double>();
    const double low = edges[cell], high = edges[cell + 1];
    EXPECT_NEAR(mu["quantiles"]["0.5"][k].get<double>(),
                low + (high - low) * (0.5 - below) / probabilities[k][cell].get<double>(), 1e-9);
  }
  // From the run folder alone: a row like those seen.
  write("new.csv", "group\na\nb\n");
  const auto predicted = run({"predict", "out", "new.csv"});
  EXPECT_EQ(predicted.exit_code, 0) << predicted.err;
}

TEST_F(ModelCommand, ThreeUnknownsInATermWithoutARuleAreRefusedAtIt) {
  write("y.csv", "y,group\n2,a\n4,a\n9,b\n");
  std::string text = kGrids;
  text.replace(text.find("mu[group] + nu"), 14, "mu[group] + nu * rho");
  text.replace(text.find("  nu:"), 0, "  rho:   normal(0, stddev = 1)\n");
  write("m.yaml", text);
  const auto checked = run({"check", "m.yaml"});
  EXPECT_EQ(checked.exit_code, 2);
  EXPECT_NE(checked.err.find("m.yaml:10:3"), std::string::npos) << checked.err;
  EXPECT_NE(checked.err.find("reads 3 unknown numbers"), std::string::npos) << checked.err;
}

}  // namespace
