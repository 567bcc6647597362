// The integrands of relative entropies and of alpha integrals: never negative, and known to rounding for any ratio p/q.
#pragma once

#include <kullback/divergence.hpp>

namespace kullback::divergence {

/// p (r - 1 + exp(-r)), r = log p - log q.
void relative_entropy_integrand(ConstRow log_p, ConstRow log_q, Row out);

/// |a p + (1 - a) q - p^a q^(1-a)|: integrates to |1 - integral p^a q^(1-a)|. p^0 is the indicator of p > 0.
void alpha_integrand(double order, ConstRow log_p, ConstRow log_q, Row out);

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
