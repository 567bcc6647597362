// Where a model starts: at a former run, at numbers, at random with labels that may come out in another order.
#include "support/command.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>

namespace {

using nlohmann::json;
using test_support::command;
using test_support::read_file;
using test_support::write_file;

const char* kGroups = R"(plates: {n: data, k: 2}
data:
  file: y.csv
  y[n]: y
model:
  w:      dirichlet(1, over = k)
  mu[k]:  normal(0, precision = 0.01)
  tau[k]: gamma(shape = 2, rate = 1)
  z[n]:   categorical(w)
  y[n]:   normal(mu[z], precision = tau[z])
)";

class ModelStarts : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = test_support::temporary_directory();
    std::string rows = "y\n";
    for (int i = 0; i < 20; ++i) rows += std::to_string(-5 + 0.1 * i) + "\n" + std::to_string(6 + 0.15 * i) + "\n";
    write_file(folder_ + "/y.csv", rows);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  json run(const std::string& text, const std::string& out) const {
    write_file(folder_ + "/" + out + ".yaml", text);
    const auto ran = command({"run", out + ".yaml", "--out", out}, folder_);
    EXPECT_EQ(ran.exit_code, 0) << ran.err;
    return json::parse(read_file(folder_ + "/" + out + "/result.json"));
  }
  // The bound after the first sweep.
  double first_bound(const std::string& out) const {
    std::string trace = read_file(folder_ + "/" + out + "/trace.csv");
    trace = trace.substr(trace.find('\n') + 1);
    trace = trace.substr(trace.find(',') + 1);
    return std::stod(trace.substr(trace.find(',') + 1));
  }

  std::string folder_;
};

// With W visited first, X at its prior would tell it nothing but 0 and the run would end at the saddle.
TEST_F(ModelStarts, OneOfTwoFactorsIsEnoughWhicheverIsVisitedFirst) {
  std::string text = "plates: {n: 12, m: 3, k: 2}\ndata:\n  y[n, m]: [";
  for (int n = 0; n < 12; ++n)
    text += (n > 0 ? ", [" : "[") + std::to_string(6 * std::sin(n)) + ", " +
            std::to_string(-9 * std::sin(n) + 4 * std::cos(n)) + ", " + std::to_string(5 * std::cos(n)) + "]";
  text += R"(]
model:
  W[m]:    normal(0, precision = 1, over = k)
  X[n]:    normal(0, precision = 1, over = k)
  tau:     gamma(shape = 1, rate = 1)
  y[n, m]: normal(dot(W, X), precision = tau)
inference:
  tolerance: 1e-12
  max_sweeps: 3000
  initialize: )";
  const json first = run(text + "{W: random}\n", "first"), second = run(text + "{X: random}\n", "second"),
             saddle = run(text + "{W: random, X: {x: 0}}\n  schedule: jacobi\n  damping: 0.5\n", "both");
  EXPECT_NEAR(first["bound"].get<double>(), second["bound"].get<double>(), 1e-6);
  EXPECT_NEAR(first["bound"].get<double>(), saddle["bound"].get<double>(), 1e-6);
}

TEST_F(ModelStarts, AFormerRunGoesOnWhereItEnded) {
  const json former =
      run(std::string(kGroups) + "inference:\n  initialize: {z: random}\n  tolerance: 1e-12\n", "former");
  const json next = run(std::string(kGroups) +
                            "inference:\n  initialize:\n    w: {run: former}\n    mu: {run: former}\n    tau: {run: "
                            "former}\n    z: {run: former}\n",
                        "next");
  const double bound = former["bound"].get<double>();
  EXPECT_NEAR(first_bound("next"), bound, 1e-9 * std::abs(bound));
  EXPECT_LE(next["sweeps"].get<int>(), 3);
  for (const char* name : {"mean", "stddev"})
    for (int k = 0; k < 2; ++k)
      EXPECT_NEAR(next["variables"]["mu"][name][k].get<double>(), former["variables"]["mu"][name][k].get<double>(),
                  1e-6);
}

