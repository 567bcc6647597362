// Values that enter statements at the nodes of grids by their statistics: what grids hear of them, and they of grids.
#include "messages/model_joint.hpp"
#include "messages/numeric.hpp"

namespace kullback::messages {

NodesOfReading ModelJoint::nodes_of_reading(const NumericStatement& n, std::size_t r, const Eigen::VectorXd& first,
                                            const Eigen::VectorXd& second, bool search, Index most,
                                            const Eigen::MatrixXd& statistics) const {
  return {model_,
          sources_,
          n,
          r,
          first,
          second,
          search,
          0,
          static_cast<Index>(n.readings[r].cells.size()),
          most,
          n.by_statistics < 0 ? nullptr : &statistics};
}

Eigen::MatrixXd ModelJoint::statistics_of(const NumericStatement& n, const NumericStatement::Read& read) const {
  if (n.by_statistics < 0) return {};
  const model::Statement& statement = model_.statements[static_cast<std::size_t>(n.statement)];
  const Moments& from = compiled_.moments[static_cast<std::size_t>(n.by_statistics)];
  const auto family = capability<ExponentialFamily>(*statement.family, statement.layout)->statistics(statement.layout);
  Index rows = 0;
  for (const Statistic& s : family) rows += s.rows;
  Eigen::MatrixXd out(rows, static_cast<Index>(read.cells.size()));
  const double* numbers = moments(n.by_statistics);
  for (Index c = 0; c < out.cols(); ++c) {
    Index row = 0;
    for (const Statistic& s : family) {
      const double* of_cell = numbers + read.cells[static_cast<std::size_t>(c)].cell * from.rows + from.row(s.label);
      out.col(c).segment(row, s.rows) = Eigen::Map<const Eigen::VectorXd>(of_cell, s.rows);
      row += s.rows;
    }
  }
  return out;
}

void ModelJoint::add_natural(int source, Eigen::MatrixXd& by_cell) const {
  for (const NumericStatement& n : compiled_.numeric) {
    if (n.by_statistics != source) continue;
    const model::Statement& statement = model_.statements[static_cast<std::size_t>(n.statement)];
    const Moments& to = compiled_.moments[static_cast<std::size_t>(source)];
    const auto family =
        capability<ExponentialFamily>(*statement.family, statement.layout)->statistics(statement.layout);
    for (std::size_t r = 0; r < n.readings.size(); ++r) {
      const NumericStatement::Read& read = n.readings[r];
      const Eigen::VectorXd &first = nodes_of(read, 0), &second = nodes_of(read, 1);
      if (first.size() == 0 || second.size() == 0) continue;  // its grids have not started
      const Eigen::MatrixXd natural =
          numeric_natural(nodes_of_reading(n, r, first, second, false, kAll, {}), mass_of(read, 0), mass_of(read, 1));
      const Eigen::VectorXd often = counts(read, kAll);
      for (Index c = 0; c < often.size(); ++c) {
        Index row = 0;
        for (const Statistic& s : family) {
          by_cell.col(read.cells[static_cast<std::size_t>(c)].cell).segment(to.row(s.label), s.rows) +=
              often[c] * natural.col(natural.cols() == 1 ? 0 : c).segment(row, s.rows);
          row += s.rows;
        }
      }
    }
  }
}

}  // namespace kullback::messages
