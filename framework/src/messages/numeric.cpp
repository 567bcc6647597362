#include "messages/numeric.hpp"

#include "core/parameters.hpp"
#include "parallel/parallel.hpp"

#include <kullback/error.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace kullback::messages {
namespace {

using model::Selector;
using model::Term;

constexpr Index kRows = 512;  // nodes at once

void latent_in(const Selector& selector, const Sources& sources, std::vector<int>& found) {
  if (selector.kind == Selector::Kind::latent &&
      sources[static_cast<std::size_t>(selector.variable)].kind == Source::Kind::latent)
    found.push_back(selector.variable);
  for (const Selector& s : selector.of) latent_in(s, sources, found);
}

void latent_in(const Term& term, const model::Model& model, const Sources& sources, std::vector<int>& found) {
  if (term.kind == Term::Kind::variable) {
    const Source& source = sources[static_cast<std::size_t>(term.variable)];
    if (source.kind == Source::Kind::latent) found.push_back(term.variable);
    if (source.kind == Source::Kind::derived)
      for (const int s : source.variable->statements)
        latent_in(model.statements[static_cast<std::size_t>(s)].value, model, sources, found);
  }
  for (const Selector& s : term.selectors) latent_in(s, sources, found);
  for (const Term& child : term.children) latent_in(child, model, sources, found);
}

// One number on the line a cell, in no joint block: what can be put on a grid.
bool is_scalar(const model::Model& model, const Source& source) {
  if (source.grid) return true;
  if (source.leader >= 0 || source.elements != 1 || source.matrix || source.variable->levels >= 0) return false;
  for (const int s : source.variable->statements) {
    const model::Statement& statement = model.statements[static_cast<std::size_t>(s)];
    if (statement.family && statement.layout.dimension != 1) return false;
  }
  return true;
}

// Nodes at which an argument has underflowed or overflowed are impossible: they get valid numbers in its place.
std::vector<Index> move_inside(const std::vector<Parameter>& parameters, Eigen::MatrixXd& given) {
  std::vector<Index> impossible;
  for (std::size_t i = 0; i < parameters.size(); ++i)
    for (Index n = 0; n < given.cols(); ++n) {
      double& value = given(static_cast<Index>(i), n);
      if ((parameters[i].domain == Domain::positive && value == 0) || std::isinf(value)) {
        value = parameters[i].domain == Domain::unit_interval ? 0.5 : 1;
        impossible.push_back(n);
      }
      check_domain(parameters[i], value);
    }
  return impossible;
}

}  // namespace

std::optional<NumericStatement> make_numeric(const model::Model& model, const Sources& sources, int index,
                                             std::vector<int>& needed) {
  const model::Statement& statement = model.statements[static_cast<std::size_t>(index)];
  const Source& child = sources[static_cast<std::size_t>(statement.variable)];
  const auto sets = statement.family->parameterizations();
  for (const Parameter& p : sets[static_cast<std::size_t>(statement.parameterization)])
    if (p.shape != Shape::scalar) throw NoRule{-1, "numbers as its parameters, not vectors"};
  std::vector<int> found;
  if (child.kind == Source::Kind::latent) found.push_back(statement.variable);
  for (const model::Term& argument : statement.arguments) latent_in(argument, model, sources, found);
  for (const int v : found) {
    const Source& source = sources[static_cast<std::size_t>(v)];
    if (!is_scalar(model, source))
      throw NoRule{v, fmt::format("a grid for {}, which is not one number on the line", source.variable->name)};
    if (!source.grid && std::find(needed.begin(), needed.end(), v) == needed.end()) needed.push_back(v);
  }
  NumericStatement numeric;
  numeric.statement = index;
  std::map<std::vector<Reading>, std::size_t> places;
  TermValue terms(model, sources, 1);
  for_served_cells(model, sources, statement, [&](Index cell, const Position& at, double weight) {
    terms.noted.clear();
    const bool latent = child.kind == Source::Kind::latent && child.member[static_cast<std::size_t>(cell)] >= 0;
    if (latent) terms.noted.emplace_back(statement.variable, child.member[static_cast<std::size_t>(cell)]);
    if (!latent && std::isnan(child.known->values[cell])) return;
    for (const model::Term& argument : statement.arguments) terms.value(argument, at);
    std::vector<Reading> read = terms.noted;
    std::sort(read.begin(), read.end());
    if (read.size() > 2) {
      std::vector<std::string> names;
      for (const auto& [source, member] : read) {
        const Source& s = sources[static_cast<std::size_t>(source)];
        names.push_back(cell_name(model, s, s.cell_of[static_cast<std::size_t>(member)]));
      }
      if (names.size() > 4) names.resize(4), names.emplace_back("...");
      throw NoRule{-1, fmt::format("a sum over at most two grids, but one of its cells reads {} unknown numbers ({})",
                                   read.size(), fmt::join(names, ", "))};
    }
    const auto place = places.emplace(read, numeric.readings.size());
    if (place.second) numeric.readings.push_back({read, {}, {}});
    numeric.readings[place.first->second].cells.push_back({cell, at, weight});
  });
  if (!needed.empty()) return std::nullopt;
  return numeric;
}

