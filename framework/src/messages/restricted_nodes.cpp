#include "messages/restricted_nodes.hpp"

#include <kullback/error.hpp>
#include <kullback/gauss_legendre.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace kullback::messages {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNothing = 45;  // nats below the maximum: 1e-19 of it
constexpr int kMostHalvings = 9;
constexpr double kMostIntegers = 1e7;

// The unconstrained coordinate t of a support: x itself, log of the distance to its one end, the logit between two.
struct Coordinate {
  double low, high;
  bool from_low, from_high;
  Coordinate(double low_end, double high_end)
      : low(low_end), high(high_end), from_low(std::isfinite(low_end)), from_high(std::isfinite(high_end)) {}
  double t_of(double x) const {
    if (from_low && from_high) return std::log(x - low) - std::log(high - x);
    if (from_low) return std::log(x - low);
    if (from_high) return -std::log(high - x);
    return x;
  }
  double x_of(double t) const {
    if (from_low && from_high) return low + (high - low) / (1 + std::exp(-t));
    if (from_low) return low + std::exp(t);
    if (from_high) return high - std::exp(-t);
    return t;
  }
  double log_from_low(double t) const {
    if (!from_low) return kInfinity;
    return from_high ? std::log(high - low) + log_logistic(t) : t;
  }
  double log_to_high(double t) const {
    if (!from_high) return kInfinity;
    return from_low ? std::log(high - low) + log_logistic(-t) : -t;
  }
  static double log_logistic(double t) { return t < 0 ? t - std::log1p(std::exp(t)) : -std::log1p(std::exp(-t)); }
  Places places(Index count) const {
    return {Eigen::RowVectorXd(count), Eigen::RowVectorXd(count), Eigen::RowVectorXd(count)};
  }
  void put(double t, Index n, Places& at) const {
    at.x[n] = x_of(t);
    at.log_from_low[n] = log_from_low(t);
    at.log_to_high[n] = log_to_high(t);
  }
  double log_slope(double t) const {
    if (from_low && from_high) return std::log(high - low) - std::abs(t) - 2 * std::log1p(std::exp(-std::abs(t)));
    if (from_low) return t;
    if (from_high) return -t;
    return 0;
  }
};

// exp(g) in t between two ends, its maximum, and how far from it there is anything.
class Peak {
 public:
  Peak(const LogDensity& g, const Coordinate& coordinate, double low, double high)
      : g_(g), coordinate_(coordinate), low_(coordinate.t_of(low)), high_(coordinate.t_of(high)) {
    climb();
    if (!std::isfinite(top_)) throw NumericalError("a density within limits has no finite maximum there");
    for (const double side : {-1.0, 1.0}) {
      const double end = reach(side, kNothing), near = std::max(reach(side, 0.5), 0x1p-40 * end);
      if (end == 0) continue;
      std::vector<double> edges = {0};
      for (double width = near; edges.back() < end; width *= 2) {
        const double next = edges.back() + width;
        edges.push_back(next + 0.5 * width >= end ? end : next);
      }
      for (std::size_t i = 0; i + 1 < edges.size(); ++i)
        pieces_.push_back(side < 0 ? std::pair{mode_ - edges[i + 1], mode_ - edges[i]}
                                   : std::pair{mode_ + edges[i], mode_ + edges[i + 1]});
    }
    std::sort(pieces_.begin(), pieces_.end());
  }

  double at(double t) const {
    coordinate_.put(t, 0, one_);
    g_(one_, value_);
    const double g = value_[0] + coordinate_.log_slope(t);
    return std::isnan(g) ? -kInfinity : g;
  }

