// Statements that no table serves: their log density at the nodes of a grid.
#include "messages/grid.hpp"

#include <kullback/error.hpp>

#include <fmt/format.h>

#include <cmath>

namespace kullback::messages {
namespace {

using model::Selector;
using model::Term;

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

// Numbers of terms at one cell, the grid variable at every node at once.
class Evaluator {
 public:
  Evaluator(const model::Model& model, const Sources& sources, int grid, const Eigen::VectorXd& nodes)
      : model_(model), sources_(sources), grid_(grid), nodes_(nodes) {}

  using Position = std::vector<std::pair<int, Index>>;

  Eigen::ArrayXd value(const Term& term, const Position& at) {
    const auto child = [&](std::size_t k) { return value(term.children[k], at); };
    switch (term.kind) {
      case Term::Kind::constant: {
        Index cell = 0;
        for (const int plate : term.array.dimensions) cell = cell * size_of(plate) + find(plate, at);
        return constant(term.array.values[cell]);
      }
      case Term::Kind::variable:
        return read(term, at);
      case Term::Kind::negate:
        return -child(0);
      case Term::Kind::add:
        return child(0) + child(1);
      case Term::Kind::subtract:
        return child(0) - child(1);
      case Term::Kind::multiply:
        return child(0) * child(1);
      case Term::Kind::divide:
        return child(0) / child(1);
      case Term::Kind::power: {
        const Eigen::ArrayXd base = child(0), exponent = child(1);
        return base.binaryExpr(exponent, [](double b, double e) { return std::pow(b, e); });
      }
      case Term::Kind::compare: {
        const Eigen::ArrayXd a = child(0), b = child(1);
        const std::string& op = term.name;
        return a.binaryExpr(b, [&](double x, double y) -> double {
          return op == "<"    ? x < y
                 : op == "<=" ? x <= y
                 : op == ">"  ? x > y
                 : op == ">=" ? x >= y
                 : op == "==" ? x == y
                              : x != y;
        });
      }
      case Term::Kind::function:
        if (term.name == "exp") return child(0).exp();
        if (term.name == "log") return child(0).log();
        if (term.name == "sqrt") return child(0).sqrt();
        if (term.name == "logistic") return child(0).unaryExpr([](double x) { return 1 / (1 + std::exp(-x)); });
        throw UnsupportedError(fmt::format("{}(...) of a grid variable is not there yet", term.name));
      case Term::Kind::list:
        return child(static_cast<std::size_t>(find(term.reduced, at)));
      case Term::Kind::sum:
      case Term::Kind::dot: {
        Eigen::ArrayXd sum = constant(0);
        Position inner = at;
        inner.emplace_back(term.reduced, 0);
        for (; inner.back().second < size_of(term.reduced); ++inner.back().second) {
          Eigen::ArrayXd product = constant(1);
          for (const Term& c : term.children) product *= value(c, inner);
          sum += product;
        }
        return sum;
      }
    }
    return constant(std::nan(""));
  }

  /// The cell of the grid variable that was read since the last reset; -1: none, -2: several.
  Index cell = -1;

 private:
  Eigen::ArrayXd constant(double x) const { return Eigen::ArrayXd::Constant(nodes_.size(), x); }
  Index size_of(int plate) const { return model_.plates[static_cast<std::size_t>(plate)].size; }
  static Index find(int plate, const Position& at) {
    for (std::size_t k = at.size(); k-- > 0;)
      if (at[k].first == plate) return at[k].second;
    throw UnsupportedError("a term varies over a plate that its statement does not have");
  }
  Index level(const Selector& s, const Position& at) const {
    if (s.kind == Selector::Kind::aligned) return find(s.dimension, at);
    if (s.kind == Selector::Kind::fixed) return s.level;
    Index where = 0;
    if (s.kind == Selector::Kind::column) {
      for (const int plate : s.levels_over) where = where * size_of(plate) + find(plate, at);
      return s.levels[static_cast<std::size_t>(where)];
    }
    const Source& source = sources_[static_cast<std::size_t>(s.variable)];
    for (std::size_t k = 0; k < s.of.size(); ++k)
      where = where * size_of(source.known->dimensions[k]) + level(s.of[k], at);
    return static_cast<Index>(source.known->values[where]);
  }
  Eigen::ArrayXd read(const Term& term, const Position& at) {
    const Source& source = sources_[static_cast<std::size_t>(term.variable)];
    const model::Dimensions all = source.variable->dimensions();
    Position there;
    Index where = 0;
    for (std::size_t k = 0; k < all.size(); ++k) {
      there.emplace_back(all[k], level(term.selectors[k], at));
      where = where * size_of(all[k]) + there.back().second;
    }
    if (source.kind == Source::Kind::derived) {
      for (const int s : source.variable->statements) {
        const model::Statement& statement = model_.statements[static_cast<std::size_t>(s)];
        if (statement.serves.empty() || statement.serves[static_cast<std::size_t>(where / source.elements)])
          return value(statement.value, there);
      }
    }
    if (term.variable != grid_) return constant(source.known->values[where]);
    if (source.member[static_cast<std::size_t>(where)] < 0) return constant(source.known->values[where]);
    cell = cell == -1 || cell == where ? where : -2;
    return nodes_.array();
  }

