#include "experiment/draws.hpp"

#include "core/random.hpp"
#include "language/families.hpp"
#include "language/terms.hpp"
#include "messages/restricted.hpp"
#include "parallel/parallel.hpp"

#include <kullback/capability.hpp>
#include <kullback/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
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
  if (!sampler)
    throw UnsupportedError(
        fmt::format("{} has no sampler, which reports and predictions need", members.family->name()));
  const Index n = members.theta.cols();
  Eigen::MatrixXd uniforms(sampler->uniforms(members.layout), n), x(members.layout.dimension, n);
  Stream(seed, Purpose::report).uniforms(draw, first, uniforms);
  sampler->sample(members.layout, members.theta, uniforms, x);
  return x;
}

// The same within limits: one number a column.
Eigen::MatrixXd sample(const Members& members, const Limits& limits, std::uint64_t seed, std::uint64_t draw,
                       std::uint64_t first) {
  Eigen::MatrixXd x(1, members.theta.cols());
  Stream(seed, Purpose::report).uniforms(draw, first, x);
  for (Index k = 0; k < x.cols(); ++k)
    x(0, k) = messages::quantile_between(*members.family, members.layout, members.theta.middleCols(k, 1), limits.low[k],
                                         limits.high[k], x(0, k));
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
  for (std::size_t v = 0; v < model.variables.size(); ++v) {
    const Variable& variable = model.variables[v];
    const bool observed = needed_[v] && variable.role == Variable::Role::observed && !has_factors_[v];
    const bool wanted_itself = std::find(wanted.begin(), wanted.end(), static_cast<int>(v)) != wanted.end();
    has_gaps_.push_back(observed && wanted_itself && variable.statements.size() == 1 && variable.levels < 0 &&
                        variable.data.values.hasNaN());
  }
  std::erase_if(factors_, [&](const Factors& f) { return !needed_[static_cast<std::size_t>(f.variable)]; });
}

std::vector<char> Draws::needed(const Model& model, const std::vector<int>& wanted,
                                const std::vector<char>& has_factors) {
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
      const bool drawn =
          statement.family && (has_factors[v] || variable.role == Variable::Role::observed) && !wanted_itself;
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
      array.values = Eigen::VectorXd::Constant(language::cells(model_.plates, array.dimensions),
                                               std::numeric_limits<double>::quiet_NaN());
    }
    values.push_back(std::move(array));
  }
  for (std::size_t v = 0; v < values.size(); ++v)
    if (needed_[v] && model_.posteriors[v].kind == model::Posterior::Kind::fixed)
      values[v] = language::spread(model_.plates, model_.posteriors[v].value, values[v].dimensions);
  for (const Statement& statement : model_.statements) {
    const auto v = static_cast<std::size_t>(statement.variable);
    if (needed_[v] && !statement.family && model_.variables[v].role == Variable::Role::latent &&
        statement.value.kind == model::Term::Kind::constant)
      state_cells(statement, values);
  }
  return values;
}

bool is_whole(const model::Model& model, int variable) {
  const Variable& v = model.variables[static_cast<std::size_t>(variable)];
  return v.levels < 0 && std::any_of(v.statements.begin(), v.statements.end(), [&](int s) {
           const Statement& statement = model.statements[static_cast<std::size_t>(s)];
           if (!statement.family || statement.layout.dimension != 1) return false;
           const auto support = language::fixed_support(*statement.family, statement.parameterization, 1);
           return support && support->support.integer;
         });
}

void Draws::draw_factors(Index s, Values& values) const {
  for (const Factors& f : factors_) {
    Eigen::MatrixXd x = sample(f.members, seed_, static_cast<std::uint64_t>(s),
                               static_cast<std::uint64_t>(f.leader < 0 ? f.variable : f.leader) * kMembersApart);
    if (is_whole(model_, f.variable)) x = x.array().round();
    if (f.leader >= 0) x = x.middleRows(f.first, f.count).eval();
    Array& array = values[static_cast<std::size_t>(f.variable)];
    for (Index k = 0; k < x.cols(); ++k) {
      const Index cell = f.cells.empty() ? k : f.cells[static_cast<std::size_t>(k)];
      array.values.segment(cell * x.rows(), x.rows()) = x.col(k);
    }
    // What the data give of a vector stays as it is.
    const Eigen::VectorXd& data = model_.variables[static_cast<std::size_t>(f.variable)].data.values;
    if (data.size() == array.values.size()) array.values = data.array().isNaN().select(array.values, data);
  }
}