  WeightedNodes nodes(Index split) const {
    static const auto rule = [] {
      std::vector<std::pair<double, double>> rule;
      gauss_legendre([&](double t) { return rule.emplace_back(t, 0), 0.0; }, -1, 1);
      std::sort(rule.begin(), rule.end());
      for (auto& [node, weight] : rule) weight = gauss_legendre([&](double t) { return t == node ? 1.0 : 0.0; }, -1, 1);
      return rule;
    }();
    const auto per = static_cast<Index>(rule.size());
    const Index count = static_cast<Index>(pieces_.size()) * split * per;
    WeightedNodes out;
    out.at = coordinate_.places(count);
    out.weights.resize(count);
    Eigen::RowVectorXd slope(count), values;
    Index n = 0;
    for (const auto& [begin, end] : pieces_)
      for (Index s = 0; s < split; ++s) {
        const double step = (end - begin) / static_cast<double>(split), from = begin + static_cast<double>(s) * step;
        for (const auto& [node, weight] : rule) {
          const double t = from + 0.5 * step * (1 + node);
          coordinate_.put(t, n, out.at);
          slope[n] = coordinate_.log_slope(t);
          out.weights[n++] = 0.5 * step * weight;
        }
      }
    g_(out.at, values);
    values += slope;
    for (Index i = 0; i < count; ++i) out.weights[i] *= std::isnan(values[i]) ? 0 : std::exp(values[i] - top_);
    const double mass = out.weights.sum();
    out.weights /= mass;
    out.log_mass = top_ + std::log(mass);
    return out;
  }

  const std::vector<std::pair<double, double>>& pieces() const { return pieces_; }
  double top() const { return top_; }

 private:
  // The maximum: uphill in doubling steps, then golden section until the bracket is flat.
  void climb() {
    double left = std::isfinite(low_) ? low_ : std::isfinite(high_) ? high_ - 1 : 0;
    left = std::clamp(left, low_, high_);
    double step = std::isfinite(low_) && std::isfinite(high_) ? 0.25 * (high_ - low_) : 1;
    double middle = left, right = std::min(high_, left + step);
    double g_middle = at(middle), g_right = at(right);
    const double sign = g_right >= g_middle && right > middle ? 1 : -1;
    const double end = sign > 0 ? high_ : low_;
    double before = sign > 0 ? middle : right;
    double here = sign > 0 ? right : middle, g_here = sign > 0 ? g_right : g_middle;
    double next = here, g_next = g_here;
    for (int i = 0;; ++i) {
      if (i > 1100 || std::abs(here) > 1e300) throw NumericalError("a density within limits grows without end");
      next = sign > 0 ? std::min(end, here + step) : std::max(end, here - step);
      g_next = at(next);
      if (!(g_next > g_here) || next == here) break;
      before = here, here = next, g_here = g_next;
      step *= 2;
    }
    double a = std::min(before, next), b = std::max(before, next);
    mode_ = here, top_ = g_here;
    constexpr double kGolden = 0.3819660112501051;
    for (int i = 0; i < 300 && b - a > 4 * std::numeric_limits<double>::epsilon() * (std::abs(a) + std::abs(b)); ++i) {
      if (top_ - at(a) < 0.1 && top_ - at(b) < 0.1) break;
      const double t = b - mode_ > mode_ - a ? mode_ + kGolden * (b - mode_) : mode_ - kGolden * (mode_ - a);
      const double g = at(t);
      if (g > top_) {
        (t > mode_ ? a : b) = mode_;
        mode_ = t, top_ = g;
      } else {
        (t > mode_ ? b : a) = t;
      }
    }
    for (const double t : {a, b})
      if (const double g = at(t); g > top_) mode_ = t, top_ = g;
  }

  // How far from the maximum the density has fallen by so many nats, or the end.
  double reach(double side, double drop) const {
    const double most = side < 0 ? mode_ - low_ : high_ - mode_;
    if (!(most > 0)) return 0;
    const auto above = [&](double h) { return at(mode_ + side * h) > top_ - drop; };
    double h = std::min(most, 1e-8 * (1 + std::abs(mode_)));
    if (above(h)) {
      while (h < most && above(h)) {
        h = std::min(most, 2 * h);
        if (h > 1e300) throw NumericalError("a density within limits has no finite integral");
      }
      if (h == most && above(h)) return most;
    } else {
      while (h > 0 && !above(0.5 * h)) h *= 0.5;
    }
    double inside = 0.5 * h;
    for (int i = 0; i < 8; ++i) {
      const double t = 0.5 * (inside + h);
      (above(t) ? inside : h) = t;
    }
    return h;
  }

  const LogDensity& g_;
  Coordinate coordinate_;
  double low_, high_, mode_ = 0, top_ = 0;
  std::vector<std::pair<double, double>> pieces_;
  mutable Places one_ = coordinate_.places(1);
  mutable Eigen::RowVectorXd value_;
};

