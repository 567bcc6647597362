// Values that enter a statement at the nodes of grids by the statistics of their exponential family:
// log p is linear in them, with the natural parameters at a node.
#pragma once

#include "messages/numeric.hpp"

namespace kullback::messages {

/// numeric_table and numeric_tables of such a statement.
Eigen::MatrixXd table_by_statistics(const NodesOfReading& nodes, const Eigen::VectorXd& counts);
Eigen::MatrixXd tables_by_statistics(const NodesOfReading& nodes);

}  // namespace kullback::messages
