#include "experiment/restarts.hpp"

#include "messages/polynomial.hpp"
#include "parallel/parallel.hpp"

#include <kullback/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <mutex>

namespace kullback::experiment {

namespace {

using messages::ModelJoint;

// Watches restarts that run side by side: only their wish to stop is passed on.
class SideBySide : public Observer {
 public:
  explicit SideBySide(Watcher& watcher) : watcher_(watcher) {}
  bool cancelled() override { return watcher_.cancelled(); }

 private:
  Watcher& watcher_;
};

Restart solve_once(const Experiment& experiment, const Registry& registry, Index restart, Observer& observer) {
  Restart result;
  result.joint = compile_model(experiment, registry, restart);
  const Optimizer& optimizer = choose_optimizer(experiment, registry, *result.joint, experiment.directions.front());
  result.solution = solve(*result.joint, optimizer, experiment.settings, observer);
  for (const auto& [term, value] : result.solution.bound_by_term)
    if (messages::has_log_of_zero(value))
      throw NumericalError(
          fmt::format("{}: some of what is observed has probability 0: whatever the unknowns are, or because levels of "
                      "two variables, independent in q, are not possible together (make them levels of one variable, "
                      "or start elsewhere: initialize)",
                      term));
  return result;
}

// The same beside others, of which one may leave a component with a flat prior empty: that is its end, not theirs.
Restart solve_beside(const Experiment& experiment, const Registry& registry, Index restart, Observer& observer) {
  if (experiment.model.model.flat_priors().empty()) return solve_once(experiment, registry, restart, observer);
  try {
    return solve_once(experiment, registry, restart, observer);
  } catch (const NumericalError&) {
    return {{}, nullptr, std::current_exception()};
  }
}

// A restart that ended properly beats one that did not; then the higher bound; then the earlier restart.
bool better(const Solution& a, Index restart_a, const Solution& b, Index restart_b) {
  const bool fell_a = a.status == Status::bound_fell, fell_b = b.status == Status::bound_fell;
  if (fell_a != fell_b) return fell_b;
  return a.bound != b.bound ? a.bound > b.bound : restart_a < restart_b;
}

}  // namespace

Index solve_all(const Experiment& experiment, const Registry& registry, Watcher& watcher,
                std::vector<Restart>& restarts) {
  const Index count = experiment.restarts;
  restarts.resize(static_cast<std::size_t>(count));
  if (count == 1) {
    watcher.on_start("sweeps");
    restarts[0] = solve_once(experiment, registry, 0, watcher);
    return 0;
  }
  SideBySide observer(watcher);
  std::mutex mutex;
  Index best = -1;
  parallel::for_chunks(count, 1, [&](Index, Index begin, Index) {
    Restart mine = solve_beside(experiment, registry, begin, observer);
    const std::lock_guard lock(mutex);
    auto& all = restarts;
    if (mine.failed()) {
      mine.joint.reset();
    } else if (best < 0 || better(mine.solution, begin, all[static_cast<std::size_t>(best)].solution, best)) {
      if (best >= 0) all[static_cast<std::size_t>(best)].joint.reset();
      best = begin;
    } else {
      mine.joint.reset();
    }
    all[static_cast<std::size_t>(begin)] = std::move(mine);
  });
  if (best < 0) std::rethrow_exception(restarts.front().failure);
  return best;
}

std::string message_of(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const Error& error) {
    return error.what();
  }
}

std::vector<Optimum> distinct(const std::vector<Restart>& restarts) {
  constexpr double kApart = 1e-6;  // of two bounds, relative to 1 + |bound|
  std::vector<std::size_t> order;
  for (std::size_t r = 0; r < restarts.size(); ++r)
    if (!restarts[r].failed()) order.push_back(r);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return restarts[a].solution.bound > restarts[b].solution.bound;
  });
  std::vector<Optimum> optima;
  for (std::size_t r : order) {
    const Solution& s = restarts[r].solution;
    if (optima.empty() || !(std::abs(optima.back().bound - s.bound) <= kApart * (1 + std::abs(s.bound))))
      optima.push_back({s.bound, 0, static_cast<Index>(r), std::string(to_text(s.status))});
    ++optima.back().times;
    optima.back().first = std::min(optima.back().first, static_cast<Index>(r));
  }
  return optima;
}

}  // namespace kullback::experiment
