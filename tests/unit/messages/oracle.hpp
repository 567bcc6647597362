// log p of a model at a point, straight from its statements: what expectations must be where q is a point.
#pragma once

#include "config/node.hpp"
#include "language/read_model.hpp"
#include "messages/model_joint.hpp"

#include "support/plugins.hpp"

#include <kullback/kullback.hpp>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

namespace kullback::messages::test {

inline model::Model read(const std::string& text, const std::string& folder = KULLBACK_SOURCE_DIR "/configs") {
  const auto source = std::make_shared<config::Source>(config::Source{"model.yaml", text});
  const config::Node root = config::parse_yaml(source);
  config::Diagnostics diagnostics;
  language::ModelFile file = language::read_model(root, registry(), folder, diagnostics);
  diagnostics.throw_if_any();
  return file.model;
}

/// What is said of a model that cannot be compiled or started; empty: it can.
inline std::string refusal(const std::string& text, const std::string& folder = KULLBACK_SOURCE_DIR "/configs") {
  try {
    ModelJoint joint(registry(), read(text, folder));
    joint.initialize(1, 0);
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

/// A model with numbers for everything that is random, and the density of its statements there.
class Point {
 public:
  explicit Point(const ModelJoint& joint) : joint_(joint), model_(joint.model()) {
    for (const Source& s : joint.sources()) {
      const Eigen::VectorXd numbers = s.known->values;
      values_.push_back(s.matrix ? Eigen::VectorXd(s.cells * s.elements * s.elements) : numbers);
    }
  }

  /// The value of a latent cell.
  void set(int variable, Index cell, const Eigen::VectorXd& x) {
    values_[index(variable)].segment(cell * x.size(), x.size()) = x;
  }
  Eigen::VectorXd at(int variable, Index cell) const {
    const Source& s = joint_.sources()[index(variable)];
    const Index size = s.matrix ? s.elements * s.elements : s.elements;
    return values_[index(variable)].segment(cell * size, size);
  }

  /// log p of one statement, summed over its cells.
  double log_density(int statement_index) const {
    const model::Statement& s = model_.statements[index(statement_index)];
    const model::Variable& v = model_.variables[index(s.variable)];
    const auto parameters = s.family->parameterizations()[index(s.parameterization)];
    bool vectors = false;
    for (const Parameter& p : parameters) vectors = vectors || p.shape != Shape::scalar;
    const model::Dimensions cells = vectors ? v.plates : v.dimensions();
    const int inside = !vectors ? -1 : v.over.empty() ? v.levels : v.over[0];
    double sum = 0;
    std::map<int, Index> position;
    const Index count = model_.cells(cells);
    for (Index cell = 0; cell < count; ++cell) {
      locate(cells, cell, position);
      const Index event = vectors ? cell : cell / model_.cells(v.over);
      if (!s.serves.empty() && !s.serves[index(event)]) continue;
      const Index width = values_[index(s.variable)].size() / count;
      const Eigen::VectorXd x = values_[index(s.variable)].segment(cell * width, width);
      if (x.hasNaN()) continue;
      double weight = 1;
      for (const int plate : v.plates)
        if (plate_of(plate).weight.size() > 0) weight *= plate_of(plate).weight[position[plate]];
      Arguments arguments;
      for (std::size_t i = 0; i < parameters.size(); ++i)
        arguments.push_back({parameters[i].name, argument(s, s.arguments[i], parameters[i].shape, inside, position)});
      const Members member = s.family->make(arguments);
      Eigen::RowVectorXd value(1);
      s.family->log_density(member.layout, member.theta, Points(x), row(value));
      sum += weight * value[0];
    }
    return sum;
  }

  double evaluate(const model::Term& t, std::map<int, Index>& position) const {
    using Kind = model::Term::Kind;
    const auto child = [&](std::size_t k) { return evaluate(t.children[k], position); };
    switch (t.kind) {
      case Kind::constant: {
        Index cell = 0;
        for (const int plate : t.array.dimensions) cell = cell * plate_of(plate).size + position.at(plate);
        return t.array.values[cell];
      }
      case Kind::variable:
        return read(t.variable, t.selectors, position);
      case Kind::negate:
        return -child(0);
      case Kind::add:
        return child(0) + child(1);
      case Kind::subtract:
        return child(0) - child(1);
      case Kind::multiply:
        return child(0) * child(1);
      case Kind::divide:
        return child(0) / child(1);
      case Kind::power:
        return std::pow(child(0), child(1));
      case Kind::function:
        return t.name == "exp" ? std::exp(child(0)) : t.name == "log" ? std::log(child(0)) : std::sqrt(child(0));
      case Kind::list:
        return child(index(position.at(t.reduced)));
      case Kind::sum:
      case Kind::dot: {
        double sum = 0;
        std::map<int, Index> inner = position;
        for (Index k = 0; k < plate_of(t.reduced).size; ++k) {
          inner[t.reduced] = k;
          double product = 1;
          for (const model::Term& c : t.children) product *= evaluate(c, inner);
          sum += product;
        }
        return sum;
      }
      default:
        throw std::logic_error("not in this oracle");
    }
  }

 private:
  template <class Integer>
  static std::size_t index(Integer i) {
    return static_cast<std::size_t>(i);
  }
  const model::Plate& plate_of(int plate) const { return model_.plates[index(plate)]; }

  void locate(const model::Dimensions& dimensions, Index cell, std::map<int, Index>& position) const {
    for (std::size_t k = dimensions.size(); k-- > 0;) {
      position[dimensions[k]] = cell % plate_of(dimensions[k]).size;
      cell /= plate_of(dimensions[k]).size;
    }
  }

  Index level(const model::Selector& s, std::map<int, Index>& position) const {
    using Kind = model::Selector::Kind;
    if (s.kind == Kind::aligned) return position.at(s.dimension);
    if (s.kind == Kind::fixed) return s.level;
    if (s.kind == Kind::latent) return static_cast<Index>(std::lround(read(s.variable, s.of, position)));
    Index cell = 0;
    for (const int plate : s.levels_over) cell = cell * plate_of(plate).size + position.at(plate);
    return s.levels[index(cell)];
  }

  double read(int variable, const std::vector<model::Selector>& selectors, std::map<int, Index>& position) const {
    const model::Variable& v = model_.variables[index(variable)];
    const model::Dimensions all = v.dimensions();
    std::map<int, Index> there;
    Index cell = 0;
    for (std::size_t k = 0; k < all.size(); ++k) {
      there[all[k]] = level(selectors[k], position);
      cell = cell * plate_of(all[k]).size + there[all[k]];
    }
    const Source& source = joint_.sources()[index(variable)];
    if (source.kind != Source::Kind::derived) return values_[index(variable)][cell];
    Index event = cell;
    for (const int plate : v.over) event /= plate_of(plate).size;
    for (const int s : v.statements) {
      const model::Statement& statement = model_.statements[index(s)];
      if (statement.serves.empty() || statement.serves[index(event)]) return evaluate(statement.value, there);
    }
    throw std::logic_error("no statement serves the cell");
  }

  // A latent matrix, or numbers over rows and columns.
  double matrix_entry(const model::Term& t, int rows, int columns, std::map<int, Index>& position) const {
    if (t.kind == model::Term::Kind::variable) {
      const Source& source = joint_.sources()[index(t.variable)];
      Index cell = 0;
      for (std::size_t k = 0; k < source.plates.size(); ++k)
        cell = cell * plate_of(source.plates[k]).size + level(t.selectors[k], position);
      return at(t.variable, cell)[position.at(rows) + position.at(columns) * source.elements];
    }
    if (t.kind == model::Term::Kind::multiply) {
      double product = 1;
      for (const model::Term& c : t.children) product *= matrix_entry(c, rows, columns, position);
      return product;
    }
    return evaluate(t, position);
  }

  Value argument(const model::Statement& s, const model::Term& t, Shape shape, int inside,
                 std::map<int, Index> position) const {
    if (shape == Shape::scalar) return evaluate(t, position);
    const Index d = plate_of(inside).size;
    if (shape == Shape::vector) {
      Eigen::VectorXd out(d);
      for (Index i = 0; i < d; ++i) {
        position[inside] = i;
        out[i] = evaluate(t, position);
      }
      return out;
    }
    Eigen::MatrixXd out(d, d);
    for (Index i = 0; i < d; ++i)
      for (Index j = 0; j < d; ++j) {
        position[inside] = i;
        position[s.matrix_dimension] = j;
        out(i, j) = matrix_entry(t, inside, s.matrix_dimension, position);
      }
    return out;
  }

  const ModelJoint& joint_;
  const model::Model& model_;
  std::vector<Eigen::VectorXd> values_;
};

/// The statistics of a latent value.
inline Eigen::VectorXd statistics_of(const Source& source, const Eigen::VectorXd& x) {
  Index rows = 0;
  for (const Statistic& s : source.statistics) rows += s.rows;
  Eigen::VectorXd out(rows);
  Index row = 0;
  for (const Statistic& s : source.statistics) {
    if (s.label == "cell") {
      out.segment(row, s.rows) = Eigen::VectorXd::Unit(s.rows, static_cast<Index>(x[0]));
    } else {
      Eigen::MatrixXd value(s.rows, 1);
      EXPECT_TRUE(evaluate_label(s.label, x, value)) << s.label;
      out.segment(row, s.rows) = value.col(0);
    }
    row += s.rows;
  }
  return out;
}

/// A value that the variable's factor could have.
inline Eigen::VectorXd draw(const ModelJoint& joint, const Source& source, std::mt19937& random) {
  std::uniform_real_distribution<double> uniform(0.05, 0.95);
  if (source.has("cell"))
    return Eigen::VectorXd::Constant(1,
                                     static_cast<double>(random() % static_cast<unsigned>(source.statistics[0].rows)));
  const Index d = source.elements;
  if (source.matrix) {
    Eigen::MatrixXd a(d, d);
    for (double& x : a.reshaped()) x = uniform(random) - 0.5;
    return (a * a.transpose() + Eigen::MatrixXd::Identity(d, d)).eval().reshaped();
  }
  Eigen::VectorXd x(d);
  for (double& e : x) e = uniform(random);
  if (source.has("log_x") && d > 1) return x / x.sum();
  const Block& block = joint.blocks()[static_cast<std::size_t>(source.block)];
  const Members q = joint.posterior(static_cast<int>(&source - joint.sources().data()));
  const Support support = q.family->support(block.layout, q.theta, 0, 0);
  return support.high <= 1 ? x : support.low >= 0 ? Eigen::VectorXd(3 * x) : Eigen::VectorXd(4 * x.array() - 2);
}

/// At points, E_q[log p] is log p, term by term; it is linear in every member's moments, and the natural gradient is
/// its slope.
inline void check_model(ModelJoint& joint) {
  std::mt19937 random(11);
  Point point(joint);
  const auto set = [&](const Source& source, Index member, const Eigen::VectorXd& m) {
    Block& block = joint.blocks()[static_cast<std::size_t>(source.block)];
    block.m.col(member) = m;
    joint.refresh({source.block, member, member + 1});
  };
  const auto by_term = [&] {
    std::vector<double> values(joint.terms().size());
    joint.expected_log_density(values);
    return values;
  };
  const auto total = [&] {
    double sum = 0;
    for (const double v : by_term()) sum += v;
    return sum;
  };
  for (const Source& source : joint.sources())
    for (Index k = 0; source.block >= 0 && k < source.members(); ++k) {
      const Eigen::VectorXd x = draw(joint, source, random);
      point.set(static_cast<int>(&source - joint.sources().data()), source.cell_of[static_cast<std::size_t>(k)], x);
      set(source, k, statistics_of(source, x));
    }
  const std::vector<double> values = by_term();
  for (std::size_t s = 0; s < joint.compiled().statements.size(); ++s) {
    const double expected = point.log_density(joint.compiled().statements[s].statement);
    EXPECT_NEAR(values[s], expected, 1e-9 * (1 + std::abs(expected))) << joint.terms()[s];
  }
  const double before = total();
  for (const Source& source : joint.sources())
    for (Index k = 0; source.block >= 0 && k < std::min<Index>(source.members(), 3); ++k) {
      const auto variable = static_cast<int>(&source - joint.sources().data());
      const Index cell = source.cell_of[static_cast<std::size_t>(k)];
      const Eigen::VectorXd here = statistics_of(source, point.at(variable, cell)),
                            there = statistics_of(source, draw(joint, source, random));
      joint.prepare({source.block, k, k + 1});
      Eigen::MatrixXd slope(here.size(), 1);
      joint.natural_gradient({source.block, k, k + 1}, slope);
      set(source, k, there);
      const double after = total();
      set(source, k, 0.5 * (here + there));
      const double middle = total();
      set(source, k, here);
      const double scale = 1 + std::abs(before) + std::abs(after);
      EXPECT_NEAR(middle, 0.5 * (before + after), 1e-9 * scale) << joint.member_name(source.block, k);
      EXPECT_NEAR(slope.col(0).dot(there - here), after - before, 1e-9 * scale) << joint.member_name(source.block, k);
    }
}

}  // namespace kullback::messages::test
