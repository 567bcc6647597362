// Y = g(X) for a monotone g.
#pragma once

#include "wrapper.hpp"

#include <algorithm>
#include <cmath>

namespace kullback::transformed {

/// A point x of the distribution inside with log x and log(1 - x), where they are known better than from x (NaN: they
/// are not).
inline constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
struct Inside {
  double x, log_x = kUnknown, log_rest = kUnknown;
};

/// The same for the logarithms of the distances to the ends of the support.
struct Distances {
  double from_low = kUnknown, to_high = kUnknown;
};

/// One label of Y as a combination of labels of X: factor * E[label] + shift; c is that of a parametric label.
struct Translation {
  Text label;
  double factor = 1, shift = 0, c = 0;
  bool parametric = false;
};

/// What maps without numbers have in common.
struct Plain {
  static constexpr bool kMoments = true;
  static std::vector<std::string> numbers() { return {}; }
  static bool increasing(const double*) { return true; }
  static void check(std::vector<double>&, const Support&) {}
  static Distances distances(const double*, double, double) { return {}; }
};

/// What a map must say: see maps.cpp. kMoments: moments of Y are known moments of X.
template <class Map>
class Mapped : public Wrapper, public Entropy, public Moments, public Quantiles, public Sampler, public Landmarks {
 public:
  Text name() const override { return Map::kName; }
  Text formula() const override { return Map::kFormula; }

  Members make(const Arguments& arguments) const override {
    Call call = read_call(std::string(Map::kName), arguments, Map::numbers());
    const Support own = call.child.family->support(call.child.layout, call.child.theta, 0, 0);
    if (own.integer)
      throw DomainError("", std::string(Map::kName) + " needs a continuous distribution, and " +
                                std::string(call.child.family->name()) + " is discrete");
    Map::check(call.numbers, own);
    return wrap(call, call.numbers);
  }
  bool provides(const Layout& layout, int capability) const override {
    if (!Map::kMoments && (capability == Entropy::kCapability || capability == Moments::kCapability)) return false;
    if (capability == Entropy::kCapability) return child_has<Entropy>(layout) && child_has<Moments>(layout);
    return has_capability(*child(layout).family, child(layout).layout, capability);
  }
  Support support(const Layout& layout, In theta, Index member, Index) const override {
    const Support own = child_support(layout, theta, member);
    const double* k = numbers(layout);
    const double a = Map::forward(k, own.low), b = Map::forward(k, own.high);
    return {std::min(a, b), std::max(a, b), false};
  }

  void log_density(const Layout& layout, In theta, const Points& points, Row out) const override {
    const Index count = points.x.cols();
    const double* k = numbers(layout);
    const Support whole = child_support(layout, theta, 0), own = support(layout, theta, 0, 0);
    const bool known = points.has_distances() && theta.cols() == 1;
    Eigen::MatrixXd x(1, count), from(1, count), to(1, count);
    Eigen::RowVectorXd slope(count);
    for (Index n = 0; n < count; ++n) {
      const double y = points.x(0, n);
      const double from_zero = known && own.low == 0 ? points.log_from_low(0, n) : kUnknown;
      const double to_one = known && own.high == 1 ? points.log_to_high(0, n) : kUnknown;
      const bool inside = known ? y >= own.low && y <= own.high : in_range(layout, theta, n, y);
      const Inside at = inside ? Map::back(k, y, from_zero, to_one) : Inside{kUnknown};
      x(0, n) = at.x;
      slope[n] = inside ? Map::log_slope(k, at) : kUnknown;
      from(0, n) = whole.low == 0 && !std::isnan(at.log_x) ? at.log_x : std::log(at.x - whole.low);
      to(0, n) = whole.high == 1 && !std::isnan(at.log_rest) ? at.log_rest : std::log(whole.high - at.x);
      const Distances d = known ? Map::distances(k, points.log_from_low(0, n), points.log_to_high(0, n)) : Distances{};
      if (!std::isnan(d.from_low)) {
        from(0, n) = d.from_low, to(0, n) = d.to_high;
        // Beside a bound y has lost what the distance knows.
        const bool low = std::isfinite(whole.low), high = std::isfinite(whole.high);
        if (low && (!high || d.from_low < d.to_high))
          x(0, n) = whole.low + std::exp(d.from_low);
        else if (high)
          x(0, n) = whole.high - std::exp(d.to_high);
      }
    }
    for (Index n = 0; n < count; ++n)
      if (std::isnan(slope[n])) {  // any point of the distribution inside: the result is not used
        x(0, n) = std::isfinite(whole.low) ? whole.low + 1e-3 : 0;
        from(0, n) = std::log(1e-3), to(0, n) = 0;
      }
    const Part& part = child(layout);
    if (std::isfinite(whole.low) || std::isfinite(whole.high))
      part.family->log_density(part.layout, theta, Points(x, from, to), out);
    else
      part.family->log_density(part.layout, theta, Points(x), out);
    for (Index n = 0; n < count; ++n)
      out[n] = std::isnan(slope[n]) || out[n] == -kInfinity ? -kInfinity : out[n] - slope[n];
  }

