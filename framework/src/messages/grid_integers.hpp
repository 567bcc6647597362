// Cells of a grid whose variable is a whole number: one a number.
#pragma once

#include "messages/grid_spacing.hpp"

namespace kullback::messages {

/// The numbers between low and high where some member has mass: their log masses (`density`, one column a member, up to
/// a constant each) lie at most 40 nats below the member's largest. Throws UnsupportedError that names the variable
/// where there are too many of them, and NumericalError where a member has none.
Cells whole_cells(double low, double high, Index members, const Spacing::Density& density, const std::string& name);

/// An upper bound of what members lose beyond cells that end before their support does, as if their log masses went on
/// falling as they do at the end.
double lost_beyond(const Cells& cells, double low, double high, const Eigen::MatrixXd& log_mass);

}  // namespace kullback::messages
