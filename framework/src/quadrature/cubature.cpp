// Cubature over boxes: tensor products of Gauss-Kronrod rules, cells in a heap, the worst ones are halved in rounds.
// Where the splits that were asked for make many cells, they get a small rule first.
#include "parallel/parallel.hpp"
#include "quadrature/gauss_kronrod.hpp"
#include "quadrature/quadrature.hpp"

#include <kullback/error.hpp>
#include <kullback/numerics.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace kullback::quadrature {

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr std::size_t kMost = 3;

struct Cell {
  std::array<double, kMost> low{}, high{};
  Eigen::VectorXd value, error, absolute;
  int axis = 0;  ///< along which the driving components are worst
  double priority = 0;
  double top = 0;  ///< the largest logarithm of component 0 at a node
  bool infinite = false;
  bool coarse = false;  ///< by the small rule so far
};

// The tensor product of a rule over d axes: nodes, Kronrod's weights, and for each axis the weights with
// Gauss's rule on it and Kronrod's on the others.
class Tensor {
 public:
  Tensor(const Rule& rule, Index d) : rule_(rule), d_(d) {
    const Index n = rule.size();
    count_ = 1;
    for (Index i = 0; i < d; ++i) count_ *= n;
    nodes_.resize(d, count_);
    weights_.setOnes(count_, 1 + d);
    for (Index i = 0; i < count_; ++i)
      for (Index a = 0, rest = i; a < d; ++a, rest /= n) {
        const auto k = static_cast<std::size_t>(rest % n);
        nodes_(a, i) = rule.node[k];
        for (Index b = 0; b <= d; ++b) weights_(i, b) *= b == a + 1 ? rule.gauss[k] : rule.weight[k];
      }
    for (std::size_t i = 0; i < rule.node.size(); ++i) {
      legendre_[0][i] = 1;
      legendre_[1][i] = rule.node[i];
      for (std::size_t k = 1; k + 1 < legendre_.size(); ++k) {
        const auto m = static_cast<double>(k);
        legendre_[k + 1][i] = ((2 * m + 1) * rule.node[i] * legendre_[k][i] - m * legendre_[k - 1][i]) / (m + 1);
      }
    }
  }
  Index count() const { return count_; }

  // The integrand is called once for all: what it prepares for a call may cost more than a few points.
  void evaluate(const Integrand& integrand, Index components, Index driving, Index log_component, double highest,
                Cell* cells, Index number) const {
    Eigen::MatrixXd points(d_, count_ * number), f(components, count_ * number);
    for (Index c = 0; c < number; ++c)
      for (Index a = 0; a < d_; ++a) {
        const auto k = static_cast<std::size_t>(a);
        const double center = 0.5 * (cells[c].low[k] + cells[c].high[k]),
                     half = 0.5 * (cells[c].high[k] - cells[c].low[k]);
        points.row(a).segment(c * count_, count_) = (half * nodes_.row(a)).array() + center;
      }
    integrand(points, f);
    Eigen::MatrixXd own(components, count_);
    for (Index c = 0; c < number; ++c) {
      own = f.middleCols(c * count_, count_);
      finish(own, components, driving, log_component, highest, cells[c]);
    }
  }

 private:
  void finish(Eigen::MatrixXd& f, Index components, Index driving, Index log_component, double highest,
              Cell& cell) const {
    double volume = 1;
    for (std::size_t k = 0; k < static_cast<std::size_t>(d_); ++k) volume *= 0.5 * (cell.high[k] - cell.low[k]);
    Eigen::RowVectorXd logs;
    if (log_component >= 0) {
      logs = f.row(log_component);
      f.row(log_component).setZero();
    }
    if (f.hasNaN()) throw NumericalError("an integrand is not a number");
    cell.absolute = f.cwiseAbs() * weights_.col(0);
    cell.infinite = !(cell.absolute.maxCoeff() < kInf);
    cell.value = cell.error = Eigen::VectorXd::Zero(components);
    if (cell.infinite) return;
    const Eigen::MatrixXd sums = f * weights_;
    std::array<double, kMost> along{};
    const double whole = std::pow(2.0, static_cast<double>(d_));
    for (Index c = 0; c < components; ++c) {
      const double deviation = (f.row(c).array() - sums(c, 0) / whole).abs().matrix() * weights_.col(0);
      for (Index a = 0; a < d_; ++a) {
        const double error =
            std::min(quadpack_error(sums(c, 0) - sums(c, 1 + a), 0, deviation), smooth_error(f, c, a)) * volume;
        cell.error(c) += error;
        if (c < driving) along[static_cast<std::size_t>(a)] += error / (cell.absolute(c) * volume + 1e-300);
      }
      cell.error(c) += kEpsilon * cell.absolute(c) * volume;
    }
    add_unseen(f, logs, volume, driving, highest, cell, along);
    cell.value = sums.col(0) * volume;
    cell.absolute *= volume;
    cell.axis = 0;
    for (Index a = 1; a < d_; ++a)
      if (along[static_cast<std::size_t>(a)] > along[static_cast<std::size_t>(cell.axis)])
        cell.axis = static_cast<int>(a);
  }

