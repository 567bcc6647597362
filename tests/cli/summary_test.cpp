// What a run prints of its variables.
#include "support/command.hpp"
#include "support/temporary_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using testing::HasSubstr;

std::string printed(const std::string& model) {
  const test_support::TemporaryFolder folder;
  const std::string file = (folder.path() / "m.yaml").string();
  test_support::write_file(file, model);
  const auto ran = test_support::command({"run", file, "--out", (folder.path() / "out").string()});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  return ran.out;
}

const char* const kTables = R"(plates: {n: 2, k: [dry, wet], l: k, m: 2}
data:
  t[k, l]: [[0.9, 0.1], [0.2, 0.8]]
)";

// By Bayes' rule: 0.3 x 0.8 of 0.3 x 0.8 + 0.7 x 0.1, and 0.7 x 0.9 of 0.7 x 0.9 + 0.3 x 0.2.
TEST(Summary, ACategoricalHasItsProbabilities) {
  EXPECT_THAT(printed(std::string(kTables) + R"(model:
  a: categorical([0.7, 0.3], over = k)
  b: categorical(t[a], over = l)
posterior: {b: wet}
)"),
              HasSubstr("P dry: 0.2258, wet: 0.7742\n"));
}

TEST(Summary, ManyCategoricalsHaveTheirMostProbableLevels) {
  EXPECT_THAT(printed(std::string(kTables) + R"(  u[k, m]: [[0.9, 0.1], [0.2, 0.8]]
  b[n]: {value: [1, 2], levels: m}
model:
  a[n]: categorical([0.7, 0.3], over = k)
  b[n]: categorical(u[a])
)"),
              HasSubstr("most probable 1: dry (0.913), 2: wet (0.774)\n"));
}

// Of normals within limits as scipy has them (truncnorm); what reads one of them tells it next to nothing.
TEST(Summary, EmptyCellsSayWhichTheyAre) {
  const std::string text = printed(R"(plates: {n: 4}
data:
  y[n]: [1, NA, 3, NA]
  limit[n]: [2, 2, 2, 5]
model:
  y[n]: censored(normal(0, variance = 1), low = limit)
  m:    normal(y[n = 2], variance = 1e12)
)");
  EXPECT_THAT(text, HasSubstr("2: 2.373 ± 0.3381, 4: 5.187 ± 0.1808"));
}

}  // namespace
