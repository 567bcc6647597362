// The loop: sweeps until it has arrived, or says why it stops.
#include "inference/divergence_joint.hpp"
#include "inference/projection_joint.hpp"
#include "inference/stopping.hpp"
#include "inference/sweep.hpp"
#include "parallel/parallel.hpp"

#include <kullback/error.hpp>

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <limits>

namespace kullback {

using namespace inference;

namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr Index kPatience = 12;           // sweeps without progress before a run counts as oscillating
constexpr Index kLongPatience = 100;      // the same for stalling, where the bound still holds
constexpr double kCoarse = 1e-6;          // quadrature error, relative to the bound, that is refined away at once
constexpr double kSlowSeconds = 0.2;      // a longer sweep may be cancelled in its middle
constexpr Index kSmallNumbers = 100'000;  // and a shorter one of a joint that is cheap to copy

std::string divergence_of(const Joint& joint) {
  if (const auto* matching = dynamic_cast<const MatchingDivergence*>(&joint)) return matching->divergence();
  if (const auto* searched = dynamic_cast<const DivergenceJoint*>(&joint)) return searched->written();
  return "reverse_kl";
}

class Run {
 public:
  Run(Joint& joint, const Optimizer& optimizer, const Settings& settings, Observer& observer)
      : joint_(joint),
        optimizer_(optimizer),
        settings_(settings),
        observer_(observer),
        objective_(dynamic_cast<const Objective*>(&joint)),
        has_bound_(dynamic_cast<const MatchingDivergence*>(&joint) == nullptr),
        promises_(has_bound_ && optimizer.raises_bound() && settings.schedule != Schedule::jacobi),
        sweeper_(joint, settings, observer, promises_),
        stopping_(settings.tolerance, settings.damping) {
    if (const auto why = optimizer.refuses(joint, divergence_of(joint)))
      throw UnsupportedError(fmt::format("{} cannot be used: {}", optimizer.name(), *why));
    if (!(settings.damping > 0 && settings.damping <= 1))
      throw DomainError("damping", fmt::format("damping must be above 0 and at most 1, got {}", settings.damping));
    if (!(settings.tolerance > 0))
      throw DomainError("tolerance", fmt::format("tolerance must be positive, got {}", settings.tolerance));
    for (const Block& b : std::as_const(joint).blocks()) numbers_ += b.eta.size();
  }

  Solution solve();

 private:
  enum class Next { go_on, stop };
  Next sweep();
  Next judge(double change);
  bool refine(double wanted);
  Next end(Status status, std::string reason = {});
  void keep_copy();
  void restore_copy();

