// The command lives on when a plugin is refused, says why, and ends with exit code 3.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "support/command.hpp"

namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

class ZooCommand : public ::testing::Test {
 protected:
  ZooCommand() : directory_(fs::canonical(test_support::temporary_directory())) { copy("good"); }
  ~ZooCommand() override { fs::remove_all(directory_); }

  void copy(const std::string& animal) {
    const fs::path to = directory_ / (animal + ".so");
    fs::copy_file(fs::path(KULLBACK_ZOO) / (animal + ".so"), to);
    fs::permissions(to, fs::perms::owner_all);
  }
  test_support::CommandResult plugins() const {
    return test_support::command({"plugins", "--plugin-dir", directory_.string()});
  }

  fs::path directory_;
};

TEST_F(ZooCommand, ListsAGoodPlugin) {
  const auto result = plugins();
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("good"));
  EXPECT_EQ(result.err, "");
}

TEST_F(ZooCommand, EndsWithThreeAndTheMessageForARefusedPlugin) {
  copy("throws");
  const auto result = plugins();
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.out, HasSubstr("good"));
  EXPECT_THAT(result.out, Not(HasSubstr("throws")));
  EXPECT_EQ(result.err, "error: plugin '" + (directory_ / "throws.so").string() +
                            "' cannot be registered: plugin 'throws' failed while registering: the moon is full\n");
}

TEST_F(ZooCommand, LivesOnBesideAllOfThem) {
  for (const fs::directory_entry& animal : fs::directory_iterator(KULLBACK_ZOO))
    if (animal.path().stem() != "good") copy(animal.path().stem().string());
  const auto result = plugins();
  EXPECT_EQ(result.exit_code, 3) << result.err;
  EXPECT_THAT(result.out, HasSubstr("good"));
}

TEST_F(ZooCommand, RefusesARelativeDirectory) {
  const auto result = test_support::command({"plugins", "--plugin-dir", "plugins"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.err, "error: plugin directory 'plugins' is not an absolute path\n");
}

TEST_F(ZooCommand, IgnoresTheWorkingDirectory) {
  copy("throws");
  const auto result = test_support::command({"plugins"}, directory_.string());
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, Not(HasSubstr("good")));
}

}  // namespace
