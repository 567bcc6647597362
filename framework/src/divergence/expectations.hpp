// What a family can say about itself: entropy and expected statistics, put together from its parts or cells where it
// does not say so itself.
#pragma once

#include <kullback/capability.hpp>

#include <optional>

namespace kullback::divergence {

/// Entropy of one member in nats; nothing if it is not known.
std::optional<double> entropy(const Members& member);

/// E[label] of one member, `rows` numbers; nothing if it is not known.
std::optional<Eigen::VectorXd> expectation(const Members& member, Text label, Index rows);

}  // namespace kullback::divergence
