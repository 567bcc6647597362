#include "plugin/file.hpp"

#include <gtest/gtest.h>
#include <kullback/plugin.hpp>

#include <string>

namespace kullback::plugin {
namespace {

TEST(AbiLine, IsFoundAmongOtherBytes) {
  const std::string line = "kullback-abi;framework=1.0;end";
  EXPECT_EQ(find_abi_line(std::string("\x7f\0ELF", 5) + line + std::string("\0more", 5)), line);
}
TEST(AbiLine, OfThisBuildIsFound) { EXPECT_EQ(find_abi_line("  " KULLBACK_ABI_LINE "\n"), KULLBACK_ABI_LINE); }
TEST(AbiLine, IsNotTheMacroInDebugInformation) {
  const std::string line = "kullback-abi;framework=1.0;end";
  EXPECT_EQ(find_abi_line("\"kullback-abi;framework=\" VERSION \";end\" " + line), line);
}
TEST(AbiLine, MustEndWithinAThousandBytes) {
  EXPECT_EQ(find_abi_line("kullback-abi;" + std::string(2000, 'a') + ";end"), "");
}
TEST(AbiLine, IsMissingFromOrdinaryFiles) { EXPECT_EQ(find_abi_line("some text"), ""); }

TEST(AbiDifference, IsEmptyForEqualLines) { EXPECT_EQ(abi_difference(KULLBACK_ABI_LINE, KULLBACK_ABI_LINE), ""); }
TEST(AbiDifference, ListsEachFieldThatDiffers) {
  EXPECT_EQ(abi_difference("kullback-abi;a=1;b=2;c=3;end", "kullback-abi;a=1;b=3;c=4;end"),
            "b is 2 and must be 3; c is 3 and must be 4");
}
TEST(AbiDifference, NamesFieldsThatOneSideLacks) {
  EXPECT_EQ(abi_difference("kullback-abi;a=1;x=2;end", "kullback-abi;a=1;b=3;end"),
            "b is not given and must be 3; x is 2 and must be not given");
}

TEST(ElfFault, IsFoundInText) { EXPECT_EQ(elf_fault("hello"), "it is no shared library (no ELF header)"); }

}  // namespace
}  // namespace kullback::plugin