  const model::Model& model_;
  const Sources& sources_;
  int grid_;
  const Eigen::VectorXd& nodes_;
};

}  // namespace

int numeric_variable(const model::Model& model, const Sources& sources, const model::Statement& statement) {
  std::vector<int> found;
  const auto sets = statement.family->parameterizations();
  for (const Parameter& p : sets[static_cast<std::size_t>(statement.parameterization)])
    if (p.shape != Shape::scalar) return -1;
  if (sources[static_cast<std::size_t>(statement.variable)].kind == Source::Kind::latent)
    found.push_back(statement.variable);
  for (const model::Term& argument : statement.arguments) latent_in(argument, model, sources, found);
  for (const int v : found)
    if (v != found.front() || !sources[static_cast<std::size_t>(v)].grid) return -1;
  return found.empty() ? -1 : found.front();
}

Eigen::MatrixXd numeric_values(const model::Model& model, const Sources& sources, const NumericStatement& numeric,
                               const Eigen::VectorXd& nodes) {
  const model::Statement& statement = model.statements[static_cast<std::size_t>(numeric.statement)];
  const Source& child = sources[static_cast<std::size_t>(statement.variable)];
  const Source& grid = sources[static_cast<std::size_t>(numeric.source)];
  const model::Dimensions dimensions = child.variable->dimensions();
  Eigen::MatrixXd sum = Eigen::MatrixXd::Zero(nodes.size(), grid.members());
  Evaluator evaluator(model, sources, numeric.source, nodes);
  const Index count = model.cells(dimensions), arguments = static_cast<Index>(statement.arguments.size());
  Eigen::MatrixXd given(arguments, nodes.size()),
      theta(statement.family->parameter_count(statement.layout), nodes.size());
  Eigen::MatrixXd x(1, nodes.size());
  Eigen::RowVectorXd value(nodes.size());
  for (Index cell = 0; cell < count; ++cell) {
    if (!statement.serves.empty() && !statement.serves[static_cast<std::size_t>(cell / child.elements)]) continue;
    Evaluator::Position at;
    double weight = 1;
    Index rest = cell;
    for (std::size_t k = dimensions.size(); k-- > 0;) {
      const model::Plate& plate = model.plates[static_cast<std::size_t>(dimensions[k])];
      at.emplace_back(dimensions[k], rest % plate.size);
      if (plate.weight.size() > 0) weight *= plate.weight[rest % plate.size];
      rest /= plate.size;
    }
    evaluator.cell = -1;
    const bool latent = statement.variable == numeric.source && child.member[static_cast<std::size_t>(cell)] >= 0;
    if (latent) {
      evaluator.cell = cell;
      x.row(0) = nodes.transpose();
    } else {
      if (std::isnan(child.known->values[cell])) continue;
      x.setConstant(child.known->values[cell]);
    }
    for (Index i = 0; i < arguments; ++i)
      given.row(i) = evaluator.value(statement.arguments[static_cast<std::size_t>(i)], at).matrix().transpose();
    if (evaluator.cell == -2)
      throw UnsupportedError(
          fmt::format("{}: it has no closed rule, and one of its cells reads two members of {}: that is not there yet",
                      child.variable->name, grid.variable->name));
    statement.family->to_stored(statement.parameterization, statement.layout, given, theta);
    statement.family->log_density(statement.layout, theta, Points(x), row(value));
    if (value.hasNaN())
      throw NumericalError(fmt::format("{}: its log density is not a number at a node of {}", child.variable->name,
                                       grid.variable->name));
    const Index member = evaluator.cell < 0 ? 0 : grid.member[static_cast<std::size_t>(evaluator.cell)];
    sum.col(member) += weight * value.transpose();
  }
  return sum;
}

}  // namespace kullback::messages
