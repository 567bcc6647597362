// The lecture's theorem, checked numerically: among factorized q, KL(p||q) is least at the product of p's marginals.
#include "support/command.hpp"
#include "support/plugins.hpp"

#include <kullback/kullback.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <filesystem>

namespace {

using namespace kullback;
using Json = nlohmann::json;

const Json& results() {
  static const Json json = [] {
    const std::string folder = test_support::temporary_directory();
    test_support::command({"run", KULLBACK_SOURCE_DIR "/configs/exercise-1c.yaml", "--out", folder + "/out"});
    Json parsed = Json::parse(test_support::read_file(folder + "/out/result.json"));
    std::filesystem::remove_all(folder);
    return parsed["results"];
  }();
  return json;
}

const Json& variables(const std::string& name) {
  for (const Json& outcome : results())
    if (outcome["case"] == name) return outcome["variables"];
  throw std::runtime_error("no case " + name);
}

// p of the grid case as the config writes it, normalized: p(i, j).
Eigen::MatrixXd grid() {
  Eigen::MatrixXd p(3, 4);
  p << 4, 2, 1, 1, 1, 5, 2, 1, 1, 1, 3, 6;
  return p / p.sum();
}

// Counts of the histogram case, by a loop of its own over the data file.
Eigen::MatrixXd histogram() {
  std::istringstream file(test_support::read_file(KULLBACK_SOURCE_DIR "/configs/data/faithful.csv"));
  std::string line;
  std::getline(file, line);
  std::vector<std::pair<double, double>> rows;
  while (std::getline(file, line)) rows.emplace_back(std::stod(line), std::stod(line.substr(line.find(',') + 1)));
  const auto cell = [](double x, double low, double high) {
    return std::min(15, static_cast<int>(16 * (x - low) / (high - low)));
  };
  Eigen::MatrixXd counts = Eigen::MatrixXd::Zero(16, 16);
  for (auto [a, b] : rows) counts(cell(a, 1.6, 5.1), cell(b, 43, 96)) += 1;
  return counts / counts.sum();
}

Eigen::VectorXd vector(const Json& list) {
  Eigen::VectorXd v(static_cast<Index>(list.size()));
  for (std::size_t i = 0; i < list.size(); ++i) v[static_cast<Index>(i)] = list[i];
  return v;
}

// KL(p || a b') of tables, written out.
double kl(const Eigen::MatrixXd& p, const Eigen::VectorXd& a, const Eigen::VectorXd& b) {
  double sum = 0;
  for (Index i = 0; i < p.rows(); ++i)
    for (Index j = 0; j < p.cols(); ++j)
      if (p(i, j) > 0) sum += p(i, j) * std::log(p(i, j) / (a[i] * b[j]));
  return sum;
}

void expect_product_of_marginals(const Eigen::MatrixXd& p, const Json& found, const std::string& first,
                                 const std::string& second) {
  const Eigen::VectorXd a = vector(found[first]["parameters"]["probabilities"]);
  const Eigen::VectorXd b = vector(found[second]["parameters"]["probabilities"]);
  // Stationarity of the Lagrangian KL + sum_k lambda_k (sum q_k - 1): lambda_k = p_k(x) / q_k(x) for every x, and the
  // constraint makes it 1.
  for (Index i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], p.row(i).sum(), 1e-14);
  for (Index j = 0; j < b.size(); ++j) EXPECT_NEAR(b[j], p.col(j).sum(), 1e-14);
  for (Index i = 0; i < a.size(); ++i) {
    if (a[i] > 0) {
      EXPECT_NEAR(p.row(i).sum() / a[i], 1, 1e-12) << "lambda of the first factor at cell " << i;
    }
  }
  for (Index j = 0; j < b.size(); ++j) {
    if (b[j] > 0) {
      EXPECT_NEAR(p.col(j).sum() / b[j], 1, 1e-12) << "lambda of the second factor at cell " << j;
    }
  }
  // Any other factor is worse: mass moved between two cells of either.
  const double least = kl(p, a, b);
  for (Index i = 0; i + 1 < a.size(); ++i)
    for (double step : {1e-3, -1e-3}) {
      Eigen::VectorXd moved = a;
      moved[i] += step;
      moved[i + 1] -= step;
      if (moved.minCoeff() > 0) {
        EXPECT_GT(kl(p, moved, b), least);
      }
    }
  for (Index j = 0; j + 1 < b.size(); ++j)
    for (double step : {1e-3, -1e-3}) {
      Eigen::VectorXd moved = b;
      moved[j] += step;
      moved[j + 1] -= step;
      if (moved.minCoeff() > 0) {
        EXPECT_GT(kl(p, a, moved), least);
      }
    }
}

TEST(ProductOfMarginals, IsTheMinimizerOnAGrid) { expect_product_of_marginals(grid(), variables("grid"), "x1", "x2"); }

TEST(ProductOfMarginals, IsTheMinimizerOnAHistogramOfRealData) {
  expect_product_of_marginals(histogram(), variables("histogram"), "eruptions", "waiting");
}

TEST(ProductOfMarginals, ItsDivergenceIsTheMutualInformation) {
  const Eigen::MatrixXd p = histogram();
  for (const Json& outcome : results())
    if (outcome["case"] == "histogram")
      for (const Json& each : outcome["divergences"])
        if (each["name"] == "forward_kl") {
          EXPECT_NEAR(each["value"].get<double>(), kl(p, p.rowwise().sum(), p.colwise().sum().transpose()), 1e-12);
        }
}

// On the correlated normal through the library: the divergence rises whichever parameter of either factor moves, and
// the gradient at the minimum vanishes.
TEST(ProductOfMarginals, IsTheMinimizerOnACorrelatedNormal) {
  const Registry& registry = kullback::registry();
  const Members p = registry.family("multivariate_normal")
                        .make({{"mean", Eigen::VectorXd(Eigen::Vector2d(1, -1))},
                               {"covariance", Eigen::MatrixXd((Eigen::Matrix2d() << 1, 0.9, 0.9, 1).finished())}});
  const auto q_of = [&](double m1, double s1, double m2, double s2) {
    const Distribution& normal = registry.family("normal");
    std::vector<Members> factors = {normal.make({{"mean", m1}, {"stddev", s1}}),
                                    normal.make({{"mean", m2}, {"stddev", s2}})};
    return registry.family("factorized")
        .make({{"", std::vector<Members>{factors[0]}}, {"", std::vector<Members>{factors[1]}}});
  };
  const auto kl_of = [&](const std::array<double, 4>& t) {
    return evaluate(registry, registry.divergence("kl"), p, q_of(t[0], t[1], t[2], t[3])).value;
  };
  const Json& found = variables("correlated normal");
  const std::array<double, 4> best = {found["x1"]["mean"], found["x1"]["stddev"], found["x2"]["mean"],
                                      found["x2"]["stddev"]};
  const double least = kl_of(best);
  EXPECT_NEAR(least, -0.5 * std::log(1 - 0.81), 1e-12);
  for (std::size_t i = 0; i < 4; ++i) {
    for (double step : {1e-2, -1e-2}) {
      std::array<double, 4> moved = best;
      moved[i] += step;
      EXPECT_GT(kl_of(moved), least) << "parameter " << i;
    }
    const double h = 1e-5;
    std::array<double, 4> up = best, down = best;
    up[i] += h;
    down[i] -= h;
    EXPECT_NEAR((kl_of(up) - kl_of(down)) / (2 * h), 0, 1e-9) << "gradient in parameter " << i;
  }
}

}  // namespace
