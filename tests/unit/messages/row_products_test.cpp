// Products of blocks of rows against sums written out.
#include "messages/row_products.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <tuple>

namespace kullback::messages {
namespace {

double feature(Index n, Index f) { return std::sin(1 + static_cast<double>(n) + 7.3 * static_cast<double>(f)); }
double weight(Index k, Index f) { return std::cos(2 + 3.1 * static_cast<double>(k) - static_cast<double>(f)); }

class RowProducts : public testing::TestWithParam<std::tuple<Index, Index, Index>> {};

TEST_P(RowProducts, AreTheSumsWrittenOut) {
  const auto [rows, features, levels] = GetParam();
  Eigen::MatrixXd x = padded_zeros(rows, features), r = padded_zeros(rows, levels);
  x.setConstant(99);  // what an earlier block left
  x.rightCols(x.cols() - features).setZero();
  Eigen::MatrixXd weights = Eigen::MatrixXd::Zero(r.cols(), x.cols());
  for (Index f = 0; f < features; ++f) {
    for (Index n = 0; n < rows; ++n) x(n, f) = feature(n, f);
    for (Index k = 0; k < levels; ++k) weights(k, f) = weight(k, f);
  }
  pad_rows(x, rows);
  multiply_rows(x, weights, rows, r);
  pad_rows(r, rows);
  RowSums sums(features, levels);
  sums.add(x, r, rows);
  sums.add(x, r, rows);
  const Eigen::MatrixXd total = sums.total();
  const double scale = 1e-15 * static_cast<double>(rows * features);
  Eigen::MatrixXd expected = Eigen::MatrixXd::Zero(features, levels);
  for (Index n = 0; n < rows; ++n)
    for (Index k = 0; k < levels; ++k) {
      double product = 0;
      for (Index f = 0; f < features; ++f) product += feature(n, f) * weight(k, f);
      EXPECT_NEAR(r(n, k), product, scale) << n << " " << k;
      for (Index f = 0; f < features; ++f) expected(f, k) += 2 * feature(n, f) * product;
    }
  for (Index f = 0; f < features; ++f)
    for (Index k = 0; k < levels; ++k)
      EXPECT_NEAR(total(f, k), expected(f, k), scale * static_cast<double>(features)) << f << " " << k;
}

INSTANTIATE_TEST_SUITE_P(Sizes, RowProducts,
                         testing::Combine(testing::Values(1, 32, 77), testing::Values(1, 6, 66),
                                          testing::Values(1, 2, 6, 11, 16, 20, 21, 44, 101)));

}  // namespace
}  // namespace kullback::messages
