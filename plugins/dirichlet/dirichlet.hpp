// Dirichlet distributions and what is built on them.
#pragma once

#include <kullback/kullback.hpp>

#include <limits>
#include <memory>

namespace kullback::dirichlet {

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// One column serves every point.
inline Index step(In theta) { return theta.cols() > 1 ? 1 : 0; }

std::unique_ptr<Distribution> make_dirichlet();
Rule kl_rule();

}  // namespace kullback::dirichlet
