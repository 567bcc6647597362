// One-dimensional quadrature against 50-digit values (tests/golden/make_divergences.py).
#include "families.hpp"
#include "support/plugins.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>

namespace {

using namespace kullback;
using nlohmann::json;

Members make(const json& given) {
  const std::string name = given[0].get<std::string>();
  const auto found = test::families().find(name);
  Members out{found == test::families().end() ? &registry().family(name) : found->second.get(), {}, {}};
  out.theta.resize(static_cast<Index>(given.size()) - 1, 1);
  for (std::size_t i = 1; i < given.size(); ++i) out.theta(static_cast<Index>(i) - 1, 0) = given[i].get<double>();
  return out;
}

class Golden : public testing::TestWithParam<json> {};

TEST_P(Golden, IsMetByQuadratureWithinItsError) {
  const json& row = GetParam();
  EvaluateOptions options;
  options.skip_closed_forms = true;
  const Estimate e = evaluate(registry(), registry().divergence("kl"), make(row["p"]), make(row["q"]), options);
  if (row["kl"].is_string()) {
    EXPECT_EQ(e.method, Method::infinite) << e.value << " " << e.source;
    EXPECT_EQ(e.value, test::kInf);
    EXPECT_EQ(e.error, 0);
    EXPECT_FALSE(e.source.empty());
    return;
  }
  const double truth = row["kl"].get<double>();
  const double miss = std::abs(e.value - truth);
  EXPECT_EQ(e.method, Method::quadrature) << e.source;
  EXPECT_LE(miss, e.error) << e.value << " against " << truth << ", " << e.source;  // the bound holds
  // ... and says something. Golden values are rounded to a double, hence the eps.
  EXPECT_LE(e.error, 1e4 * std::max(miss, kEpsilon * truth)) << e.value << " against " << truth << ", " << e.source;
  EXPECT_LE(miss, row["slack"].get<double>() * truth) << e.value << " against " << truth << ", " << e.source;
}

std::vector<json> golden() {
  return json::parse(std::ifstream(KULLBACK_SOURCE_DIR "/tests/golden/divergences.json")).get<std::vector<json>>();
}

std::string title(const testing::TestParamInfo<json>& info) {
  std::string out;
  for (const char c : info.param["p"].dump() + "_from_" + info.param["q"].dump())
    out += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return out + "_" + std::to_string(info.index);
}
INSTANTIATE_TEST_SUITE_P(Pairs, Golden, testing::ValuesIn(golden()), title);

}  // namespace
