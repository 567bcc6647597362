#include "core/vector_kernels.hpp"

#include <kullback/numerics.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <array>
#include <cmath>
#include <fstream>
#include <functional>
#include <limits>
#include <vector>

namespace {

using namespace kullback;
constexpr double kInf = std::numeric_limits<double>::infinity();

using Function = std::function<double(const std::vector<double>&)>;

// 50-digit values of tests/golden/make_numerics.py, to `ulps` units of relative rounding or to `absolute`.
void expect_golden(const char* name, double ulps, const Function& function, double absolute = 5e-324) {
  static const nlohmann::json golden =
      nlohmann::json::parse(std::ifstream(KULLBACK_SOURCE_DIR "/tests/golden/numerics.json"));
  ASSERT_TRUE(golden.contains(name));
  for (const auto& entry : golden[name]) {
    auto row = entry.get<std::vector<double>>();
    const double expected = row.back();
    row.pop_back();
    const double value = function(row);
    const double tolerance = std::max(ulps * kEpsilon * std::abs(expected), absolute);  // denormals: the last place
    EXPECT_LE(std::abs(value - expected), tolerance)
        << name << "(" << row[0] << (row.size() > 1 ? ", " + std::to_string(row[1]) : "") << ") = " << value
        << ", expected " << expected << ", off by " << std::abs(value / expected - 1) / kEpsilon << " eps";
  }
}

// The tolerances are a few roundings of the formula's last steps; where cancellation is left it is at most a factor 7.
TEST(Numerics, Log1pmxKeepsItsRelativeAccuracy) {
  expect_golden("log1pmx", 6, [](const auto& a) { return log1pmx(a[0]); });
}
TEST(Numerics, Expm1mxKeepsItsRelativeAccuracy) {
  expect_golden("expm1mx", 6, [](const auto& a) { return expm1mx(a[0]); });
}
TEST(Numerics, Bd0KeepsItsRelativeAccuracy) {
  // One logarithm, and a cancellation of at most a factor 4.
  expect_golden("bd0", 12, [](const auto& a) { return bd0(a[0], a[1]); });
}
TEST(Numerics, DigammaIsAccurateAtItsRootToo) {
  expect_golden("digamma", 12, [](const auto& a) { return digamma(a[0]); });  // ten terms of the recurrence
}
TEST(Numerics, LogGammaIsAccurate) {
  expect_golden("log_gamma", 8, [](const auto& a) { return log_gamma(a[0]); });
}
// A batch of nine equal elements: the vectorized part and the rest agree to the last bit.
template <class Function, class... Columns>
double nine(Function function, Columns... column) {
  std::array<double, 9> out;
  const auto copies = [](double x) {
    std::array<double, 9> all;
    all.fill(x);
    return all;
  };
  function(copies(column).data()..., out.data(), 9);
  for (double x : out) EXPECT_EQ(x, out[0]);
  return out[0];
}

TEST(Numerics, TrigammaAndItsExcessKeepTheirRelativeAccuracy) {
  expect_golden("trigamma", 8, [](const auto& a) { return trigamma(a[0]); });
  expect_golden("trigamma_excess", 16, [](const auto& a) { return trigamma_excess(a[0]); });
}
TEST(Numerics, StirlingsErrorIsAccurate) {
  // Below 1 three terms of size 1 cancel to 0.08 at least.
  expect_golden("stirling_error", 24, [](const auto& a) { return stirling_error(a[0]); });
}
TEST(Numerics, StirlingsSlopeIsAccurate) {
  expect_golden("stirling_slope", 32, [](const auto& a) { return stirling_slope(a[0]); });
}
TEST(Numerics, DifferencesOfLogGammaAndDigammaKeepSmallShifts) {
  // The sum x + shift carries a rounding of its own: relative to the shift it is eps x / shift.
  expect_golden(
      "log_gamma_ratio", 32, [](const auto& a) { return log_gamma_ratio(a[0], a[1]); }, 2e-15);
  expect_golden("digamma_difference", 32, [](const auto& a) { return digamma_difference(a[0], a[1]); });
}
TEST(Numerics, LogBetaKeepsTheSmallOfTwoArguments) {
  expect_golden(
      "log_beta", 16, [](const auto& a) { return log_beta(a[0], a[1]); }, 1e-15);
}
TEST(Numerics, ScaledExponentialIntegralIsAccurate) {
  expect_golden("scaled_exponential_integral", 16, [](const auto& a) { return scaled_exponential_integral(a[0]); });
}
TEST(Numerics, InverseDigammaInverts) {
  for (double x : {1e-200, 1e-8, 0.01, 0.3, 1.0, 1.46, 1.47, 2.0, 17.0, 1e5, 1e100})
    EXPECT_NEAR(inverse_digamma(digamma(x)) / x, 1, 8 * kEpsilon * (1 + std::abs(digamma(x)) / (x * trigamma(x)))) << x;
}
TEST(Numerics, VectorLogGammaAndDigammaAreAccurate) {
  // Near their roots terms of size 1 to 3 cancel.
  expect_golden(
      "vector_log_gamma", 8, [](const auto& a) { return nine(vector_log_gamma, a[0]); }, 8e-16);
  expect_golden(
      "vector_digamma", 8, [](const auto& a) { return nine(vector_digamma, a[0]); }, 4e-16);
}
// exp(digamma(x) - s) for s near digamma(x), where nothing overflows: its relative error is the absolute one of the
// exponent.
TEST(Numerics, VectorExpDigammaIsAccurate) {
  expect_golden(
      "vector_digamma", 8,
      [](const auto& a) {
        const bool pole = a[0] < 1e-9;
        const double s = pole ? 0 : std::round(digamma(a[0]) * 4) / 4;  // exact differences
        std::array<double, 8> x, e;
        x.fill(a[0]);
        vector_exp_digamma(x.data(), s, e.data(), 8);
        for (const double one : e) EXPECT_EQ(one, e[0]);
        if (pole) EXPECT_EQ(e[0], 0);
        return pole ? -0.5772156649015329 - 1 / a[0] : s + std::log(e[0]);
      },
      1e-15);
}
TEST(Numerics, FusedLogGammaAndDigammaAreTheSingleOnes) {
  const double x[3] = {0.2, 1.7, 40.0};
  double value[3], slope[3], value_alone[3], slope_alone[3];
  vector_log_gamma_digamma(x, value, slope, 3);
  vector_log_gamma(x, value_alone, 3);
  vector_digamma(x, slope_alone, 3);
  for (int i = 0; i < 3; ++i) {
    EXPECT_NEAR(value[i], value_alone[i], 4 * kEpsilon * (1 + std::abs(value[i])));
    EXPECT_NEAR(slope[i], slope_alone[i], 4 * kEpsilon * (1 + std::abs(slope[i])));
  }
}
TEST(Numerics, VectorLogExcessKeepsItsRelativeAccuracy) {
  expect_golden("log_excess", 16, [](const auto& a) { return nine(vector_log_excess, a[0], 1 + a[0]); });
}
TEST(Numerics, BregmanDivergenceOfStirlingsErrorKeepsItsRelativeAccuracy) {
  // At large arguments the recurrence adds six times the result, with two squares' roundings.
  expect_golden("stirling_bregman", 100, [](const auto& a) { return nine(vector_stirling_bregman, a[0], a[1]); });
}
TEST(Numerics, IncompleteGammaAndBetaFunctionsKeepBothTails) {
  expect_golden("gamma_upper", 200, [](const auto& a) { return gamma_cdf(a[0], a[1], true); });
  expect_golden("gamma_lower", 200, [](const auto& a) { return gamma_cdf(a[0], a[1]); });
  expect_golden("beta_lower", 200, [](const auto& a) {  // and mirrored, where 1 - x is exact
    return a[0] == 0.5 ? beta_cdf(0.5, a[2], a[1], true) : beta_cdf(a[0], a[1], a[2]);
  });
}
TEST(Numerics, QuantilesOfGammaAndBetaInvertTheirDistributionFunctions) {
  for (bool upper : {false, true})
    for (double p : {1e-12, 1e-3, 0.3, 0.7}) {
      for (double shape : {0.1, 1.0, 12.0, 1e4})
        EXPECT_NEAR(gamma_cdf(gamma_quantile(p, shape, upper), shape, upper) / p, 1, 1e-12 * (1 + shape * kEpsilon));
      const BetaQuantile x = beta_quantile(p, 0.7, 3.0, upper);
      EXPECT_NEAR(beta_cdf(x.x, 0.7, 3.0, upper) / p, 1, 1e-12);
      EXPECT_NEAR(x.x + x.rest, 1, kEpsilon);
    }
}
TEST(Numerics, LogisticFunctions) {
  EXPECT_EQ(logistic(0), 0.5);
  EXPECT_NEAR(logistic(-700) / std::exp(-700.0), 1, kEpsilon);
  EXPECT_EQ(logistic(800), 1);
  EXPECT_EQ(log1pexp(800), 800);
  EXPECT_NEAR(log1pexp(-40) / std::exp(-40.0), 1, kEpsilon);
}
TEST(Numerics, NormalCdfKeepsBothTails) {
  expect_golden("normal_upper", 8, [](const auto& a) { return normal_cdf(a[0], true); });
  expect_golden("normal_upper", 8, [](const auto& a) { return normal_cdf(-a[0]); });
}
TEST(Numerics, NormalQuantileKeepsBothTails) {
  expect_golden("normal_upper_quantile", 8, [](const auto& a) { return normal_quantile(a[0], true); });
  expect_golden("normal_upper_quantile", 8, [](const auto& a) { return -normal_quantile(a[0]); });
}
TEST(Numerics, VectorExpIsWithinFourUnits) {
  expect_golden("exp", 4, [](const auto& a) {
    double out[5];
    const double x[5] = {a[0], a[0], a[0], a[0], a[0]};
    vector_exp(x, out, 5);
    EXPECT_EQ(out[0], out[4]);  // the vectorized part and the rest agree
    return out[0];
  });
}
TEST(Numerics, VectorLogIsWithinFourUnits) {
  expect_golden("log", 4, [](const auto& a) {
    double out[5];
    const double x[5] = {a[0], a[0], a[0], a[0], a[0]};
    vector_log(x, out, 5);
    EXPECT_EQ(out[0], out[4]);
    return out[0];
  });
}
TEST(Numerics, VectorFormsAgreeWithTheScalarOnesOverTheirRange) {
  std::vector<double> x, y(20001);
  for (int i = -10000; i <= 10000; ++i) x.push_back(i * 0.0709);
  vector_exp(x.data(), y.data(), 20001);
  for (std::size_t i = 0; i < y.size(); ++i)
    EXPECT_NEAR(y[i], std::exp(x[i]), 3 * kEpsilon * std::exp(x[i]) + 5e-324) << x[i];
  vector_log(y.data(), y.data(), 20001);  // in place
  for (std::size_t i = 0; i < y.size(); ++i) EXPECT_NEAR(y[i], std::log(std::exp(x[i])), 3e-16 * (1 + std::abs(x[i])));
}
TEST(Numerics, VectorFormsHandleZeroInfinityAndNan) {
  const double x[4] = {-kInf, kInf, std::nan(""), -0.0};
  double e[4];
  vector_exp(x, e, 4);
  EXPECT_EQ(e[0], 0);
  EXPECT_EQ(e[1], kInf);
  EXPECT_TRUE(std::isnan(e[2]));
  EXPECT_EQ(e[3], 1);
  const double y[5] = {0, kInf, std::nan(""), -0.0, -1};
  double l[5];
  vector_log(y, l, 5);
  EXPECT_EQ(l[0], -kInf);
  EXPECT_EQ(l[1], kInf);
  EXPECT_TRUE(std::isnan(l[2]));
  EXPECT_EQ(l[3], -kInf);
  EXPECT_TRUE(std::isnan(l[4]));
}
TEST(Numerics, EdgesOfTheDomains) {
  EXPECT_EQ(log1pmx(-1), -kInf);
  EXPECT_TRUE(std::isnan(log1pmx(-1.5)));
  EXPECT_EQ(log1pmx(kInf), -kInf);
  EXPECT_EQ(expm1mx(kInf), kInf);
  EXPECT_EQ(expm1mx(1000), kInf);
  EXPECT_EQ(expm1mx(-kInf), kInf);
  EXPECT_EQ(bd0(0, 3), 3);
  EXPECT_EQ(bd0(3, 0), kInf);
  EXPECT_EQ(bd0(0, 0), 0);
  EXPECT_EQ(log_gamma(0), kInf);
  EXPECT_EQ(trigamma(0), kInf);
  EXPECT_EQ(trigamma(kInf), 0);
  EXPECT_EQ(inverse_digamma(-kInf), 0);
  EXPECT_EQ(log_beta(0, 1), kInf);
  EXPECT_EQ(gamma_cdf(kInf, 2, true), 0);
  EXPECT_EQ(gamma_quantile(0, 2), 0);
  EXPECT_EQ(beta_cdf(2, 1, 1), 1);
  EXPECT_EQ(normal_cdf(kInf), 1);
  EXPECT_EQ(normal_cdf(kInf, true), 0);
  EXPECT_EQ(normal_quantile(0), -kInf);
  EXPECT_EQ(normal_quantile(1), kInf);
  EXPECT_EQ(normal_quantile(0, true), kInf);
  EXPECT_TRUE(std::isnan(normal_quantile(1.5)));
  EXPECT_EQ(xlogx(0), 0);
}
TEST(Numerics, LogSumExpOfRangesLongerThanItsBuffer) {
  std::vector<double> values(1000, -5000.0);
  EXPECT_NEAR(log_sum_exp(values.data(), 1000), -5000 + std::log(1000.0), 2e-12);  // eps * 5000
  values[3] = kInf;
  EXPECT_EQ(log_sum_exp(values.data(), 1000), kInf);
  EXPECT_EQ(log_sum_exp(values.data(), 0), -kInf);
  const std::vector<double> none(3, -kInf);
  EXPECT_EQ(log_sum_exp(none.data(), 3), -kInf);
  const std::vector<double> mixed = {-kInf, std::log(2.0), std::log(3.0)};
  EXPECT_NEAR(log_sum_exp(mixed.data(), 3), std::log(5.0), 4e-16);
}

}  // namespace
