#include "messages/grid.hpp"

#include "messages/numeric_value.hpp"
#include "model/model_error.hpp"

#include <kullback/error.hpp>
#include <kullback/labels.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace kullback::messages {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kEdgeMass = 1e-10;  // in the last cells, above which the range is too short
constexpr double kMostMoved = 0.5;   // standard deviations
constexpr double kMostScaled = 1.5;

// The support that a statement's cells have together, arguments that are not known standing at one or the other value
// of their domain. NaN where these do not fit together.
Support support_of(const model::Model& model, const Sources& sources, const model::Statement& statement, bool other) {
  const auto parameters = statement.family->parameterizations()[static_cast<std::size_t>(statement.parameterization)];
  Support sum{kInfinity, -kInfinity, false};
  TermValue terms(model, sources, 1);
  for_served_cells(model, sources, statement, [&](Index, const Position& at, double) {
    Arguments arguments;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const Domain domain = parameters[i].domain;
      double value = domain == Domain::real            ? (other ? 1.0 : 0.0)
                     : domain == Domain::unit_interval ? (other ? 0.25 : 0.5)
                                                       : (other ? 2.0 : 1.0);
      if (statement.arguments[i].kind == model::Term::Kind::constant)
        value = terms.value(statement.arguments[i], at)[0];
      arguments.push_back({parameters[i].name, value});
    }
    try {
      const Members member = statement.family->make(arguments);
      const Support here = member.family->support(member.layout, member.theta, 0, 0);
      sum = {std::min(sum.low, here.low), std::max(sum.high, here.high), here.integer};
    } catch (const DomainError&) {
      sum.low = sum.high = std::nan("");
    }
  });
  return sum;
}

}  // namespace

Grid make_grid(const model::Model& model, const Sources& sources, int index) {
  const Source& source = sources[static_cast<std::size_t>(index)];
  const auto at = static_cast<std::size_t>(index);
  const model::Posterior posterior = at < model.posteriors.size() ? model.posteriors[at] : model::Posterior{};
  Grid grid;
  grid.source = index;
  grid.error = kInfinity;
  grid.low = kInfinity, grid.high = -kInfinity;
  for (const int s : source.variable->statements) {
    const model::Statement& statement = model.statements[static_cast<std::size_t>(s)];
    if (!statement.family) continue;
    const Support support = support_of(model, sources, statement, false);
    const Support other = support_of(model, sources, statement, true);
    const bool fixed = support.low == other.low && support.high == other.high;
    if (!fixed && !(posterior.low && posterior.high))
      model::refuse(
          model::of_variable(source.variable->name,
                             fmt::format("the range of its grid is not known before the run: say it, posterior: {{{}: "
                                         "discrete_grid(low = ..., high = ...)}}",
                                         source.variable->name)));
    grid.integer = support.integer;
    grid.low = std::min(grid.low, fixed ? support.low : *posterior.low);
    grid.high = std::max(grid.high, fixed ? support.high : *posterior.high);
  }
  if (source.within.size() > 0) {
    constexpr double kNone = std::numeric_limits<double>::max();  // where there is no limit
    if (const double low = source.within.row(0).minCoeff(); low > -kNone) grid.low = std::max(grid.low, low);
    if (const double high = source.within.row(1).maxCoeff(); high < kNone) grid.high = std::min(grid.high, high);
  }
  if (posterior.low) grid.low = std::max(grid.low, *posterior.low);
  if (posterior.high) grid.high = std::min(grid.high, *posterior.high);
  if (!(grid.integer ? std::ceil(grid.low) <= std::floor(grid.high) : grid.low < grid.high))
    model::refuse(model::of_variable(source.variable->name, "its grid lies outside the support of its distribution"));
  grid.count = posterior.cells;
  grid.given = !grid.integer && posterior.cells > 0 && posterior.low && posterior.high;
  return grid;
}

Eigen::MatrixXd label_values(const std::vector<Moments::Label>& labels, const Eigen::VectorXd& x,
                             const std::string& name) {
  Eigen::MatrixXd values(static_cast<Index>(labels.size()), x.size());
  Eigen::MatrixXd at = x.transpose(), row_of(1, x.size());
  for (std::size_t l = 0; l < labels.size(); ++l) {
    evaluate_label(labels[l].label, at, row_of);
    for (Index i = 0; i < x.size(); ++i)
      if (std::isnan(row_of(0, i)))
        model::refuse(model::of_variable(
            name, fmt::format("its statistic {} is not a number at {:.6g}, which its grid reaches: give it a range, "
                              "posterior: {{{}: discrete_grid(low = 0)}}",
                              labels[l].label, x[i], name)));
    make_logs_finite(labels[l].label, row_of.row(0));
    values.row(static_cast<Index>(l)) = row_of;
  }
  return values;
}

void Grid::set(Cells new_cells, const std::vector<Moments::Label>& labels, const std::string& name) {
  values = label_values(labels, new_cells.nodes, name);
  cells = std::move(new_cells);
}

Grid::Lies Grid::where(const Eigen::MatrixXd& mass) const {
  Lies lies;
  lies.mean = cells.nodes.transpose() * mass;
  lies.stddev.resize(mass.cols());
  for (Index k = 0; k < mass.cols(); ++k)
    lies.stddev[k] = std::sqrt((cells.nodes.array() - lies.mean[k]).square().matrix().dot(mass.col(k)));
  lies.below = mass.topRows(1);
  lies.above = mass.bottomRows(1);
  return lies;
}

void Grid::remember(const Eigen::MatrixXd& mass) { remembered_ = where(mass); }

bool Grid::drifted(const Eigen::MatrixXd& mass) const {
  if (given) return false;
  if (remembered_.mean.size() != mass.cols()) return true;
  const Lies now = where(mass);
  for (Index k = 0; k < mass.cols(); ++k) {
    if (now.below[k] > std::max(kEdgeMass, 2 * remembered_.below[k])) return true;
    if (now.above[k] > std::max(kEdgeMass, 2 * remembered_.above[k])) return true;
    const double before = remembered_.stddev[k];
    if (std::abs(now.mean[k] - remembered_.mean[k]) > kMostMoved * before) return true;
    if (now.stddev[k] > kMostScaled * before || before > kMostScaled * now.stddev[k]) return true;
  }
  return false;
}

}  // namespace kullback::messages
