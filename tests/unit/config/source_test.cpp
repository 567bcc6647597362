#include "config/source.hpp"

#include "support.hpp"
#include "support/temporary_folder.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace kullback::config {
namespace {

// A folder of its own for files that only a test can make.
class Files : public testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& text) { return folder_.write(name, text); }
  // The message with the folder taken out.
  template <typename Work>
  std::string message(Work&& work) {
    return folder_.without_folder(error_of(work));
  }
  test_support::TemporaryFolder folder_;
};

TEST(Render, ShowsFileLineColumnPathMessageLineAndCaret) {
  const auto source = source_of("plates: {k: 2}\nmodel:\n  y[n]: normal(mu[z], precision = lamda[z])\n", "gmm.yaml");
  EXPECT_EQ(render(Place{source, 2, 34, 5}, "model.y", "'lamda' is not defined; did you mean 'Lambda'?"),
            "gmm.yaml:3:35: error: model.y: 'lamda' is not defined; did you mean 'Lambda'?\n"
            "  3 |   y[n]: normal(mu[z], precision = lamda[z])\n"
            "                                        ^^^^^");
}

TEST(Render, WithoutASourceIsOneLine) {
  EXPECT_EQ(render(Place{}, "inference", "no"), "error: inference: no");
  EXPECT_EQ(render(Place{}, "", "no"), "error: no");
}

TEST(Render, CountsCharactersNotBytes) {
  const auto source = source_of("größe: süß\n");
  EXPECT_EQ(render(Place{source, 0, 9, 5}, "", "sweet"),
            "f.yaml:1:8: error: sweet\n"
            "  1 | größe: süß\n"
            "             ^^^");
}

TEST(Render, PutsTheCaretBehindTheLineAtItsEnd) {
  EXPECT_EQ(render(Place{source_of("ab"), 0, 2, 1}, "", "more"), "f.yaml:1:3: error: more\n  1 | ab\n        ^");
}

TEST(Render, DropsCarriageReturnsAndShowsTabsAsOneSpace) {
  EXPECT_EQ(render(Place{source_of("a\tb\r\nc\r\n"), 0, 2, 1}, "", "x"), "f.yaml:1:3: error: x\n  1 | a b\n        ^");
}

TEST(Render, ShortensALongLineAroundTheCaret) {
  const std::string line = std::string(200, 'a') + "BAD" + std::string(200, 'c');
  EXPECT_EQ(render(Place{source_of(line), 0, 200, 3}, "", "x"),
            "f.yaml:1:201: error: x\n  1 | ..." + std::string(33, 'a') + "BAD" + std::string(64, 'c') + "...\n" +
                std::string(6 + 3 + 33, ' ') + "^^^");
}

TEST(Diagnostics, ListsEntriesInOrderOfPlace) {
  const auto source = source_of("a\nb\n");
  Diagnostics diagnostics;
  diagnostics.error(Place{source, 1, 0, 1}, "b", "second");
  diagnostics.error(Place{source, 0, 0, 1}, "a", "first");
  EXPECT_EQ(error_of([&] { diagnostics.throw_if_any(); }),
            "f.yaml:1:1: error: a: first\n  1 | a\n      ^\nf.yaml:2:1: error: b: second\n  2 | b\n      ^");
}

TEST(Diagnostics, ShowsTwentyAndCountsTheRest) {
  Diagnostics diagnostics;
  for (int i = 0; i < 25; ++i) diagnostics.error(Place{}, "", std::to_string(i));
  const std::string message = error_of([&] { diagnostics.throw_if_any(); });
  EXPECT_TRUE(message.ends_with("error: 19\n... and 5 more")) << message;
}

TEST(Diagnostics, WithoutEntriesThrowsNothing) { EXPECT_NO_THROW(Diagnostics().throw_if_any()); }

TEST_F(Files, AreReadAsTheyAreWithoutAByteOrderMark) {
  EXPECT_EQ(read_source(write("a", "\xEF\xBB\xBFx: ü\n"))->text, "x: ü\n");
}

TEST_F(Files, ThatAreMissingAreNamed) {
  EXPECT_EQ(message([&] { read_source((folder_.path() / "none.yaml").string()); }),
            "error: cannot read 'none.yaml': No such file or directory");
}

TEST_F(Files, ThatAreDirectoriesAreRefused) {
  std::filesystem::create_directory(folder_.path() / "d");
  EXPECT_EQ(message([&] { read_source((folder_.path() / "d").string()); }),
            "error: cannot read 'd': it is a directory");
}

