// The only door to threads. Work is cut into chunks by its size alone, never by the number of threads, and
// results are combined in chunk order: the same bytes come out at any number of threads.
#pragma once

#include <kullback/types.hpp>

#include <functional>

namespace kullback::parallel {

/// Limits this process to `count` threads (0: all) while it lives. Made by one thread at a time; inside another's life
/// it changes nothing.
class ThreadLimit {
 public:
  explicit ThreadLimit(int count);
  ~ThreadLimit();
  ThreadLimit(const ThreadLimit&) = delete;
  ThreadLimit& operator=(const ThreadLimit&) = delete;

 private:
  struct State;
  State* state_ = nullptr;  // null inside the life of another
};

/// Threads that work may use now.
int threads();

/// Calls work(chunk, begin, end) for [0, count) in chunks of `grain`, in any order, from several threads. One chunk
/// is run on the calling thread. An exception stops the rest; the one of the lowest chunk is rethrown.
void for_chunks(Index count, Index grain, const std::function<void(Index chunk, Index begin, Index end)>& work);

/// The sum of work(begin, end) over chunks of `grain`, added in chunk order.
double sum_chunks(Index count, Index grain, const std::function<double(Index begin, Index end)>& work);

}  // namespace kullback::parallel
