// Cubature over boxes: tensor products of Gauss-Kronrod rules, cells in a heap, the worst ones are halved in rounds.
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
  bool infinite = false;
};

// The rule of one axis, and tensor products of it over d axes.
class Tensor {
 public:
  explicit Tensor(Index d) : d_(d), rule_(d >= 3 ? rule_15() : rule_21()) {
    count_ = 1;
    for (Index i = 0; i < d; ++i) count_ *= rule_.size();
  }
  Index count() const { return count_; }

  // Value, error and error per axis. Along each axis the Gauss value is compared with Kronrod's, with Kronrod's rule on
  // the others.
  void evaluate(const Integrand& integrand, Index components, Index driving, Cell& cell) const {
    const Index n = rule_.size();
    Eigen::MatrixXd points(d_, count_), f(components, count_);
    double volume = 1;
    std::array<double, kMost> center{}, half{};
    for (std::size_t a = 0; a < static_cast<std::size_t>(d_); ++a) {
      center[a] = 0.5 * (cell.low[a] + cell.high[a]);
      half[a] = 0.5 * (cell.high[a] - cell.low[a]);
      volume *= half[a];
    }
    for (Index i = 0; i < count_; ++i)
      for (Index a = 0, rest = i; a < d_; ++a, rest /= n)
        points(a, i) = center[static_cast<std::size_t>(a)] +
                       half[static_cast<std::size_t>(a)] * rule_.node[static_cast<std::size_t>(rest % n)];
    integrand(points, f);

    Eigen::MatrixXd gauss = Eigen::MatrixXd::Zero(components, d_);
    cell.value = Eigen::VectorXd::Zero(components);
    cell.absolute = cell.value;
    Eigen::VectorXd weights(count_);
    for (Index i = 0; i < count_; ++i) {
      double w = 1;
      std::array<double, kMost> g = {1, 1, 1};
      for (Index a = 0, rest = i; a < d_; ++a, rest /= n) {
        const auto k = static_cast<std::size_t>(rest % n);
        w *= rule_.weight[k];
        for (Index b = 0; b < d_; ++b) g[static_cast<std::size_t>(b)] *= a == b ? rule_.gauss[k] : rule_.weight[k];
      }
      weights(i) = w;
      for (Index c = 0; c < components; ++c) {
        cell.value(c) += w * f(c, i);
        cell.absolute(c) += w * std::abs(f(c, i));
        for (Index a = 0; a < d_; ++a) gauss(c, a) += g[static_cast<std::size_t>(a)] * f(c, i);
      }
    }
    if (cell.absolute.hasNaN()) throw NumericalError("an integrand is not a number");
    cell.infinite = !(cell.absolute.maxCoeff() < kInf);
    cell.error = Eigen::VectorXd::Zero(components);
    if (cell.infinite) return;
    std::array<double, kMost> along{};
    const double whole = std::pow(2.0, static_cast<double>(d_));
    for (Index c = 0; c < components; ++c) {
      double deviation = 0;
      for (Index i = 0; i < count_; ++i) deviation += weights(i) * std::abs(f(c, i) - cell.value(c) / whole);
      for (Index a = 0; a < d_; ++a) {
        const double error = quadpack_error((cell.value(c) - gauss(c, a)) * volume, 0, deviation * volume);
        cell.error(c) += error;
        if (c < driving) along[static_cast<std::size_t>(a)] += error / (cell.absolute(c) * volume + 1e-300);
      }
      cell.error(c) += kEpsilon * cell.absolute(c) * volume;
    }
    cell.value *= volume;
    cell.absolute *= volume;
    cell.axis = 0;
    for (Index a = 1; a < d_; ++a)
      if (along[static_cast<std::size_t>(a)] > along[static_cast<std::size_t>(cell.axis)])
        cell.axis = static_cast<int>(a);
  }

 private:
  Index d_, count_;
  const Rule& rule_;
};

}  // namespace

Integral cubature(const Integrand& integrand, Index components, const std::vector<std::vector<double>>& breaks,
                  const Options& options) {
  const Index d = static_cast<Index>(breaks.size());
  if (d < 1 || d > static_cast<Index>(kMost)) throw UnsupportedError("cubature is for 1 to 3 dimensions");
  const Index driving = options.driving < 0 ? components : options.driving;
  const Tensor tensor(d);

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
  const auto evaluate = [&](std::vector<Cell>& fresh) {
    parallel::for_chunks(static_cast<Index>(fresh.size()), 1, [&](Index, Index begin, Index end) {
      for (Index i = begin; i < end; ++i)
        tensor.evaluate(integrand, components, driving, fresh[static_cast<std::size_t>(i)]);
    });
    out.evaluations += static_cast<Index>(fresh.size()) * tensor.count();
    for (const Cell& cell : fresh) out.infinite = out.infinite || cell.infinite;
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

  evaluate(cells);
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
    while (!cells.empty() && fresh.size() < 2 * most && cells.front().priority > 0.1 * worst) {
      std::pop_heap(cells.begin(), cells.end(), by_priority);
      Cell left = std::move(cells.back());
      cells.pop_back();
      const auto a = static_cast<std::size_t>(left.axis);
      const double middle = 0.5 * (left.low[a] + left.high[a]);
      Cell right = left;
      left.high[a] = right.low[a] = middle;
      fresh.push_back(std::move(left));
      fresh.push_back(std::move(right));
    }
    if (out.evaluations + static_cast<Index>(fresh.size()) * tensor.count() > options.max_evaluations) {
      out.converged = false;
      return out;
    }
    evaluate(fresh);
    cells.insert(cells.end(), std::make_move_iterator(fresh.begin()), std::make_move_iterator(fresh.end()));
  }
  return out;
}

}  // namespace kullback::quadrature
