// The example of every plugin's folder is a file that runs.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "support/temporary_folder.hpp"

namespace {

namespace fs = std::filesystem;

std::vector<std::string> plugin_folders() {
  std::vector<std::string> out;
  for (const auto& entry : fs::directory_iterator(KULLBACK_SOURCE_DIR "/plugins"))
    if (entry.is_directory()) out.push_back(entry.path().filename());
  std::sort(out.begin(), out.end());
  return out;
}

class Examples : public testing::TestWithParam<std::string> {};

TEST_P(Examples, Runs) {
  const std::string example = KULLBACK_SOURCE_DIR "/plugins/" + GetParam() + "/example.yaml";
  ASSERT_TRUE(fs::exists(example)) << "a plugin's folder holds a runnable example.yaml";
  const test_support::TemporaryFolder folder;
  const auto result = test_support::command({"run", example, "--out", (folder.path() / "out").string()});
  EXPECT_EQ(result.exit_code, 0) << result.err;
}

INSTANTIATE_TEST_SUITE_P(All, Examples, testing::ValuesIn(plugin_folders()),
                         [](const auto& info) { return info.param; });

}  // namespace