  Joint& joint_;
  const Optimizer& optimizer_;
  const Settings& settings_;
  Observer& observer_;
  const Objective* objective_;
  const bool has_bound_, promises_;
  Sweeper sweeper_;
  Stopping stopping_;
  Solution solution_;
  Bound bound_;
  double quadrature_error_ = 0;
  int segment_ = 0;
  Index numbers_ = 0;
  double last_sweep_seconds_ = 1;
  std::vector<Block> copy_;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

void Run::keep_copy() {
  const auto blocks = std::as_const(joint_).blocks();
  copy_.assign(blocks.begin(), blocks.end());
}

void Run::restore_copy() {
  for (std::size_t b = 0; b < copy_.size(); ++b) {
    joint_.blocks()[b] = std::move(copy_[b]);
    joint_.refresh({static_cast<int>(b), 0, joint_.blocks()[b].members()});
  }
  sweeper_.forget();
}

Run::Next Run::end(Status status, std::string reason) {
  solution_.status = status;
  solution_.reason = std::move(reason);
  return Next::stop;
}

// Finer nodes if the quadrature error is above `wanted`: the bound starts a new segment.
bool Run::refine(double wanted) {
  if (!has_bound_ || !(quadrature_error_ > wanted) || !joint_.refine()) return false;
  sweeper_.forget();  // factors on grids have new cells
  bound_ = sweeper_.bound();
  quadrature_error_ = joint_.quadrature_error();
  ++segment_;
  stopping_.restart();
  return true;
}

Run::Next Run::judge(double change) {
  const SweepReport& report = sweeper_.report();
  // On nodes too coarse for q even the way up is not the right one.
  if (refine(kCoarse * (1 + std::abs(bound_.value)))) return Next::go_on;
  if (objective_ && !objective_->state().stuck.empty()) return end(Status::stalled, objective_->state().stuck);
  stopping_.add(objective_ ? objective_->state().distance : report.distance, change, bound_.value, bound_.rounding);
  if (stopping_.converged()) {
    if (refine(stopping_.bound_tolerance(bound_.value, bound_.rounding))) return Next::go_on;
    return end(Status::converged);
  }
  const std::string farthest = sweeper_.name_of(report.farthest);
  if (report.searches > 0 && report.rejected == report.searches) {
    if (refine(0)) return Next::go_on;  // the direction may be wrong by the nodes' error alone
    return end(Status::stalled,
               fmt::format("no step along the natural gradient of {} raises the bound, though it is {:.3g} standard "
                           "deviations long",
                           farthest, report.distance));
  }
  if (has_bound_ && !promises_ && stopping_.since_best() >= kPatience)
    return end(
        Status::oscillating,
        fmt::format("members that move at once answer each other: the largest move ({:.3g} standard deviations, {}) "
                    "has not shrunk for {} sweeps; take schedule: colored, or a smaller damping",
                    report.distance, farthest, stopping_.since_best()));
  if (promises_ && stopping_.since_best() >= kLongPatience && stopping_.since_change() >= kLongPatience)
    return end(Status::stalled,
               fmt::format("the bound has not changed beyond rounding for {} sweeps, but {} still moves by "
                           "{:.3g} standard deviations a sweep",
                           stopping_.since_change(), farthest, report.distance));
  return Next::go_on;
}

Run::Next Run::sweep() {
  if (observer_.cancelled()) return end(Status::cancelled, "cancelled between two sweeps");
  const auto begun = std::chrono::steady_clock::now();
  const bool stoppable =
      last_sweep_seconds_ > kSlowSeconds || (numbers_ <= kSmallNumbers && !sweeper_.moves_whole_blocks());
  if (stoppable) keep_copy();
  sweeper_.begin(quadrature_error_, stoppable);
  Step step{joint_, solution_.sweeps, [&](const UpdateRule& rule) { sweeper_.sweep(solution_.sweeps, rule); },
            [&](Range range, In eta) { sweeper_.assign(range, eta); }};
  optimizer_.step(step);
  const SweepReport& report = sweeper_.report();
  if (report.cancelled) {
    restore_copy();
    return end(Status::cancelled, "cancelled in a sweep, which was undone");
  }
  ++solution_.sweeps;

  double change = kNone;
  std::string fall = report.fall;
  if (has_bound_) {
    Bound now = sweeper_.bound();
    const double slack = std::isfinite(quadrature_error_) ? quadrature_error_ : 0;
    if (promises_ && fall.empty()) {
      fall = describe_fall(bound_, now, slack, sweeper_.bound_names());
      if (!fall.empty())
        fall += fmt::format("; the update that gained least was that of {}", sweeper_.name_of(report.smallest));
    }
    change = now.value - bound_.value;
    bound_ = std::move(now);
    if (std::isnan(bound_.value) || bound_.value == std::numeric_limits<double>::infinity()) {
      std::size_t term = 0;
      while (term + 1 < bound_.terms.size() && std::isfinite(bound_.terms[term])) ++term;
      throw NumericalError(fmt::format(
          "the bound is {} after sweep {}: the term {} is {}; the largest move was that of {}", bound_.value,
          solution_.sweeps, sweeper_.bound_names()[term], bound_.terms[term], sweeper_.name_of(report.farthest)));
    }
    quadrature_error_ = joint_.quadrature_error();
  }
  const auto now = std::chrono::steady_clock::now();
  last_sweep_seconds_ = std::chrono::duration<double>(now - begun).count();
  solution_.trace.push_back({solution_.sweeps, std::chrono::duration<double>(now - started_).count(),
                             has_bound_ ? bound_.value : kNone, has_bound_ ? change : report.distance, segment_});
  observer_.on_sweep(solution_.trace.back(), settings_);
  if (!fall.empty()) return end(Status::bound_fell, fall);
  if (step.finished) return end(Status::converged);
  return judge(change);
}

Solution Run::solve() {
  if (has_bound_) {
    bound_ = sweeper_.bound();
    if (!std::isfinite(bound_.value))  // an Objective starts where it is finite
      throw NumericalError(
          fmt::format("the bound is {} at the start: q has mass where the target's density is zero; start "
                      "it inside the support",
                      bound_.value));
    quadrature_error_ = joint_.quadrature_error();
    while (refine(kCoarse * (1 + std::abs(bound_.value)))) {
    }
  }
  end(Status::max_sweeps);
  while (solution_.sweeps < settings_.max_sweeps && sweep() == Next::go_on) {
  }
  if (solution_.status == Status::max_sweeps) {
    const std::string farthest = objective_ ? "q" : sweeper_.name_of(sweeper_.report().farthest);
    solution_.reason = std::isfinite(stopping_.remaining())
                           ? fmt::format(
                                 "not converged after {} sweeps: about {:.3g} standard deviations are left to "
                                 "go for {}",
                                 solution_.sweeps, stopping_.remaining(), farthest)
                           : fmt::format("not converged after {} sweeps: the steps of {} do not get smaller yet",
                                         solution_.sweeps, farthest);
  }
  if (has_bound_) bound_ = sweeper_.bound();
  solution_.bound = has_bound_ ? bound_.value : kNone;
  solution_.bound_error = has_bound_ ? quadrature_error_ + bound_.rounding : kNone;
  const std::vector<std::string> names = has_bound_ ? sweeper_.bound_names() : std::vector<std::string>{};
  for (std::size_t t = 0; t < names.size(); ++t) solution_.bound_by_term.emplace_back(names[t], bound_.terms[t]);
  solution_.q = joint_.approximation();
  return std::move(solution_);
}

}  // namespace

Solution solve(Joint& joint, const Optimizer& optimizer, const Settings& settings, Observer& observer) {
  const parallel::ThreadLimit limit(settings.threads);
  return Run(joint, optimizer, settings, observer).solve();
}

}  // namespace kullback
