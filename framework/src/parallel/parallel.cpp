#include "parallel/parallel.hpp"

#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/info.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>

#include <atomic>
#include <exception>
#include <vector>

namespace kullback::parallel {

struct ThreadLimit::State {
  std::size_t count;
  tbb::global_control control{tbb::global_control::max_allowed_parallelism, count};
  tbb::task_arena arena{static_cast<int>(count)};
};

namespace {
std::atomic<tbb::task_arena*> limited = nullptr;  // the arena of the ThreadLimit that is alive
}

ThreadLimit::ThreadLimit(int count) {
  if (limited) return;
  state_ = new State{static_cast<std::size_t>(count > 0 ? count : tbb::info::default_concurrency())};
  limited = &state_->arena;
}

ThreadLimit::~ThreadLimit() {
  if (!state_) return;
  limited = nullptr;
  delete state_;
}

int threads() {
  const tbb::task_arena* arena = limited;
  return arena ? arena->max_concurrency() : tbb::info::default_concurrency();
}

void for_chunks(Index count, Index grain, const std::function<void(Index, Index, Index)>& work) {
  const Index chunks = (count + grain - 1) / grain;
  if (chunks <= 1) {
    if (count > 0) work(0, 0, count);
    return;
  }
  std::atomic<Index> failed = chunks;  // the lowest chunk that threw
  std::vector<std::exception_ptr> errors(static_cast<std::size_t>(chunks));
  const auto body = [&](const tbb::blocked_range<Index>& range) {
    for (Index c = range.begin(); c < range.end(); ++c) {
      if (c > failed.load(std::memory_order_relaxed)) continue;
      try {
        work(c, c * grain, std::min(count, (c + 1) * grain));
      } catch (...) {
        errors[static_cast<std::size_t>(c)] = std::current_exception();
        Index lowest = failed.load();
        while (c < lowest && !failed.compare_exchange_weak(lowest, c)) {
        }
      }
    }
  };
  const auto run = [&] { tbb::parallel_for(tbb::blocked_range<Index>(0, chunks), body); };
  if (tbb::task_arena* arena = limited) {
    arena->execute(run);
  } else {
    run();
  }
  if (failed < chunks) std::rethrow_exception(errors[static_cast<std::size_t>(failed.load())]);
}

double sum_chunks(Index count, Index grain, const std::function<double(Index, Index)>& work) {
  std::vector<double> parts(static_cast<std::size_t>((count + grain - 1) / std::max<Index>(grain, 1)), 0.0);
  for_chunks(count, grain,
             [&](Index chunk, Index begin, Index end) { parts[static_cast<std::size_t>(chunk)] = work(begin, end); });
  double sum = 0;
  for (double part : parts) sum += part;
  return sum;
}

}  // namespace kullback::parallel
