// A whole one-dimensional family from plain functions of one member's parameters: the loops over columns are here.
#pragma once

#include <kullback/capability.hpp>
#include <kullback/divergence.hpp>
#include <kullback/error.hpp>

#include <cmath>
#include <complex>
#include <concepts>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace kullback {

/// E[label] as a function of the parameters, and of c for a label that has one.
struct Moment {
  Text label;
  double (*value)(const double* theta);
};
struct MomentAt {
  Text label;
  double (*value)(const double* theta, double c);
};

/// One term of log p for `Expansion`: coefficient * statistic(x; c).
struct Term {
  Text label;
  double (*coefficient)(const double* theta);
  double (*c)(const double* theta) = nullptr;
};

/// Mean and moments about it; the labels x, x2, x3, x4, x*x' and (x-c)^2 follow. +-inf where infinite; of a symmetric
/// family whose moment of odd order does not exist, the principal value.
struct CentralMoments {
  double mean, variance, third, fourth;
};

/// E[x^order] from the moments about the mean, order 1 to 4.
inline double raw_moment(const CentralMoments& m, int order) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (order == 1) return m.mean;
  if (order == 2) return m.variance + m.mean * m.mean;
  if (order == 4) {
    if (m.fourth == kInfinity) return kInfinity;
    return m.fourth + m.mean * (4 * m.third + m.mean * (6 * m.variance + m.mean * m.mean));
  }
  if (std::isinf(m.third) || m.mean == 0) return m.third;
  return m.third + m.mean * (3 * m.variance + m.mean * m.mean);
}

/// The family of one struct of static functions. `theta` points at the parameters of one member, and a parameterization
/// other than the first is turned into the first. A Math must have
///
///   static constexpr Text kName, kFormula;
///   static std::vector<std::vector<Parameter>> parameterizations();
///   static Support support(const double* theta);
///   struct Density {                              // built once for all points of a member
///     explicit Density(const double* theta);
///     double operator()(double x) const;          // log p(x) inside the support, or, where a bound is finite,
///     double operator()(double x, double log_from_low, double log_to_high) const;
///   };
///
/// and each of the following that it has makes the family capable of more:
///
///   static void to_stored(int given_as, const double* given, double* theta);    // throws DomainError
///   static double entropy(const double* theta);
///   static constexpr Moment kMoments[];                                          // Moments: looked up first
///   static constexpr MomentAt kMomentsAt[];
///   static CentralMoments central_moments(const double* theta);                  // x, x2, x3, x4, x*x', (x-c)^2
///   static double power_moment(const double* theta, double c);                  // E[x^c], x > 0: the same, 1/x, 1/x2,
///   sqrt_x, x^c, abs static double mean_distance(const double* theta, double c);                 // E|x - c|: abs_x,
///   abs(x-c) static double moment_generating(const double* theta, double c);             // E[e^(cx)]: exp_x, exp_-x,
///   exp(c*x) static std::complex<double> characteristic(const double* theta);             // E[e^(ix)]: cos_x, sin_x,
///   cos(x-c) static double cdf(const double* theta, double x, bool upper);               // x inside the support; with
///   Moments: above(c) static double quantile(const double* theta, double p, bool upper);          // and draws by it
///   static constexpr Index kUniforms;                                           // unless there is something cheaper:
///   static double sample(const double* theta, const double* uniforms);
///   static void landmarks(const double* theta, std::vector<Landmark>& out);
///   static constexpr Term kTerms[];                                              // Expansion
///   static std::vector<Monomial> conditional(int parameterization);
///
/// Further capabilities come by deriving from the family and the mix-in.
template <class Math>
class PlainFamily;

