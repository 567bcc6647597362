// A density that is constant on the cells of a tensor grid. theta = log of the cells' probabilities; edges in
// layout.constants.
#include <algorithm>
#include <cmath>
#include <limits>

#include "cells.hpp"

namespace kullback::discrete_grid {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Index step(In theta) { return theta.cols() > 1 ? 1 : 0; }

double midpoint(const Eigen::VectorXd& edges, Index cell) { return 0.5 * edges[cell] + 0.5 * edges[cell + 1]; }
double width(const Eigen::VectorXd& edges, Index cell) { return edges[cell + 1] - edges[cell]; }

// Probabilities below and above each edge of a one-dimensional grid, each summed from its own end.
struct Cumulative {
  Eigen::VectorXd below, above;
  explicit Cumulative(const Eigen::VectorXd& log_probability) {
    const Index n = log_probability.size();
    below.resize(n + 1), above.resize(n + 1);
    below[0] = above[n] = 0;
    for (Index i = 0; i < n; ++i) below[i + 1] = below[i] + std::exp(log_probability[i]);
    for (Index i = n; i-- > 0;) above[i] = above[i + 1] + std::exp(log_probability[i]);
  }
};

class DiscreteGrid final : public Distribution,
                           public ExponentialFamily,
                           public Entropy,
                           public Moments,
                           public Sampler,
                           public Quantiles,
                           public Marginals,
                           public Nodes,
                           public Tabulated,
                           public Landmarks {
 public:
  Text name() const override { return "discrete_grid"; }
  Text formula() const override { return "probability of the cell that x is in / volume of the cell"; }

  std::vector<std::vector<Parameter>> parameterizations() const override {
    const Parameter edges{"edges", Domain::real, Shape::vector}, low{"low", Domain::real, Shape::scalar},
        high{"high", Domain::real, Shape::scalar}, count{"cells", Domain::count, Shape::scalar};
    std::vector<std::vector<Parameter>> out;
    for (const Parameter& content : {Parameter{"probabilities", Domain::simplex, Shape::vector},
                                     Parameter{"weights", Domain::non_negative, Shape::vector},
                                     Parameter{"log_weights", Domain::real, Shape::vector}}) {
      out.push_back({edges, content});
      out.push_back({low, high, count, content});
    }
    return out;
  }

  Members make(const Arguments& arguments) const override { return make_member(*this, arguments); }
  Layout open(const Arguments& arguments, const Opening& opening) const override {
    return open_layout(arguments, opening);
  }
  Index parameter_count(const Layout& layout) const override { return total_cells(layout.constants); }

  bool provides(const Layout& layout, int number) const override {
    const bool one_only = number == Quantiles::kCapability || number == Landmarks::kCapability;
    return !one_only || layout.dimension == 1;
  }

  // From the first to the last cell along the coordinate that has any mass.
  Support support(const Layout& layout, In theta, Index member, Index coordinate) const override {
    const auto k = static_cast<std::size_t>(coordinate);
    const auto& edges = layout.constants[k];
    Index first = cells(edges), last = -1;
    for_cells(layout.constants, [&](Index cell, const Index* at) {
      if (theta(cell, member) == -kInfinity) return;
      first = std::min(first, at[k]);
      last = std::max(last, at[k]);
    });
    return {edges[first], edges[last + 1], false};
  }

  void log_density(const Layout& layout, In theta, const Points& points, Row out) const override {
    const Edges& edges = layout.constants;
    for (Index n = 0; n < points.x.cols(); ++n) {
      Index cell = 0, stride = 1;
      double log_volume = 0;
      for (std::size_t k = 0; k < edges.size() && cell >= 0; ++k) {
        const Index at = find_cell(edges[k], points.x(static_cast<Index>(k), n));
        cell = at < 0 ? -1 : cell + stride * at;
        if (at >= 0) log_volume += std::log(width(edges[k], at));
        stride *= cells(edges[k]);
      }
      out[n] = cell < 0 ? -kInfinity : theta(cell, n * step(theta)) - log_volume;
    }
  }

  // The statistics are the cells' indicators; eta is the log density of each up to a constant; m its probability.
  std::vector<Statistic> statistics(const Layout& layout) const override {
    return {{"cell", total_cells(layout.constants)}};
  }
  void mean(const Layout& layout, In eta, Out m, Row log_partition) const override {
    const Eigen::VectorXd volumes = log_volumes(layout.constants);
    Eigen::VectorXd logs(volumes.size());
    for (Index n = 0; n < eta.cols(); ++n) {
      logs = eta.col(n) + volumes;
      const double normalizer = log_sum_exp(logs.data(), logs.size());
      log_partition[n] = normalizer;
      logs.array() -= normalizer;
      vector_exp(logs.data(), m.col(n).data(), logs.size());
    }
  }
  void natural(const Layout& layout, In m, Out eta) const override {
    const Eigen::VectorXd volumes = log_volumes(layout.constants);
    for (Index n = 0; n < m.cols(); ++n) {
      // Sums of many cells' probabilities carry roundings, quadrature more.
      if (!(m.col(n).minCoeff() >= 0) || !(std::abs(m.col(n).sum() - 1) < 1e-6))
        throw DomainError(
            "", "no discrete_grid has these mean parameters: cell probabilities are non-negative and sum to 1");
      eta.col(n) = m.col(n).array().log() - volumes.array();
    }
  }
  bool in_domain(const Layout&, In eta, Index member) const override {
    bool any = false;
    for (double e : eta.col(member)) {
      if (std::isnan(e) || e == kInfinity) return false;
      any = any || e > -kInfinity;
    }
    return any;
  }
  void convert(const Layout& layout, In from, Out to, bool theta_to_eta) const override {
    const Eigen::VectorXd volumes = log_volumes(layout.constants);
    for (Index n = 0; n < from.cols(); ++n) {
      if (theta_to_eta) {
        to.col(n) = from.col(n) - volumes;
      } else {
        to.col(n) = from.col(n) + volumes;
        to.col(n).array() -= log_sum_exp(to.col(n).data(), to.rows());
      }
    }
  }

  void entropy(const Layout& layout, In theta, Row out) const override {
    const Eigen::VectorXd volumes = log_volumes(layout.constants);
    for (Index n = 0; n < theta.cols(); ++n) {
      double sum = 0;
      for (Index i = 0; i < theta.rows(); ++i)
        if (theta(i, n) > -kInfinity) sum += std::exp(theta(i, n)) * (volumes[i] - theta(i, n));
      out[n] = sum;
    }
  }

  bool expect(const Layout& layout, In theta, Text label, Out value) const override {
    if (label == "cell") {
      value = theta.array().exp();
      return true;
    }
    if (label != "x" && label != "x2" && label != "x*x'") return false;
    Eigen::MatrixXd averages(value.rows(), theta.rows());
    if (!cell_average(layout, label, averages)) return false;
    value.noalias() = averages * theta.array().exp().matrix();
    return true;
  }

  std::vector<Eigen::VectorXd> edges(const Layout& layout) const override { return layout.constants; }

  bool cell_average(const Layout& layout, Text label, Out value) const override {
    const Edges& edges = layout.constants;
    const Index d = layout.dimension;
    const auto x = [&](Index k, Index cell) { return midpoint(edges[static_cast<std::size_t>(k)], cell); };
    const auto x2 = [&](Index k, Index cell) {
      const double m = x(k, cell), w = width(edges[static_cast<std::size_t>(k)], cell);
      return m * m + w * w / 12;
    };
    if (label == "x") {
      for_cells(edges, [&](Index cell, const Index* at) {
        for (Index k = 0; k < d; ++k) value(k, cell) = x(k, at[k]);
      });
    } else if (label == "x2") {
      for_cells(edges, [&](Index cell, const Index* at) {
        for (Index k = 0; k < d; ++k) value(k, cell) = x2(k, at[k]);
      });
    } else if (label == "x*x'") {
      for_cells(edges, [&](Index cell, const Index* at) {
        for (Index k = 0; k < d; ++k)
          for (Index l = 0; l < d; ++l) value(k + d * l, cell) = k == l ? x2(k, at[k]) : x(k, at[k]) * x(l, at[l]);
      });
    } else {
      return false;
    }
    return true;
  }

  // The first uniform picks the cell, the others the place in it.
  Index uniforms(const Layout& layout) const override { return 1 + layout.dimension; }
  void sample(const Layout& layout, In theta, In uniforms, Out x) const override {
    Eigen::VectorXd below;
    for (Index n = 0; n < x.cols(); ++n) {
      if (n == 0 || theta.cols() > 1) below = Cumulative(theta.col(n * step(theta))).below;
      const double* begin = below.data();
      Index cell = std::upper_bound(begin, begin + below.size(), uniforms(0, n) * below[below.size() - 1]) - begin - 1;
      cell = std::min(cell, below.size() - 2);
      for (Index k = 0; k < layout.dimension; ++k) {
        const auto& e = layout.constants[static_cast<std::size_t>(k)];
        const Index at = cell % cells(e);
        x(k, n) = e[at] + width(e, at) * uniforms(1 + k, n);
        cell /= cells(e);
      }
    }
  }

  // One coordinate only: the distribution function is linear inside a cell.
  void cdf(const Layout& layout, In theta, In x, bool upper, Row p) const override {
    const auto& e = layout.constants.front();
    for_each_member(theta, x.cols(), [&](const Cumulative& sums, Index n) {
      const double at = x(0, n);
      const Index cell = find_cell(e, at);
      if (cell < 0) {
        p[n] = (at < e[0]) == upper ? 1 : 0;
        return;
      }
      const double share = upper ? (e[cell + 1] - at) / width(e, cell) : (at - e[cell]) / width(e, cell);
      const double from = upper ? sums.above[cell + 1] : sums.below[cell];
      const double to = upper ? sums.above[cell] : sums.below[cell + 1];
      p[n] = std::min(1.0, from + share * (to - from));
    });
  }
  void quantile(const Layout& layout, In theta, In p, bool upper, Row x) const override {
    const auto& e = layout.constants.front();
    const Index n_cells = cells(e);
    for_each_member(theta, p.cols(), [&](const Cumulative& sums, Index n) {
      const double wanted = p(0, n);
      // The cell in which the sum from the near end passes `wanted`; empty cells are never chosen.
      Index cell = 0;
      if (upper) {
        const double* begin = sums.above.data();  // descending
        cell =
            std::lower_bound(begin, begin + n_cells + 1, wanted, [](double a, double b) { return a >= b; }) - begin - 1;
        cell = std::clamp<Index>(cell, 0, n_cells - 1);
        while (cell > 0 && sums.above[cell] == sums.above[cell + 1]) --cell;
        const double mass = sums.above[cell] - sums.above[cell + 1];
        const double share = mass > 0 ? std::clamp((wanted - sums.above[cell + 1]) / mass, 0.0, 1.0) : 0;
        x[n] = e[cell + 1] - share * width(e, cell);
      } else {
        const double* begin = sums.below.data();
        cell = std::lower_bound(begin, begin + n_cells + 1, wanted) - begin - 1;
        cell = std::clamp<Index>(cell, 0, n_cells - 1);
        while (cell + 1 < n_cells && sums.below[cell] == sums.below[cell + 1]) ++cell;
        const double mass = sums.below[cell + 1] - sums.below[cell];
        const double share = mass > 0 ? std::clamp((wanted - sums.below[cell]) / mass, 0.0, 1.0) : 1;
        x[n] = e[cell] + share * width(e, cell);
      }
    });
  }

  Members marginal(const Layout& layout, In theta, std::span<const Index> coordinates) const override {
    Members out{this, {}, {}};
    out.layout.dimension = static_cast<Index>(coordinates.size());
    for (Index c : coordinates) out.layout.constants.push_back(layout.constants[static_cast<std::size_t>(c)]);
    out.theta = Eigen::MatrixXd::Zero(total_cells(out.layout.constants), theta.cols());
    for_cells(layout.constants, [&](Index cell, const Index* at) {
      Index to = 0, stride = 1;
      for (std::size_t k = 0; k < coordinates.size(); ++k) {
        to += stride * at[coordinates[k]];
        stride *= cells(out.layout.constants[k]);
      }
      for (Index n = 0; n < theta.cols(); ++n) out.theta(to, n) += std::exp(theta(cell, n));
    });
    out.theta = out.theta.array().log().matrix().eval();
    return out;
  }

  // Gauss-Legendre with 1, 2, 4, ... nodes a coordinate in every cell.
  Index count(const Layout& layout, int level) const override {
    Index total = total_cells(layout.constants);
    for (Index k = 0; k < layout.dimension; ++k) total <<= level;
    return total;
  }
  void nodes(const Layout& layout, In theta, int level, Out x, Row weights) const override {
    const Edges& edges = layout.constants;
    const GaussRule rule = gauss_legendre(Index{1} << level);
    const Index n = rule.nodes.size(), d = layout.dimension, per_cell = count(layout, level) / total_cells(edges);
    for_cells(edges, [&](Index cell, const Index* at) {
      const double mass = std::exp(theta(cell, 0));
      for (Index i = 0; i < per_cell; ++i) {
        Index rest = i;
        double weight = mass;
        for (Index k = 0; k < d; ++k, rest /= n) {
          const auto& e = edges[static_cast<std::size_t>(k)];
          x(k, cell * per_cell + i) = e[at[k]] + width(e, at[k]) * rule.nodes[rest % n];
          weight *= rule.weights[rest % n];
        }
        weights[cell * per_cell + i] = weight;
      }
    });
  }

  void landmarks(const Layout& layout, In, Index, std::vector<Landmark>& out) const override {
    for (double e : layout.constants.front()) out.push_back({e, 0});
  }

 private:
  template <class Visit>
  static void for_each_member(In theta, Index count, const Visit& visit) {
    if (count == 0) return;
    if (theta.cols() == 1) {
      const Cumulative sums(theta.col(0));
      for (Index n = 0; n < count; ++n) visit(sums, n);
    } else {
      for (Index n = 0; n < count; ++n) visit(Cumulative(theta.col(n)), n);
    }
  }
};

}  // namespace
}  // namespace kullback::discrete_grid

KULLBACK_PLUGIN("discrete_grid", "1.0.0")(kullback::Registrar& registrar) {
  registrar.family(std::make_unique<kullback::discrete_grid::DiscreteGrid>());
  registrar.rule("kl", "discrete_grid", "discrete_grid", kullback::discrete_grid::kl_rule());
}
