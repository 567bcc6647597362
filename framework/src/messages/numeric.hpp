// Statements without a closed rule: their log density at the nodes of the grids that they read.
#pragma once

#include "messages/numeric_value.hpp"
#include "messages/terms.hpp"

#include <optional>

namespace kullback::messages {

/// A statement as a numeric one, if each of its cells reads at most two latent numbers. Throws NoRule that says why
/// not. Sources among them that are on no grid go to `needed`; then there is none.
std::optional<NumericStatement> make_numeric(const model::Model& model, const Sources& sources, int statement,
                                             std::vector<int>& needed);

/// The table of one reading: the sum of its cells' log densities, nodes of the first member by nodes of the second.
/// Throws NumericalError where one is not a number, unless the grid's range is still looked for.
Eigen::MatrixXd numeric_table(const model::Model& model, const Sources& sources, const NumericStatement& numeric,
                              std::size_t reading, const Eigen::VectorXd& first, const Eigen::VectorXd& second,
                              bool search);

/// table * mass, where 0 * inf is 0.
Eigen::VectorXd expect(const Eigen::MatrixXd& table, const Eigen::VectorXd& mass);

}  // namespace kullback::messages
