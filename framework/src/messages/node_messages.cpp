// Statements that are closed at the nodes of grids, as these stand: their terms, and what they tell the grids.
#include "messages/model_joint.hpp"
#include "messages/node_statements.hpp"

#include <algorithm>
#include <limits>

namespace kullback::messages {

bool ModelJoint::is_pinned(int source) const {
  return std::any_of(compiled_.nodes.begin(), compiled_.nodes.end(), [&](const NodeStatement& n) {
    return std::find(n.pins.begin(), n.pins.end(), source) != n.pins.end();
  });
}

Pins ModelJoint::pins_of(const NodeStatement& n) const {
  Pins pins;
  for (const int s : n.pins) pins.grids.push_back({s, grid_of(s)->cells.nodes});
  pins.search = false;
  return pins;
}

double ModelJoint::rows_of_statement(const NodeStatement& n) const {
  const int v = model_.statements[static_cast<std::size_t>(n.statement)].variable;
  return static_cast<double>(model_.cells(model_.variables[static_cast<std::size_t>(v)].dimensions()));
}

// The terms of statements that read this grid, where the others that they read stand already.
void ModelJoint::fill_nodes(const Grid& grid) {
  const auto s = static_cast<std::size_t>(grid.source);
  for (NodeStatement& n : compiled_.nodes) {
    if (std::find(n.pins.begin(), n.pins.end(), grid.source) == n.pins.end()) continue;
    const Pins pins = pins_of(n);
    if (std::any_of(pins.grids.begin(), pins.grids.end(), [](const Pins::Grid& g) { return g.nodes.size() == 0; }))
      continue;
    TermsAtNodes at = terms_at_nodes(model_, sources_, compiled_.moments,
                                     model_.statements[static_cast<std::size_t>(n.statement)], pins);
    CompiledStatement& statement = compiled_.statements[n.compiled];
    statement.sizes = std::move(at.sizes);
    statement.terms = std::move(at.terms);
    n.bars = std::move(at.bars);
    values_[n.compiled].assign(statement.terms.size(), {});
  }
  if (!is_pinned(grid.source)) return;
  masses_[s] = Eigen::MatrixXd::Zero(grid.cells.nodes.size(), sources_[s].cells);
  fill_masses(grid.source, 0, sources_[s].members());
}

void ModelJoint::fill_masses(int source, Index begin, Index end) {
  const auto s = static_cast<std::size_t>(source);
  const Eigen::MatrixXd& m = block(sources_[s].block).m;
  if (masses_[s].rows() != m.rows()) return;  // new cells: `fill_nodes` comes after them
  for (Index k = begin; k < end; ++k) masses_[s].col(sources_[s].cell_of[static_cast<std::size_t>(k)]) = m.col(k);
}

Eigen::MatrixXd ModelJoint::along_nodes(int source, Index nodes, const Sizes& sizes,
                                        const std::vector<Term>& terms) const {
  Eigen::MatrixXd by_cell = Eigen::MatrixXd::Zero(nodes, sources_[static_cast<std::size_t>(source)].cells);
  for (const Term& term : terms)
    for (std::size_t k = 0; k < term.latent.size(); ++k)
      if (const LatentFactor& f = term.latent[k]; f.mass && f.source == source)
        add_product_in_chunks(sizes, term.coefficient, product(term, k),
                              {by_cell.data() + f.offset, f.axes, f.strides});
  return by_cell;
}

void ModelJoint::hear_nodes(const Grid& grid, bool own, const Eigen::MatrixXd* nodes, Eigen::MatrixXd& told) const {
  const Source& source = sources_[static_cast<std::size_t>(grid.source)];
  for (const NodeStatement& n : compiled_.nodes) {
    const model::Statement& statement = model_.statements[static_cast<std::size_t>(n.statement)];
    if ((own && statement.variable != grid.source) ||
        std::find(n.pins.begin(), n.pins.end(), grid.source) == n.pins.end())
      continue;
    const CompiledStatement& compiled = compiled_.statements[n.compiled];
    TermsAtNodes elsewhere;
    if (nodes) {
      Pins pins = pins_of(n);
      pins.search = true;
      for (Pins::Grid& g : pins.grids)
        if (g.source == grid.source) g.nodes = *nodes;
      elsewhere = terms_at_nodes(model_, sources_, compiled_.moments, statement, pins);
    }
    const Eigen::MatrixXd by_cell = nodes ? along_nodes(grid.source, told.rows(), elsewhere.sizes, elsewhere.terms)
                                          : along_nodes(grid.source, told.rows(), compiled.sizes, compiled.terms),
                          barred = nodes ? Eigen::MatrixXd::Zero(by_cell.rows(), by_cell.cols())
                                         : along_nodes(grid.source, told.rows(), compiled.sizes, n.bars);
    for (Index k = 0; k < source.members(); ++k) {
      const Index cell = source.cell_of[static_cast<std::size_t>(k)];
      told.col(k) = (barred.col(cell).array() > 0)
                        .select(-std::numeric_limits<double>::infinity(), told.col(k) + by_cell.col(cell));
    }
  }
}

}  // namespace kullback::messages