  void entropy(const Layout& layout, In theta, Row out) const override {
    if constexpr (Map::kMoments) add_slope(layout, theta, out);
  }
  bool expect(const Layout& layout, In theta, Text label, Out value) const override {
    if constexpr (Map::kMoments) {
      std::vector<Translation> translations;
      return Map::translate(numbers(layout), label, translations) && combine(layout, theta, translations, value);
    }
    return false;
  }

  void cdf(const Layout& layout, In theta, In x, bool upper, Row p) const override {
    const double* k = numbers(layout);
    for (Index n = 0; n < x.cols(); ++n) {
      const Eigen::MatrixXd own = column(theta, n);
      const Support bounds = support(layout, own, 0, 0);
      const double y = x(0, n);
      if (y <= bounds.low || y >= bounds.high)
        p[n] = (y >= bounds.high) != upper ? 1 : 0;
      else
        p[n] = transformed::cdf(child(layout), own, Map::back(k, y, kUnknown, kUnknown).x, upper == Map::increasing(k));
    }
  }
  void quantile(const Layout& layout, In theta, In p, bool upper, Row x) const override {
    const double* k = numbers(layout);
    of_child<Quantiles>(layout).quantile(child(layout).layout, theta, p, upper == Map::increasing(k), x);
    for (Index n = 0; n < x.size(); ++n) x[n] = Map::forward(k, x[n]);
  }
  Index uniforms(const Layout& layout) const override {
    return of_child<Sampler>(layout).uniforms(child(layout).layout);
  }
  void sample(const Layout& layout, In theta, In uniforms, Out x) const override {
    of_child<Sampler>(layout).sample(child(layout).layout, theta, uniforms, x);
    for (Index n = 0; n < x.cols(); ++n) x(0, n) = Map::forward(numbers(layout), x(0, n));
  }
  void landmarks(const Layout& layout, In theta, Index member, std::vector<Landmark>& out) const override {
    const double* k = numbers(layout);
    std::vector<Landmark> inside;
    of_child<Landmarks>(layout).landmarks(child(layout).layout, theta, member, inside);
    const Support own = child_support(layout, theta, member);
    for (const Landmark& mark : inside) {
      // A wide feature is many under a map that bends it: one a scale.
      for (double step = -4; step <= 4; step += mark.scale > 0 ? 2 : 100) {
        const double x = mark.scale > 0 ? mark.location + step * mark.scale : mark.location;
        if (!(x > own.low && x < own.high)) continue;
        const Inside at{x, x > 0 ? std::log(x) : kUnknown};
        const double scale = mark.scale > 0 ? mark.scale * std::exp(Map::log_slope(k, at)) : 0, y = Map::forward(k, x);
        if (std::isfinite(y) && std::isfinite(scale)) out.push_back({y, scale});
        if (Map::numbers().size() == 2 && step == 0) break;
      }
    }
  }

 protected:
  static const double* numbers(const Layout& layout) {
    return layout.constants.empty() ? nullptr : layout.constants[0].data();
  }

 private:
  // H(Y) = H(X) + E log |g'(X)|
  static void add_slope(const Layout& layout, In theta, Row out) {
    of_child<Entropy>(layout).entropy(child(layout).layout, theta, out);
    Eigen::MatrixXd more(1, theta.cols());
    if (!combine(layout, theta, Map::mean_log_slope(numbers(layout)), more))
      throw UnsupportedError(std::string(child(layout).family->name()) +
                             " does not know the expected logarithm of the slope of " + std::string(Map::kName));
    out += more.row(0);
  }
  bool in_range(const Layout& layout, In theta, Index n, double y) const {
    const Support own = support(layout, theta, theta.cols() > 1 ? n : 0, 0);
    return y >= own.low && y <= own.high && std::isfinite(y);
  }
  static bool combine(const Layout& layout, In theta, const std::vector<Translation>& translations, Out value) {
    const auto* moments = child_has<Moments>(layout);
    value.setZero();
    Eigen::MatrixXd each(1, theta.cols());
    for (const Translation& t : translations) {
      if (t.label == "1") {
        each.setOnes();
      } else if (t.parametric) {
        const Eigen::RowVectorXd c = Eigen::RowVectorXd::Constant(theta.cols(), t.c);
        if (!moments->expect_at(child(layout).layout, theta, t.label, row(c), Row(each.data(), each.size())))
          return false;
      } else if (!moments->expect(child(layout).layout, theta, t.label, each)) {
        return false;
      }
      value.array() += t.factor * each.array() + t.shift;
    }
    return true;
  }
};

/// Divergences between images under one map, its numbers included, are those of the distributions.
template <class Map>
class MappedImage : public Mapped<Map>, public Image {
 public:
  Text map() const override { return Map::kMap; }
  bool provides(const Layout& layout, int capability) const override {
    return capability == Image::kCapability || Mapped<Map>::provides(layout, capability);
  }
  Members preimage(const Layout& layout, In theta) const override {
    return {layout.parts.front().family, layout.parts.front().layout, theta};
  }
};

}  // namespace kullback::transformed
