#include "model/evaluate.hpp"

#include "model/builders.hpp"
#include "model/density.hpp"
#include "support/plugins.hpp"

#include <kullback/capability.hpp>
#include <kullback/error.hpp>

#include <gtest/gtest.h>

#include <cmath>

namespace kullback::model {
namespace {

// The plugins of this build and the framework's own families.
const Registry& everything() {
  static const Registry& filled = []() -> const Registry& {
    static Registry out;
    register_built_in(out);
    for (const auto& refused : plugin::load_plugins(out, {KULLBACK_PLUGIN_DIR}).refused) ADD_FAILURE() << refused.why;
    return out;
  }();
  return filled;
}

config::Expression parse(const std::string& text) {
  return config::parse_expression(std::make_shared<const config::Source>(config::Source{"test", text}), "");
}

const Scope& empty_scope() {
  static const Scope scope(everything(), {});
  return scope;
}

Known known(const std::string& text) { return evaluate_distribution(empty_scope(), parse(text)); }
double number(const std::string& text) { return evaluate_number(empty_scope(), parse(text)); }

std::string error_of(const std::string& text) {
  try {
    evaluate_expression(empty_scope(), parse(text));
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Evaluate, ArithmeticFollowsPrecedence) {
  EXPECT_EQ(number("1 + 2 * 3 ^ 2"), 19);
  EXPECT_EQ(number("-2 ^ 2"), -4);
  EXPECT_EQ(number("2 ^ 3 ^ 2"), 512);
  EXPECT_EQ(number("(1 + 2) / 4"), 0.75);
  EXPECT_EQ(number("2 ^ -1"), 0.5);
  EXPECT_EQ(number("10 - 4 - 3"), 3);
}

TEST(Evaluate, FunctionsOfNumbersAndLists) {
  EXPECT_DOUBLE_EQ(number("log(3 / 2) + (2^2 + (1 + 0.5)^2) / (2 * 3^2) - 1/2"), std::log(1.5) + 6.25 / 18 - 0.5);
  const Named list = evaluate_expression(empty_scope(), parse("sqrt([1, 4, 9]) * 2"));
  EXPECT_EQ(std::get<Eigen::VectorXd>(list.value), (Eigen::Vector3d(2, 4, 6)));
}

TEST(Evaluate, ArithmeticThatIsNotFiniteIsAnErrorAtItsPlace) {
  EXPECT_NE(error_of("normal(mean = 1 / 0, stddev = 1)").find("test:1:15: error: this is infinite"), std::string::npos)
      << error_of("normal(mean = 1 / 0, stddev = 1)");
  EXPECT_NE(error_of("normal(mean = log(-1), stddev = 1)").find("not a number"), std::string::npos);
}

TEST(Evaluate, AFamilysComplaintPointsAtItsArgument) {
  EXPECT_NE(
      error_of(
          "mixture(weights = [0.5, 0.6], components = [normal(mean = 0, stddev = 1), normal(mean = 1, stddev = 1)])")
          .find("test:1:19: error: weights must sum to 1, got a sum of 1.1"),
      std::string::npos);
}

TEST(Evaluate, ASecondParameterWithoutNameIsTold) {
  EXPECT_NE(error_of("normal(0, 1)").find("name it: stddev = 1, variance = 1 or precision = 1"), std::string::npos)
      << error_of("normal(0, 1)");
}

TEST(Density, IsNormalizedAndKnowsItsMoments) {
  const Known p = known("density(exp(-x^2 / 2), x = [-inf, inf])");
  EXPECT_EQ(p.coordinates, std::vector<std::string>{"x"});
  const Eigen::MatrixXd x = Eigen::MatrixXd::Constant(1, 1, 0.7);
  Eigen::RowVectorXd log_p(1);
  p.members.family->log_density(p.members.layout, p.members.theta, Points(x), row(log_p));
  EXPECT_NEAR(log_p[0], -0.5 * 0.49 - 0.5 * std::log(2 * M_PI), 1e-10);
  Eigen::MatrixXd second(1, 1);
  capability<Moments>(*p.members.family, p.members.layout)->expect(p.members.layout, p.members.theta, "x2", second);
  EXPECT_NEAR(second(0, 0), 1, 1e-9);
}

TEST(Density, OfTwoCoordinatesHasTheMomentsOfItsFormula) {
  // x standard normal, y = x^2/2 + e with variance 1/4: E y = 1/2, E y^2 = 3/4 + 1/4, E x y = 0.
  const Known p = known("log_density(-x^2 / 2 - 2 * (y - x^2 / 2)^2, x = [-6, 6], y = [-4, 20])");
  Eigen::MatrixXd mean(2, 1), second(4, 1);
  const auto* moments = capability<Moments>(*p.members.family, p.members.layout);
  moments->expect(p.members.layout, p.members.theta, "x", mean);
  moments->expect(p.members.layout, p.members.theta, "x*x'", second);
  EXPECT_NEAR(mean(0), 0, 1e-7);
  EXPECT_NEAR(mean(1), 0.5, 1e-6);  // the range cuts 2e-9 of x's mass, times y = 18
  EXPECT_NEAR(second(3), 1, 2e-6);
  EXPECT_NEAR(second(1), 0, 1e-7);
}

TEST(Density, IsMinusInfinityOutsideItsRange) {
  const Known p = known("density(1 + x, x = [0, 1])");
  const Eigen::MatrixXd x = (Eigen::MatrixXd(1, 3) << -0.1, 0.5, 1.1).finished();
  Eigen::RowVectorXd log_p(3);
  p.members.family->log_density(p.members.layout, p.members.theta, Points(x), row(log_p));
  EXPECT_EQ(log_p[0], -INFINITY);
  EXPECT_NEAR(log_p[1], 0, 1e-12);  // (1 + x)/1.5 at 1/2
  EXPECT_EQ(log_p[2], -INFINITY);
}

TEST(Approximation, OneFactorIsRepeatedOverTheTargetsCoordinates) {
  const Known target = known("multivariate_normal(mean = [0, 0, 0], covariance = 1)");
  const Approximation q = evaluate_approximation(empty_scope(), parse("factorized(normal)"), target);
  ASSERT_EQ(q.layout.parts.size(), 1u);
  EXPECT_EQ(q.layout.parts[0].count, 3);
}

TEST(Approximation, AVectorFactorTakesTheCoordinatesThatAreLeft) {
  const Known target = known("multivariate_normal(mean = [0, 0, 0], covariance = 1)");
  const Approximation q =
      evaluate_approximation(empty_scope(), parse("factorized(normal, multivariate_normal)"), target);
  ASSERT_EQ(q.layout.parts.size(), 2u);
  EXPECT_EQ(q.layout.parts[1].layout.dimension, 2);
}

TEST(Approximation, ADistributionWithAllItsParametersIsKnown) {
  const Known target = known("normal(mean = 0, stddev = 1)");
  EXPECT_TRUE(evaluate_approximation(empty_scope(), parse("normal(mean = 1, stddev = 1)"), target).known.has_value());
  EXPECT_FALSE(evaluate_approximation(empty_scope(), parse("normal"), target).known.has_value());
  EXPECT_FALSE(evaluate_approximation(empty_scope(), parse("discrete_grid(low = -9, high = 9, cells = 10)"), target)
                   .known.has_value());
}

TEST(Approximation, AGridWithoutEdgesTakesThoseOfAGridTarget) {
  const Known target =
      known("discrete_grid(low = [0, 0], high = [1, 2], cells = [2, 3], weights = [[1, 2, 3], [4, 5, 6]])");
  const Approximation q =
      evaluate_approximation(empty_scope(), parse("factorized(discrete_grid, discrete_grid)"), target);
  ASSERT_EQ(q.layout.parts.size(), 2u);
  EXPECT_EQ(q.layout.parts[0].layout.constants.size(), 1u);
}

TEST(Builders, KernelEstimateHasTheMomentsOfTheDataPlusTheKernel) {
  // Points 0 and 2: mean 1, sample variance 2, h = 2^(-1/5) [Scott], so variance 1 + 2 h^2.
  const Known p = known("kernel_estimate([0, 2])");
  Eigen::MatrixXd mean(1, 1), second(1, 1);
  const auto* moments = capability<Moments>(*p.members.family, p.members.layout);
  moments->expect(p.members.layout, p.members.theta, "x", mean);
  moments->expect(p.members.layout, p.members.theta, "x2", second);
  EXPECT_NEAR(mean(0), 1, 1e-15);
  EXPECT_NEAR(second(0) - 1, 1 + 2 * std::pow(2.0, -0.4), 1e-14);
}

TEST(Builders, HistogramCountsEachObservationOnce) {
  const Known p = known("histogram([0, 0.1, 0.5, 0.9, 1], cells = 2)");
  EXPECT_NEAR(std::exp(p.members.theta(0)), 0.4, 1e-15);  // 0 and 0.1; an inner edge belongs to the cell above it
  EXPECT_NEAR(std::exp(p.members.theta(1)), 0.6, 1e-15);
}

TEST(Builders, LatticePrecisionHasFourNeighbors) {
  const Named named =
      evaluate_expression(empty_scope(), parse("lattice_precision(shape = [3, 4], diagonal = 5, neighbor = -1)"));
  const SparseMatrix& m = *std::get<std::shared_ptr<const SparseMatrix>>(named.value);
  EXPECT_EQ(m.rows(), 12);
  EXPECT_EQ(m.nonZeros(), 12 + 2 * (3 * 3 + 2 * 4));
  EXPECT_EQ(m.coeff(5, 5), 5);
  EXPECT_EQ(m.coeff(5, 1), -1);
  EXPECT_EQ(m.coeff(5, 4), -1);
  EXPECT_EQ(m.coeff(3, 4), 0);  // the end of a row and the start of the next are no neighbors
}

}  // namespace
}  // namespace kullback::model
