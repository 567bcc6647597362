// Rows of tables by known levels against the same sums written out, one exponential a row and level, in long double.
#include "messages/gathered.hpp"
#include "parallel/parallel.hpp"

#include <kullback/error.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

using namespace kullback;
using messages::GatheredRows;
using messages::GatheredTable;

namespace {

struct Problem {
  Index rows, levels;
  std::vector<Index> sizes;          // rows of each table
  std::vector<std::vector<int>> at;  // by table
  std::vector<std::vector<double>> logits;
  std::vector<double> weights;

  Problem(Index rows, Index levels, std::vector<Index> sizes, double spread)
      : rows(rows), levels(levels), sizes(std::move(sizes)) {
    std::mt19937_64 random(static_cast<std::uint64_t>(7 * rows + levels));
    std::normal_distribution<double> normal(0, spread);
    for (const Index size : this->sizes) {
      auto& t = logits.emplace_back(static_cast<std::size_t>(size * levels));
      for (double& x : t) x = normal(random);
      auto& a = at.emplace_back(static_cast<std::size_t>(rows));
      for (int& level : a) level = std::uniform_int_distribution<int>(-1, static_cast<int>(size) - 1)(random);
    }
    for (Index n = 0; n < rows; ++n) weights.push_back(std::uniform_int_distribution<int>(0, 3)(random));
  }

  std::vector<std::vector<double>> empty_sums() const {
    std::vector<std::vector<double>> sums;
    for (const auto& t : logits) sums.emplace_back(t.size(), 1e9);  // whatever stood there is replaced
    return sums;
  }
  double count(GatheredRows& counter, std::vector<std::vector<double>>& sums, bool weighted) const {
    std::vector<GatheredTable> tables;
    for (std::size_t i = 0; i < sizes.size(); ++i)
      tables.push_back({at[i].data(), 1, sizes[i], logits[i].data(), sums[i].data()});
    return counter.count(tables, weighted ? weights.data() : nullptr);
  }
  double by_definition(std::vector<std::vector<long double>>& sums, bool weighted) const {
    sums.clear();
    for (const auto& t : logits) sums.emplace_back(t.size(), 0.0L);
    long double entropy = 0;
    const auto k = static_cast<std::size_t>(levels);
    for (std::size_t n = 0; n < static_cast<std::size_t>(rows); ++n) {
      std::vector<long double> l(k, 0.0L);
      for (std::size_t i = 0; i < sizes.size(); ++i)
        for (std::size_t j = 0; j < k && at[i][n] >= 0; ++j)
          l[j] += logits[i][static_cast<std::size_t>(at[i][n]) * k + j];
      const long double largest = *std::max_element(l.begin(), l.end());
      long double total = 0;
      for (const long double x : l) total += std::exp(x - largest);
      const long double w = weighted ? weights[n] : 1;
      for (std::size_t j = 0; j < k; ++j) {
        const long double log_r = l[j] - largest - std::log(total), r = std::exp(log_r);
        if (r > 0) entropy -= w * r * log_r;
        for (std::size_t i = 0; i < sizes.size(); ++i)
          if (at[i][n] >= 0) sums[i][static_cast<std::size_t>(at[i][n]) * k + j] += w * r;
      }
    }
    return static_cast<double>(entropy);
  }
};

void compare(const Problem& problem, bool weighted) {
  GatheredRows counter("z", problem.rows, problem.levels);
  auto sums = problem.empty_sums();
  std::vector<std::vector<long double>> expected;
  const double entropy = problem.by_definition(expected, weighted);
  double scale = 0;  // of the terms whose difference the entropy is
  for (int pass = 0; pass < 2; ++pass) {
    const double got = problem.count(counter, sums, weighted);
    scale = 0;
    for (std::size_t i = 0; i < sums.size(); ++i)
      for (std::size_t c = 0; c < sums[i].size(); ++c) {
        scale += std::abs(sums[i][c] * problem.logits[i][c]);
        ASSERT_NEAR(sums[i][c], static_cast<double>(expected[i][c]),
                    1e-12 * (1e-3 + static_cast<double>(expected[i][c])))
            << "table " << i << ", cell " << c;
      }
    EXPECT_NEAR(got, entropy, 1e-13 * (1 + scale)) << "pass " << pass;
  }
}

}  // namespace

