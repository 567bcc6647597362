// Models written in C++: what the language would make of their text.
#pragma once

#include "messages/model_joint.hpp"

#include "support/plugins.hpp"

#include <kullback/kullback.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace kullback::messages::test {

using model::Array;
using model::Selector;
using model::Statement;
using model::Term;
using model::Variable;

/// Terms as they read.
inline Term number(double value) {
  Term t;
  t.array.values = Eigen::VectorXd::Constant(1, value);
  return t;
}
inline Term operation(Term::Kind kind, Term a, Term b) {
  Term t;
  t.kind = kind;
  t.dimensions = a.dimensions;
  for (const int d : b.dimensions)
    if (std::find(t.dimensions.begin(), t.dimensions.end(), d) == t.dimensions.end()) t.dimensions.push_back(d);
  t.children = {std::move(a), std::move(b)};
  return t;
}
inline Term operator+(Term a, Term b) { return operation(Term::Kind::add, std::move(a), std::move(b)); }
inline Term operator-(Term a, Term b) { return operation(Term::Kind::subtract, std::move(a), std::move(b)); }
inline Term operator*(Term a, Term b) { return operation(Term::Kind::multiply, std::move(a), std::move(b)); }
inline Term operator/(Term a, Term b) { return operation(Term::Kind::divide, std::move(a), std::move(b)); }

class Builder {
 public:
  int plate(const std::string& name, Index size, int second_name_of = -1) {
    model::Plate p;
    p.name = name;
    p.size = size;
    p.second_name_of = second_name_of;
    model_.plates.push_back(p);
    return static_cast<int>(model_.plates.size()) - 1;
  }
  int variable(const std::string& name, model::Dimensions plates = {}, model::Dimensions over = {}) {
    Variable v;
    v.name = name;
    v.plates = std::move(plates);
    v.over = std::move(over);
    model_.variables.push_back(v);
    model_.posteriors.emplace_back();
    model_.initializations.emplace_back();
    return static_cast<int>(model_.variables.size()) - 1;
  }
  /// Numbers by cell, the last dimension running fastest.
  void observe(int v, const Eigen::VectorXd& values) {
    at(v).role = Variable::Role::observed;
    at(v).data = {at(v).dimensions(), values};
  }
  int constant(const std::string& name, model::Dimensions plates, const Eigen::VectorXd& values) {
    const int v = variable(name, std::move(plates));
    at(v).role = Variable::Role::constant;
    at(v).data = {at(v).plates, values};
    return v;
  }
  Term numbers(int v) const {
    Term t;
    t.array = at(v).data;
    t.dimensions = t.array.dimensions;
    return t;
  }
  /// The variable read along its own dimensions; `instead` replaces the selectors of the leading ones.
  Term read(int v, std::vector<Selector> instead = {}) const {
    Term t;
    t.kind = Term::Kind::variable;
    t.variable = v;
    const model::Dimensions all = at(v).dimensions();
    for (std::size_t k = 0; k < all.size(); ++k) {
      t.selectors.push_back(k < instead.size() ? instead[k] : aligned(all[k]));
      if (k >= instead.size()) t.dimensions.push_back(all[k]);
    }
    return t;
  }
  static Selector aligned(int plate) {
    Selector s;
    s.dimension = plate;
    return s;
  }
  static Selector fixed(Index level) {
    Selector s;
    s.kind = Selector::Kind::fixed;
    s.level = level;
    return s;
  }
  static Selector column(int plate, std::vector<int> levels) {
    Selector s;
    s.kind = Selector::Kind::column;
    s.levels_over = {plate};
    s.levels = std::move(levels);
    return s;
  }
  Selector gate(int v) const {
    Selector s;
    s.kind = Selector::Kind::latent;
    s.variable = v;
    for (const int plate : at(v).plates) s.of.push_back(aligned(plate));
    return s;
  }
  static Term dot(int plate, Term a, Term b) {
    Term t = operation(Term::Kind::dot, std::move(a), std::move(b));
    t.reduced = plate;
    std::erase(t.dimensions, plate);
    return t;
  }
  /// v ~ family(arguments by name).
  Statement& random(int v, const std::string& family, std::vector<std::pair<std::string, Term>> arguments, Layout layout = {}) {
    Statement s;
    s.variable = v;
    s.family = &registry().family(family);
    s.layout = std::move(layout);
    s.frame = at(v).dimensions();
    s.text = family + "(...)";
    const auto sets = s.family->parameterizations();
    for (std::size_t p = 0; p < sets.size(); ++p) {
      std::vector<Term> ordered;
      for (const Parameter& parameter : sets[p])
        for (const auto& [name, term] : arguments)
          if (name == parameter.name) ordered.push_back(term);
      if (ordered.size() != sets[p].size() || ordered.size() != arguments.size()) continue;
      s.parameterization = static_cast<int>(p);
      s.arguments = std::move(ordered);
      break;
    }
    at(v).statements.push_back(static_cast<int>(model_.statements.size()));
    model_.statements.push_back(std::move(s));
    return model_.statements.back();
  }
  void value(int v, Term term) {
    Statement s;
    s.variable = v;
    s.frame = at(v).dimensions();
    s.value = std::move(term);
    at(v).role = Variable::Role::deterministic;
    at(v).statements.push_back(static_cast<int>(model_.statements.size()));
    model_.statements.push_back(std::move(s));
  }
  void start(int v, std::vector<std::pair<std::string, Eigen::VectorXd>> numbers) {
    auto& i = model_.initializations[static_cast<std::size_t>(v)];
    i.kind = model::Initialization::Kind::moments;
    for (auto& [label, values] : numbers) i.numbers.push_back({label, Array{{}, values}});
  }
  Variable& at(int v) { return model_.variables[static_cast<std::size_t>(v)]; }
  const Variable& at(int v) const { return model_.variables[static_cast<std::size_t>(v)]; }
  model::Model& model() { return model_; }

 private:
  model::Model model_;
};

}  // namespace kullback::messages::test