  // What a smooth function leaves to the rule along an axis, from how fast its Legendre coefficients fall there (the
  // other axes integrated). The rule is exact to degree 31, coefficients to degree 15 are known: if they fall
  // geometrically, they are continued. Where they do not, this knows nothing. The difference from Gauss's rule alone
  // overrates the error of smooth functions by orders, at a price to the power d.
  double smooth_error(const Eigen::MatrixXd& f, Index c, Index axis) const {
    const Index n = rule_.size();
    if (n < kPanelNodes) return kInf;
    Index stride = 1;
    for (Index a = 0; a < axis; ++a) stride *= n;
    std::array<double, kPanelNodes> line{};
    for (Index i = 0; i < count_; ++i) line[static_cast<std::size_t>(i / stride % n)] += weights_(i, 0) * f(c, i);
    std::array<double, 8>
        pair{};  // the larger of the coefficients 2i and 2i + 1, since even and odd functions lack every other
    for (std::size_t k = 0; k < 16; ++k) {
      double sum = 0;
      for (std::size_t i = 0; i < line.size(); ++i) sum += legendre_[k][i] * line[i];
      pair[k / 2] = std::max(pair[k / 2], std::abs(sum) * (static_cast<double>(k) + 0.5));
    }
    double rate = 0;
    for (std::size_t k = 5; k < 8; ++k) rate = std::max(rate, pair[k] / pair[k - 1]);
    if (!(rate < 0.7)) return kInf;
    // Pairs 16, 17, ... follow pair 7; each degree contributes at most twice its coefficient. Ten for safety.
    return 10 * 4 * pair[7] * std::pow(rate, 9) / (1 - rate);
  }

  // A ridge that is narrower than the nodes are apart leaves next to nothing at any of them, and all rules agree on
  // next to nothing. But its logarithm shows: where three neighbours on a line along an axis have their maximum in the
  // middle, a parabola through the logarithms says how high the peak may be, and what of it the rule does not see is an
  // error.
  void add_unseen(const Eigen::MatrixXd& f, Eigen::RowVectorXd& logs, double volume, Index driving, double highest,
                  Cell& cell, std::array<double, kMost>& along) const {
    const Index n = rule_.size();
    const std::vector<double>& node = rule_.node;
    if (logs.size() == 0) {
      const Eigen::RowVectorXd values = f.row(0).cwiseAbs();
      logs.resize(count_);
      vector_log(values.data(), logs.data(), count_);
    }
    cell.top = logs.maxCoeff();
    Index stride = 1;
    for (Index a = 0; a < d_; ++a, stride *= n)
      for (Index i = 0; i < count_; ++i) {
        const Index k = i / stride % n;
        if (k == 0 || k == n - 1) continue;
        const double left = logs(i) - logs(i - stride), right = logs(i) - logs(i + stride);
        // No peak, one that the nodes resolve, or the end of a support.
        if (!(left >= 0 && right >= 0 && left + right >= 4 && left + right < kInf)) continue;
        const auto at = static_cast<std::size_t>(k);
        const double h = node[at] - node[at - 1], g = node[at + 1] - node[at];
        const double curvature = 2 * (left / h + right / g) / (h + g);  // of -log f
        const double slope = (left / h * g - right / g * h) / (h + g);  // of log f, at the middle
        const double peak = logs(i) + slope * slope / (2 * curvature);
        const double mass = std::exp(std::min(peak, highest)) * std::sqrt(6.283185307179586 / curvature);
        const double seen = std::abs(f(0, i));
        const double unseen = (mass / rule_.weight[at] - seen) * weights_(i, 0) * volume;
        if (!(unseen > 0)) continue;
        along[static_cast<std::size_t>(a)] += unseen / (cell.absolute(0) * volume + 1e-300);
        for (Index c = 0; c < driving; ++c)
          cell.error(c) += unseen * (c == 0 || seen == 0 ? 1 : std::abs(f(c, i)) / seen);
      }
  }

  const Rule& rule_;
  Index d_, count_;
  Eigen::MatrixXd nodes_, weights_;
  std::array<std::array<double, kPanelNodes>, 16> legendre_;  // P_k at the nodes
};

}  // namespace

