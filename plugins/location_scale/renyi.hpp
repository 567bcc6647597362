// Renyi divergences that no exponential family gives.
#pragma once

#include "location_scale.hpp"

namespace kullback::location_scale {

/// log of the integral of p^order q^(1 - order) of exponential variables with rate_q/rate_p = ratio = 1 + excess; +inf
/// where it diverges. The error is a bound on the rounding of its own arithmetic.
Bounded exponential_log_integral(double order, double ratio, double excess);

/// log of the integral of p^order q^(1 - order) over (order - 1), of two Laplace members; +inf where the integral
/// diverges.
Bounded laplace_renyi(double order, const double* p, const double* q);

/// The same of two Cauchy members. Finite for every order.
Bounded cauchy_renyi(double order, const double* p, const double* q);

/// The same of two Gumbel members of equal scale.
Bounded gumbel_renyi(double order, const double* p, const double* q);

/// The rule of any of them.
inline Rule renyi_rule(std::string formula, std::string source, Bounded (*f)(double, const double*, const double*)) {
  Rule rule{Method::closed_form, std::move(formula), std::move(source), {}};
  rule.evaluate_at = [f](double order, const Side& p, const Side& q, Row value, Row error) {
    for (Index n = 0; n < value.size(); ++n) {
      const Bounded found = f(order, plain::column(p.theta, n), plain::column(q.theta, n));
      value[n] = found.value;
      error[n] = found.error;
    }
  };
  return rule;
}

}  // namespace kullback::location_scale
