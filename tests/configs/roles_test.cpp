// Families in every role: as a prior, as a likelihood, behind a gate and in the middle. Each row of
// tests/golden/roles.json is a small model with its optimum (make_roles.py); it must come to it by whatever rule there
// is, be checked and explained, give the same bytes on one thread and on two, and predict its own rows.
#include "support/command.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <filesystem>
#include <limits>
#include <sstream>

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using test_support::command;
using test_support::read_file;

const Json& rows() {
  static const Json all = Json::parse(read_file(KULLBACK_SOURCE_DIR "/tests/golden/roles.json"));
  return all;
}

class Roles : public testing::TestWithParam<std::size_t> {
 protected:
  std::string folder = test_support::temporary_directory();
  const Json& row = rows()[GetParam()];

  Roles() {
    std::ostringstream csv;
    std::string separator;
    for (const auto& [name, column] : row["data"].items()) csv << std::exchange(separator, ",") << name;
    for (std::size_t n = 0; n < row["data"].front().size(); ++n) {
      separator = "\n";
      for (const Json& column : row["data"]) {
        csv << std::exchange(separator, ",");
        if (!column[n].is_null()) csv << column[n].dump();  // else an empty cell
      }
    }
    test_support::write_file(folder + "/data.csv", csv.str() + "\n");
    std::string model = row["model"];
    if (model.find("\ninference:") == std::string::npos)
      model += "\ninference:\n  tolerance: 1e-14\n  max_sweeps: 20000\n";
    test_support::write_file(folder + "/model.yaml", model);
  }
  ~Roles() override { fs::remove_all(folder); }

  std::string run(const std::string& out, const char* threads) {
    const auto result = command({"run", "model.yaml", "-q", "--out", out, "--threads", threads}, folder);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return read_file(folder + "/" + out + "/result.json");
  }

  // Log densities of the rows themselves, and of those that are not empty.
  void expect_predictions() {
    const auto result = command({"predict", "one", "data.csv", "--draws", "100"}, folder);
    ASSERT_EQ(result.exit_code, 0) << result.err;
    std::istringstream lines(result.out);
    std::string line;
    std::getline(lines, line);
    int count = 0;
    while (std::getline(lines, line)) {
      std::vector<std::string> cells;
      std::istringstream parts(line);
      for (std::string cell; std::getline(parts, cell, ',');) cells.push_back(cell);
      if (line.ends_with(',')) cells.emplace_back();
      ASSERT_GE(cells.size(), 5u) << line;
      const std::string& density = cells[cells.size() - 3];
      if (density.empty()) continue;  // of a vector's coordinates the first alone has the density
      ++count;
      EXPECT_TRUE(std::isfinite(std::stod(density))) << line;
    }
    EXPECT_GT(count, 0);
  }
};

std::vector<double> numbers(const Json& from) {
  if (from.is_string()) return {from == "inf" ? std::numeric_limits<double>::infinity() : std::nan("")};
  if (!from.is_array()) return {from.get<double>()};
  std::vector<double> all;
  for (const Json& each : from)
    for (const double x : numbers(each)) all.push_back(x);
  return all;
}

TEST_P(Roles, IsServed) {
  if (row.contains("refused")) {
    const auto result = command({"check", "model.yaml"}, folder);
    EXPECT_EQ(result.exit_code, 2);
    for (const Json& words : row["refused"])
      EXPECT_NE(result.err.find(words.get<std::string>()), std::string::npos) << words << " in\n" << result.err;
    return;
  }
  for (const char* what : {"check", "explain"}) {
    const auto result = command({what, "model.yaml"}, folder);
    EXPECT_EQ(result.exit_code, 0) << what << "\n" << result.err;
  }
  const std::string text = run("one", "1");
  EXPECT_EQ(text, run("two", "2"));
  if (HasFailure()) return;
  const Json result = Json::parse(text);
  const double tolerance = row["tolerance"], bound = row["bound"];
  EXPECT_EQ(result["status"], "converged");
  EXPECT_NEAR(result["bound"].get<double>(), bound, tolerance * std::abs(bound));
  for (const auto& [name, expected] : row["variables"].items()) {
    const Json& q = result["variables"][name];
    for (const char* moment : {"mean", "stddev"}) {
      if (!expected.contains(moment)) continue;
      const std::vector<double> a = numbers(q[moment]), b = numbers(expected[moment]);
      ASSERT_EQ(a.size(), b.size()) << name;
      // A bound is flat at its optimum: moments have half its digits, less some.
      for (std::size_t i = 0; i < a.size(); ++i)
        EXPECT_NEAR(a[i], b[i], std::max(1e-7, 10 * tolerance) * (1 + std::abs(b[i]))) << moment << " of " << name;
    }
  }
  if (row.contains("families"))
    for (const auto& [name, family] : row["families"].items())
      EXPECT_EQ(result["variables"][name]["family"], family) << name;
  expect_predictions();
}

INSTANTIATE_TEST_SUITE_P(Rows, Roles, testing::Range<std::size_t>(0, rows().size()),
                         [](const testing::TestParamInfo<std::size_t>& info) {
                           return rows()[info.param]["name"].get<std::string>();
                         });

}  // namespace
