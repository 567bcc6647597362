#include "experiment/draws.hpp"

#include "core/random.hpp"
#include "language/terms.hpp"
#include "parallel/parallel.hpp"

#include <kullback/capability.hpp>
#include <kullback/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace kullback::experiment {

using language::Array;
using language::Dimensions;
using language::Values;
using model::Model;
using model::Statement;
using model::Variable;

namespace {

// One column of x a column of theta.
Eigen::MatrixXd sample(const Members& members, std::uint64_t seed, std::uint64_t draw, std::uint64_t first) {
  const auto* sampler = capability<Sampler>(*members.family, members.layout);
  if (!sampler) throw UnsupportedError(fmt::format("{} has no sampler, which reports and predictions need", members.family->name()));
  const Index n = members.theta.cols();
  Eigen::MatrixXd uniforms(sampler->uniforms(members.layout), n), x(members.layout.dimension, n);
  Stream(seed, Purpose::report).uniforms(draw, first, uniforms);
  sampler->sample(members.layout, members.theta, uniforms, x);
  return x;
}

Dimensions value_dimensions(const Model& model, const Variable& variable) {
  Dimensions dimensions = variable.dimensions();
  if (!variable.matrix) return dimensions;
  const int d = variable.over[0];
  const std::string second = model.plates[static_cast<std::size_t>(d)].name + "'";
  for (std::size_t p = 0; p < model.plates.size(); ++p)
    if (model.plates[p].name == second) dimensions.push_back(static_cast<int>(p));
  return dimensions;
}

constexpr std::uint64_t kMembersApart = std::uint64_t{1} << 40;  // of two variables in one stream

}  // namespace

Draws::Draws(const Model& model, std::vector<Factors> factors, const std::vector<int>& wanted, std::uint64_t seed)
    : model_(model), factors_(std::move(factors)), has_factors_(model.variables.size(), 0), seed_(seed) {
  for (const Factors& f : factors_) has_factors_[static_cast<std::size_t>(f.variable)] = 1;
  needed_ = needed(model_, wanted, has_factors_);
  std::erase_if(factors_, [&](const Factors& f) { return !needed_[static_cast<std::size_t>(f.variable)]; });
}

std::vector<char> Draws::needed(const Model& model, const std::vector<int>& wanted, const std::vector<char>& has_factors) {
  std::vector<char> needed(model.variables.size(), 0);
  std::vector<int> open = wanted;
  while (!open.empty()) {
    const auto v = static_cast<std::size_t>(open.back());
    open.pop_back();
    if (std::exchange(needed[v], 1)) continue;
    const bool wanted_itself = std::find(wanted.begin(), wanted.end(), static_cast<int>(v)) != wanted.end();
    const Variable& variable = model.variables[v];
    if (variable.role == Variable::Role::constant) continue;
    for (int s : variable.statements) {
      const Statement& statement = model.statements[static_cast<std::size_t>(s)];
      const bool drawn = statement.family && (has_factors[v] || variable.role == Variable::Role::observed) && !wanted_itself;
      if (drawn) continue;
      for (const model::Term& argument : statement.arguments) language::variables_of(argument, open);
      language::variables_of(statement.value, open);
    }
  }
  return needed;
}

Values Draws::known() const {
  Values values;
  for (std::size_t v = 0; v < model_.variables.size(); ++v) {
    const Variable& variable = model_.variables[v];
    if (!needed_[v]) {
      values.emplace_back();
      continue;
    }
    Array array = variable.data;
    if (array.values.size() == 0) {
      array.dimensions = value_dimensions(model_, variable);
      array.values = Eigen::VectorXd::Constant(language::cells(model_.plates, array.dimensions), std::numeric_limits<double>::quiet_NaN());
    }
    values.push_back(std::move(array));
  }
  for (std::size_t v = 0; v < values.size(); ++v)
    if (needed_[v] && model_.posteriors[v].kind == model::Posterior::Kind::fixed) values[v] = language::spread(model_.plates, model_.posteriors[v].value, values[v].dimensions);
  return values;
}

