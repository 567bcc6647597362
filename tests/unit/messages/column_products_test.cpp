// The products that a pass over rows is made of, by their definition.
#include "messages/column_products.hpp"

#include <gtest/gtest.h>

#include <random>

namespace kullback::messages {
namespace {

Eigen::MatrixXd numbers(Index rows, Index columns, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<double> normal;
  return Eigen::MatrixXd::NullaryExpr(rows, columns, [&] { return normal(engine); });
}

TEST(ColumnProducts, AreTheirDefinition) {
  for (const Index depth : {0, 1, 4, 5, 6, 11, 66})
    for (const Index width : {1, 2, 5, 6, 7, 11, 20, 23})
      for (const Index count : {0, 1, 7, 8, 31, 32, 45}) {
        const Index step = count + 5;
        const Eigen::MatrixXd x = numbers(step, depth, 1), factors = numbers(depth, width, 2),
                              others = numbers(step, width, 3);
        std::vector<const double*> columns;
        for (Index m = 0; m < depth; ++m) columns.push_back(x.col(m).data());
        Eigen::MatrixXd to = Eigen::MatrixXd::Constant(step, width, 17);
        multiply_columns(columns, count, factors, to.data(), step);
        ColumnSums sums(depth, width);
        for (int twice = 0; twice < 2; ++twice) sums.add(columns, count, others.data(), step);
        const Eigen::MatrixXd result = sums.result();
        ASSERT_EQ(result.rows(), depth);
        ASSERT_EQ(result.cols(), width);
        for (Index k = 0; k < width; ++k) {
          for (Index n = 0; n < step; ++n) {
            double expected = n < count ? 0 : 17;  // what lies behind is left alone
            for (Index m = 0; n < count && m < depth; ++m) expected += x(n, m) * factors(m, k);
            ASSERT_NEAR(to(n, k), expected, 1e-12) << depth << " " << width << " " << count << " " << n;
          }
          for (Index m = 0; m < depth; ++m) {
            double expected = 0;
            for (Index n = 0; n < count; ++n) expected += 2 * x(n, m) * others(n, k);
            ASSERT_NEAR(result(m, k), expected, 1e-12) << depth << " " << width << " " << count << " " << m;
          }
        }
      }
}

TEST(FeatureColumns, AreProductsOfTheirFactors) {
  const Index rows = 50, block = 19;
  const Eigen::MatrixXd x = numbers(3, rows, 4);  // one column a row
  const Eigen::VectorXd w = numbers(rows, 1, 5);
  const double half = 0.5, one = 1;
  const auto of = [&](Index i) { return FeatureColumns::Factor{x.data() + i, 3}; };
  const FeatureColumns::Factor weight{w.data(), 1};
  FeatureColumns features({{},
                           {of(0)},
                           {of(0), of(0)},
                           {of(1), of(2), weight},
                           {{&half, 0}},
                           {{&half, 0}, of(2)},
                           {{&one, 0}, weight},
                           {of(0), of(1), of(2), weight, {&half, 0}}},
                          block);
  for (Index begin = 0; begin < rows; begin += block) {
    const Index count = std::min(block, rows - begin);
    features.fill(begin, count);
    ASSERT_EQ(features.columns().size(), 8u);
    for (Index k = 0; k < count; ++k) {
      const Index n = begin + k;
      const double expected[] = {1,
                                 x(0, n),
                                 x(0, n) * x(0, n),
                                 x(1, n) * x(2, n) * w[n],
                                 0.5,
                                 0.5 * x(2, n),
                                 w[n],
                                 0.5 * x(0, n) * x(1, n) * x(2, n) * w[n]};
      for (std::size_t f = 0; f < 8; ++f)
        EXPECT_NEAR(features.columns()[f][k], expected[f], 1e-14 * (1 + std::abs(expected[f]))) << f << " " << n;
    }
  }
}

}  // namespace
}  // namespace kullback::messages