Eigen::MatrixXd numeric_table(const model::Model& model, const Sources& sources, const NumericStatement& numeric,
                              std::size_t reading, const Eigen::VectorXd& first, const Eigen::VectorXd& second,
                              bool search) {
  const model::Statement& statement = model.statements[static_cast<std::size_t>(numeric.statement)];
  const Source& child = sources[static_cast<std::size_t>(statement.variable)];
  const auto parameters = statement.family->parameterizations()[static_cast<std::size_t>(statement.parameterization)];
  const NumericStatement::Read& r = numeric.readings[reading];
  const std::string name =
      r.members.empty() ? "" : sources[static_cast<std::size_t>(r.members[0].first)].variable->name;
  Eigen::MatrixXd sum = Eigen::MatrixXd::Zero(first.size(), second.size());
  const Index chunks = (first.size() + kRows - 1) / kRows, arguments = static_cast<Index>(parameters.size());
  parallel::for_chunks(chunks * second.size(), 1, [&](Index task, Index, Index) {
    const Index column = task / chunks, begin = task % chunks * kRows, size = std::min(kRows, first.size() - begin);
    TermValue terms(model, sources, size);
    const Eigen::ArrayXd here = first.segment(begin, size), there = Eigen::ArrayXd::Constant(size, second[column]);
    if (!r.members.empty()) terms.set(r.members[0], here);
    if (r.members.size() > 1) terms.set(r.members[1], there);
    Eigen::MatrixXd given(arguments, size), theta(statement.family->parameter_count(statement.layout), size),
        x(1, size);
    Eigen::RowVectorXd value(size);
    for (const NumericStatement::Cell& cell : r.cells) {
      x.setConstant(child.known->values[child.known->dimensions.empty() ? 0 : cell.cell]);
      if (child.kind == Source::Kind::latent && child.member[static_cast<std::size_t>(cell.cell)] >= 0) {
        const Reading own{statement.variable, child.member[static_cast<std::size_t>(cell.cell)]};
        x.row(0) = (own == r.members[0] ? here : there).matrix().transpose();
      }
      for (Index i = 0; i < arguments; ++i)
        given.row(i) = terms.value(statement.arguments[static_cast<std::size_t>(i)], cell.at).matrix().transpose();
      std::vector<Index> impossible;
      try {
        impossible = move_inside(parameters, given);
      } catch (const DomainError& error) {
        throw UnsupportedError(fmt::format(
            "{}: {} at a node of the grid of {}: give the grid a range, posterior: {{{}: discrete_grid(low = 0)}}",
            child.variable->name, error.what(), name, name));
      }
      statement.family->to_stored(statement.parameterization, statement.layout, given, theta);
      statement.family->log_density(statement.layout, theta, Points(x), row(value));
      for (const Index n : impossible) value[n] = -std::numeric_limits<double>::infinity();
      if (value.hasNaN() && !search)
        throw NumericalError(
            fmt::format("{}: its log density is not a number at a node of the grid of {}", child.variable->name, name));
      sum.col(column).segment(begin, size) += cell.weight * value.transpose();
    }
  });
  return sum;
}

Eigen::VectorXd expect(const Eigen::MatrixXd& table, const Eigen::VectorXd& mass) {
  if (table.allFinite()) return table * mass;
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(table.rows());
  for (Index j = 0; j < table.cols(); ++j)
    if (mass[j] > 0) sum += mass[j] * table.col(j);
  return sum;
}

}  // namespace kullback::messages
