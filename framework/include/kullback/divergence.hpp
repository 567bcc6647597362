// D(p, q): the pointwise definition of a divergence, closed-form rules for pairs of families, and the
// value with its error.
#pragma once

#include <kullback/distribution.hpp>

#include <functional>
#include <string>

namespace kullback {

/// How a value was obtained, in the order in which ways are tried.
enum class Method { infinite, closed_form, expected_statistics, exact_sum, quadrature, cubature, monte_carlo };
Text to_text(Method method);

/// A number in nats with a bound on its absolute error. `source` says where it comes from: the formula's origin,
/// the quadrature, or for an infinite value the reason. Never NaN.
struct Estimate {
  double value = 0;
  double error = 0;
  Method method = Method::closed_form;
  std::string source;
};

/// D(p, q) for a pair of families, by a formula or an exact sum. Evaluates a range of pairs: p.theta and q.theta have one
/// column a pair (either may have a single column that serves all pairs), `value` and `error` one number a pair.
/// The parameters are valid; supports may differ: write +inf where D is. [any-thread]
struct Rule {
  Method method = Method::closed_form;
  std::string formula;  ///< one ASCII line for `describe`
  std::string source;   ///< "[Gil et al. 2013, eq. 3]"
  std::function<void(const Side& p, const Side& q, Row value, Row error)> evaluate;
};

/// A divergence between densities of the form D(p, q) = integral of f(log p, log q). Rules exist only for D(p, q);
/// its mirror image D(q, p) swaps the sides ("reverse_kl"). Stateless; [any-thread].
class Divergence {
 public:
  virtual ~Divergence();
  virtual Text name() const = 0;
  virtual Text formula() const = 0;

  /// The pointwise integrand in a form that is never negative and integrates to D over the union of
  /// the supports (KL: p (r - 1 + exp(-r)) with r = log p - log q). Densities are normalized. Either logarithm may be
  /// -inf, not both; +inf where D is infinite because of this point.
  virtual void integrand(ConstRow log_p, ConstRow log_q, Row out) const = 0;

  /// True if D is +inf as soon as p has mass where q has none.
  virtual bool needs_absolute_continuity() const = 0;

  /// True if D of products of independent parts is the sum of the parts' D.
  virtual bool adds_over_products() const = 0;

  /// True for KL: the value follows from p's entropy and the expectations of log q under p.
  virtual bool is_relative_entropy() const { return false; }
};

}  // namespace kullback
