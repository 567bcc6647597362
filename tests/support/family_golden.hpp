// Families against a golden file of members (log densities, distribution function, entropy, moments) and divergences.
#pragma once

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>
#include <limits>

#include "support/members.hpp"

namespace kullback::golden {

inline nlohmann::json read(const std::string& file) {
  return nlohmann::json::parse(std::ifstream(std::string(KULLBACK_SOURCE_DIR "/tests/golden/") + file));
}

inline Members member(const nlohmann::json& family, const nlohmann::json& arguments) {
  Arguments out;
  for (const auto& [name, value] : arguments.items()) out.push_back({name, value.get<double>()});
  return make(family.get<std::string>(), out);
}

inline double number(const nlohmann::json& value) {
  return value.is_string() ? std::numeric_limits<double>::infinity() : value.get<double>();
}

/// Relative to the value, with `absolute` below it.
inline void expect_close(double found, const nlohmann::json& expected, double relative, double absolute, const std::string& what) {
  const double value = number(expected);
  if (std::isinf(value)) {
    EXPECT_EQ(found, value) << what;
  } else {
    EXPECT_LE(std::abs(found - value), relative * std::abs(value) + absolute) << what << ": " << found << ", expected " << value;
  }
}

/// Log densities and entropies lose what their largest terms round off; probabilities and moments are relative.
inline void check_member(const nlohmann::json& golden) {
  SCOPED_TRACE(golden["family"].dump() + golden["arguments"].dump());
  const Members m = member(golden["family"], golden["arguments"]);
  const auto* quantiles = capability<Quantiles>(*m.family, m.layout);
  for (const auto& point : golden["points"]) {
    const Eigen::MatrixXd x = Eigen::MatrixXd::Constant(1, 1, point[0].get<double>());
    const std::string at = "at " + point[0].dump();
    expect_close(log_density(m, x)[0], point[1], 4e-14, 2e-13, "log density " + at);
    if (!quantiles) continue;
    Eigen::RowVectorXd p(1);
    for (const bool upper : {false, true}) {
      quantiles->cdf(m.layout, m.theta, x, upper, row(p));
      expect_close(p[0], point[upper ? 3 : 2], 4e-13, 1e-300, (upper ? "upper tail " : "lower tail ") + at);
    }
  }
  if (golden.contains("entropy")) {
    const auto* entropy = capability<Entropy>(*m.family, m.layout);
    ASSERT_TRUE(entropy);
    Eigen::RowVectorXd h(1);
    entropy->entropy(m.layout, m.theta, row(h));
    expect_close(h[0], golden["entropy"], 2e-13, 1e-15, "entropy");
  }
  const auto* moments = capability<Moments>(*m.family, m.layout);
  for (const auto& [label, expected] : golden["moments"].items()) {
    ASSERT_TRUE(moments);
    Eigen::MatrixXd value(1, 1);
    ASSERT_TRUE(moments->expect(m.layout, m.theta, label, value)) << label;
    expect_close(value(0, 0), expected, 2e-13, 1e-300, "E[" + label + "]");
  }
}

/// The registered rule, whose stated error holds too (up to the rounding of the golden value itself).
inline void check_kl(const nlohmann::json& golden) {
  SCOPED_TRACE(golden.dump());
  const Members p = member(golden["p"][0], golden["p"][1]), q = member(golden["q"][0], golden["q"][1]);
  const ValueAndError found = kl_rule(p, q);
  const double value = number(golden["value"]);
  if (std::isinf(value)) {
    EXPECT_EQ(found.value, value);
    return;
  }
  EXPECT_LE(std::abs(found.value - value), golden["tolerance"].get<double>()) << found.value;
  EXPECT_LE(found.error, 1e-10 * value + 4 * golden["tolerance"].get<double>());
}

}  // namespace kullback::golden