Integral cubature(const Integrand& integrand, Index components, const std::vector<std::vector<double>>& breaks,
                  const Options& options) {
  const Index d = static_cast<Index>(breaks.size());
  if (d < 1 || d > static_cast<Index>(kMost)) throw UnsupportedError("cubature is for 1 to 3 dimensions");
  const Index driving = options.driving < 0 ? components : options.driving;
  const Tensor tensor(rule_21(), d), small(rule_7(), d);

  std::vector<Cell> cells(1);
  for (std::size_t a = 0; a < breaks.size(); ++a) {
    std::vector<Cell> finer;
    for (const Cell& cell : cells)
      for (std::size_t k = 0; k + 1 < breaks[a].size(); ++k) {
        finer.push_back(cell);
        finer.back().low[a] = breaks[a][k];
        finer.back().high[a] = breaks[a][k + 1];
      }
    cells = std::move(finer);
  }

  Integral out;
  out.value = Eigen::VectorXd::Zero(components);
  out.error = out.value;
  Eigen::VectorXd absolute = out.value;
  // How high a peak between nodes is believed to be, as a logarithm: no more than 20 times the highest value so far.
  constexpr double kUnknown = 300;
  double highest = kUnknown;
  const auto evaluate = [&](const Tensor& rule, std::vector<Cell>& fresh) {
    const Index batch = std::max<Index>(1, 1024 / rule.count());
    parallel::for_chunks(static_cast<Index>(fresh.size()), batch, [&](Index, Index begin, Index end) {
      rule.evaluate(integrand, components, driving, options.log_component, highest,
                    fresh.data() + static_cast<std::size_t>(begin), end - begin);
    });
    out.evaluations += static_cast<Index>(fresh.size()) * rule.count();
    double top = -kInf;
    for (const Cell& cell : fresh) {
      out.infinite = out.infinite || cell.infinite;
      top = std::max(top, cell.top);
    }
    highest = std::min(kUnknown, std::max(highest < kUnknown ? highest : -kInf, top + 3));
  };
  const auto tolerance = [&](Index c) {
    double most = std::max(options.relative_tolerance * absolute(c), options.absolute_tolerance);
    if (c == 0 && options.noise_component >= 0) most = std::max(most, 0.2 * absolute(options.noise_component));
    return most;
  };
  const auto reached = [&] {
    for (Index c = 0; c < driving; ++c)
      if (out.error(c) > tolerance(c)) return false;
    return true;
  };
  const auto by_priority = [](const Cell& a, const Cell& b) { return a.priority < b.priority; };
  const auto total = [&] {
    out.value.setZero();
    out.error.setZero();
    absolute.setZero();
    for (const Cell& cell : cells) {
      out.value += cell.value;
      out.error += cell.error;
      absolute += cell.absolute;
    }
  };

  constexpr std::size_t kMany = 1000;
  const bool many = cells.size() >= kMany;
  for (Cell& cell : cells) cell.coarse = many;
  evaluate(many ? small : tensor, cells);
  const Index most_evaluations = options.max_evaluations + (many ? out.evaluations : 0);
  // A round halves the worst cells that make up most of the error: their number depends on the errors alone.
  while (!out.infinite) {
    total();
    if (reached()) return out;
    for (Cell& cell : cells) {
      cell.priority = 0;
      for (Index c = 0; c < driving; ++c)
        cell.priority = std::max(cell.priority, cell.error(c) / std::max(tolerance(c), 1e-300));
    }
    std::make_heap(cells.begin(), cells.end(), by_priority);
    const double worst = cells.front().priority;
    std::vector<Cell> fresh;
    const std::size_t most = std::max<std::size_t>(4, cells.size() / 8);
    while (!cells.empty() && fresh.size() < 2 * most && cells.front().priority >= 0.1 * worst) {
      std::pop_heap(cells.begin(), cells.end(), by_priority);
      Cell left = std::move(cells.back());
      cells.pop_back();
      if (left.coarse) {
        left.coarse = false;
        fresh.push_back(std::move(left));
        continue;
      }
      const auto a = static_cast<std::size_t>(left.axis);
      const double middle = 0.5 * (left.low[a] + left.high[a]);
      Cell right = left;
      left.high[a] = right.low[a] = middle;
      fresh.push_back(std::move(left));
      fresh.push_back(std::move(right));
    }
    if (out.evaluations + static_cast<Index>(fresh.size()) * tensor.count() > most_evaluations) {
      out.converged = false;
      return out;
    }
    evaluate(tensor, fresh);
    cells.insert(cells.end(), std::make_move_iterator(fresh.begin()), std::make_move_iterator(fresh.end()));
  }
  return out;
}

}  // namespace kullback::quadrature
