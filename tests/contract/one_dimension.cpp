// What holds of every family on the line, against a quadrature of the tests' own.
#include <cmath>
#include <string>

#include "contract/examples.hpp"

namespace kullback::contract {
namespace {

class OnTheLine : public ::testing::TestWithParam<Example> {
 protected:
  const Members& members() const { return GetParam().members; }
  const Distribution& family() const { return *members().family; }
  const Layout& layout() const { return members().layout; }
};

TEST_P(OnTheLine, DensityIntegratesToOne) {
  // panels of half a scale, 8 nodes
  EXPECT_NEAR(expectation(members(), [](double) { return 1.0; }).value, 1, 1e-11);
}

// The value that quadrature gives within a relative error of the integral of |f|.
void expect_near(const Expectation& found, double value, Text label) {
  EXPECT_NEAR(found.value, value, 1e-9 * (found.absolute + std::abs(value))) << label;
}

TEST_P(OnTheLine, MomentsAreThoseOfTheDensity) {
  const auto* moments = capability<Moments>(family(), layout());
  if (!moments) GTEST_SKIP() << "no moments";
  const auto known = [&](Text label) {
    Eigen::MatrixXd value(1, 1);
    return moments->expect(layout(), members().theta, label, value) ? value(0, 0) : NAN;
  };
  const auto power = [&](double c) {  // 0 for a family that does not know
    Eigen::RowVectorXd value = Eigen::RowVectorXd::Zero(1);
    const Eigen::RowVectorXd at = Eigen::RowVectorXd::Constant(1, c);
    return moments->expect_at(layout(), members().theta, "x^c", row(at), row(value)) ? value[0] : 0;
  };
  for (const Text label : plain_labels()) {
    const double value = label_rows(label, 1) == 1 ? known(label) : NAN;
    // An odd moment of a variable whose even one is infinite may be a principal value.
    const bool principal = (label == "x" && std::isinf(known("x2"))) || (label == "x3" && std::isinf(known("x4")));
    const bool oscillates = (label == "cos_x" || label == "sin_x") && !std::isfinite(known("x2"));  // in a heavy tail
    const bool too_far = std::abs(value) > 1e60;  // the panels end at 1e140
    if (!std::isfinite(value) || principal || oscillates || too_far) continue;
    if (label == "sqrt_x" && !std::isfinite(power(0.6))) continue;  // too slow a decay for any quadrature
    const Support support = family().support(layout(), members().theta, 0, 0);
    const bool unit = support.low == 0 && support.high == 1;  // where 1 - x is known better than x
    const auto statistic = [&](const At& at) {
      const double logit = at.log_from_low - at.log_to_high;
      if (unit && label == "log_1mx") return at.log_to_high;
      if (unit && label == "logit_x") return logit;
      if (unit && label == "logit2_x") return logit * logit;
      Eigen::MatrixXd out(1, 1);
      evaluate_label(label, Eigen::MatrixXd::Constant(1, 1, at.x), out);
      return out(0, 0);
    };
    std::vector<double> breaks;  // statistics change on a scale of one around zero
    for (double x = -4; x <= 4; x += 0.5) breaks.push_back(x);
    expect_near(expectation(members(), statistic, breaks), value, label);
  }
}

TEST_P(OnTheLine, MomentsOfLabelsWithAParameterAreThoseOfTheDensity) {
  const auto* moments = capability<Moments>(family(), layout());
  if (!moments) GTEST_SKIP() << "no moments";
  std::vector<Landmark> marks{{0, 1}};
  if (const auto* l = capability<Landmarks>(family(), layout())) l->landmarks(layout(), members().theta, 0, marks);
  const Landmark& mark = marks.back();
  for (const Text label : parametric_labels()) {
    Eigen::MatrixXd square(1, 1);
    const bool light = moments->expect(layout(), members().theta, "x2", square) && std::isfinite(square(0, 0));
    if (label == "cos(x-c)" && !light) continue;  // oscillates in a heavy tail
    if (label == "cell(c)" && !family().support(layout(), members().theta, 0, 0).integer) continue;
    for (const double c :
         {mark.location, mark.location + 0.8 * mark.scale, mark.location - 1.7 * mark.scale, -0.3, 0.45}) {
      const Eigen::RowVectorXd at = Eigen::RowVectorXd::Constant(1, c);
      Eigen::RowVectorXd value(1);
      if (!moments->expect_at(layout(), members().theta, label, row(at), row(value))) break;
      ASSERT_FALSE(std::isnan(value[0])) << label << " " << c;
      if (!std::isfinite(value[0])) continue;
      // Too slow a decay for any quadrature: a power a little higher diverges.
      const Eigen::RowVectorXd beyond = 1.2 * at;
      Eigen::RowVectorXd higher(1);
      moments->expect_at(layout(), members().theta, label, row(beyond), row(higher));
      if (!std::isfinite(higher[0])) continue;
      if (label == "exp(c*x)" && std::abs(c) * mark.scale > 2) continue;  // moves the mass away from the landmarks
      const auto statistic = [&](double x) {
        Eigen::RowVectorXd out(1);
        evaluate_label(label, row(at), Eigen::MatrixXd::Constant(1, 1, x), row(out));
        return out[0];
      };
      expect_near(expectation(members(), statistic, {c}), value[0], std::string(label) + ", c = " + std::to_string(c));
    }
  }
}

TEST_P(OnTheLine, EntropyIsThatOfTheDensity) {
  const auto* entropy = capability<Entropy>(family(), layout());
  if (!entropy) GTEST_SKIP() << "no entropy";
  Eigen::RowVectorXd found(1);
  entropy->entropy(layout(), members().theta, row(found));
  const auto surprise = [&](const At& at) {
    Eigen::RowVectorXd out(1);
    const auto one = [](double v) { return Eigen::MatrixXd::Constant(1, 1, v).eval(); };
    family().log_density(layout(), members().theta, Points(one(at.x), one(at.log_from_low), one(at.log_to_high)),
                         row(out));
    return -out[0];
  };
  expect_near(expectation(members(), surprise), found[0], "entropy");
}

TEST_P(OnTheLine, DistributionFunctionInvertsItsQuantilesFromBothTails) {
  const auto* quantiles = capability<Quantiles>(family(), layout());
  if (!quantiles) GTEST_SKIP() << "no quantiles";
  const Eigen::MatrixXd p = (Eigen::MatrixXd(1, 7) << 1e-12, 1e-3, 0.1, 0.4, 0.6, 0.9, 0.999).finished();
  for (bool upper : {false, true}) {
    Eigen::RowVectorXd x(7), back(7);
    quantiles->quantile(layout(), members().theta, p, upper, row(x));
    quantiles->cdf(layout(), members().theta, x, upper, row(back));
    if (family().support(layout(), members().theta, 0, 0).integer) {  // the first integer that reaches p
      const Eigen::MatrixXd before = x.array() - 1;
      Eigen::RowVectorXd there(7);
      quantiles->cdf(layout(), members().theta, before, upper, row(there));
      for (Index i = 0; i < 7; ++i) {
        EXPECT_TRUE(upper ? back[i] <= p(0, i) : back[i] >= p(0, i)) << upper << " " << p(0, i);
        EXPECT_TRUE(upper ? there[i] > p(0, i) : there[i] < p(0, i)) << upper << " " << p(0, i);
      }
      continue;
    }
    // x carries a rounding, which the density turns into one of p: large in the tails and beside x = 0 of a wide cell.
    for (Index i = 0; i < 7; ++i) {
      const double slope = std::exp(log_density(members(), x.segment(i, 1))[0]);
      EXPECT_NEAR(back[i], p(0, i), 1e-12 * p(0, i) + 4 * kEpsilon * slope * (1 + std::abs(x[i])))
          << upper << " " << p(0, i);
    }
  }
}

TEST_P(OnTheLine, TheTailsOfTheDistributionFunctionAddToOne) {
  const auto* quantiles = capability<Quantiles>(family(), layout());
  if (!quantiles) GTEST_SKIP() << "no quantiles";
  const Eigen::MatrixXd x = Eigen::RowVectorXd::LinSpaced(41, -8, 8);
  Eigen::RowVectorXd below(41), above(41);
  quantiles->cdf(layout(), members().theta, x, false, row(below));
  quantiles->cdf(layout(), members().theta, x, true, row(above));
  EXPECT_LT((below + above - Eigen::RowVectorXd::Ones(41)).cwiseAbs().maxCoeff(), 1e-14);
}

INSTANTIATE_TEST_SUITE_P(All, OnTheLine, ::testing::ValuesIn(on_the_line()), test_name);

}  // namespace
}  // namespace kullback::contract