void Draws::draw_factors(Index s, Values& values) const {
  for (const Factors& f : factors_) {
    Eigen::MatrixXd x = sample(f.members, seed_, static_cast<std::uint64_t>(s), static_cast<std::uint64_t>(f.leader < 0 ? f.variable : f.leader) * kMembersApart);
    if (f.leader >= 0) x = x.middleRows(f.first, f.count).eval();
    Array& array = values[static_cast<std::size_t>(f.variable)];
    for (Index k = 0; k < x.cols(); ++k) {
      const Index cell = f.cells.empty() ? k : f.cells[static_cast<std::size_t>(k)];
      array.values.segment(cell * x.rows(), x.rows()) = x.col(k);
    }
  }
}

void Draws::draw_statement(Index s, const Statement& statement, Values& values) const {
  if (statement.modifier != Statement::Modifier::none) throw UnsupportedError("values that are truncated or censored are not drawn yet");
  const Members members = statement_members(model_, statement, values);
  const Eigen::MatrixXd x = sample(members, seed_, static_cast<std::uint64_t>(s), static_cast<std::uint64_t>(statement.variable) * kMembersApart);
  Array& array = values[static_cast<std::size_t>(statement.variable)];
  const auto& plates = model_.variables[static_cast<std::size_t>(statement.variable)].plates;
  const Index size = array.values.size() / std::max<Index>(1, language::cells(model_.plates, plates));  // numbers a cell
  for (Index k = 0; k < x.cols(); ++k)
    if (statement.serves.empty() || statement.serves[static_cast<std::size_t>(k * x.rows() / size)]) array.values.segment(k * x.rows(), x.rows()) = x.col(k);
}

void Draws::draw(Index s, Values& values) const {
  draw_factors(s, values);
  // Statements stand in the order in which they rest on one another.
  for (const Statement& statement : model_.statements) {
    const auto v = static_cast<std::size_t>(statement.variable);
    const Variable& variable = model_.variables[v];
    if (!needed_[v]) continue;
    const bool stated = variable.role == Variable::Role::deterministic || variable.role == Variable::Role::report;
    if (stated && &statement == &model_.statements[static_cast<std::size_t>(variable.statements[0])])
      values[v] = language::evaluate_variable(model_, statement.variable, values);
    if (variable.role != Variable::Role::latent) continue;
    if (!statement.family) {  // some cells of a latent variable that are stated
      const Array part = language::spread(model_.plates, language::evaluate_term(model_, statement.value, values), values[v].dimensions);
      const Index size = values[v].values.size() / std::max<Index>(1, language::cells(model_.plates, variable.plates));
      for (Index i = 0; i < part.values.size(); ++i)
        if (statement.serves.empty() || statement.serves[static_cast<std::size_t>(i / size)]) values[v].values[i] = part.values[i];
    } else if (!has_factors_[v] && model_.posteriors[v].kind != model::Posterior::Kind::fixed) {
      draw_statement(s, statement, values);
    }
  }
}

