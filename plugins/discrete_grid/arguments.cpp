#include <cmath>
#include <cstdio>
#include <limits>

#include "cells.hpp"

namespace kullback::discrete_grid {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::string text(double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.6g", value);
  return buffer;
}

struct Given {
  const Argument *edges = nullptr, *low = nullptr, *high = nullptr, *cells = nullptr, *content = nullptr;
  bool grid() const { return edges || low || high || cells; }
};

Given sort_out(const Arguments& arguments) {
  Given given;
  for (const Argument& a : arguments) {
    const std::string name = a.name.empty() && &a == &arguments.front() ? "edges" : a.name;
    const auto set = [&](const Argument*& place) {
      if (place) throw DomainError(name, "'" + name + "' is given twice");
      place = &a;
    };
    if (name == "edges") {
      set(given.edges);
    } else if (name == "low") {
      set(given.low);
    } else if (name == "high") {
      set(given.high);
    } else if (name == "cells") {
      set(given.cells);
    } else if (name == "probabilities" || name == "weights" || name == "log_weights" || name == "of") {
      if (given.content)
        throw DomainError(name, "give exactly one of probabilities, weights, log_weights and of, not both " +
                                    given.content->name + " and " + name);
      given.content = &a;
    } else if (name.empty()) {
      throw DomainError("",
                        "only the first parameter of discrete_grid may be given without its name: name it, weights =");
    } else {
      throw DomainError(name, "discrete_grid has no parameter '" + name + "'; " +
                                  suggestion(name, {"edges", "low", "high", "cells", "probabilities", "weights",
                                                    "log_weights", "of"}));
    }
  }
  return given;
}

void check_edges(const Edges& edges) {
  if (edges.empty() || edges.size() > 3)
    throw DomainError("edges", "discrete_grid has 1 to 3 coordinates, not " + std::to_string(edges.size()));
  double total = 1;
  for (const auto& e : edges) {
    if (e.size() < 2)
      throw DomainError("edges", "edges of a coordinate must be at least 2 numbers, got " + std::to_string(e.size()));
    for (Index i = 0; i < e.size(); ++i) {
      if (!std::isfinite(e[i])) throw DomainError("edges", "edges must be finite, got " + text(e[i]));
      if (i > 0 && !(e[i] > e[i - 1]))
        throw DomainError("edges", "edges must ascend, but " + text(e[i]) + " follows " + text(e[i - 1]));
    }
    total *= static_cast<double>(cells(e));
  }
  if (total > static_cast<double>(kMaxCells))
    throw DomainError("cells", "a grid of " + text(total) + " cells is too large: at most 10000000");
}

// A number for every coordinate, or a list with one number each.
Eigen::VectorXd numbers(const Argument& argument, Index dimension) {
  if (const auto* number = std::get_if<double>(&argument.value)) return Eigen::VectorXd::Constant(dimension, *number);
  const auto* list = std::get_if<Eigen::VectorXd>(&argument.value);
  if (!list)
    throw DomainError(argument.name, argument.name + " must be a number, or a list with one number a coordinate");
  if (list->size() != dimension)
    throw DomainError(argument.name, argument.name + " has " + std::to_string(list->size()) + " numbers for " +
                                         std::to_string(dimension) + " coordinates");
  return *list;
}

// `dimension` 0: as many as the lists have.
Edges grid(const Given& given, Index dimension) {
  Edges edges;
  if (given.edges) {
    if (given.low || given.high || given.cells) throw DomainError("edges", "give either edges, or low, high and cells");
    if (const auto* list = std::get_if<Eigen::VectorXd>(&given.edges->value)) {
      edges.push_back(*list);
    } else if (const auto* matrix = std::get_if<Eigen::MatrixXd>(&given.edges->value)) {
      for (Index k = 0; k < matrix->rows(); ++k) edges.push_back(matrix->row(k));
    } else {
      throw DomainError("edges", "edges must be a list of numbers, or one such list a coordinate");
    }
  } else {
    if (!given.low || !given.high || !given.cells)
      throw DomainError("", std::string("discrete_grid needs edges, or low, high and cells: ") +
                                (!given.low    ? "low"
                                 : !given.high ? "high"
                                               : "cells") +
                                " is missing");
    for (const Argument* a : {given.low, given.high, given.cells})
      if (const auto* list = std::get_if<Eigen::VectorXd>(&a->value); list && dimension == 0) dimension = list->size();
    if (dimension == 0) dimension = 1;
    if (dimension > 3) throw DomainError("", "discrete_grid has 1 to 3 coordinates, not " + std::to_string(dimension));
    const Eigen::VectorXd low = numbers(*given.low, dimension), high = numbers(*given.high, dimension),
                          count = numbers(*given.cells, dimension);
    for (Index k = 0; k < dimension; ++k) {
      if (!std::isfinite(low[k]) || !std::isfinite(high[k]) || !(high[k] > low[k]))
        throw DomainError("high", "high must be above low, got low = " + text(low[k]) + ", high = " + text(high[k]));
      if (!(count[k] >= 1 && count[k] == std::floor(count[k])))
        throw DomainError("cells", "cells must be a whole number, 1 or more, got " + text(count[k]));
      if (count[k] > static_cast<double>(kMaxCells))
        throw DomainError("cells", "a grid of " + text(count[k]) + " cells is too large: at most 10000000");
      const Index n = static_cast<Index>(count[k]);
      Eigen::VectorXd e(n + 1);
      for (Index i = 0; i <= n; ++i) {
        const double t = static_cast<double>(i) / count[k];
        e[i] = (1 - t) * low[k] + t * high[k];
      }
      edges.push_back(std::move(e));
    }
  }
  check_edges(edges);
  if (dimension != 0 && static_cast<Index>(edges.size()) != dimension)
    throw DomainError("edges", "the grid has " + std::to_string(edges.size()) + " coordinates, but there are " +
                                   std::to_string(dimension));
  return edges;
}

Eigen::VectorXd table(const Argument& a, const Edges& edges) {
  const Index total = total_cells(edges);
  Eigen::VectorXd out;
  if (const auto* list = std::get_if<Eigen::VectorXd>(&a.value)) {
    out = *list;
  } else if (const auto* matrix = std::get_if<Eigen::MatrixXd>(&a.value); matrix && edges.size() == 2) {
    if (matrix->rows() != cells(edges[0]) || matrix->cols() != cells(edges[1]))
      throw DomainError(a.name, a.name + " has " + std::to_string(matrix->rows()) + " rows of " +
                                    std::to_string(matrix->cols()) + " numbers, but the grid has " +
                                    std::to_string(cells(edges[0])) + " x " + std::to_string(cells(edges[1])) +
                                    " cells (a row for each cell of the first coordinate)");
    out = Eigen::Map<const Eigen::VectorXd>(matrix->data(),
                                            matrix->size());  // column-major: the first coordinate runs fastest
  } else if (std::holds_alternative<double>(a.value)) {
    out = Eigen::VectorXd::Constant(1, std::get<double>(a.value));
  } else {
    throw DomainError(a.name,
                      a.name + " must be a list of numbers" + (edges.size() == 2 ? ", or one such list a row" : ""));
  }
  if (out.size() != total)
    throw DomainError(a.name, a.name + " has " + std::to_string(out.size()) + " numbers, but the grid has " +
                                  std::to_string(total) + " cells");
  return out;
}

Eigen::VectorXd log_probabilities(const Argument& a, const Edges& edges) {
  Eigen::VectorXd values = table(a, edges);
  if (a.name == "log_weights") {
    for (double v : values)
      if (std::isnan(v) || v == kInfinity)
        throw DomainError(a.name, "log_weights must be numbers or -inf, got " + text(v));
    const double normalizer = log_sum_exp(values.data(), values.size());
    if (normalizer == -kInfinity)
      throw DomainError(a.name, "log_weights are all -inf: at least one cell must have mass");
    return values.array() - normalizer;
  }
  for (double v : values)
    if (!(v >= 0 && v < kInfinity))
      throw DomainError(a.name, a.name + " must be finite and non-negative, got " + text(v));
  const double largest = values.maxCoeff();
  if (!(largest > 0)) throw DomainError(a.name, a.name + " are all zero: at least one cell must have mass");
  if (a.name == "probabilities" && !(std::abs(values.sum() - 1) <= 1e-9))
    throw DomainError(a.name, "probabilities must sum to 1, got a sum of " + text(values.sum()) + "; weights need not");
  const double normalizer = std::log((values / largest).sum()) + std::log(largest);
  return values.array().log() - normalizer;
}

Eigen::VectorXd discretized(const Argument& a, const Edges& edges) {
  const auto* list = std::get_if<std::vector<Members>>(&a.value);
  if (!list || list->size() != 1 || list->front().theta.cols() != 1)
    throw DomainError("of", "of must be one distribution: of = normal(0, stddev = 1)");
  const Members& p = list->front();
  if (p.layout.dimension != static_cast<Index>(edges.size()))
    throw DomainError("of", "of is a distribution of " + std::to_string(p.layout.dimension) +
                                " coordinates, but the grid has " + std::to_string(edges.size()));
  const Eigen::VectorXd log_mass = cell_log_probabilities(p, edges);
  const double log_covered = log_sum_exp(log_mass.data(), log_mass.size()), covered = std::exp(log_covered);
  const std::string name(p.family->name());
  if (!std::isfinite(covered)) throw DomainError("of", "the density of " + name + " is not finite on this grid");
  if (!(covered > 0)) throw DomainError("of", "the grid covers none of " + name + ": widen low and high");
  // A family that knows its moments is normalized; a bare density need not be.
  if (capability<Moments>(*p.family, p.layout) && covered < 1 - 1e-6) {
    char percent[16];
    std::snprintf(percent, sizeof percent, covered < 0.9995 ? "%.1f" : "%.5f", 100 * covered);
    throw DomainError("of", "the grid covers only " + std::string(percent) + " % of " + name + ": widen low and high");
  }
  return log_mass.array() - log_covered;
}

}  // namespace

