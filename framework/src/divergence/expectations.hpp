// What a family can say about itself: entropy and expected statistics, put together from its parts or cells where it
// does not say so itself.
#pragma once

#include <kullback/capability.hpp>

#include <optional>
#include <vector>

namespace kullback::divergence {

/// Entropy of one member in nats; nothing if it is not known.
std::optional<double> entropy(const Members& member);

/// E[label] of one member, `rows` numbers; nothing if it is not known.
std::optional<Eigen::VectorXd> expectation(const Members& member, Text label, Index rows);

/// log of the integral Z of an unnormalized density on the line, and expectations under it with bounds on their
/// absolute errors.
struct ExpectedStatistics {
  double log_normalizer = 0, log_normalizer_error = 0;  ///< +inf where Z diverges, -inf where it is 0
  Eigen::VectorXd value, error;
};

/// E[label] of one member by integration or summation of its density, three dimensions at most. Throws
/// UnsupportedError, and InfiniteError where it diverges.
ExpectedStatistics integrate_expectation(const Members& member, Text label, Index rows);

/// Z and scalar statistics under p^a q^(1-a) / Z on the line, both continuous; empty `value` where Z is 0 or diverges.
ExpectedStatistics integrate_tilted(const Members& p, const Members& q, double order,
                                    const std::vector<Statistic>& labels);

}  // namespace kullback::divergence