TEST_F(Files, ThatArePipesAreRefusedWithoutWaiting) {
  ASSERT_EQ(::mkfifo((folder_.path() / "p").c_str(), 0600), 0);
  EXPECT_EQ(message([&] { read_source((folder_.path() / "p").string()); }),
            "error: cannot read 'p': it is not a regular file");
}

TEST_F(Files, ThatMayNotBeReadAreNamed) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
  const std::string path = write("secret", "x");
  ::chmod(path.c_str(), 0);
  EXPECT_EQ(message([&] { read_source(path); }), "error: cannot read 'secret': Permission denied");
}

TEST_F(Files, ThatAreTooLargeAreRefused) {
  const std::string path = write("big", std::string(11, 'x'));
  EXPECT_EQ(message([&] { read_source(path, 10); }), "error: cannot read 'big': it is larger than 10 bytes");
  EXPECT_NO_THROW(read_source(path, 11));
}

TEST_F(Files, ThatAreNotUtf8AreRefusedAtTheByte) {
  EXPECT_EQ(message([&] { read_source(write("latin1", "ok\nna\xEFve\n")); }),
            "latin1:2:3: error: byte 0xef (offset 5) is not UTF-8: save the file as UTF-8\n  2 | na?ve\n        ^");
}

TEST_F(Files, WithNulBytesAreRefusedAtTheByte) {
  EXPECT_EQ(message([&] { read_source(write("nul", std::string("a\0b", 3))); }),
            "nul:1:2: error: a NUL byte (offset 1): this is not text\n  1 | a b\n       ^");
}

TEST(Utf8, RefusesOverlongFormsSurrogatesAndCutOffCharacters) {
  EXPECT_EQ(find_invalid_utf8("abcdefgh\xC0\x80"), 8u);
  EXPECT_EQ(find_invalid_utf8("\xED\xA0\x80"), 0u);
  EXPECT_EQ(find_invalid_utf8("\xF4\x90\x80\x80"), 0u);
  EXPECT_EQ(find_invalid_utf8("a\xE2\x82"), 1u);
  EXPECT_EQ(find_invalid_utf8("aµ€😀"), std::string::npos);
}

TEST(ParseNumber, ReadsDecimalAndScientificNumbers) {
  const std::pair<const char*, double> cases[] = {
      {"0", 0},      {"-1", -1},      {"+2", 2},      {"0.5", 0.5},  {".5", 0.5},      {"5.", 5},
      {"1e3", 1000}, {"1E-05", 1e-5}, {"-0.0", -0.0}, {"0e-999", 0}, {"1e308", 1e308}, {"4.9e-324", 4.9e-324}};
  for (const auto& [text, expected] : cases) {
    double value = 7;
    EXPECT_TRUE(parse_number(text, value)) << text;
    EXPECT_EQ(value, expected) << text;
  }
}

TEST(ParseNumber, RefusesEverythingElseAndSaysWhy) {
  const std::pair<const char*, const char*> cases[] = {{"010", "'010': remove the leading zero"},
                                                       {"-00", "'-00': remove the leading zero"},
                                                       {"1e400", "'1e400': it is too large"},
                                                       {"1e-400", "'1e-400': it is too small and would become 0"},
                                                       {".nan", "'.nan': it must be finite"},
                                                       {"nan", "'nan': it must be finite"},
                                                       {"-.inf", "'-.inf': it must be finite"},
                                                       {"Infinity", "'Infinity': it must be finite"},
                                                       {"0x10", "'0x10': write it in decimal"},
                                                       {"", "''"},
                                                       {"-", "'-'"},
                                                       {".", "'.'"},
                                                       {"1e", "'1e'"},
                                                       {"1,000", "'1,000'"},
                                                       {"1_000", "'1_000'"},
                                                       {"1 ", "'1 '"},
                                                       {"+-1", "'+-1'"},
                                                       {"1e5x", "'1e5x'"}};
  for (const auto& [text, problem] : cases) {
    double value = 7;
    EXPECT_FALSE(parse_number(text, value)) << text;
    EXPECT_EQ(value, 7) << text;
    EXPECT_EQ(number_problem(text), problem);
  }
  double value = 0;
  EXPECT_FALSE(parse_number(std::string(400, '9'), value));
}

TEST(Cited, KeepsOneLineAndShortensAtACharacter) {
  EXPECT_EQ(cited("a\nb"), "'a b'");
  std::string text;
  for (int i = 0; i < 40; ++i) text += "ü";
  EXPECT_EQ(cited(text), "'" + text.substr(0, 60) + "...'");
}

}  // namespace
}  // namespace kullback::config