void Draws::draw_statement(Index s, const Statement& statement, Values& values) const {
  const Members members = statement_members(model_, statement, values);
  const auto draw = static_cast<std::uint64_t>(s),
             first = static_cast<std::uint64_t>(statement.variable) * kMembersApart;
  const std::optional<Limits> limits = truncation(model_, statement, values);
  const Eigen::MatrixXd x = limits ? sample(members, *limits, seed_, draw, first) : sample(members, seed_, draw, first);
  Array& array = values[static_cast<std::size_t>(statement.variable)];
  const auto& plates = model_.variables[static_cast<std::size_t>(statement.variable)].plates;
  const Index size =
      array.values.size() / std::max<Index>(1, language::cells(model_.plates, plates));  // numbers a cell
  for (Index k = 0; k < x.cols(); ++k)
    if (statement.serves.empty() || statement.serves[static_cast<std::size_t>(k * x.rows() / size)])
      array.values.segment(k * x.rows(), x.rows()) = x.col(k);
}

// Cells of data that are wholly empty.
void Draws::fill_gaps(Index s, const Statement& statement, Values& values) const {
  const Eigen::VectorXd& data = model_.variables[static_cast<std::size_t>(statement.variable)].data.values;
  Eigen::VectorXd& filled = values[static_cast<std::size_t>(statement.variable)].values;
  draw_statement(s, statement, values);
  const Index d = statement.layout.dimension;
  for (Index first = 0; first < data.size(); first += d)
    if (!data.segment(first, d).array().isNaN().all()) filled.segment(first, d) = data.segment(first, d);
}

// Some cells of a latent variable that are stated.
void Draws::state_cells(const Statement& statement, Values& values) const {
  const auto v = static_cast<std::size_t>(statement.variable);
  const Array part =
      language::spread(model_.plates, language::evaluate_term(model_, statement.value, values), values[v].dimensions);
  const Index size =
      values[v].values.size() / std::max<Index>(1, language::cells(model_.plates, model_.variables[v].plates));
  for (Index i = 0; i < part.values.size(); ++i)
    if (statement.serves.empty() || statement.serves[static_cast<std::size_t>(i / size)])
      values[v].values[i] = part.values[i];
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
    if (has_gaps_[v]) fill_gaps(s, statement, values);
    if (variable.role != Variable::Role::latent) continue;
    if (!statement.family) {
      state_cells(statement, values);
    } else if (!has_factors_[v] && model_.posteriors[v].kind != model::Posterior::Kind::fixed) {
      draw_statement(s, statement, values);
    }
  }
}

Members statement_members(const Model& model, const Statement& statement, const Values& values) {
  const Variable& variable = model.variables[static_cast<std::size_t>(statement.variable)];
  if (statement.flat)
    throw UnsupportedError(fmt::format(
        "{}: its prior is flat, which says nothing of cells without data: give it a proper prior", variable.name));
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
    const Array argument =
        language::spread(model.plates, language::evaluate_term(model, statement.arguments[i], values), over);
    given.middleRows(row, size) = argument.values.reshaped(size, n);
    row += size;
  }
  Members members{statement.family, statement.layout,
                  Eigen::MatrixXd(statement.family->parameter_count(statement.layout), n)};
  statement.family->to_stored(statement.parameterization, statement.layout, given, members.theta);
  return members;
}

std::vector<int> reports_of(const Model& model) {
  std::vector<int> reports;
  for (std::size_t v = 0; v < model.variables.size(); ++v)
    if (model.variables[v].role == Variable::Role::report) reports.push_back(static_cast<int>(v));
  return reports;
}

namespace {

constexpr Index kDraws = 10'000, kLeastDraws = 100, kMostNumbers = 50'000'000;

Index draws_for(const Draws& draws) {
  Index numbers = 0;
  for (const Array& array : draws.known()) numbers += array.values.size();
  return std::clamp(kMostNumbers / std::max<Index>(1, numbers), kLeastDraws, kDraws);
}

// Mean and standard deviation over draws of some vectors of numbers. Sums of deviations from the first draw, chunk by
// chunk: the same at any number of threads.
struct Averages {
  std::vector<Eigen::VectorXd> mean, stddev;
};
Averages average(const Draws& draws, Index count,
                 const std::function<std::vector<Eigen::VectorXd>(const Values&)>& extract) {
  Values start = draws.known();
  draws.draw(0, start);
  const std::vector<Eigen::VectorXd> first = extract(start);
  std::vector<Eigen::VectorXd> zero;
  for (const Eigen::VectorXd& each : first) zero.push_back(Eigen::VectorXd::Zero(each.size()));
  constexpr Index kGrain = 50;
  std::vector<std::pair<std::vector<Eigen::VectorXd>, std::vector<Eigen::VectorXd>>> parts(
      static_cast<std::size_t>((count + kGrain - 1) / kGrain));
  parallel::for_chunks(count, kGrain, [&](Index chunk, Index begin, Index end) {
    auto& [sum, square] = parts[static_cast<std::size_t>(chunk)];
    sum = square = zero;
    Values values = draws.known();
    for (Index s = begin; s < end; ++s) {
      draws.draw(s, values);
      const std::vector<Eigen::VectorXd> now = extract(values);
      for (std::size_t i = 0; i < now.size(); ++i) {
        sum[i] += now[i] - first[i];
        square[i] += (now[i] - first[i]).cwiseAbs2();
      }
    }
  });
  Averages averages;
  const auto n = static_cast<double>(count);
  for (std::size_t i = 0; i < first.size(); ++i) {
    Eigen::VectorXd sum = zero[i], square = zero[i];
    for (const auto& part : parts) {
      sum += part.first[i];
      square += part.second[i];
    }
    averages.mean.push_back(first[i] + sum / n);
    averages.stddev.push_back(((square.array() - sum.array().square() / n) / (n - 1)).max(0).sqrt());
  }
  return averages;
}

Report named(const Model& model, const Variable& variable, const Dimensions& dimensions) {
  Report report;
  report.name = variable.name;
  for (int p : dimensions) {
    report.plates.push_back(model.plates[static_cast<std::size_t>(p)].name);
    report.shape.push_back(model.plates[static_cast<std::size_t>(p)].size);
  }
  return report;
}

}  // namespace

