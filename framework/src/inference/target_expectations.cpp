#include "inference/target_expectations.hpp"

#include "divergence/expectations.hpp"
#include "divergence/moments.hpp"
#include "inference/cells.hpp"

#include <kullback/error.hpp>
#include <kullback/numerics.hpp>

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <numeric>
#include <optional>

namespace kullback::inference {
namespace {

constexpr double kRounding = 16 * kEpsilon;

// The target's cells and their probabilities.
struct Cells {
  std::vector<Eigen::VectorXd> edges;
  std::vector<Index> sizes;
  Eigen::VectorXd probability;
};

std::optional<Cells> find_cells(const Members& target) {
  const auto* tabulated = capability<Tabulated>(*target.family, target.layout);
  const auto* exponential = capability<ExponentialFamily>(*target.family, target.layout);
  if (!tabulated || !exponential) return std::nullopt;
  Cells cells;
  cells.edges = tabulated->edges(target.layout);
  Index total = 1;
  for (const auto& e : cells.edges) {
    cells.sizes.push_back(e.size() - 1);
    total *= e.size() - 1;
  }
  Eigen::MatrixXd eta(total, 1), m(total, 1);
  Eigen::RowVectorXd log_partition(1);
  exponential->convert(target.layout, target.theta, eta, true);
  exponential->mean(target.layout, eta, m, row(log_partition));
  cells.probability = m.col(0);
  return cells;
}

// A member's coordinates.
std::vector<Index> coordinates(Index first, Index dimension) {
  std::vector<Index> list(static_cast<std::size_t>(dimension));
  std::iota(list.begin(), list.end(), first);
  return list;
}

// Probabilities of the leaf's cells from the target's: each target cell is uniform inside.
void spread(const Cells& p, const std::vector<Index>& axes, const std::vector<Eigen::VectorXd>& edges,
            Eigen::Ref<Eigen::VectorXd> out) {
  const Eigen::VectorXd marginal = keep_axes(p.probability, p.sizes, axes);
  std::array<std::vector<Piece>, 3> pieces;
  std::array<Index, 3> q_step{1, 0, 0}, p_step{1, 0, 0};
  std::array<Eigen::VectorXd, 3> p_edges;
  for (std::size_t a = 0; a < axes.size(); ++a) {
    p_edges[a] = p.edges[static_cast<std::size_t>(axes[a])];
    pieces[a] = cut(edges[a], p_edges[a]);
    if (a + 1 < 3) {
      q_step[a + 1] = q_step[a] * (edges[a].size() - 1);
      p_step[a + 1] = p_step[a] * (p_edges[a].size() - 1);
    }
  }
  for (std::size_t a = axes.size(); a < 3; ++a) {
    pieces[a] = {{0, 0, 0, 1}};
    p_edges[a] = Eigen::Vector2d(0, 1);
  }
  const auto share = [&](std::size_t a, const Piece& piece) {
    const double width = p_edges[a][piece.other + 1] - p_edges[a][piece.other];
    return (piece.high - piece.low) / width;
  };
  out.setZero();
  for (const Piece& c : pieces[2])
    for (const Piece& b : pieces[1])
      for (const Piece& a : pieces[0]) {
        if (a.other < 0 || b.other < 0 || c.other < 0) continue;
        out[a.cell * q_step[0] + b.cell * q_step[1] + c.cell * q_step[2]] +=
            marginal[a.other * p_step[0] + b.other * p_step[1] + c.other * p_step[2]] * share(0, a) * share(1, b) *
            share(2, c);
      }
}

// P(edges[k] < X < edges[k+1]), each from the tail that does not cancel.
void cell_probabilities(const Members& p, const Eigen::VectorXd& edges, Eigen::Ref<Eigen::VectorXd> out) {
  const auto* quantiles = capability<Quantiles>(*p.family, p.layout);
  const Eigen::MatrixXd x = edges.transpose();
  Eigen::RowVectorXd below(x.cols()), above(x.cols());
  quantiles->cdf(p.layout, p.theta, x, false, row(below));
  quantiles->cdf(p.layout, p.theta, x, true, row(above));
  for (Index k = 0; k < out.size(); ++k)
    out[k] = below[k + 1] <= 0.5 ? below[k + 1] - below[k] : above[k] - above[k + 1];
}

std::optional<Members> find_marginal(const Members& target, const std::vector<Index>& axes) {
  if (static_cast<Index>(axes.size()) == target.layout.dimension) return target;
  const auto* marginals = capability<Marginals>(*target.family, target.layout);
  if (!marginals) return std::nullopt;
  return marginals->marginal(target.layout, target.theta, axes);
}

// Panels that cover the mass of coordinate i: the cells of a grid where q has one, else the support, cut to 12
// standard deviations where it is unbounded.
Eigen::VectorXd panels(const Members& target, Index i, const Eigen::VectorXd& mean, const Eigen::VectorXd& second) {
  Support s = target.family->support(target.layout, target.theta, 0, i);
  const double reach = 12 * std::sqrt(std::max(0.0, second[i] - mean[i] * mean[i]));
  if (!std::isfinite(s.low)) s.low = mean[i] - reach;
  if (!std::isfinite(s.high)) s.high = mean[i] + reach;
  return Eigen::VectorXd::LinSpaced(65, s.low, s.high);
}

// Cell probabilities of a grid leaf by Gauss-Legendre sums of the target's density, 2 and 4 points a panel and axis.
void integrate_cells(const Members& target, const std::vector<Index>& axes, const std::vector<Eigen::VectorXd>& edges,
                     Eigen::Ref<Eigen::VectorXd> out, Eigen::Ref<Eigen::VectorXd> error) {
  const Index d = target.layout.dimension;
  Eigen::MatrixXd mean = Eigen::MatrixXd::Zero(d, 1), second = Eigen::MatrixXd::Ones(d, 1);
  if (const auto* moments = capability<Moments>(*target.family, target.layout)) {
    moments->expect(target.layout, target.theta, "x", mean);
    moments->expect(target.layout, target.theta, "x2", second);
  }
  std::vector<Eigen::VectorXd> grid(static_cast<std::size_t>(d));
  std::vector<Index> step(static_cast<std::size_t>(d), 0);
  for (Index i = 0, along = 1; i < d; ++i) {
    const auto at = static_cast<std::size_t>(i);
    for (std::size_t a = 0; a < axes.size(); ++a)
      if (axes[a] == i) {
        grid[at] = edges[a];
        step[at] = along;
        along *= edges[a].size() - 1;
      }
    if (grid[at].size() == 0) grid[at] = panels(target, i, mean.col(0), second.col(0));
  }
  static constexpr double kNode2 = 0.57735026918962576, kInner = 0.33998104358485626, kOuter = 0.86113631159405258;
  static constexpr double kInnerWeight = 0.65214515486254614, kOuterWeight = 0.34785484513745386;
  const std::array<std::vector<std::pair<double, double>>, 2> rules = {
      {{{-kNode2, 1}, {kNode2, 1}},
       {{-kOuter, kOuterWeight}, {-kInner, kInnerWeight}, {kInner, kInnerWeight}, {kOuter, kOuterWeight}}}};
  std::array<Eigen::VectorXd, 2> sums;
  for (std::size_t r = 0; r < 2; ++r) {
    const auto& rule = rules[r];
    const auto points = static_cast<Index>(rule.size());
    sums[r] = Eigen::VectorXd::Zero(out.size());
    const Index line = (grid[0].size() - 1) * points;  // along the first axis, one call of the density
    Index lines = 1;
    for (Index i = 1; i < d; ++i) lines *= (grid[static_cast<std::size_t>(i)].size() - 1) * points;
    Eigen::MatrixXd x(d, line);
    Eigen::RowVectorXd log_density(line);
    for (Index l = 0; l < lines; ++l) {
      double weight = 1;
      Index cell = 0, rest = l;
      for (Index i = 1; i < d; ++i) {
        const auto at = static_cast<std::size_t>(i);
        const Index count = (grid[at].size() - 1) * points, here = rest % count;
        rest /= count;
        const double half = 0.5 * (grid[at][here / points + 1] - grid[at][here / points]);
        const auto& [node, w] = rule[static_cast<std::size_t>(here % points)];
        x.row(i).setConstant(grid[at][here / points] + half * (1 + node));
        weight *= half * w;
        cell += (here / points) * step[at];
      }
      for (Index k = 0; k < line; ++k) {
        const double half = 0.5 * (grid[0][k / points + 1] - grid[0][k / points]);
        x(0, k) = grid[0][k / points] + half * (1 + rule[static_cast<std::size_t>(k % points)].first);
      }
      target.family->log_density(target.layout, target.theta, Points(x), row(log_density));
      for (Index k = 0; k < line; ++k) {
        const double half = 0.5 * (grid[0][k / points + 1] - grid[0][k / points]);
        sums[r][cell + (k / points) * step[0]] +=
            weight * half * rule[static_cast<std::size_t>(k % points)].second * std::exp(log_density[k]);
      }
    }
  }
  out = sums[1];
  error = (sums[1] - sums[0]).cwiseAbs();
}

void expect_cells(const Members& target, const Leaf& leaf, const Tabulated& tabulated, const std::vector<Index>& first,
                  Out m, Out error) {
  const std::vector<Eigen::VectorXd> edges = tabulated.edges(leaf.layout);
  const std::optional<Cells> cells = find_cells(target);
  for (Index k = 0; k < m.cols(); ++k) {
    const std::vector<Index> axes = coordinates(first[static_cast<std::size_t>(k)], leaf.layout.dimension);
    const std::optional<Members> marginal = cells ? std::nullopt : find_marginal(target, axes);
    error.col(k).setConstant(kRounding);
    if (cells) {
      spread(*cells, axes, edges, m.col(k));
    } else if (marginal && axes.size() == 1 && capability<Quantiles>(*marginal->family, marginal->layout)) {
      cell_probabilities(*marginal, edges[0], m.col(k));
    } else if (marginal && marginal->layout.dimension <= 3) {
      integrate_cells(*marginal, coordinates(0, leaf.layout.dimension), edges, m.col(k), error.col(k));
    } else if (target.layout.dimension <= 3) {
      integrate_cells(target, axes, edges, m.col(k), error.col(k));
    } else {
      throw UnsupportedError(
          fmt::format("the probabilities of {}'s cells under {} are not known: it has no marginals, and more than "
                      "three coordinates",
                      leaf.family->name(), target.family->name()));
    }
    // Mass outside the grid makes the divergence infinite; the little that rounding or cubature loses does not.
    const double mass = m.col(k).sum(), slack = 1e-12 + error.col(k).sum();
    if (!(std::abs(mass - 1) <= std::max(slack, 1e-6)))
      throw InfiniteError(fmt::format(
          "forward KL is infinite: the cells of {} hold {:.6g} of the target's mass in coordinate {}; widen the grid",
          leaf.family->name(), mass, axes.front() + 1));
    error.col(k).array() += std::abs(mass - 1);
    m.col(k) /= mass;
  }
}

// E[label] of the whole target, where it is a statistic by coordinate that the target knows.
std::optional<Eigen::VectorXd> whole_moment(const Members& target, const std::optional<Cells>& cells, Text label) {
  const Index d = target.layout.dimension, rows = label == "x*x'" ? d * d : d;
  if (cells) {
    const auto* tabulated = capability<Tabulated>(*target.family, target.layout);
    Eigen::MatrixXd average(rows, cells->probability.size());
    if (tabulated->cell_average(target.layout, label, average)) return average * cells->probability;
  }
  if (const auto* moments = capability<Moments>(*target.family, target.layout)) {
    Eigen::MatrixXd value(rows, 1);
    if (moments->expect(target.layout, target.theta, label, value)) return value.col(0);
  }
  return std::nullopt;
}

void pick(const Eigen::VectorXd& whole, Index target_dimension, Index first, Index dimension, Text label, Out m,
          Index row, Index column) {
  if (label == "x*x'") {
    for (Index j = 0; j < dimension; ++j)
      for (Index i = 0; i < dimension; ++i)
        m(row + j * dimension + i, column) = whole[(first + j) * target_dimension + first + i];
  } else {
    m.col(column).segment(row, dimension) = whole.segment(first, dimension);
  }
}

}  // namespace

void expect_under_target(const Members& target, const Leaf& leaf, const std::vector<Index>& first, Out m, Out error) {
  if (const auto* tabulated = capability<Tabulated>(*leaf.family, leaf.layout)) {
    expect_cells(target, leaf, *tabulated, first, m, error);
    return;
  }
  const Index d = leaf.layout.dimension;
  const std::optional<Cells> cells = find_cells(target);
  Index row = 0;
  error.setZero();
  for (const Statistic& s : leaf.labels) {
    const bool by_coordinate =
        s.label == "x" || s.label == "x2" || (s.label == "x*x'" && target.layout.dimension <= 4096);
    if (const auto whole = by_coordinate ? whole_moment(target, cells, s.label) : std::nullopt) {
      for (Index k = 0; k < m.cols(); ++k)
        pick(*whole, target.layout.dimension, first[static_cast<std::size_t>(k)], d, s.label, m, row, k);
    } else {
      for (Index k = 0; k < m.cols(); ++k) {
        const auto marginal = find_marginal(target, coordinates(first[static_cast<std::size_t>(k)], d));
        if (!marginal)
          throw UnsupportedError(fmt::format("{} does not know E[{}], which fitting {} needs", target.family->name(),
                                             s.label, with_article(leaf.family->name())));
        Eigen::MatrixXd value(s.rows, 1);
        if (divergence::expect_columns(side(*marginal), s.label, {}, value)) {
          m.col(k).segment(row, s.rows) = value.col(0);
          continue;
        }
        const divergence::ExpectedStatistics found = divergence::integrate_expectation(*marginal, s.label, s.rows);
        m.col(k).segment(row, s.rows) = found.value;
        error.col(k).segment(row, s.rows) = found.error;
      }
    }
    row += s.rows;
  }
  for (Index k = 0; k < m.cols(); ++k) {
    if (!m.col(k).allFinite())
      throw InfiniteError(fmt::format("{} has infinite moments in coordinate {}, so forward KL to {} is infinite",
                                      target.family->name(), first[static_cast<std::size_t>(k)] + 1,
                                      with_article(leaf.family->name())));
    error.col(k) += kRounding * m.col(k).cwiseAbs();
  }
}

}  // namespace kullback::inference