Members statement_members(const Model& model, const Statement& statement, const Values& values) {
  const Variable& variable = model.variables[static_cast<std::size_t>(statement.variable)];
  const bool scalar = statement.layout.dimension == 1 && variable.levels < 0;
  const Dimensions cells = scalar ? variable.dimensions() : variable.plates;
  const Dimensions event = scalar ? Dimensions{} : variable.levels >= 0 ? Dimensions{variable.levels} : variable.over;
  const Index n = language::cells(model.plates, cells), d = language::cells(model.plates, event);
  const auto parameters = statement.family->parameterizations()[static_cast<std::size_t>(statement.parameterization)];
  Index rows = 0;
  for (const Parameter& p : parameters) rows += p.shape == Shape::scalar ? 1 : p.shape == Shape::vector ? d : d * d;
  Eigen::MatrixXd given(rows, n);
  Index row = 0;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    Dimensions over = cells;
    Index size = 1;
    if (parameters[i].shape != Shape::scalar) {
      over.insert(over.end(), event.begin(), event.end());
      size = d;
    }
    if (parameters[i].shape == Shape::matrix) {
      over.push_back(statement.matrix_dimension);
      size = d * d;
    }
    const Array argument = language::spread(model.plates, language::evaluate_term(model, statement.arguments[i], values), over);
    given.middleRows(row, size) = argument.values.reshaped(size, n);
    row += size;
  }
  Members members{statement.family, statement.layout, Eigen::MatrixXd(statement.family->parameter_count(statement.layout), n)};
  statement.family->to_stored(statement.parameterization, statement.layout, given, members.theta);
  return members;
}

std::vector<int> reports_of(const Model& model) {
  std::vector<int> reports;
  for (std::size_t v = 0; v < model.variables.size(); ++v)
    if (model.variables[v].role == Variable::Role::report) reports.push_back(static_cast<int>(v));
  return reports;
}

std::vector<Report> make_reports(const Model& model, const Draws& draws) {
  constexpr Index kDraws = 10'000, kLeast = 100, kMostNumbers = 50'000'000;
  std::vector<Report> reports;
  std::vector<std::size_t> variables;
  Index numbers = 0;
  for (const language::Array& array : draws.known()) numbers += array.values.size();
  for (int v : reports_of(model)) {
    const Variable& variable = model.variables[static_cast<std::size_t>(v)];
    Report report;
    report.name = variable.name;
    for (int p : variable.plates) {
      report.plates.push_back(model.plates[static_cast<std::size_t>(p)].name);
      report.shape.push_back(model.plates[static_cast<std::size_t>(p)].size);
    }
    reports.push_back(std::move(report));
    variables.push_back(static_cast<std::size_t>(v));
  }
  if (reports.empty()) return reports;
  const Index count = std::clamp(kMostNumbers / std::max<Index>(1, numbers), kLeast, kDraws);
  // Sums of deviations from the first draw, chunk by chunk: the same at any number of threads.
  Values first = draws.known();
  draws.draw(0, first);
  constexpr Index kGrain = 50;
  struct Sums {
    std::vector<Eigen::VectorXd> sum, square;
  };
  std::vector<Sums> parts(static_cast<std::size_t>((count + kGrain - 1) / kGrain));
  parallel::for_chunks(count, kGrain, [&](Index chunk, Index begin, Index end) {
    Sums& part = parts[static_cast<std::size_t>(chunk)];
    for (std::size_t v : variables) {
      part.sum.push_back(Eigen::VectorXd::Zero(first[v].values.size()));
      part.square.push_back(part.sum.back());
    }
    Values values = draws.known();
    for (Index s = begin; s < end; ++s) {
      draws.draw(s, values);
      for (std::size_t i = 0; i < variables.size(); ++i) {
        const Eigen::ArrayXd deviation = values[variables[i]].values - first[variables[i]].values;
        part.sum[i].array() += deviation;
        part.square[i].array() += deviation.square();
      }
    }
  });
  for (std::size_t i = 0; i < reports.size(); ++i) {
    Eigen::VectorXd sum = Eigen::VectorXd::Zero(first[variables[i]].values.size()), square = sum;
    for (const Sums& part : parts) {
      sum += part.sum[i];
      square += part.square[i];
    }
    const auto n = static_cast<double>(count);
    reports[i].draws = count;
    reports[i].mean = first[variables[i]].values + sum / n;
    reports[i].stddev = ((square.array() - sum.array().square() / n) / (n - 1)).max(0).sqrt();
    reports[i].standard_error = reports[i].stddev / std::sqrt(n);
  }
  return reports;
}

}  // namespace kullback::experiment