namespace plain {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

template <int kNumber>
struct Without {};
template <bool kHas, class Capability, int kNumber>
using If = std::conditional_t<kHas, Capability, Without<kNumber>>;

/// The column of the n-th point or draw where one column may serve all.
inline const double* column(const In& theta, Index n) {
  return theta.data() + (theta.cols() > 1 ? n * theta.outerStride() : 0);
}

template <class Math>
concept HasStored = requires(const double* t, double* out) {
  Math::to_stored(0, t, out);
};
template <class Math>
concept HasEntropy = requires(const double* t) {
  Math::entropy(t);
};
template <class Math>
concept HasTable = requires {
  Math::kMoments[0];
};
template <class Math>
concept HasTableAt = requires {
  Math::kMomentsAt[0];
};
template <class Math>
concept HasCentral = requires(const double* t) {
  Math::central_moments(t);
};
template <class Math>
concept HasPower = requires(const double* t) {
  Math::power_moment(t, 1.0);
};
template <class Math>
concept HasDistance = requires(const double* t) {
  Math::mean_distance(t, 1.0);
};
template <class Math>
concept HasGenerating = requires(const double* t) {
  Math::moment_generating(t, 1.0);
};
template <class Math>
concept HasCharacteristic = requires(const double* t) {
  Math::characteristic(t);
};
template <class Math>
concept HasMoments = HasTable<Math> || HasTableAt<Math> || HasCentral<Math> || HasPower<Math> || HasDistance<Math> ||
    HasGenerating<Math> || HasCharacteristic<Math>;
template <class Math>
concept HasQuantiles = requires(const double* t) {
  Math::cdf(t, 0.0, true), Math::quantile(t, 0.5, true);
};
template <class Math>
concept HasSample = requires(const double* t) {
  Math::sample(t, t);
};
template <class Math>
concept HasLandmarks = requires(const double* t, std::vector<Landmark>& out) {
  Math::landmarks(t, out);
};
template <class Math>
concept HasTerms = requires {
  Math::kTerms[0];
};
template <class Math>
concept HasConditional = requires {
  Math::conditional(0);
};

template <class Math>
class EntropyOf : public Entropy {
 public:
  void entropy(const Layout&, In theta, Row out) const override {
    for (Index n = 0; n < theta.cols(); ++n) out[n] = Math::entropy(theta.col(n).data());
  }
};

// P(X >= c) and P(X = c).
template <class Math>
double above(const double* t, double c) {
  const Support support = Math::support(t);
  if (support.integer) c = std::ceil(c) - 1;
  return c < support.low ? 1 : c >= support.high ? 0 : Math::cdf(t, c, true);
}
template <class Math>
double at(const double* t, double c) {
  const Support support = Math::support(t);
  const bool possible = support.integer && c == std::floor(c) && c >= support.low && c <= support.high;
  if constexpr (requires(const typename Math::Density& density) { density(c); })
    return possible ? std::exp(typename Math::Density(t)(c)) : 0;
  return 0;
}

template <class Math>
class MomentsOf : public Moments {
 public:
  bool expect(const Layout&, In theta, Text label, Out value) const override {
    const auto fill = [&](auto&& f) {
      for (Index n = 0; n < theta.cols(); ++n) value(0, n) = f(theta.col(n).data());
      return true;
    };
    if constexpr (HasTable<Math>)
      for (const Moment& each : Math::kMoments)
        if (each.label == label) return fill(each.value);
    constexpr Text kPowers[] = {"x", "x2", "x3", "x4"};
    if constexpr (HasCentral<Math>)
      for (int order = 1; order <= 4; ++order)
        if (label == kPowers[order - 1])
          return fill([order](const double* t) { return raw_moment(Math::central_moments(t), order); });
    if constexpr (HasPower<Math>) {
      constexpr std::pair<Text, double> kExponents[] = {{"x", 1},    {"x2", 2},    {"x3", 3},       {"x4", 4},
                                                        {"1/x", -1}, {"1/x2", -2}, {"sqrt_x", 0.5}, {"abs_x", 1}};
      for (const auto& [name, exponent] : kExponents)
        if (label == name) return fill([=](const double* t) { return Math::power_moment(t, exponent); });
    }
    if constexpr (HasDistance<Math>)
      if (label == "abs_x") return fill([](const double* t) { return Math::mean_distance(t, 0); });
    if constexpr (HasGenerating<Math>)
      if (label == "exp_x" || label == "exp_-x")
        return fill([c = label == "exp_x" ? 1.0 : -1.0](const double* t) { return Math::moment_generating(t, c); });
    if constexpr (HasCharacteristic<Math>) {
      if (label == "cos_x") return fill([](const double* t) { return Math::characteristic(t).real(); });
      if (label == "sin_x") return fill([](const double* t) { return Math::characteristic(t).imag(); });
    }
    return label == "x*x'" && expect({}, theta, "x2", value);
  }

