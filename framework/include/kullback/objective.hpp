// A fit by a number that is to become small: for families without natural parameters, and divergences that are no fixed
// point.
#pragma once

#include <kullback/joint.hpp>

#include <limits>
#include <string>

namespace kullback {

/// What a joint is beside a Joint when q is found as the minimum of a divergence over unconstrained parameters u. Such
/// a joint has no blocks; its bound is -D.
class Objective {
 public:
  struct Value {
    double value = std::numeric_limits<double>::infinity();
    double error = 0;  ///< bound on the absolute error of `value`
  };
  /// Where the search stands, and what an optimizer, which has no memory of its own, has learnt so far.
  struct State {
    Eigen::VectorXd at;  ///< u; change it by `move` only
    Value value;
    Eigen::VectorXd gradient;         ///< empty: not known yet
    Eigen::MatrixXd inverse_hessian;  ///< an approximation; empty: nothing is known
    /// sqrt(2 (D - D at the minimum)) as far as the last step can tell: in standard deviations, where D is in nats.
    double distance = std::numeric_limits<double>::infinity();
    std::string stuck;  ///< why no step makes the value smaller, in words; empty while one does
  };

  virtual ~Objective();
  /// D at u with its error; +inf where it is infinite or where the family has no member. Throws UnsupportedError if it
  /// has no value.
  virtual Value value(const Eigen::VectorXd& u) const = 0;
  /// The ends of each number's range, -+inf where there are none. D may have its minimum at an end.
  virtual const Eigen::VectorXd& low() const = 0;
  virtual const Eigen::VectorXd& high() const = 0;
  /// Which parameter of q a number belongs to, as a person names it.
  virtual std::string name_of(Index number) const = 0;
  virtual State& state() = 0;
  virtual const State& state() const = 0;
  /// Goes to u, where D is `value`.
  virtual void move(const Eigen::VectorXd& u, const Value& value) = 0;
};

}  // namespace kullback