WeightedNodes integers_between(const LogDensity& g, double low, double high) {
  Places one{Eigen::RowVectorXd(1), {}, {}};
  Eigen::RowVectorXd value;
  const auto at = [&](double k) {
    one.x[0] = k;
    g(one, value);
    return std::isnan(value[0]) ? -kInfinity : value[0];
  };
  // Uphill in doubling steps from the finite end, and back in halves.
  double mode = std::isfinite(low) ? low : std::isfinite(high) ? high : 0, top = at(mode);
  for (double step = 1, sign = 1;;) {
    const double next = std::clamp(mode + sign * step, low, high), g_next = at(next);
    if (g_next > top) {
      mode = next, top = g_next, step *= 2;
      if (std::abs(mode) > 1e15) throw NumericalError("a distribution within limits grows without end");
    } else if (step > 1) {
      step = 1;
    } else if (sign > 0) {
      sign = -1;
    } else {
      break;
    }
  }
  std::vector<double> values;
  const auto walk = [&](double sign) {
    for (double k = mode + sign; k >= low && k <= high; k += sign) {
      const double here = at(k);
      if (!(here > top - kNothing)) break;
      values.push_back(k);
      if (static_cast<double>(values.size()) > kMostIntegers)
        throw NumericalError("a distribution within limits has no finite sum");
    }
  };
  walk(-1);
  std::reverse(values.begin(), values.end());
  values.push_back(mode);
  walk(1);
  WeightedNodes out;
  out.at.x = Eigen::Map<const Eigen::RowVectorXd>(values.data(), static_cast<Index>(values.size()));
  g(out.at, out.weights);
  out.weights = (out.weights.array() - top).exp();
  const double mass = out.weights.sum();
  out.weights /= mass;
  out.log_mass = top + std::log(mass);
  return out;
}

// The ends as the support has them.
bool meet(const Support& support, double& low, double& high) {
  low = std::max(low, support.low), high = std::min(high, support.high);
  if (support.integer) low = std::ceil(low), high = std::floor(high);
  return support.integer ? low <= high && low < kInfinity && high > -kInfinity : low < high;
}

}  // namespace

WeightedNodes nodes_between(const LogDensity& g, const Support& support, double low, double high) {
  if (!meet(support, low, high)) return {};
  if (support.integer) return integers_between(g, low, high);
  const Peak peak(g, {support.low, support.high}, low, high);
  WeightedNodes coarse = peak.nodes(1);
  for (int halvings = 1; halvings <= kMostHalvings; ++halvings) {
    WeightedNodes fine = peak.nodes(Index{1} << halvings);
    const double before = coarse.at.x.dot(coarse.weights), after = fine.at.x.dot(fine.weights);
    const double spread = std::sqrt((fine.at.x.array() - after).square().matrix().dot(fine.weights));
    const bool same = std::abs(fine.log_mass - coarse.log_mass) <= 1e-12 * (1 + std::abs(fine.log_mass)) &&
                      std::abs(after - before) <= 1e-11 * spread + 1e-14 * std::abs(after);
    coarse = std::move(fine);
    if (same) break;
  }
  return coarse;
}

double quantile_between(const LogDensity& g, const Support& support, double low, double high, double u) {
  const WeightedNodes nodes = nodes_between(g, support, low, high);
  const Eigen::RowVectorXd& x = nodes.at.x;
  // Integers: the first with enough below it. Numbers: along the chords of the sums between nodes.
  double sum = 0;
  for (Index i = 0; i < x.size(); ++i) {
    const double next = sum + nodes.weights[i];
    if (next >= u || i + 1 == x.size()) {
      if (support.integer) return x[i];
      // The mass of a node lies half way to its neighbors.
      const double from = i == 0 ? std::max(low, support.low) : 0.5 * (x[i - 1] + x[i]);
      const double to = i + 1 == x.size() ? std::min(high, support.high) : 0.5 * (x[i] + x[i + 1]);
      if (!std::isfinite(from) || !std::isfinite(to)) return x[i];
      return from + (to - from) * std::clamp((u - sum) / nodes.weights[i], 0.0, 1.0);
    }
    sum = next;
  }
  throw NumericalError("there is nothing between the limits to draw from");
}

}  // namespace kullback::messages
