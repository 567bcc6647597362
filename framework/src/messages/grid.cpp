#include "messages/grid.hpp"

#include <kullback/error.hpp>
#include <kullback/labels.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace kullback::messages {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kDeep = 40;         // log densities below the largest by more do not count: e^-40 of the mass
constexpr Index kScan = 2000;        // nodes with which the range is looked for
constexpr double kEdgeMass = 1e-10;  // in the last cell, above which the range is too short
constexpr double kFewestCells = 20;  // that must carry the mass

Eigen::VectorXd midpoints(const Eigen::VectorXd& edges) {
  const Index n = edges.size() - 1;
  return 0.5 * edges.head(n) + 0.5 * edges.tail(n);
}

// Any member of the family: what is not known stands at a value of its domain.
Members any_member(const model::Statement& statement) {
  Arguments arguments;
  const auto parameters = statement.family->parameterizations()[static_cast<std::size_t>(statement.parameterization)];
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const model::Term& term = statement.arguments[i];
    const bool known = term.kind == model::Term::Kind::constant && term.array.values.size() == 1;
    const Domain domain = parameters[i].domain;
    arguments.push_back({parameters[i].name, known                             ? term.array.values[0]
                                             : domain == Domain::real          ? 0.0
                                             : domain == Domain::unit_interval ? 0.5
                                                                               : 1.0});
  }
  return statement.family->make(arguments);
}

// Nodes over a whole support, dense near 0 and near its ends.
Eigen::VectorXd scan_edges(double low, double high) {
  Eigen::VectorXd edges(kScan + 1);
  for (Index i = 0; i <= kScan; ++i) {
    const double t = static_cast<double>(i) / static_cast<double>(kScan), u = 2 * t - 1;
    if (std::isfinite(low) && std::isfinite(high))
      edges[i] = low + (high - low) * t;
    else if (std::isfinite(low))
      edges[i] = i == 0 ? low : low + std::pow(10, 16 * u);
    else if (std::isfinite(high))
      edges[i] = i == kScan ? high : high - std::pow(10, -16 * u);
    else
      edges[i] = 1e-3 * std::sinh(40 * u);
  }
  return edges;
}

}  // namespace

Grid make_grid(const model::Model& model, const Sources& sources, int index) {
  const Source& source = sources[static_cast<std::size_t>(index)];
  const model::Posterior& posterior = model.posteriors[static_cast<std::size_t>(index)];
  Grid grid;
  grid.source = index;
  grid.low = -kInfinity, grid.high = kInfinity;
  for (const int s : source.variable->statements) {
    const model::Statement& statement = model.statements[static_cast<std::size_t>(s)];
    if (!statement.family) continue;
    const Members member = any_member(statement);
    const Support support = member.family->support(member.layout, member.theta, 0, 0);
    if (support.integer)
      throw UnsupportedError(fmt::format("{}: a discrete_grid is for numbers on the line, and {} makes whole numbers",
                                         source.variable->name, statement.family->name()));
    grid.low = support.low, grid.high = support.high;
  }
  if (posterior.low) grid.low = std::max(grid.low, *posterior.low);
  if (posterior.high) grid.high = std::min(grid.high, *posterior.high);
  if (posterior.cells > 0) grid.cells = posterior.cells;
  grid.given = posterior.cells > 0 && posterior.low && posterior.high;
  return grid;
}

void Grid::set_edges(Eigen::VectorXd new_edges, const std::vector<Moments::Label>& labels) {
  edges = std::move(new_edges);
  nodes = midpoints(edges);
  values.resize(static_cast<Index>(labels.size()), nodes.size());
  const Eigen::RowVectorXd x = nodes.transpose();
  Eigen::MatrixXd row_of(1, nodes.size());
  for (std::size_t l = 0; l < labels.size(); ++l) {
    evaluate_label(labels[l].label, x, row_of);
    values.row(static_cast<Index>(l)) = row_of;
  }
}

bool Grid::drifted(const Eigen::MatrixXd& mass) const {
  if (given) return false;
  for (Index k = 0; k < mass.cols(); ++k) {
    if (open_below && mass(0, k) > kEdgeMass) return true;
    if (open_above && mass(mass.rows() - 1, k) > kEdgeMass) return true;
    if (!(1 / mass.col(k).squaredNorm() > kFewestCells)) return true;
  }
  return false;
}

Eigen::VectorXd Grid::choose_edges(const std::function<Eigen::MatrixXd(const Eigen::VectorXd&)>& density) {
  if (given) return Eigen::VectorXd::LinSpaced(cells + 1, low, high);
  Eigen::VectorXd at = scan_edges(low, high);
  double center = 0, scale = 1;
  for (int round = 0; round < 40; ++round) {
    const Eigen::VectorXd x = midpoints(at);
    const Eigen::VectorXd log_width = (at.tail(x.size()) - at.head(x.size())).array().log();
    Eigen::MatrixXd f = density(x);
    Index first = x.size(), last = -1, mode = 0;
    double narrowest = kInfinity;
    for (Index k = 0; k < f.cols(); ++k) {
      Eigen::VectorXd mass = f.col(k) + log_width;
      for (double& v : mass)
        if (std::isnan(v)) v = -kInfinity;
      Index top = 0;
      const double largest = mass.maxCoeff(&top);
      if (!(largest > -kInfinity))
        throw NumericalError("no cell of a discrete_grid has a finite log density: what it is told contradicts itself");
      Index begin = 0, end = x.size() - 1, near_begin = top, near_end = top;
      while (mass[begin] < largest - kDeep) ++begin;
      while (mass[end] < largest - kDeep) --end;
      f.col(k).maxCoeff(&top);
      near_begin = near_end = top;
      const double peak = f(top, k);
      while (near_begin > 0 && f(near_begin, k) > peak - 2) --near_begin;
      while (near_end + 1 < x.size() && f(near_end, k) > peak - 2) ++near_end;
      const double width = 0.5 * (at[near_end + 1] - at[near_begin]);
      if (width < narrowest) {
        narrowest = width;
        mode = top;
      }
      first = std::min(first, begin);
      last = std::max(last, end);
    }
    center = x[mode];
    scale = narrowest;
    const double from = at[std::max<Index>(0, first - 1)], to = at[std::min<Index>(x.size(), last + 2)];
    const bool shrunk = to - from < 0.5 * (at[x.size()] - at[0]);
    const bool resolved = narrowest > 8 * (at[mode + 1] - at[mode]);
    // Linear around the mode, geometric in the tails.
    const double u0 = std::asinh((from - center) / scale), u1 = std::asinh((to - center) / scale);
    const Index n = !shrunk && resolved ? cells : kScan;
    Eigen::VectorXd next(n + 1);
    for (Index i = 0; i <= n; ++i)
      next[i] = center + scale * std::sinh(u0 + (u1 - u0) * static_cast<double>(i) / static_cast<double>(n));
    next[0] = from, next[n] = to;
    at = std::move(next);
    if (!shrunk && resolved) break;
    if (round == 39) {
      Eigen::VectorXd coarse(cells + 1);
      for (Index i = 0; i <= cells; ++i)
        coarse[i] = center + scale * std::sinh(u0 + (u1 - u0) * static_cast<double>(i) / static_cast<double>(cells));
      at = std::move(coarse);
    }
  }
  open_below = at[0] > low;
  open_above = at[at.size() - 1] < high;
  return at;
}

}  // namespace kullback::messages
