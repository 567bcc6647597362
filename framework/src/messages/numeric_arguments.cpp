#include "messages/numeric_arguments.hpp"

#include "core/parameters.hpp"
#include "messages/numeric.hpp"
#include "model/model_error.hpp"

#include <kullback/error.hpp>
#include <kullback/matrices.hpp>

#include <fmt/format.h>
#include <Eigen/Eigenvalues>

#include <algorithm>
#include <cmath>
#include <limits>

namespace kullback::messages {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kRounding = 1e-9;  // of a matrix's largest entry: its smallest eigenvalue may be that far below 0

// A matrix that rounding has made singular is impossible; one with a negative eigenvalue is a mistake.
bool is_singular(const std::string& name, const Eigen::MatrixXd& matrix) {
  try {
    cholesky(name, matrix);
    return false;
  } catch (const DomainError&) {
    const Eigen::VectorXd eigenvalues = Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(matrix).eigenvalues();
    if (!(eigenvalues.minCoeff() > -kRounding * matrix.cwiseAbs().maxCoeff())) throw;
    return true;
  }
}

}  // namespace

NumericArguments::NumericArguments(const NodesOfReading& nodes)
    : nodes_(nodes),
      statement_(nodes.model.statements[static_cast<std::size_t>(nodes.numeric.statement)]),
      read_(nodes.numeric.readings[nodes.reading]),
      parameters_(statement_.family->parameterizations()[static_cast<std::size_t>(statement_.parameterization)]),
      vectors_(has_vectors(statement_)) {}

std::string NumericArguments::grid_name() const {
  return read_.members.empty() ? "" : nodes_.sources[static_cast<std::size_t>(read_.members[0].first)].variable->name;
}

NumericArguments::Values NumericArguments::at(TermValue& terms, const NumericStatement::Cell& cell,
                                              const Eigen::ArrayXd& first, const Eigen::ArrayXd& second) const {
  if (!read_.members.empty()) terms.set(read_.members[0], first);
  if (read_.members.size() > 1) terms.set(read_.members[1], second);
  terms.choose(cell.choices);
  const Index size = first.size();
  Values values{Eigen::MatrixXd(statement_.family->parameter_count(statement_.layout), size), {}, {}, {}};
  if (statement_.modifier != model::Statement::Modifier::none) {
    values.low = Eigen::ArrayXd::Constant(size, -kInfinity), values.high = Eigen::ArrayXd::Constant(size, kInfinity);
    if (statement_.low) values.low = terms.value(*statement_.low, cell.at);
    if (statement_.high) values.high = terms.value(*statement_.high, cell.at);
  }
  try {
    fill(terms, cell, values);
  } catch (const DomainError& error) {
    model::refuse(model::of_variable(
        nodes_.model.variables[static_cast<std::size_t>(statement_.variable)].name,
        fmt::format("{} at a node of the grid of {}: give the grid a range, posterior: {{{}: discrete_grid(low = 0)}}",
                    error.what(), grid_name(), grid_name())));
  }
  return values;
}

void NumericArguments::fill(TermValue& terms, const NumericStatement::Cell& cell, Values& values) const {
  std::vector<Eigen::ArrayXXd> parts;
  Index rows = 0;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    parts.push_back(terms.values(statement_, i, cell.at));
    rows += parts.back().cols();
  }
  Eigen::MatrixXd given(rows, values.theta.cols());
  Index row = 0;
  for (const Eigen::ArrayXXd& part : parts) {
    given.middleRows(row, part.cols()) = part.matrix().transpose();
    row += part.cols();
  }
  move_inside(given, values.impossible);
  if (!vectors_ || values.impossible.empty())
    statement_.family->to_stored(statement_.parameterization, statement_.layout, given, values.theta);
  else
    replace_impossible(given, values);
}

// Nodes at which an argument has underflowed or overflowed are impossible: they get valid numbers in its place.
void NumericArguments::move_inside(Eigen::MatrixXd& given, std::vector<Index>& impossible) const {
  Index row = 0;
  for (const Parameter& parameter : parameters_) {
    const Index rows =
        parameter.shape == Shape::scalar ? 1 : statement_.family->parameter_rows(parameter, statement_.layout);
    for (Index n = 0; n < given.cols(); ++n) {
      for (double& value : given.col(n).segment(row, rows)) {
        if ((parameter.domain == Domain::positive && value == 0) || std::isinf(value)) {
          value = parameter.domain == Domain::unit_interval ? 0.5 : 1;
          impossible.push_back(n);
        }
        check_domain(parameter, value);
      }
      const Index side = std::lround(std::sqrt(static_cast<double>(rows)));
      if (parameter.domain == Domain::positive_definite && parameter.shape == Shape::matrix &&
          (impossible.empty() || impossible.back() != n) &&
          is_singular(parameter.name, given.col(n).segment(row, rows).reshaped(side, side)))
        impossible.push_back(n);
    }
    row += rows;
  }
  std::sort(impossible.begin(), impossible.end());
  impossible.erase(std::unique(impossible.begin(), impossible.end()), impossible.end());
}

// One bad number of a vector makes all of it bad: any member stands in its place.
void NumericArguments::replace_impossible(const Eigen::MatrixXd& given, Values& values) const {
  std::vector<Index> possible;
  for (Index n = 0; n < given.cols(); ++n)
    if (!std::binary_search(values.impossible.begin(), values.impossible.end(), n)) possible.push_back(n);
  const Eigen::MatrixXd good = given(Eigen::all, possible);
  Eigen::MatrixXd theta(values.theta.rows(), good.cols());
  statement_.family->to_stored(statement_.parameterization, statement_.layout, good, theta);
  values.theta(Eigen::all, possible) = theta;
  const model::Dimensions inside = inside_of(nodes_.model.variables[static_cast<std::size_t>(statement_.variable)]);
  const std::optional<Members> any =
      any_member(*statement_.family, statement_.parameterization, nodes_.model.cells(inside));
  for (const Index n : values.impossible)
    if (any && any->theta.rows() == values.theta.rows())
      values.theta.col(n) = any->theta.col(0);
    else
      values.theta.col(n).setOnes();
}

}  // namespace kullback::messages
