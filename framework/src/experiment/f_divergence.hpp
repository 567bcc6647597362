// An f-divergence by an expression: integral q f(p/q).
#pragma once

#include <kullback/divergence.hpp>

#include <memory>
#include <string>

namespace kullback::experiment {

/// D(p, q) = integral q (f(t) - f(1)), t = p/q, for a convex f written as an expression in t: "t * log(t)". The limits
/// at t = 0 and of f(t)/t for t -> inf are taken from values far out. Throws ConfigError that points into the
/// expression, and where f is not convex on a grid of t.
std::shared_ptr<const Divergence> make_f_divergence(const std::string& expression);

}  // namespace kullback::experiment
