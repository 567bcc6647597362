// Every plugin here has one fault. Each gets its exact message, and its neighbours are loaded all the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <kullback/plugin.hpp>

#include <cmath>
#include <fstream>

#include "plugin/loader.hpp"
#include "support/temporary_folder.hpp"

namespace kullback::plugin {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::StartsWith;

constexpr auto kPrivate = fs::perms::owner_all;

// A plugin directory of its own for each test, gone afterwards.
class Zoo : public ::testing::Test {
 protected:
  Zoo() {
    directory_ = home_ / "plugins";
    make_directory(directory_);
    copy("good");
  }

  static void make_directory(const fs::path& path) {
    fs::create_directory(path);
    fs::permissions(path, kPrivate);
  }
  fs::path copy(const std::string& animal, std::string name = {}) {
    const fs::path to = directory_ / ((name.empty() ? animal : name) + ".so");
    fs::copy_file(fs::path(KULLBACK_ZOO) / (animal + ".so"), to);
    fs::permissions(to, kPrivate);
    return to;
  }
  fs::path write(const std::string& name, const std::string& bytes) {
    const fs::path to = directory_ / name;
    std::ofstream(to, std::ios::binary) << bytes;
    fs::permissions(to, kPrivate);
    return to;
  }
  static std::string read(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  // The one message, after the path it begins with; the good plugin is there and works, and nothing else is.
  std::string refusal(const fs::path& file) {
    Registry registry;
    const LoadResult result = load_plugins(registry, {directory_});
    EXPECT_THAT(registry.families(), ElementsAre("good_family"));
    if (const Distribution* family = registry.find_family("good_family")) {
      const Eigen::MatrixXd theta = Eigen::MatrixXd::Zero(1, 1), x = Eigen::MatrixXd::Constant(1, 1, 0.5);
      Eigen::RowVectorXd out(1);
      family->log_density({}, theta, Points(x), row(out));
      EXPECT_EQ(out(0), 0);
    }
    if (result.refused.size() != 1) return std::to_string(result.refused.size()) + " plugins were refused";
    EXPECT_EQ(result.refused[0].file, file);
    const std::string begin = "plugin '" + file.string() + "' ", &why = result.refused[0].why;
    EXPECT_THAT(why, StartsWith(begin));
    return why.substr(std::min(begin.size(), why.size()));
  }
  std::string refusal_of(const std::string& animal) { return refusal(copy(animal)); }
  static std::string misfit(const std::string& difference) {
    return "does not fit this build of Kullback: " + difference + "; build it again against this installation";
  }

  test_support::TemporaryFolder folder_;
  const fs::path& home_ = folder_.path();
  fs::path directory_;
};

TEST_F(Zoo, GoodPluginIsLoadedWithItsPapers) {
  Registry registry;
  const LoadResult result = load_plugins(registry, {directory_});
  EXPECT_TRUE(result.refused.empty());
  ASSERT_EQ(result.loaded.size(), 1u);
  EXPECT_EQ(result.loaded[0].id, "good");
  EXPECT_EQ(result.loaded[0].version, "1.0.0");
  EXPECT_EQ(result.loaded[0].abi, KULLBACK_ABI_LINE);
  EXPECT_EQ(result.loaded[0].file, directory_ / "good.so");
  EXPECT_EQ(result.loaded[0].sha256.size(), 64u);
}

TEST_F(Zoo, OtherFrameworkVersion) {
  EXPECT_EQ(refusal_of("other_version"), misfit("framework is 99.0.0 and must be " KULLBACK_VERSION));
}
TEST_F(Zoo, OtherPublicHeaders) {
  EXPECT_EQ(refusal_of("other_headers"), misfit("headers is 0123456789abcdef and must be " KULLBACK_HEADERS_HASH));
}
TEST_F(Zoo, OtherLanguageStandard) {
  const std::string why = refusal_of("other_standard");  // the number of C++23 differs between compilers
  EXPECT_THAT(why, StartsWith("does not fit this build of Kullback: cxx is 202"));
  EXPECT_THAT(why, EndsWith("L and must be 202002L; build it again against this installation"));
}
TEST_F(Zoo, OtherStringAbi) { EXPECT_EQ(refusal_of("other_string_abi"), misfit("string_abi is 0 and must be 1")); }
TEST_F(Zoo, OtherEigenAlignment) {
  EXPECT_EQ(refusal_of("other_alignment"), misfit("eigen_align is 16/16 and must be 64/64"));
}
TEST_F(Zoo, OtherContainers) { EXPECT_EQ(refusal_of("other_debug"), misfit("glibcxx_debug is 1 and must be 0")); }
TEST_F(Zoo, CompiledWithFastMath) { EXPECT_EQ(refusal_of("other_fast_math"), misfit("fast_math is 1 and must be 0")); }

TEST_F(Zoo, LinkedWithFastMath) {
  const std::string expected =
      "was linked with -ffast-math: loading it switches the processor to flushing small numbers to zero, which would "
      "change results everywhere; link it without -ffast-math, -Ofast and -funsafe-math-optimizations";
  const fs::path file = copy("fast_math_link");
  EXPECT_EQ(refusal(file), expected);
  // Its constructors run only once in this process; the answer must not depend on that.
  EXPECT_EQ(refusal(file), expected);
  volatile double small = std::numeric_limits<double>::min();
  EXPECT_GT(small / 2, 0) << "denormals must survive";
}

TEST_F(Zoo, NoEntry) {
  EXPECT_EQ(refusal_of("no_entry"),
            "does not export the symbol kullback_plugin_v1: write KULLBACK_PLUGIN(\"id\", \"version\") once in it");
}
TEST_F(Zoo, IncompleteEntry) {
  EXPECT_EQ(refusal_of("incomplete_entry"), "has an incomplete kullback_plugin_v1: an entry is null");
}
TEST_F(Zoo, EntryThatContradictsItsFile) {
  EXPECT_EQ(refusal_of("lying_entry"), "has another ABI line in its kullback_plugin_v1 than in the file");
}
TEST_F(Zoo, IdThatIsAPath) {
  EXPECT_EQ(refusal_of("bad_id"),
            "has the id '../Bad-Id': an id is lower-case letters, digits and '_', begins with a letter and has at most "
            "64 characters");
}
TEST_F(Zoo, ThrowsWhileRegistering) {
  EXPECT_EQ(refusal_of("throws"), "cannot be registered: plugin 'throws' failed while registering: the moon is full");
}
TEST_F(Zoo, ThrowsANumberWhileRegistering) {
  EXPECT_EQ(refusal_of("throws_seven"),
            "cannot be registered: plugin 'throws_seven' failed while registering: it threw something that is no "
            "std::exception");
}
TEST_F(Zoo, FamilyThatIsTaken) {
  EXPECT_EQ(refusal_of("impostor"),
            "cannot be registered: family 'good_family' of plugin 'impostor' is already registered by plugin 'good'");
}
TEST_F(Zoo, IdThatIsTaken) {
  EXPECT_EQ(refusal(copy("good", "twin")),
            "has the id 'good', which is already taken by '" + (directory_ / "good.so").string() + "'");
}
TEST_F(Zoo, UndefinedSymbol) {
  EXPECT_EQ(refusal_of("undefined_symbol"), "cannot be loaded: undefined symbol: kullback::nowhere_defined(double)");
}

TEST_F(Zoo, TextFile) {
  EXPECT_EQ(refusal(write("text.so", "I am a plugin\n")), "is no Kullback plugin: it has no ABI line");
}
TEST_F(Zoo, EmptyFile) { EXPECT_EQ(refusal(write("nothing.so", "")), "is no Kullback plugin: it has no ABI line"); }
TEST_F(Zoo, TextFileWithTheRightLine) {
  EXPECT_EQ(refusal(write("text.so", KULLBACK_ABI_LINE)), "cannot be loaded: it is no shared library (no ELF header)");
}
TEST_F(Zoo, TruncatedFile) {
  const std::string bytes = read(directory_ / "good.so");
  const std::size_t line = bytes.find(KULLBACK_ABI_LINE);
  ASSERT_NE(line, std::string::npos);
  EXPECT_EQ(refusal(write("cut.so", bytes.substr(0, line + 500))),
            "cannot be loaded: it is cut short: a segment reaches beyond its end");
}
TEST_F(Zoo, FileForAnotherMachine) {
  std::string bytes = read(directory_ / "good.so");
  bytes[18] = 0x08;  // e_machine: MIPS
  bytes[19] = 0;
  EXPECT_EQ(refusal(write("mips.so", bytes)), "cannot be loaded: it is for another kind of machine");
}
TEST_F(Zoo, ExecutableInsteadOfLibrary) {
  std::string bytes = read(directory_ / "good.so");
  bytes[16] = 2;  // e_type: ET_EXEC
  EXPECT_EQ(refusal(write("program.so", bytes)), "cannot be loaded: it is no shared library");
}

TEST_F(Zoo, GroupWritableFile) {
  const fs::path file = copy("good", "open");
  fs::permissions(file, kPrivate | fs::perms::group_write);
  EXPECT_EQ(refusal(file),
            "is writable by its group or by everyone, who could replace its code: chmod go-w '" + file.string() + "'");
}
TEST_F(Zoo, WorldWritableFile) {
  const fs::path file = copy("good", "open");
  fs::permissions(file, kPrivate | fs::perms::others_write);
  EXPECT_EQ(refusal(file),
            "is writable by its group or by everyone, who could replace its code: chmod go-w '" + file.string() + "'");
}
TEST_F(Zoo, SymbolicLinkThatLeavesItsDirectory) {
  const fs::path elsewhere = home_ / "elsewhere.so";
  fs::copy_file(directory_ / "good.so", elsewhere);
  fs::create_symlink(elsewhere, directory_ / "link.so");
  EXPECT_EQ(refusal(directory_ / "link.so"), "leads out of its directory, to '" + elsewhere.string() + "'");
}
TEST_F(Zoo, SymbolicLinkToNothing) {
  fs::create_symlink(home_ / "nothing", directory_ / "link.so");
  EXPECT_EQ(refusal(directory_ / "link.so"), "cannot be read: No such file or directory");
}
TEST_F(Zoo, FolderNamedLikeAPlugin) {
  make_directory(directory_ / "folder.so");
  EXPECT_EQ(refusal(directory_ / "folder.so"), "is no regular file");
}
TEST_F(Zoo, OtherFilesAreLeftAlone) {
  write("README.md", "not a plugin");
  Registry registry;
  EXPECT_TRUE(load_plugins(registry, {directory_}).refused.empty());
}
TEST_F(Zoo, WritableDirectory) {
  fs::permissions(directory_, kPrivate | fs::perms::others_write);
  Registry registry;
  const LoadResult result = load_plugins(registry, {directory_});
  EXPECT_TRUE(result.loaded.empty());
  ASSERT_EQ(result.refused.size(), 1u);
  EXPECT_EQ(result.refused[0].why, "plugin directory '" + directory_.string() +
                                       "' is writable by its group or by everyone, who could put code into it: chmod "
                                       "go-w '" +
                                       directory_.string() + "'");
}

}  // namespace
}  // namespace kullback::plugin