std::vector<Report> make_reports(const Model& model, const Draws& draws) {
  const std::vector<int> variables = reports_of(model);
  if (variables.empty()) return {};
  const Index count = draws_for(draws);
  const Averages averages = average(draws, count, [&](const Values& values) {
    std::vector<Eigen::VectorXd> numbers;
    for (int v : variables) numbers.push_back(values[static_cast<std::size_t>(v)].values);
    return numbers;
  });
  std::vector<Report> reports;
  for (std::size_t i = 0; i < variables.size(); ++i) {
    const Variable& variable = model.variables[static_cast<std::size_t>(variables[i])];
    Report report = named(model, variable, variable.plates);
    report.draws = count;
    report.mean = averages.mean[i];
    report.stddev = averages.stddev[i];
    report.standard_error = averages.stddev[i] / std::sqrt(static_cast<double>(count));
    reports.push_back(std::move(report));
  }
  return reports;
}

std::optional<Limits> truncation(const Model& model, const Statement& statement, const Values& values) {
  if (statement.modifier != Statement::Modifier::truncated) return std::nullopt;
  const Dimensions cells = model.variables[static_cast<std::size_t>(statement.variable)].dimensions();
  const auto of = [&](const std::optional<model::Term>& term, double none) -> Eigen::VectorXd {
    if (!term) return Eigen::VectorXd::Constant(language::cells(model.plates, cells), none);
    return language::spread(model.plates, language::evaluate_term(model, *term, values), cells).values;
  };
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  return Limits{of(statement.low, -kInfinity), of(statement.high, kInfinity)};
}

std::optional<Report> missing_cells(const Model& model, int v, const Draws& draws) {
  const Variable& variable = model.variables[static_cast<std::size_t>(v)];
  const Statement& statement = model.statements[static_cast<std::size_t>(variable.statements[0])];
  const auto* moments = capability<Moments>(*statement.family, statement.layout);
  if (variable.statements.size() != 1 || variable.levels >= 0 || !moments ||
      statement.modifier != Statement::Modifier::none)
    return std::nullopt;
  std::vector<Index> empty;
  for (Index i = 0; i < variable.data.values.size(); ++i)
    if (std::isnan(variable.data.values[i])) empty.push_back(i);
  const Index count = draws_for(draws);
  std::atomic<bool> known = true;
  const Averages averages = average(draws, count, [&](const Values& values) {
    const Members members = statement_members(model, statement, values);
    Eigen::MatrixXd mean(members.layout.dimension, members.theta.cols()), second = mean;
    if (!moments->expect(members.layout, members.theta, "x", mean) ||
        !moments->expect(members.layout, members.theta, "x2", second))
      known = false;
    std::vector<Eigen::VectorXd> numbers(2, Eigen::VectorXd(static_cast<Index>(empty.size())));
    for (std::size_t i = 0; i < empty.size(); ++i) {
      const double m = mean.data()[empty[i]];
      numbers[0][static_cast<Index>(i)] = m;
      numbers[1][static_cast<Index>(i)] = second.data()[empty[i]] - m * m;
    }
    return numbers;
  });
  if (!known) return std::nullopt;
  const Dimensions dimensions = variable.dimensions();
  Report report = named(model, variable, {});
  report.plates = named(model, variable, dimensions).plates;
  report.shape = {static_cast<Index>(empty.size())};
  for (Index cell : empty) report.cells.push_back(language::cell_text(model.plates, dimensions, cell));
  report.draws = count;
  report.mean = averages.mean[0];
  report.stddev = (averages.mean[1].array() + averages.stddev[0].array().square()).sqrt();
  report.standard_error = averages.stddev[0] / std::sqrt(static_cast<double>(count));
  return report;
}

}  // namespace kullback::experiment
