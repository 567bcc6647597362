#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <kullback/error.hpp>

#include <cstdlib>

#include "plugin/loader.hpp"

namespace kullback::plugin {
namespace {

using ::testing::Contains;
using ::testing::Not;

TEST(PluginDirectories, MustBeAbsolute) {
  try {
    plugin_directories({"plugins"});
    FAIL() << "nothing was thrown";
  } catch (const PluginError& error) {
    EXPECT_STREQ(error.what(), "plugin directory 'plugins' is not an absolute path");
  }
}

TEST(PluginDirectories, AreCanonicalAndGivenOnce) {
  const auto found = plugin_directories({"/usr/../usr", "/usr"});
  EXPECT_THAT(found, Contains(std::filesystem::path("/usr")).Times(1));
}

TEST(PluginDirectories, ComeFromTheEnvironmentAfterThoseGiven) {
  setenv("KULLBACK_PLUGIN_PATH", "/usr/include::/usr", 1);
  const auto found = plugin_directories({"/usr/lib"});
  unsetenv("KULLBACK_PLUGIN_PATH");
  ASSERT_GE(found.size(), 3u);
  EXPECT_EQ(found[0], std::filesystem::canonical("/usr/lib"));
  EXPECT_EQ(found[1], "/usr/include");
  EXPECT_EQ(found[2], "/usr");
}

TEST(PluginDirectories, OfTheBuildIsFoundBesideTheLibrary) {
  EXPECT_THAT(plugin_directories({}), Contains(std::filesystem::path(KULLBACK_PLUGIN_DIR)));
}

TEST(PluginDirectories, DoNotComeFromTheWorkingDirectoryOrTheLibraryPath) {
  setenv("LD_LIBRARY_PATH", "/usr/include", 1);
  const auto found = plugin_directories({});
  unsetenv("LD_LIBRARY_PATH");
  EXPECT_THAT(found, Not(Contains(std::filesystem::path("/usr/include"))));
  EXPECT_THAT(found, Not(Contains(std::filesystem::current_path())));
}

TEST(LoadPlugins, RefusesRelativeDirectories) {
  Registry registry;
  const LoadResult result = load_plugins(registry, {"plugins"});
  ASSERT_EQ(result.refused.size(), 1u);
  EXPECT_EQ(result.refused[0].why, "plugin directory 'plugins' is not an absolute path");
}

TEST(LoadPlugins, RefusesDirectoriesThatDoNotExist) {
  Registry registry;
  const LoadResult result = load_plugins(registry, {"/nonexistent"});
  ASSERT_EQ(result.refused.size(), 1u);
  EXPECT_EQ(result.refused[0].why, "plugin directory '/nonexistent' cannot be read: No such file or directory");
}

TEST(LoadPlugins, TakesEveryPluginOfThisBuild) {
  Registry filled;
  const LoadResult result = load_plugins(filled, {KULLBACK_PLUGIN_DIR});
  for (const Refused& refused : result.refused) ADD_FAILURE() << refused.why;
}

}  // namespace
}  // namespace kullback::plugin
