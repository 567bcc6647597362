// Closed forms of the families on the line, on intervals and on the circle, against 50 digits.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <sstream>

#include "support/members.hpp"

namespace kullback {
namespace {

struct Golden {
  std::string divergence, family;
  Eigen::MatrixXd p, q;
  double value, sensitivity;
};

Eigen::MatrixXd column(const std::string& numbers) {
  std::istringstream in(numbers);
  std::vector<double> v;
  for (double x; in >> x;) v.push_back(x);
  return Eigen::Map<Eigen::VectorXd>(v.data(), static_cast<Index>(v.size()));
}

std::vector<Golden> golden() {
  std::ifstream file(std::string(KULLBACK_SOURCE_DIR) + "/tests/golden/line_rules.csv");
  std::vector<Golden> out;
  for (std::string line; std::getline(file, line);) {
    std::istringstream in(line);
    std::string field[6];
    for (std::string& each : field) std::getline(in, each, ',');
    out.push_back({field[0], field[1], column(field[2]), column(field[3]), std::stod(field[4]), std::stod(field[5])});
  }
  return out;
}

struct Found {
  double value, error;
};
Found rule(Text divergence, Text family, const Eigen::MatrixXd& p, const Eigen::MatrixXd& q, double order = 0) {
  const Distribution& f = registry().family(family);
  const Rule* closed = registry().find_rule(divergence, family, family);
  if (!closed) throw UnsupportedError("no rule");
  const Layout layout;
  Eigen::RowVectorXd value(1), error(1);
  if (closed->evaluate_at)
    closed->evaluate_at(order, {f, layout, p}, {f, layout, q}, row(value), row(error));
  else
    closed->evaluate({f, layout, p}, {f, layout, q}, row(value), row(error));
  return {value[0], error[0]};
}

TEST(LineRules, AgreeWithFiftyDigitsAndSayTheirError) {
  const std::vector<Golden> all = golden();
  ASSERT_GT(all.size(), 200u);
  for (const Golden& g : all) {
    const Found found = rule(g.divergence, g.family, g.p, g.q);
    const double miss = std::abs(found.value - g.value);
    EXPECT_LE(miss, 1e-13 * std::abs(g.value) + 8 * kEpsilon * g.sensitivity)
        << g.divergence << " " << g.family << " " << g.p.transpose() << " | " << g.q.transpose();
    EXPECT_LE(miss, found.error + 1e-300)
        << g.divergence << " " << g.family << " " << g.p.transpose() << " | " << g.q.transpose();
  }
}

TEST(LineRules, IdenticalParametersGiveExactlyZero) {
  for (const Golden& g : golden()) {
    EXPECT_EQ(rule(g.divergence, g.family, g.p, g.p).value, 0) << g.divergence << " " << g.family;
  }
}

TEST(LineRules, SupportsThatAreNotContainedGiveInfinity) {
  const auto two = [](double a, double b) { return Eigen::MatrixXd((Eigen::MatrixXd(2, 1) << a, b).finished()); };
  for (const Text family : {"uniform", "log_uniform", "arcsine"})
    EXPECT_EQ(rule("kl", family, two(1, 3), two(1.5, 4)).value, plain::kInfinity) << family;
  EXPECT_EQ(rule("kl", "pareto", two(1, 2), two(2, 2)).value, plain::kInfinity);
}

TEST(Renyi, OfLaplaceWithEqualScalesAtOneHalf) {
  // the integral of sqrt(p q) is exp(-d/2) (1 + d/2)
  for (const double d : {1e-8, 0.1, 1.0, 5.0, 300.0}) {
    const Eigen::MatrixXd p = (Eigen::MatrixXd(2, 1) << 0, 1).finished(),
                          q = (Eigen::MatrixXd(2, 1) << d, 1).finished();
    const Found found = rule("renyi", "laplace", p, q, 0.5);
    const double expected = -2 * (d < 0.5 ? log1pmx(d / 2) : std::log1p(d / 2) - d / 2);
    EXPECT_NEAR(found.value, expected, found.error + 4 * kEpsilon * expected);
  }
}

TEST(Renyi, OfCauchyIsKnownForOrdersTwoAndThree) {
  // Legendre's polynomials: 1 + chi and (3 (1 + chi)^2 - 1)/2
  for (const double shift : {1e-6, 0.3, 4.0, 1e4}) {
    const Eigen::MatrixXd p = (Eigen::MatrixXd(2, 1) << 0, 1).finished(),
                          q = (Eigen::MatrixXd(2, 1) << shift, 1.5).finished();
    const double chi = (shift * shift + 0.25) / 3;
    const Found two = rule("renyi", "cauchy", p, q, 2), three = rule("renyi", "cauchy", p, q, 3);
    EXPECT_NEAR(two.value, std::log1p(chi), two.error + 4 * kEpsilon);
    EXPECT_NEAR(three.value, std::log1p(3 * chi + 1.5 * chi * chi) / 2, three.error + 4 * kEpsilon);
  }
}

TEST(LocationScale, QuantilesAndMomentsOfScipy) {
  // gennorm by scipy.stats, the others by mpmath: roots of the distribution function at 30 digits
  const auto isf = [](Text family, const Arguments& arguments, double p, bool upper) {
    const Members m = make(family, arguments);
    Eigen::RowVectorXd x(1);
    capability<Quantiles>(*m.family, m.layout)
        ->quantile(m.layout, m.theta, Eigen::MatrixXd::Constant(1, 1, p), upper, row(x));
    return x[0];
  };
  const auto near = [](double found, double expected) { EXPECT_NEAR(found, expected, 1e-9 * std::abs(expected)); };
  near(isf("student_t", {{"degrees_of_freedom", 3.5}, {"location", 0.0}, {"scale", 1.0}}, 1e-10, true),
       848.5433456334763);
  near(isf("skew_normal", {{"location", 0.0}, {"scale", 1.0}, {"shape", 4.0}}, 1e-6, false), -0.9892283250855115);
  near(isf("exp_modified_normal", {{"mean", 0.0}, {"stddev", 1.0}, {"rate", 0.5}}, 1e-8, true), 37.091361487904734);
  near(isf("generalized_normal", {{"location", 0.0}, {"scale", 1.0}, {"shape", 1.3}}, 0.99, false), 2.559749388567232);
  near(isf("moyal", {{"location", 0.0}, {"scale", 1.0}}, 1e-5, true), 22.574268224598644);
  near(isf("von_mises", {{"mean", 0.5}, {"concentration", 3.0}}, 0.3, false), 0.1772541347887482);
  near(isf("truncated_normal", {{"mean", 0.0}, {"stddev", 1.0}, {"low", 5.0}, {"high", 7.0}}, 0.25, false),
       5.055183121340056);
  near(isf("generalized_extreme_value", {{"location", 0.0}, {"scale", 1.0}, {"shape", 0.25}}, 1e-6, true),
       122.49109059534128);
}

}  // namespace
}  // namespace kullback
