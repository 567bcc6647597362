#include "parallel/parallel.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <stdexcept>
#include <vector>

namespace kullback::parallel {
namespace {

double uneven_sum() {
  return sum_chunks(1'000'003, 1000, [](Index begin, Index end) {
    double sum = 0;
    for (Index i = begin; i < end; ++i) sum += std::sin(static_cast<double>(i)) * 1e3;
    return sum;
  });
}

TEST(SumChunks, HasTheSameBitsAtAnyNumberOfThreads) {
  double one = 0;
  {
    const ThreadLimit limit(1);
    one = uneven_sum();
  }
  for (const int threads : {2, 7})
    for (int repeat = 0; repeat < 20; ++repeat) {
      const ThreadLimit limit(threads);
      EXPECT_EQ(uneven_sum(), one);
    }
}

TEST(ForChunks, VisitsEveryIndexOnce) {
  for (const Index count : {0, 1, 999, 1000, 1001, 12345}) {
    std::vector<std::atomic<int>> visits(static_cast<std::size_t>(count));
    for_chunks(count, 1000, [&](Index chunk, Index begin, Index end) {
      EXPECT_EQ(begin, chunk * 1000);
      for (Index i = begin; i < end; ++i) ++visits[static_cast<std::size_t>(i)];
    });
    for (const auto& v : visits) EXPECT_EQ(v, 1);
  }
}

TEST(ForChunks, RethrowsTheExceptionOfTheLowestChunk) {
  for (int repeat = 0; repeat < 20; ++repeat) {
    try {
      for_chunks(100, 1, [](Index chunk, Index, Index) {
        if (chunk >= 40) throw std::runtime_error(std::to_string(chunk));
      });
      FAIL() << "nothing was thrown";
    } catch (const std::runtime_error& e) {
      EXPECT_STREQ(e.what(), "40");
    }
  }
}

TEST(ForChunks, MayBeNested) {
  std::atomic<int> visits = 0;
  for_chunks(20, 1, [&](Index, Index, Index) {
    for_chunks(50, 5, [&](Index, Index begin, Index end) { visits += static_cast<int>(end - begin); });
  });
  EXPECT_EQ(visits, 1000);
}

TEST(ThreadLimit, LimitsAndEnds) {
  const int all = threads();
  {
    const ThreadLimit limit(3);
    EXPECT_EQ(threads(), 3);
    const ThreadLimit inner(1);
    EXPECT_EQ(threads(), 3) << "inside another it changes nothing";
  }
  EXPECT_EQ(threads(), all);
}

}  // namespace
}  // namespace kullback::parallel