TEST_F(ModelStarts, AFormerRunOfAnotherModelSaysWhatIsMissing) {
  run(std::string(kGroups) + "inference:\n  initialize: {z: random}\n", "former");
  std::string text = kGroups;
  text.replace(text.find("k: 2"), 4, "k: 3");
  write_file(folder_ + "/three.yaml", text + "inference:\n  initialize: {z: random, mu: {run: former}}\n");
  const auto sizes = command({"run", "three.yaml", "--out", "three"}, folder_);
  EXPECT_EQ(sizes.exit_code, 2);
  EXPECT_NE(sizes.err.find("mu has other sizes there (2) than here (3)"), std::string::npos) << sizes.err;
  write_file(folder_ + "/none.yaml",
             std::string(kGroups) + "inference:\n  initialize: {z: random, mu: {run: nowhere}}\n");
  const auto none = command({"run", "none.yaml", "--out", "none"}, folder_);
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_NE(none.err.find("there is no run in 'nowhere'"), std::string::npos) << none.err;
}

TEST_F(ModelStarts, NumbersPlaceTheMeans) {
  // Started apart, the components come out in the order of their starts.
  const json up = run(std::string(kGroups) + "inference:\n  initialize: {mu: [-1, 1]}\n", "up");
  const json down = run(std::string(kGroups) + "inference:\n  initialize: {mu: [1, -1]}\n", "down");
  EXPECT_LT(up["variables"]["mu"]["mean"][0].get<double>(), up["variables"]["mu"]["mean"][1].get<double>());
  EXPECT_GT(down["variables"]["mu"]["mean"][0].get<double>(), down["variables"]["mu"]["mean"][1].get<double>());
}

// A difference that is not negative starts at a number too; at its prior's mean of 800 the components would not part.
TEST_F(ModelStarts, NumbersPlaceTheMeansOfWhatIsTruncated) {
  std::string text = kGroups;
  const std::string old = "  mu[k]:  normal(0, precision = 0.01)\n";
  text.replace(text.find(old), old.size(),
               "  low:       normal(0, precision = 1e-6)\n"
               "  step:      truncated(normal(0, precision = 1e-6), low = 0)\n"
               "  mu[k = 1]: low\n"
               "  mu[k = 2]: low + step\n");
  const json apart = run(text + "inference:\n  initialize: {low: -5, step: 8}\n", "apart");
  EXPECT_NEAR(apart["variables"]["low"]["mean"].get<double>(), -4.05, 0.3);  // rows' means, -4.05 and 7.425
  EXPECT_NEAR(apart["variables"]["step"]["mean"].get<double>(), 11.475, 0.4);
  write_file(folder_ + "/outside.yaml", text + "inference:\n  initialize: {low: -5, step: -1}\n");
  const auto outside = command({"run", "outside.yaml", "--out", "outside"}, folder_);
  EXPECT_EQ(outside.exit_code, 2);
  EXPECT_NE(outside.err.find("a mean of -1 is not between the limits 0 and inf"), std::string::npos) << outside.err;
}

TEST_F(ModelStarts, OptimaThatDifferInTheirLabelsAreOne) {
  // Single runs find the groups in either order, with one bound.
  std::set<bool> orders;
  std::vector<double> bounds;
  for (int seed = 1; seed <= 8; ++seed) {
    const json r = run(std::string(kGroups) + "inference:\n  initialize: {z: random}\n  tolerance: 1e-12\n  seed: " +
                           std::to_string(seed) + "\n",
                       "seed" + std::to_string(seed));
    orders.insert(r["variables"]["mu"]["mean"][0].get<double>() < r["variables"]["mu"]["mean"][1].get<double>());
    bounds.push_back(r["bound"].get<double>());
  }
  EXPECT_EQ(orders.size(), 2u);
  const double bound = bounds.front();
  for (const double b : bounds) EXPECT_NEAR(b, bound, 1e-8 * std::abs(bound));
  const json all = run(std::string(kGroups) + "inference:\n  initialize: {z: random}\n  restarts: 8\n", "all");
  ASSERT_EQ(all["restarts"]["optima"].size(), 1u);
  EXPECT_EQ(all["restarts"]["optima"][0]["times"], 8);
  EXPECT_NEAR(all["restarts"]["optima"][0]["bound"].get<double>(), bound, 1e-6 * std::abs(bound));
}

}  // namespace