Members make_member(const Distribution& family, const Arguments& arguments) {
  const Given given = sort_out(arguments);
  if (!given.content) throw DomainError("", "discrete_grid needs one of probabilities, weights, log_weights and of");
  Index dimension = 0;
  if (given.content->name == "of") {
    if (const auto* list = std::get_if<std::vector<Members>>(&given.content->value); list && list->size() == 1)
      dimension = list->front().layout.dimension;
  } else if (std::holds_alternative<Eigen::MatrixXd>(given.content->value)) {
    dimension = 2;
  }
  Members out{&family, {}, {}};
  out.layout.constants = grid(given, dimension);
  out.layout.dimension = static_cast<Index>(out.layout.constants.size());
  out.theta = given.content->name == "of" ? discretized(*given.content, out.layout.constants)
                                          : log_probabilities(*given.content, out.layout.constants);
  return out;
}

Layout open_layout(const Arguments& arguments, const Opening& opening) {
  const Given given = sort_out(arguments);
  if (given.content)
    throw DomainError(given.content->name,
                      "discrete_grid is to be fitted, so " + given.content->name + " cannot be given here");
  Layout layout;
  if (given.grid()) {
    layout.constants = grid(given, given.edges ? 0 : opening.dimension);
  } else if (!opening.edges.empty()) {
    layout.constants = opening.edges;
    check_edges(layout.constants);
  } else {
    throw DomainError("", "discrete_grid needs a grid here: give edges, or low, high and cells");
  }
  layout.dimension = static_cast<Index>(layout.constants.size());
  return layout;
}

}  // namespace kullback::discrete_grid
