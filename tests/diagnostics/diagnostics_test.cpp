// Every bad file of cases/ ends in its exact message and exit code: NAME.expected holds "exit N" and then what stands
// on stderr.
#include "support/command.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::string> bad_files() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(KULLBACK_SOURCE_DIR "/tests/diagnostics/cases"))
    if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

class BadFile : public testing::TestWithParam<std::string> {};

TEST_P(BadFile, EndsInItsExactMessage) {
  const auto result =
      test_support::command({"check", GetParam() + ".yaml"}, KULLBACK_SOURCE_DIR "/tests/diagnostics/cases");
  const std::string got = "exit " + std::to_string(result.exit_code) + "\n" + result.err;
  EXPECT_EQ(got, read(fs::path(KULLBACK_SOURCE_DIR "/tests/diagnostics/cases") / (GetParam() + ".expected")));
  EXPECT_EQ(result.exit_code, 2);
}

INSTANTIATE_TEST_SUITE_P(Diagnostics, BadFile, testing::ValuesIn(bad_files()),
                         [](const auto& info) { return info.param; });

TEST(Diagnostics, ThereAreAtLeastSixtyBadFiles) { EXPECT_GE(bad_files().size(), 60u); }

}  // namespace
