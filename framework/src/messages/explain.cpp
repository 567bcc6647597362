// What a run will take, before it runs.
#include "messages/model_joint.hpp"

#include "parallel/parallel.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>

namespace kullback::messages {

std::string ModelJoint::rule(std::size_t statement) const {
  for (const NumericStatement& n : compiled_.numeric)
    if (n.compiled == statement) {
      std::set<int> grids;
      double densities = 0;
      for (const NumericStatement::Read& read : n.readings) {
        for (const Reading& r : read.members) grids.insert(r.first);
        densities += static_cast<double>(read.table.size()) * static_cast<double>(n.densities(read));
      }
      std::vector<std::string> names;
      for (const int g : grids) names.push_back(sources_[static_cast<std::size_t>(g)].variable->name);
      if (n.by_statistics >= 0)
        return fmt::format("at the nodes of the grid{} of {}, by its expected statistics", names.size() > 1 ? "s" : "",
                           fmt::join(names, " and "));
      return fmt::format("no closed form: at the nodes of the grid{} of {}, {:.2g} densities for new cells (slower)",
                         names.size() > 1 ? "s" : "", fmt::join(names, " and "), densities);
    }
  for (const NodeStatement& n : compiled_.nodes)
    if (n.compiled == statement) {
      std::vector<std::string> names;
      double nodes = 0;
      for (const int s : n.pins) {
        names.push_back(sources_[static_cast<std::size_t>(s)].variable->name);
        nodes += static_cast<double>(grid_of(s)->cells.nodes.size());
      }
      return fmt::format("closed form at each node of the grid{} of {}, {:.2g} numbers for new cells",
                         names.size() > 1 ? "s" : "", fmt::join(names, " and "), nodes * rows_of_statement(n));
    }
  bool known = true, pass = false;
  for (const Term& term : compiled_.statements[statement].terms) {
    known = known && term.latent.empty() && term.passes.empty();
    pass = pass || !term.passes.empty();
  }
  return known ? "known" : pass ? "closed form, in a pass over the rows" : "closed form";
}

double ModelJoint::cost() const {
  double sum = 0;
  for (const CompiledStatement& statement : compiled_.statements)
    for (const Term& term : statement.terms) {
      std::set<int> axes;
      for (const LatentFactor& f : term.latent) axes.insert(f.axes.begin(), f.axes.end());
      for (const KnownFactor& f : term.known) axes.insert(f.axes.begin(), f.axes.end());
      for (const SelectionFactor& f : term.selections) axes.insert(f.axes.begin(), f.axes.end());
      // Once for the value, once for the message to each factor.
      sum += 2 * static_cast<double>(1 + term.latent.size()) *
             static_cast<double>(count_of(statement.sizes, std::vector<int>(axes.begin(), axes.end())));
    }
  for (const NumericStatement& n : compiled_.numeric)
    for (const NumericStatement::Read& read : n.readings)
      sum += static_cast<double>((1 + read.members.size()) * static_cast<std::size_t>(read.table.size()));
  for (const auto& pass : passes_) sum += pass->cost();
  return sum;
}

double ModelJoint::memory() const {
  double numbers = 0;
  for (std::size_t b = 0; b < blocks_.size(); ++b)
    numbers += static_cast<double>(2 * blocks_[b].eta.size() + messages_[b].size() + blocks_[b].members());
  for (const auto& rows : rows_) numbers += rows ? static_cast<double>(rows->numbers()) : 0;
  for (const Eigen::MatrixXd& mass : masses_) numbers += static_cast<double>(mass.size());
  for (const Eigen::MatrixXd& table : tables_) numbers += static_cast<double>(table.size());
  std::set<const Known*> known;
  double bytes = 0;
  for (const CompiledStatement& statement : compiled_.statements)
    for (const Term& term : statement.terms) {
      for (const KnownFactor& f : term.known)
        if (known.insert(f.numbers.get()).second) numbers += static_cast<double>(f.numbers->numbers().size());
      for (const SelectionFactor& f : term.selections) bytes += static_cast<double>(sizeof(int) * f.levels->size());
    }
  for (const Grid& grid : grids_) numbers += static_cast<double>(grid.values.size() + 3 * grid.cells.nodes.size());
  for (const NumericStatement& n : compiled_.numeric)
    for (const NumericStatement::Read& read : n.readings) numbers += static_cast<double>(read.table.size());
  for (const Source& source : sources_) numbers += static_cast<double>(source.known->values.size());
  for (const auto& pass : passes_) bytes += pass->memory();
  return bytes + sizeof(double) * numbers;
}

}  // namespace kullback::messages
