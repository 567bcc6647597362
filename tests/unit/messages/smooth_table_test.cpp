// Polynomials through few values against the functions themselves.
#include "messages/smooth_table.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace kullback::messages {
namespace {

using Function = double (*)(double, double);

TableAt table_of(Function f, Index& values) {
  return [f, &values](const Eigen::VectorXd& first, const Eigen::VectorXd& second) {
    Eigen::MatrixXd table(first.size(), second.size());
    for (Index i = 0; i < first.size(); ++i)
      for (Index j = 0; j < second.size(); ++j) table(i, j) = f(first[i], second[j]);
    values += table.size();
    return table;
  };
}

constexpr Index kMost = 5000;

TEST(SmoothTable, IsTheFunctionBetweenItsPoints) {
  const Function functions[] = {
      [](double a, double s) { return -1e4 * (std::log(s) + 0.5 * std::log1p((a * a + 1) / (s * s))); },
      [](double a, double s) { return -500 * a * a / s; },
      [](double a, double s) { return std::cos(3 * a) * std::log(s); },
  };
  const Eigen::VectorXd first = Eigen::VectorXd::LinSpaced(200, -0.3, 0.4),
                        second = Eigen::VectorXd::LinSpaced(150, 0.5, 1.4);
  for (const Function f : functions) {
    Index values = 0, all = 0;
    SmoothTable smooth;
    ASSERT_TRUE(smooth.learn(table_of(f, values), first, second, kMost));
    EXPECT_LT(values, 5000);
    EXPECT_TRUE(smooth.covers(first.segment(3, 20), second.tail(2)));
    EXPECT_FALSE(smooth.covers(Eigen::VectorXd::Constant(1, 0.5), second));
    EXPECT_LT((smooth.at(first, second) - table_of(f, all)(first, second)).cwiseAbs().maxCoeff(), 1e-8);
  }
}

// In log x a scale from 0.01 to 100 is short.
TEST(SmoothTable, TakesTheLogarithmOfALongRange) {
  Index values = 0, all = 0;
  const TableAt gamma = table_of([](double x, double) { return 3 * std::log(x) - 0.01 * x; }, values);
  const Eigen::VectorXd x = Eigen::ArrayXd::LinSpaced(300, std::log(0.01), std::log(100)).exp(),
                        none = Eigen::VectorXd::Zero(1);
  SmoothTable smooth;
  ASSERT_TRUE(smooth.learn(gamma, x, none, kMost));
  EXPECT_LT(values, 150);
  const TableAt exact = table_of([](double y, double) { return 3 * std::log(y) - 0.01 * y; }, all);
  EXPECT_LT((smooth.at(x, none) - exact(x, none)).cwiseAbs().maxCoeff(), 1e-8);
}

// At the nodes of the number in which it is not, in whose place no others stand.
TEST(SmoothTable, TakesAFunctionThatIsSmoothInOneNumber) {
  const Function functions[] = {
      [](double a, double s) { return -1e3 * (std::abs(a - 0.01) / s + std::log(s)); },
      [](double a, double s) { return a * std::sin(400 * s); },
      [](double a, double s) {
        return s - 1e3 * std::exp(-1e4 * (a - 0.117 * 0.35 - 0.05) * (a - 0.117 * 0.35 - 0.05));
      },
  };
  const Eigen::VectorXd first = Eigen::VectorXd::LinSpaced(200, -0.3, 0.4),
                        second = Eigen::VectorXd::LinSpaced(150, 0.5, 1.4);
  for (const Function f : functions) {
    Index values = 0, all = 0;
    SmoothTable smooth;
    ASSERT_TRUE(smooth.learn(table_of(f, values), first, second, 10'000));
    EXPECT_LT(values, 20'000);
    EXPECT_TRUE(smooth.covers(first, second));
    EXPECT_FALSE(smooth.covers(first.tail(150), second.tail(100)));
    EXPECT_LT((smooth.at(first, second) - table_of(f, all)(first, second)).cwiseAbs().maxCoeff(), 1e-8);
  }
}

// Where it was known not to be smooth it is not tried again, unless in a much shorter range.
TEST(SmoothTable, TriesAgainInAShortRange) {
  const Function kink = [](double a, double s) { return -1e3 * (std::abs(a - 0.01) / s + std::log(s)); };
  const Eigen::VectorXd first = Eigen::VectorXd::LinSpaced(200, -0.3, 0.4),
                        beside = Eigen::VectorXd::LinSpaced(200, 0.1, 0.3),
                        second = Eigen::VectorXd::LinSpaced(150, 0.5, 1.4);
  Index once = 0, again = 0, values = 0, all = 0;
  SmoothTable smooth;
  ASSERT_TRUE(smooth.learn(table_of(kink, once), first, second, 10'000));
  ASSERT_TRUE(smooth.learn(table_of(kink, again), first, second, 10'000));
  EXPECT_LT(again, once);
  ASSERT_TRUE(smooth.learn(table_of(kink, values), beside, second, 10'000));
  EXPECT_LT(values, 1000);
  EXPECT_TRUE(smooth.covers(beside.tail(150), second));
  EXPECT_LT((smooth.at(beside, second) - table_of(kink, all)(beside, second)).cwiseAbs().maxCoeff(), 1e-8);
}

TEST(SmoothTable, SaysWhereAFunctionIsNotSmooth) {
  const Function functions[] = {
      [](double a, double s) { return -1e3 * std::abs(a - 0.01) - std::abs(s - 0.8); },
      [](double a, double s) { return a > 0.2 ? -std::numeric_limits<double>::infinity() : s; },
      [](double a, double s) { return std::sin(400 * s) + std::sin(500 * a); },
  };
  const Eigen::VectorXd first = Eigen::VectorXd::LinSpaced(200, -0.3, 0.4),
                        second = Eigen::VectorXd::LinSpaced(150, 0.5, 1.4);
  Index values = 0;
  SmoothTable smooth;
  for (const Function f : functions) EXPECT_FALSE(smooth.learn(table_of(f, values), first, second, kMost));
  EXPECT_TRUE(smooth.empty());
}

}  // namespace
}  // namespace kullback::messages
