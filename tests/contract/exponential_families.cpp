// What holds of every exponential family.
#include <cmath>
#include <limits>

#include "contract/examples.hpp"

namespace kullback::contract {
namespace {

class ExponentialFamilies : public ::testing::TestWithParam<Example> {
 protected:
  void SetUp() override {
    const Members& p = GetParam().members;
    layout_ = p.layout;
    family_ = capability<ExponentialFamily>(*p.family, p.layout);
    for (const Statistic& s : family_->statistics(layout_)) rows_ += s.rows;
    eta_.resize(rows_ + family_->fixed_rows(layout_), 1);
    family_->convert(layout_, p.theta, eta_, true);
    std::tie(m_, log_partition_) = mean(eta_);
  }
  std::pair<Eigen::MatrixXd, double> mean(const Eigen::MatrixXd& eta) const {
    Eigen::MatrixXd m(rows_, eta.cols());
    Eigen::RowVectorXd log_partition(eta.cols());
    family_->mean(layout_, eta, m, row(log_partition));
    return {m, log_partition[0]};
  }
  const Members& members() const { return GetParam().members; }

  Layout layout_;
  const ExponentialFamily* family_ = nullptr;
  Index rows_ = 0;
  Eigen::MatrixXd eta_, m_;
  double log_partition_ = 0;
};

TEST_P(ExponentialFamilies, NaturalParametersLieInTheDomain) { EXPECT_TRUE(family_->in_domain(layout_, eta_, 0)); }

TEST_P(ExponentialFamilies, MeanIsTheGradientOfTheLogPartition) {
  for (Index i = 0; i < rows_; ++i) {
    if (!std::isfinite(eta_(i, 0))) continue;
    // Fourth-order differences: h^4 times a fifth derivative, which is large beside an end of the domain, and the
    // roundings of A over h. Of several steps the one that agrees best with the step before.
    const auto difference = [&](double h) {
      const auto at = [&](double step) {
        Eigen::MatrixXd eta = eta_;
        eta(i, 0) += step * h;
        return mean(eta).second;
      };
      return (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * h);
    };
    double h = 1e-4 * std::max(std::abs(eta_(i, 0)), 0.1);
    double last = difference(h), slope = last, agreement = std::numeric_limits<double>::infinity();
    for (int step = 0; step < 3; ++step) {
      const double next = difference(h /= 4);
      if (std::abs(next - last) < agreement) agreement = std::abs(next - last), slope = next;
      last = next;
    }
    EXPECT_NEAR(slope, m_(i, 0), 1e-7 * (1 + std::abs(m_(i, 0)))) << "row " << i;
  }
}

TEST_P(ExponentialFamilies, NaturalInvertsMean) {
  Eigen::MatrixXd eta = eta_;  // the fixed rows are found set
  family_->natural(layout_, m_, eta);
  // A constant added to every row of cells changes nothing, so compare what eta gives.
  const auto [m, log_partition] = mean(eta);
  for (Index i = 0; i < rows_; ++i) EXPECT_NEAR(m(i, 0), m_(i, 0), 1e-12 * (1 + std::abs(m_(i, 0))));  // E[x2] - E[x]^2
}

TEST_P(ExponentialFamilies, ConvertComesBack) {
  Eigen::MatrixXd theta(members().theta.rows(), 1);
  family_->convert(layout_, eta_, theta, false);
  for (Index i = 0; i < theta.rows(); ++i) {
    const double expected = members().theta(i, 0);
    if (std::isfinite(expected)) {
      EXPECT_NEAR(theta(i, 0), expected, 1e-12 * (1 + std::abs(expected))) << i;  // two inverses of condition 100
    } else {
      EXPECT_EQ(theta(i, 0), expected);
    }
  }
}

TEST_P(ExponentialFamilies, EntropyIsLogPartitionLessEtaTimesMean) {
  if (family_->has_base_measure(layout_)) GTEST_SKIP() << "log h is missing";
  const auto* entropy = capability<Entropy>(*members().family, layout_);
  ASSERT_TRUE(entropy);
  Eigen::RowVectorXd found(1);
  entropy->entropy(layout_, members().theta, row(found));
  double product = 0;
  for (Index i = 0; i < rows_; ++i)
    if (m_(i, 0) != 0) product += eta_(i, 0) * m_(i, 0);
  EXPECT_NEAR(found[0], log_partition_ - product, 1e-12 * (1 + std::abs(log_partition_) + std::abs(product)));
}

TEST_P(ExponentialFamilies, MeansAreTheMomentsOfThatLabel) {
  if (!capability<Moments>(*members().family, layout_)) GTEST_SKIP() << "no moments";
  Index at = 0;
  for (const Statistic& s : family_->statistics(layout_)) {
    Eigen::MatrixXd value(s.rows, 1);
    const bool known =
        capability<Moments>(*members().family, layout_)->expect(layout_, members().theta, s.label, value);
    for (Index i = 0; known && i < s.rows; ++i)
      EXPECT_NEAR(m_(at + i, 0), value(i, 0), 1e-12 * (1 + std::abs(value(i, 0)))) << s.label;
    at += s.rows;
  }
}

TEST_P(ExponentialFamilies, ColumnsEqualSingleMembersToTheLastBit) {
  const Eigen::MatrixXd many = eta_.replicate(1, 9);
  Eigen::MatrixXd m(rows_, 9);
  Eigen::RowVectorXd log_partition(9);
  family_->mean(layout_, many, m, row(log_partition));
  EXPECT_EQ(m, m_.replicate(1, 9));
  EXPECT_EQ(log_partition, Eigen::RowVectorXd::Constant(9, log_partition_));
}

INSTANTIATE_TEST_SUITE_P(All, ExponentialFamilies, ::testing::ValuesIn(examples_with<ExponentialFamily>()), test_name);

}  // namespace
}  // namespace kullback::contract