  bool expect_at(const Layout&, In theta, Text label, ConstRow c, Row value) const override {
    const auto fill = [&](auto&& f) {
      for (Index n = 0; n < value.size(); ++n) value[n] = f(column(theta, n), c[c.size() > 1 ? n : 0]);
      return true;
    };
    if constexpr (HasTableAt<Math>)
      for (const MomentAt& each : Math::kMomentsAt)
        if (each.label == label) return fill(each.value);
    if constexpr (HasCentral<Math>)
      if (label == "(x-c)^2")
        return fill([](const double* t, double c0) {
          const CentralMoments m = Math::central_moments(t);
          return m.variance + (m.mean - c0) * (m.mean - c0);
        });
    if constexpr (HasPower<Math>)
      if (label == "x^c" || label == "abs(x)^c") return fill(Math::power_moment);
    if constexpr (HasDistance<Math>)
      if (label == "abs(x-c)") return fill(Math::mean_distance);
    if constexpr (HasGenerating<Math>)
      if (label == "exp(c*x)") return fill(Math::moment_generating);
    if constexpr (HasCharacteristic<Math>)
      if (label == "cos(x-c)")
        return fill([](const double* t, double c0) {
          const std::complex<double> f = Math::characteristic(t);
          return f.real() * std::cos(c0) + f.imag() * std::sin(c0);
        });
    if constexpr (HasQuantiles<Math>)
      if (label == "above(c)") return fill(above<Math>);
    return label == "cell(c)" && fill(at<Math>);
  }
};

template <class Math>
class QuantilesOf : public Quantiles {
 public:
  void cdf(const Layout&, In theta, In x, bool upper, Row p) const override {
    for (Index n = 0; n < x.cols(); ++n) {
      const double* t = column(theta, n);
      const Support support = Math::support(t);
      p[n] = x(0, n) < support.low    ? (upper ? 1.0 : 0.0)
             : x(0, n) > support.high ? (upper ? 0.0 : 1.0)
                                      : Math::cdf(t, x(0, n), upper);
    }
  }
  void quantile(const Layout&, In theta, In p, bool upper, Row x) const override {
    for (Index n = 0; n < p.cols(); ++n) x[n] = Math::quantile(column(theta, n), p(0, n), upper);
  }
};

template <class Math>
class SamplerOf : public Sampler {
 public:
  Index uniforms(const Layout&) const override {
    if constexpr (HasSample<Math>) return Math::kUniforms;
    return 1;
  }
  void sample(const Layout&, In theta, In uniforms, Out x) const override {
    for (Index n = 0; n < x.cols(); ++n) {
      if constexpr (HasSample<Math>)
        x(0, n) = Math::sample(column(theta, n), uniforms.col(n).data());
      else
        x(0, n) = Math::quantile(column(theta, n), uniforms(0, n), false);
    }
  }
};

template <class Math>
class LandmarksOf : public Landmarks {
 public:
  void landmarks(const Layout&, In theta, Index member, std::vector<Landmark>& out) const override {
    Math::landmarks(theta.col(member).data(), out);
  }
};

template <class Math>
class ExpansionOf : public Expansion {
 public:
  std::vector<std::string> terms(const Layout&) const override {
    std::vector<std::string> out;
    for (const Term& each : Math::kTerms) out.emplace_back(each.label);
    return out;
  }
  void expand(const Layout&, In theta, Out coefficient, Out c) const override {
    for (Index n = 0; n < theta.cols(); ++n) {
      Index i = 0;
      for (const Term& each : Math::kTerms) {
        coefficient(i, n) = each.coefficient(theta.col(n).data());
        if (each.c) c(i, n) = each.c(theta.col(n).data());
        ++i;
      }
    }
  }
};

template <class Math>
class ConditionalOf : public Conditional {
 public:
  std::vector<Monomial> table(int parameterization, const Layout&) const override {
    return Math::conditional(parameterization);
  }
};

}  // namespace plain

