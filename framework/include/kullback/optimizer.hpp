// How the fixed point that the divergence defines is reached.
#pragma once

#include <kullback/joint.hpp>

#include <functional>
#include <optional>
#include <string>

namespace kullback {

/// How much of the way from eta to eta_hat is gone: next = (1 - rho) eta + rho eta_hat, for the columns of a range. An
/// empty rule goes all the way: next = eta_hat.
using UpdateRule = std::function<void(In eta, In eta_hat, Out next)>;

/// What an optimizer sees of one sweep. `sweep_blocks` visits all members in the order of the
/// file's schedule, in parallel where the schedule allows it, and keeps every eta in its domain and the bound from
/// falling.
struct Step {
  Joint& joint;
  Index sweep = 0;
  std::function<void(const UpdateRule&)> sweep_blocks;
  /// Sets the members of a range to the natural parameters given, checks their domain, and refreshes the joint.
  std::function<void(Range, In eta)> assign;
  /// Set by an optimizer whose step has reached its fixed point by construction: another would change nothing.
  bool finished = false;
};

/// Optimizers own no loop and no memory: the framework owns sweeps, stopping, trace, progress and cancellation.
/// Stateless; [any-thread].
class Optimizer {
 public:
  virtual ~Optimizer();
  virtual Text name() const = 0;
  /// One line for `describe`.
  virtual Text summary() const = 0;
  /// Why this joint cannot be optimized for this divergence ("reverse_kl", "forward_kl") by this
  /// optimizer, in words; nothing if it can.
  virtual std::optional<std::string> refuses(const Joint& joint, Text divergence) const = 0;
  /// One sweep.
  virtual void step(Step& step) const = 0;
  /// True if every sweep raises the ELBO or leaves it (the framework then checks it).
  virtual bool raises_bound() const = 0;
};

}  // namespace kullback
