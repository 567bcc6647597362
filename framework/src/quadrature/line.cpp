// One-dimensional integration: panels in a heap, the worst one is halved next.
#include "quadrature/gauss_kronrod.hpp"
#include "quadrature/quadrature.hpp"

#include <kullback/error.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <queue>

namespace kullback::quadrature {

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

class Panels {
 public:
  Panels(const Integrand& integrand, Index components, const Options& options)
      : integrand_(integrand),
        components_(components),
        options_(options),
        driving_(options.driving < 0 ? components : options.driving),
        total_(Eigen::ArrayXd::Zero(components)),
        absolute_(total_),
        error_(total_) {}

  // Adds the panels between successive ends, several a call.
  void add(const std::vector<double>& ends) {
    constexpr std::size_t kBatch = 48;
    for (std::size_t i = 0; i + 1 < ends.size() && !infinite_; i += kBatch) {
      pending_.clear();
      for (std::size_t j = i; j < std::min(i + kBatch, ends.size() - 1); ++j)
        pending_.push_back({ends[j], ends[j + 1]});
      evaluate();
    }
  }

  // Outward from `start` in growing panels to `limit`.
  void march(double start, double limit, double width, double flat) {
    const double sign = limit > start ? 1 : -1;
    int quiet = 0;
    for (double t = start; t != limit && quiet < 2 && !infinite_; width *= 1.5) {
      const double next = sign > 0 ? std::min(limit, t + width) : std::max(limit, t - width);
      pending_.assign(1, {std::min(t, next), std::max(t, next)});
      evaluate();
      if (infinite_) return;
      // Nothing left in what is wanted, and next to nothing in what rides along.
      const auto& mass = absolutes_.back();
      bool is_quiet = true;
      for (Index c = 0; c < components_; ++c)
        is_quiet = is_quiet && mass(c) <= (c < driving_ ? 1e-17 * absolute_(c) : 1e-11 * absolute_(c));
      quiet = is_quiet ? quiet + 1 : 0;
      t = next;
      if (t == limit && quiet < 2) remainder(limit, sign * std::min(width, std::abs(limit - start)) / 4, flat);
    }
  }

  void refine() {
    int hopeless = 0;
    rank();
    while (!heap_.empty() && !infinite_) {
      if (reached()) return;
      if (evaluations_ >= options_.max_evaluations || hopeless >= 12) break;
      const std::size_t worst = heap_.top().second;
      heap_.pop();
      const Panel panel = panels_[worst];
      const double middle = 0.5 * (panel.low + panel.high);
      if (panel.high - panel.low <= 1e-14 * std::max(std::abs(panel.low), std::abs(panel.high)) + 1e-300)
        continue;  // as narrow as the coordinate's rounding: its error stays
      const Eigen::ArrayXd old_value = values_[worst], old_error = errors_[worst];
      remove(worst);
      pending_ = {{panel.low, middle}, {middle, panel.high}};
      into_ = worst;
      evaluate();
      if (infinite_) return;
      const std::size_t other = panels_.size() - 1;
      const double value = values_[worst](0) + values_[other](0), error = errors_[worst](0) + errors_[other](0);
      if (error > 0.99 * old_error(0) && std::abs(value - old_value(0)) <= 1e-5 * std::abs(value) && driving_ == 1)
        ++hopeless;
      if (rescaled_) {
        rank();
        continue;
      }
      heap_.push({key(worst), worst});
      heap_.push({key(other), other});
    }
    converged_ = reached();
  }

  Integral result() const {
    Integral out;
    out.value = Eigen::VectorXd::Zero(components_);
    out.error = Eigen::VectorXd::Zero(components_);
    for (std::size_t i = 0; i < panels_.size(); ++i) {
      out.value += values_[i].matrix();
      out.error += errors_[i].matrix();
    }
    out.evaluations = evaluations_;
    out.converged = converged_;
    out.infinite = infinite_;
    out.infinite_at = infinite_at_;
    return out;
  }

 private:
  struct Panel {
    double low, high;
  };

  // The panels of pending_: the first goes into slot into_ if that is one, the others to the end.
  void evaluate() {
    const Rule& rule = rule_21();
    const Index panels = static_cast<Index>(pending_.size()), n = panels * kPanelNodes;
    if (points_.cols() < n) {
      points_.resize(1, n);
      buffer_.resize(components_, n);
    }
    for (Index j = 0; j < panels; ++j) {
      const Panel& p = pending_[static_cast<std::size_t>(j)];
      const double center = 0.5 * (p.low + p.high), half = 0.5 * (p.high - p.low);
      for (Index i = 0; i < kPanelNodes; ++i)
        points_(0, j * kPanelNodes + i) = center + half * rule.node[static_cast<std::size_t>(i)];
    }
    integrand_(points_.leftCols(n), buffer_.leftCols(n));
    evaluations_ += n;
    for (Index j = 0; j < panels; ++j) {
      const Panel& p = pending_[static_cast<std::size_t>(j)];
      const double half = 0.5 * (p.high - p.low);
      const auto f = buffer_.middleCols(j * kPanelNodes, kPanelNodes).array();
      Eigen::ArrayXd value(components_), error(components_), absolute(components_);
      for (Index c = 0; c < components_; ++c) {
        double kronrod = 0, gauss = 0, abs_sum = 0, deviation = 0;
        for (Index i = 0; i < kPanelNodes; ++i) {
          const auto k = static_cast<std::size_t>(i);
          kronrod += rule.weight[k] * f(c, i);
          gauss += rule.gauss[k] * f(c, i);
          abs_sum += rule.weight[k] * std::abs(f(c, i));
        }
        if (std::isnan(abs_sum)) throw NumericalError("an integrand is not a number");
        if (!(abs_sum < kInf)) {
          infinite_ = true;
          for (Index i = 0; i < kPanelNodes; ++i)
            if (!(std::abs(f(c, i)) < kInf)) infinite_at_ = points_(0, j * kPanelNodes + i);
          return;
        }
        for (Index i = 0; i < kPanelNodes; ++i)
          deviation += rule.weight[static_cast<std::size_t>(i)] * std::abs(f(c, i) - 0.5 * kronrod);
        value(c) = kronrod * half;
        absolute(c) = abs_sum * half;
        error(c) = quadpack_error((kronrod - gauss) * half, absolute(c), deviation * half);
      }
      total_ += value;
      absolute_ += absolute;
      error_ += error;
      if (into_ < panels_.size()) {
        panels_[into_] = p;
        values_[into_] = std::move(value);
        errors_[into_] = std::move(error);
        absolutes_[into_] = std::move(absolute);
        into_ = kNowhere;
      } else {
        panels_.push_back(p);
        values_.push_back(std::move(value));
        errors_.push_back(std::move(error));
        absolutes_.push_back(std::move(absolute));
      }
    }
  }

