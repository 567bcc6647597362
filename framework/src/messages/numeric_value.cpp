#include "messages/numeric_value.hpp"

#include <kullback/error.hpp>
#include <kullback/numerics.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace kullback::messages {

using model::Selector;
using model::Term;

Eigen::ArrayXd compare(const std::string& op, const Eigen::ArrayXd& a, const Eigen::ArrayXd& b) {
  return a.binaryExpr(b, [&](double x, double y) -> double {
    return op == "<"    ? x < y
           : op == "<=" ? x <= y
           : op == ">"  ? x > y
           : op == ">=" ? x >= y
           : op == "==" ? x == y
                        : x != y;
  });
}

void set_position(const model::Model& model, const model::Dimensions& dimensions, Index cell, Position& at) {
  for (std::size_t k = dimensions.size(); k-- > 0;) {
    const Index size = model.plates[static_cast<std::size_t>(dimensions[k])].size;
    at[k] = {dimensions[k], cell % size};
    cell /= size;
  }
}

void for_served_cells(const model::Model& model, const Sources& sources, const model::Statement& statement,
                      const std::function<void(Index, const Position&, double)>& visit) {
  const Source& child = sources[static_cast<std::size_t>(statement.variable)];
  const bool vectors = has_vectors(statement);
  const model::Dimensions dimensions = vectors ? child.variable->plates : child.variable->dimensions();
  const Index count = model.cells(dimensions), elements = vectors ? 1 : model.cells(child.variable->over);
  Position at(dimensions.size());
  for (Index cell = 0; cell < count; ++cell) {
    if (!statement.serves.empty() && !statement.serves[static_cast<std::size_t>(cell / elements)]) continue;
    set_position(model, dimensions, cell, at);
    double weight = 1;
    for (const auto& [p, level] : at) {
      const model::Plate& plate = model.plates[static_cast<std::size_t>(p)];
      if (plate.weight.size() > 0) weight *= plate.weight[level];
    }
    visit(cell, at, weight);
  }
}

void TermValue::set(const Reading& reading, const Eigen::ArrayXd& numbers) {
  for (auto& [set, values] : set_)
    if (set == reading) {
      values = numbers;
      return;
    }
  set_.emplace_back(reading, numbers);
}

Eigen::ArrayXd TermValue::value(const Term& term, const Position& at) {
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
    case Term::Kind::power:
      return child(0).binaryExpr(child(1), [](double b, double e) { return std::pow(b, e); });
    case Term::Kind::compare:
      return compare(term.name, child(0), child(1));
    case Term::Kind::function:
      if (term.name == "exp") return child(0).exp();
      if (term.name == "log") return child(0).log();
      if (term.name == "sqrt") return child(0).sqrt();
      if (term.name == "sin") return child(0).sin();
      if (term.name == "cos") return child(0).cos();
      if (term.name == "logistic") return child(0).unaryExpr([](double x) { return logistic(x); });
      throw UnsupportedError(fmt::format("{}(...) of a variable on a grid is not there yet", term.name));
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

Eigen::ArrayXXd TermValue::values(const model::Statement& statement, std::size_t parameter, const Position& at) {
  const auto sets = statement.family->parameterizations();
  const Shape shape = sets[static_cast<std::size_t>(statement.parameterization)][parameter].shape;
  const Term& term = statement.arguments[parameter];
  if (shape == Shape::scalar) return value(term, at);
  model::Dimensions inside = inside_of(model_.variables[static_cast<std::size_t>(statement.variable)]);
  if (shape == Shape::matrix) inside.insert(inside.begin(), statement.matrix_dimension);
  Eigen::ArrayXXd out(size_, model_.cells(inside));
  Position here = at;
  for (const int plate : inside) here.emplace_back(plate, 0);
  for (Index e = 0; e < out.cols(); ++e) {
    Index rest = e;
    for (std::size_t k = inside.size(); k-- > 0; rest /= size_of(inside[k]))
      here[at.size() + k].second = rest % size_of(inside[k]);
    out.col(e) = value(term, here);
  }
  return out;
}

Index TermValue::find(int plate, const Position& at) const {
  for (std::size_t k = at.size(); k-- > 0;)
    if (at[k].first == plate) return at[k].second;
  throw UnsupportedError("a term varies over a plate that its statement does not have");
}

// The level of a selector at one of its cells: known, chosen, or noted as open.
Index TermValue::chosen(int index, Index cell) {
  const Source& source = sources_[static_cast<std::size_t>(index)];
  if (source.kind != Source::Kind::latent || source.member[static_cast<std::size_t>(cell)] < 0)
    return static_cast<Index>(source.known->values[cell]);
  for (const Choice& c : choices_)
    if (c.source == index && c.cell == cell) return c.level;
  open = Choice{index, cell, 0};
  return 0;
}

Index TermValue::level(const Selector& s, const Position& at) {
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
  return chosen(s.variable, where);
}

Eigen::ArrayXd TermValue::read(const Term& term, const Position& at) {
  const Source& source = sources_[static_cast<std::size_t>(term.variable)];
  const model::Dimensions all = source.variable->dimensions();
  Position there;
  Index where = 0;
  for (std::size_t k = 0; k < all.size(); ++k) {
    there.emplace_back(all[k], level(term.selectors[k], at));
    where = where * size_of(all[k]) + there.back().second;
  }
  if (source.kind == Source::Kind::derived)
    for (const int s : source.variable->statements) {
      const model::Statement& statement = model_.statements[static_cast<std::size_t>(s)];
      if (statement.serves.empty() || statement.serves[static_cast<std::size_t>(where / source.elements)])
        return value(statement.value, there);
    }
  if (source.kind == Source::Kind::latent && source.variable->levels >= 0)
    return constant(static_cast<double>(chosen(term.variable, where)));
  if (source.kind != Source::Kind::latent || source.member[static_cast<std::size_t>(where)] < 0)
    return constant(source.known->values[source.known->dimensions.empty() ? 0 : where]);
  if (standing_.first == term.variable)
    return standing_.second->col(standing_.second->cols() == 1 ? 0 : source.member[static_cast<std::size_t>(where)]);
  const Reading reading{term.variable, source.member[static_cast<std::size_t>(where)]};
  for (const auto& [set, values] : set_)
    if (set == reading) return values;
  if (std::find(noted.begin(), noted.end(), reading) == noted.end()) noted.push_back(reading);
  return constant(1);
}

}  // namespace kullback::messages
