// Statements at the nodes of grids that latent selectors pick: a cell counts at each level as often as it is probable.
#include "messages/model_joint.hpp"
#include "messages/numeric.hpp"

#include <algorithm>

namespace kullback::messages {

double ModelJoint::probability(const Choice& choice) const {
  const Moments& m = compiled_.moments[static_cast<std::size_t>(choice.source)];
  return moments(choice.source)[choice.cell * m.rows + m.row("cell") + choice.level];
}

Eigen::VectorXd ModelJoint::counts(const NumericStatement::Read& read, Index most) const {
  const auto cells = static_cast<Index>(read.cells.size());
  Eigen::VectorXd counts(picked(cells, most));
  for (Index c = 0; c < counts.size(); ++c) {
    const NumericStatement::Cell& cell = read.cells[static_cast<std::size_t>(picked_cell(c, cells, most))];
    counts[c] = cell.weight;
    for (const Choice& choice : cell.choices) counts[c] *= probability(choice);
  }
  return counts;
}

std::uint64_t ModelJoint::version_of(const NumericStatement& n, const NumericStatement::Read& read) const {
  std::uint64_t version = n.by_statistics < 0 ? 0 : version_[static_cast<std::size_t>(n.by_statistics)].load();
  for (const int s : read.selectors) version += version_[static_cast<std::size_t>(s)];
  return version;
}

void ModelJoint::weigh_tables() const {
  for (const NumericStatement& n : compiled_.numeric)
    for (std::size_t r = 0; r < n.readings.size(); ++r) {
      const NumericStatement::Read& read = n.readings[r];
      if (read.table.size() > 0 && read.version != version_of(n, read)) weigh_table(n, r);
    }
}

void ModelJoint::add_choices(int selector, Eigen::MatrixXd& by_cell) const {
  const Index row = compiled_.moments[static_cast<std::size_t>(selector)].row("cell");
  for (const NumericStatement& n : compiled_.numeric)
    for (std::size_t r = 0; r < n.readings.size(); ++r) {
      const NumericStatement::Read& read = n.readings[r];
      if (!std::binary_search(read.selectors.begin(), read.selectors.end(), selector)) continue;
      const Eigen::VectorXd &first = nodes_of(read, 0), &second = nodes_of(read, 1);
      if (first.size() == 0 || second.size() == 0) continue;  // its grids have not started
      const Eigen::VectorXd first_mass = mass_of(read, 0), second_mass = mass_of(read, 1);
      const Eigen::MatrixXd statistics = statistics_of(n, read);
      const Eigen::VectorXd expected =
          read.each.size() > 0 ? expect(read.each.transpose(), (first_mass * second_mass.transpose()).reshaped())
                               : numeric_expectations(nodes_of_reading(n, r, first, second, false, kAll, statistics),
                                                      first_mass, second_mass);
      for (std::size_t c = 0; c < read.cells.size(); ++c)
        for (const Choice& mine : read.cells[c].choices) {
          if (mine.source != selector) continue;
          double count = read.cells[c].weight;
          for (const Choice& other : read.cells[c].choices)
            if (&other != &mine) count *= probability(other);
          if (count != 0) by_cell(row + mine.level, mine.cell) += count * expected[static_cast<Index>(c)];
        }
    }
}

}  // namespace kullback::messages