template <class Math>
class PlainFamily : public Distribution,
                    public plain::If<plain::HasEntropy<Math>, plain::EntropyOf<Math>, 0>,
                    public plain::If<plain::HasMoments<Math>, plain::MomentsOf<Math>, 1>,
                    public plain::If<plain::HasSample<Math> || plain::HasQuantiles<Math>, plain::SamplerOf<Math>, 2>,
                    public plain::If<plain::HasQuantiles<Math>, plain::QuantilesOf<Math>, 3>,
                    public plain::If<plain::HasLandmarks<Math>, plain::LandmarksOf<Math>, 4>,
                    public plain::If<plain::HasTerms<Math>, plain::ExpansionOf<Math>, 5>,
                    public plain::If<plain::HasConditional<Math>, plain::ConditionalOf<Math>, 6> {
 public:
  Text name() const override { return Math::kName; }
  Text formula() const override { return Math::kFormula; }
  std::vector<std::vector<Parameter>> parameterizations() const override { return Math::parameterizations(); }
  Support support(const Layout&, In theta, Index member, Index) const override {
    return Math::support(theta.col(member).data());
  }

  void to_stored(int given_as, const Layout& layout, In given, Out theta) const override {
    if constexpr (plain::HasStored<Math>) {
      for (Index n = 0; n < given.cols(); ++n) Math::to_stored(given_as, given.col(n).data(), theta.col(n).data());
    } else {
      Distribution::to_stored(given_as, layout, given, theta);
    }
  }

  void log_density(const Layout&, In theta, const Points& points, Row out) const override {
    if (theta.cols() == 1) return densities(theta.data(), points, 0, points.x.cols(), out);
    for (Index n = 0; n < points.x.cols(); ++n) densities(theta.col(n).data(), points, n, 1, out);
  }

 private:
  static void densities(const double* t, const Points& points, Index begin, Index count, Row& out) {
    const Support support = Math::support(t);
    const typename Math::Density density(t);
    for (Index n = begin; n < begin + count; ++n) {
      const double x = points.x(0, n);
      if (!(x >= support.low && x <= support.high) || std::isinf(x) || (support.integer && x != std::floor(x))) {
        out[n] = -plain::kInfinity;
      } else if constexpr (requires { density(x, x, x); }) {
        const bool given = points.has_distances();
        out[n] = density(x, given ? points.log_from_low(0, n) : std::log(x - support.low),
                         given ? points.log_to_high(0, n) : std::log(support.high - x));
      } else {
        out[n] = density(x);
      }
    }
  }
};

/// A value with a bound on its rounding error.
struct Bounded {
  double value, error;
};

/// The rule of a closed form of one pair. It may throw UnsupportedError for parameters that it does not cover.
inline Rule plain_rule(std::string formula, std::string source, Bounded (*f)(const double* p, const double* q)) {
  return {Method::closed_form, std::move(formula), std::move(source),
          [f](const Side& p, const Side& q, Row value, Row error) {
            for (Index n = 0; n < value.size(); ++n) {
              const Bounded found = f(plain::column(p.theta, n), plain::column(q.theta, n));
              value[n] = found.value;
              error[n] = found.error;
            }
          }};
}

/// The same for a divergence of any order (renyi): f(order, p, q) -> Bounded.
template <class F>
Rule plain_rule_of_order(std::string formula, std::string source, F f) {
  Rule rule{Method::closed_form, std::move(formula), std::move(source), {}};
  rule.evaluate_at = [f](double order, const Side& p, const Side& q, Row value, Row error) {
    for (Index n = 0; n < value.size(); ++n) {
      const Bounded found = f(order, plain::column(p.theta, n), plain::column(q.theta, n));
      value[n] = found.value;
      error[n] = found.error;
    }
  };
  return rule;
}

/// The x with P(X <= x) = p, or P(X > x) = p: Newton's method on log P inside a bracket, for a continuous increasing
/// distribution function that can be evaluated to full relative accuracy from either tail. `guess` and `scale` say
/// where to look, low and high bound the support. Within a few roundings of x, and of p divided by the density.
/// [any-thread]
template <class Cdf, class LogDensity>
double solve_quantile(const Cdf& cdf, const LogDensity& log_density, double p, bool upper, double guess, double scale,
                      double low = -plain::kInfinity, double high = plain::kInfinity) {
  if (!(p > 0)) return upper ? high : low;
  if (!(p < 1)) return upper ? low : high;
  const double wanted = std::log(p);
  const auto excess = [&](double x) { return std::log(cdf(x, upper)) - wanted; };  // increasing, or decreasing if upper
  double a = low, b = high, x = std::min(std::max(guess, low), high), step = scale;
  for (int i = 0; i < 400; ++i) {
    const double miss = excess(x);
    if (miss == 0) return x;
    ((miss < 0) != upper ? a : b) = x;
    double next = x;
    if (std::isfinite(miss)) {
      const double slope = std::exp(log_density(x) - (miss + wanted));
      next = x - (upper ? -miss : miss) / slope;
    }
    if (std::abs(next - x) <= 2 * kEpsilon * std::abs(x) && std::isfinite(miss)) return next;
    const bool open = !(std::isfinite(a) && std::isfinite(b));
    if (open && !(next > a && next < b && std::abs(next - x) < 4 * step)) {
      next = std::isfinite(a) ? a + step : b - step;
      step *= 2;
      if (next <= low || next >= high) next = 0.5 * (a + b);
    }
    if (!open && !(next > a && next < b)) next = a + 0.5 * (b - a);
    if (next == x) return x;
    x = next;
  }
  return x;
}

}  // namespace kullback