  void remove(std::size_t i) {
    total_ -= values_[i];
    absolute_ -= absolutes_[i];
    error_ -= errors_[i];
    // Where the panel was nearly all there is, the differences would be its rounding.
    const bool lost = (absolutes_[i] > 1e3 * absolute_ || errors_[i] > 1e3 * error_).any();
    for (auto* of : {&values_, &absolutes_, &errors_}) (*of)[i].setZero();
    if (!lost) return;
    rescaled_ = true;
    for (auto* sum : {&total_, &absolute_, &error_}) sum->setZero();
    for (std::size_t j = 0; j < panels_.size(); ++j) {
      total_ += values_[j];
      absolute_ += absolutes_[j];
      error_ += errors_[j];
    }
  }

  // The tail beyond the limit of a march, from the slope of the logarithm there.
  void remainder(double limit, double step, double flat) {
    Eigen::MatrixXd t(1, 2), g(components_, 2);
    t << limit - step, limit;
    integrand_(t, g);
    evaluations_ += 2;
    Eigen::ArrayXd value = Eigen::ArrayXd::Zero(components_);
    for (Index c = 0; c < components_; ++c) {
      const double last = std::abs(g(c, 1)), before = std::abs(g(c, 0));
      if (last == 0) continue;
      const double slope = (std::log(last) - std::log(before)) / std::abs(step);
      if (last < kInf && slope < -flat) {
        value(c) = g(c, 1) / -slope;
      } else if (c == 0 && !(absolutes_.back()(0) <= 1e-17 * absolute_(0))) {
        infinite_ = true;
        infinite_at_ = limit;
        return;
      }
    }
    panels_.push_back({limit, limit});
    values_.push_back(value);
    absolutes_.push_back(value.abs());
    errors_.push_back(0.1 * value.abs());
    total_ += value;
    absolute_ += value.abs();
    error_ += 0.1 * value.abs();
  }

  double tolerance(Index c) const {
    double most = std::max(options_.relative_tolerance * absolute_(c), options_.absolute_tolerance);
    if (c == 0 && options_.noise_component >= 0) most = std::max(most, 0.2 * absolute_(options_.noise_component));
    return most;
  }

  bool reached() const {
    for (Index c = 0; c < driving_; ++c)
      if (error_(c) > tolerance(c)) return false;
    return true;
  }

  // All panels, by what is tolerable now.
  void rank() {
    heap_ = {};
    for (std::size_t i = 0; i < panels_.size(); ++i) heap_.push({key(i), i});
    rescaled_ = false;
  }

  // How much worse than the tolerance a panel is, by the component that is worst.
  double key(std::size_t i) const {
    double worst = 0;
    for (Index c = 0; c < driving_; ++c) worst = std::max(worst, errors_[i](c) / std::max(tolerance(c), 1e-300));
    return panels_[i].low < panels_[i].high ? worst : 0;
  }

  static constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);
  const Integrand& integrand_;
  Index components_;
  const Options& options_;
  Index driving_;
  std::vector<Panel> panels_, pending_;
  std::vector<Eigen::ArrayXd> values_, errors_, absolutes_;
  Eigen::ArrayXd total_, absolute_, error_;
  Eigen::MatrixXd points_, buffer_;
  std::priority_queue<std::pair<double, std::size_t>> heap_;
  std::size_t into_ = kNowhere;
  Index evaluations_ = 0;
  bool rescaled_ = false;  // the sums have lost most of what they were since the panels were ranked
  bool converged_ = true, infinite_ = false;
  double infinite_at_ = 0;
};

}  // namespace

Integral integrate_1d(const Integrand& integrand, Index components, const Line& line, const Options& options) {
  Panels panels(integrand, components, options);
  panels.add(line.breaks);
  const std::size_t n = line.breaks.size();
  // The march starts with the width of the outermost panel, or one unit of the coordinate if that is wider.
  const auto start = [](double width) { return std::min(width, 1.0); };
  panels.march(line.breaks.back(), line.high_limit, start(line.breaks[n - 1] - line.breaks[n - 2]), line.high_flat);
  panels.march(line.breaks.front(), line.low_limit, start(line.breaks[1] - line.breaks[0]), line.low_flat);
  panels.refine();
  return panels.result();
}

}  // namespace kullback::quadrature
