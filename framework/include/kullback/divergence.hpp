// D(p, q): the pointwise definition of a divergence, closed-form rules for pairs of families, and the
// value with its error.
#pragma once

#include <kullback/distribution.hpp>

#include <functional>
#include <memory>
#include <string>

namespace kullback {

/// How a value was obtained, in the order in which ways are tried.
enum class Method { infinite, closed_form, expected_statistics, exact_sum, quadrature, cubature, monte_carlo };
Text to_text(Method method);

/// A number with a bound on its absolute error, in nats where it is an information. `source` says where it comes from:
/// the formula's origin, the quadrature, or for an infinite value the reason. Never NaN.
struct Estimate {
  double value = 0;
  double error = 0;
  Method method = Method::closed_form;
  std::string source;
};

/// D(p, q) for a pair of families, by a formula or an exact sum. Evaluates a range of pairs: p.theta and q.theta have
/// one column a pair (either may have a single column that serves all pairs), `value` and `error` one number a pair.
/// The parameters are valid; supports may differ: write +inf where D is. [any-thread]
struct Rule {
  Method method = Method::closed_form;
  std::string formula;  ///< one ASCII line for `describe`
  std::string source;   ///< "[Gil et al. 2013, eq. 3]"
  std::function<void(const Side& p, const Side& q, Row value, Row error)> evaluate;
  /// Instead, for a divergence with a parameter (the order of renyi).
  std::function<void(double parameter, const Side& p, const Side& q, Row value, Row error)> evaluate_at = {};
};

/// What a divergence is a function of: this decides which mechanisms evaluate it. Rules named "kl" serve everything
/// that is made of relative entropies, rules named "renyi" (with `evaluate_at`) everything that is made of alpha
/// integrals.
enum class Functional {
  relative_entropy,  ///< integral p log(p/q); of a symmetric divergence: the sum of both directions
  cross_entropy,     ///< -integral p log q
  entropy,           ///< -integral p log p; q is not looked at
  alpha_integral,    ///< |log integral p^a q^(1-a)|, a the order
  chernoff,          ///< the largest -log integral p^a q^(1-a) over a in [0, 1]
  f_divergence,      ///< integral of `integrand`
  wasserstein,       ///< integral |P^-1(u) - Q^-1(u)|^k du, k = 1 or 2 the order; on the line
  energy,            ///< 2 integral (P(x) - Q(x))^2 dx; on the line
  kernel,    ///< integral integral k(x, y) (p(x) - q(x)) (p(y) - q(y)), k = exp(-(x - y)^2/(2 h^2)), h the order
  score,     ///< integral p (d log p/dx - d log q/dx)^2
  geodesic,  ///< squared length of the shortest path of members in the Fisher metric
};

/// A divergence D(p, q) = outer(functional). Rules exist only for D(p, q); its mirror image D(q, p) swaps the sides
/// ("reverse_kl"). Stateless; [any-thread].
class Divergence {
 public:
  virtual ~Divergence();
  virtual Text name() const = 0;
  virtual Text formula() const = 0;
  virtual Functional functional() const = 0;

  /// The number that completes the functional where there is one: a, k or h.
  virtual double order() const { return 0; }

  /// D from the functional, monotone for functional >= 0; +inf may be mapped to what disjoint densities give.
  virtual double outer(double functional) const { return functional; }

  virtual bool symmetric() const { return false; }

  /// True if D(p, q) = outer(functional of (q, p)).
  virtual bool mirrored() const { return false; }

  /// The pointwise integrand of what is integrated over the union of the supports, in a form that is never negative and
  /// does not cancel where p and q are close. Densities are normalized. Either logarithm may be -inf, not both; +inf
  /// where D is infinite because of this point; homogeneous: f(log p + c, log q + c) = e^c f. The default knows
  /// relative entropies (p (r - 1 + exp(-r)) with r = log p - log q) and alpha integrals (|a p + (1-a) q - p^a
  /// q^(1-a)|).
  virtual void integrand(ConstRow log_p, ConstRow log_q, Row out) const;

  /// What a person calls its parameter ("order", "bandwidth"); empty if it has none.
  virtual Text parameter() const { return {}; }
  virtual double parameter_value() const { return order(); }
  /// The same divergence with another parameter. Throws DomainError.
  virtual std::shared_ptr<const Divergence> with(double parameter) const;

  /// As it is written in a file: "kl", "renyi(0.5)".
  std::string written() const;
};

}  // namespace kullback
