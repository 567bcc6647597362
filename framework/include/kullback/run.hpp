// A run as it is watched and as it ends: the loop's settings, its trace and its outcome.
#pragma once

#include <kullback/optimizer.hpp>
#include <kullback/registry.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace kullback {

/// Why the loop ended. Only `converged` says that the fixed point was reached.
enum class Status { converged, stalled, oscillating, max_sweeps, bound_fell, cancelled };
Text to_text(Status status);

/// The order in which a sweep visits members; part of the result, since it decides which local optimum is reached.
enum class Schedule { sequential, colored, jacobi, random, residual };
Text to_text(Schedule schedule);

struct Settings {
  Schedule schedule = Schedule::colored;
  double damping = 1;        ///< rho in eta <- (1 - rho) eta + rho eta_hat
  double tolerance = 1e-10;  ///< on the change of the bound a sweep, relative to 1 + |bound|; scaled by rho
  Index max_sweeps = 1000;
  std::uint64_t seed = 1;
  int threads = 0;  ///< 0: all
};

struct TraceRow {
  Index sweep = 0;
  double seconds = 0;
  double bound = 0;   ///< ELBO in nats for reverse_kl; NaN where the optimizer has none
  double change = 0;  ///< of the bound, or of the parameters where there is no bound
  int segment = 0;    ///< counts refinements of the quadrature: bounds compare inside a segment only
};

/// What a run tells while it goes. Called by the thread that called solve.
class Observer {
 public:
  virtual ~Observer();
  virtual void on_sweep(const TraceRow&, const Settings&) {}
  /// Asked between sweeps and between ranges; true ends the run with Status::cancelled.
  virtual bool cancelled() { return false; }
};

struct Solution {
  Status status = Status::max_sweeps;
  std::string reason;  ///< a sentence where the status is not `converged`
  Index sweeps = 0;
  double bound = 0;  ///< nats; NaN where the optimizer has none
  double bound_error = 0;
  std::vector<std::pair<std::string, double>> bound_by_term;  ///< the terms of E_q[log p~], then the entropies
  std::vector<TraceRow> trace;
  Members q;
};

/// What there is to solve: the target as a known distribution, and the family q is sought in with what stays constant
/// (a grid's edges). Coordinates are named for reports.
struct Projection {
  Members target;
  const Distribution* family = nullptr;
  Layout layout;
  std::vector<std::string> coordinates;
};

/// A joint for the projection that suits target and family: quadratic, tensor grid, or density by quadrature.
/// Throws UnsupportedError that says what is missing. `divergence` is "reverse_kl", "forward_kl" or an alpha
/// divergence as it is written, "amari_alpha(0.5)".
std::unique_ptr<Joint> make_joint(const Registry& registry, const Projection& projection, Text divergence);

/// Runs the optimizer from the joint's blocks as they stand until it stops. The same bytes at any
/// number of threads. A bound that falls beyond rounding ends the run with Status::bound_fell and a reason that names
/// variable, member and term. Throws NumericalError when a number is not finite or a member leaves its domain, and
/// UnsupportedError when the optimizer refuses the joint.
Solution solve(Joint& joint, const Optimizer& optimizer, const Settings& settings, Observer& observer);

}  // namespace kullback