TEST(GatheredRows, AreAsByDefinition) {
  for (const Index levels : {2, 7, 8, 20, 100, 128, 129, 150})
    for (const std::vector<Index>& sizes : {std::vector<Index>{5}, {4, 30}, {3, 2, 9}}) {
      SCOPED_TRACE(testing::Message() << levels << " levels, " << sizes.size() << " tables");
      for (const bool weighted : {false, true}) compare(Problem(700, levels, sizes, 2), weighted);
    }
}

// A table that no cache holds, first or second: its rows are visited in turn.
TEST(GatheredRows, OfALargeTableAreAsByDefinition) {
  for (const Index levels : {2, 8, 20, 112, 113, 129})
    for (const std::vector<Index>& sizes : {std::vector<Index>{7, 6000}, {6000, 7}}) {
      SCOPED_TRACE(testing::Message() << levels << " levels");
      for (const bool weighted : {false, true}) compare(Problem(5000, levels, sizes, 2), weighted);
    }
}

// Most products of exponentials underflow: the rows' largest elements stand at different levels.
void keep_their_digits(const std::vector<Index>& sizes) {
  const Problem problem(600, 12, sizes, 600);
  std::size_t under = 0;
  for (std::size_t n = 0; n < 600; ++n) {
    double best = -std::numeric_limits<double>::infinity();
    for (std::size_t k = 0; k < 12; ++k) {
      double sum = 0;
      for (std::size_t i = 0; i < 2; ++i)
        if (const int a = problem.at[i][n]; a >= 0) {
          const double* row = problem.logits[i].data() + static_cast<std::size_t>(a) * 12;
          sum += row[k] - *std::max_element(row, row + 12);
        }
      best = std::max(best, sum);
    }
    under += best < -460;
  }
  ASSERT_GT(under, 20u);
  compare(problem, false);
  compare(problem, true);
}

TEST(GatheredRows, KeepTheirDigitsWhereProductsUnderflow) {
  keep_their_digits({40, 50});
  keep_their_digits({40, 5000});
}

void are_the_same_bytes_at_any_thread_count(const std::vector<Index>& sizes) {
  const Problem problem(40'000, 20, sizes, 2);
  std::vector<std::vector<double>> first;
  double entropy = 0;
  for (const int threads : {1, 2, 4}) {
    const parallel::ThreadLimit limit(threads);
    GatheredRows counter("z", problem.rows, problem.levels);
    auto sums = problem.empty_sums();
    const double got = problem.count(counter, sums, true);
    if (threads == 1) {
      first = sums;
      entropy = got;
    }
    EXPECT_EQ(got, entropy);
    EXPECT_EQ(sums, first);
  }
}

TEST(GatheredRows, AreTheSameBytesAtAnyThreadCount) {
  are_the_same_bytes_at_any_thread_count({300, 50});
  are_the_same_bytes_at_any_thread_count({300, 5000});
}

void without_a_finite_level_name_the_row(const std::vector<Index>& sizes) {
  Problem problem(10, 3, sizes, 1);
  for (auto& a : problem.at[0]) a = 0;
  problem.at[0][6] = 2;
  for (std::size_t k = 0; k < 3; ++k) problem.logits[0][6 + k] = -std::numeric_limits<double>::infinity();
  GatheredRows counter("topic", problem.rows, problem.levels);
  auto sums = problem.empty_sums();
  try {
    problem.count(counter, sums, false);
    FAIL() << "no error";
  } catch (const NumericalError& error) {
    EXPECT_NE(std::string(error.what()).find("topic: no level of row 7"), std::string::npos) << error.what();
  }
}

TEST(GatheredRows, WithoutAFiniteLevelNameTheRow) {
  without_a_finite_level_name_the_row({4});
  without_a_finite_level_name_the_row({4, 5000});
  without_a_finite_level_name_the_row({5000, 4});
}
