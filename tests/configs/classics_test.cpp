// Textbook models of configs/ end where coordinate ascent by numpy does (tests/golden/make_classics.py), from the
// starts that the files state.
#include "support/command.hpp"
#include "support/temporary_folder.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace {

using Json = nlohmann::json;

const Json& golden() {
  static const Json values = Json::parse(test_support::read_file(KULLBACK_SOURCE_DIR "/tests/golden/classics.json"));
  return values;
}

std::vector<double> flat(const Json& numbers) {
  std::vector<double> all;
  if (!numbers.is_array()) return {numbers.get<double>()};
  for (const Json& each : numbers)
    for (const double x : flat(each)) all.push_back(x);
  return all;
}

// The fixed points are reached to the tolerance of the bound, the parameters to its root.
void expect_near(const Json& found, const Json& expected, const std::string& what) {
  if (expected.is_object()) {
    for (const auto& [key, inner] : expected.items()) {
      ASSERT_TRUE(found.contains(key)) << what << " has no " << key;
      expect_near(found[key], inner, what + " " + key);
    }
    return;
  }
  const std::vector<double> a = flat(found), b = flat(expected);
  ASSERT_EQ(a.size(), b.size()) << what;
  double largest = 0;
  for (const double x : b) largest = std::max(largest, std::abs(x));
  for (std::size_t i = 0; i < a.size(); ++i)
    EXPECT_NEAR(a[i], b[i], 2e-5 * std::max(std::abs(b[i]), 0.1 * largest)) << what << " " << i;
}

class Classics : public testing::TestWithParam<std::string> {};

TEST_P(Classics, EndsAtTheFixedPoint) {
  const test_support::TemporaryFolder folder;
  const std::string out = (folder.path() / "out").string();
  const auto result = test_support::command(
      {"run", std::string(KULLBACK_SOURCE_DIR "/configs/") + GetParam() + ".yaml", "-q", "--out", out});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const Json found = Json::parse(test_support::read_file(out + "/result.json")), &expected = golden().at(GetParam());
  EXPECT_EQ(found["status"], "converged");
  const double bound = expected["bound"];
  EXPECT_NEAR(found["bound"].get<double>(), bound, 1e-7 * std::abs(bound));
  expect_near(found["variables"], expected["variables"], GetParam());
}

std::vector<std::string> names() {
  std::vector<std::string> names;
  for (const auto& [name, values] : golden().items()) names.push_back(name);
  return names;
}

std::string test_name(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, Classics, testing::ValuesIn(names()), test_name);

}  // namespace
