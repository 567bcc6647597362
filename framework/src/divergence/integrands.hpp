// The integrands of relative entropies and of alpha integrals: never negative, and known to rounding for any ratio p/q.
#pragma once

#include <kullback/divergence.hpp>

#include <cmath>

namespace kullback::divergence {

/// p (r - 1 + exp(-r)), r = log p - log q.
void relative_entropy_integrand(ConstRow log_p, ConstRow log_q, Row out);

/// |a p + (1 - a) q - p^a q^(1-a)|: integrates to |1 - integral p^a q^(1-a)|. p^0 is the indicator of p > 0.
void alpha_integrand(double order, ConstRow log_p, ConstRow log_q, Row out);

/// -p log q: not homogeneous, and signed. What integrates over another coordinate than x adds to it (below).
void cross_entropy_integrand(ConstRow log_p, ConstRow log_q, Row out);

/// With both logarithms raised by log_scale (a Jacobian; a mixture that both are relative to) the integrand of a cross
/// entropy is too small by p log_scale: adds it. Leaves the homogeneous integrands of all others alone.
void undo_scale(const Divergence& divergence, ConstRow log_p, ConstRow log_scale, Row integrand);

/// What the rounding of log p and log q is a multiple of, at a point with integrand f.
inline double rounding_size(const Divergence& divergence, double p, double q, double f) {
  // Of a logarithm by itself all roundings count, of a difference of two none that they share.
  return (divergence.functional() == Functional::cross_entropy ? 4 * p : std::abs(p - q)) + std::abs(f);
}

/// An alpha integral or a relative entropy by itself, under the name of the divergence that it is a part of.
class Primitive final : public Divergence {
 public:
  Primitive(Text name, Functional functional, double order) : name_(name), functional_(functional), order_(order) {}
  Text name() const override { return name_; }
  Text formula() const override { return {}; }
  Functional functional() const override { return functional_; }
  double order() const override { return order_; }

 private:
  std::string name_;
  Functional functional_;
  double order_;
};

}  // namespace kullback::divergence
