// A family on the integers from one struct: the loops over columns, and by summation everything that has no closed
// form.
#pragma once

#include <kullback/kullback.hpp>

#include <concepts>
#include <type_traits>

#include "lattice_sum.hpp"

namespace kullback::counts {

/// One member of a family on the integers is a struct M, built from its column of theta, with
///
///   static constexpr Text kName, kFormula;
///   static std::vector<std::vector<Parameter>> parameterizations();
///   M(const Layout& layout, const double* theta);
///   Support support() const;              // exact: a degenerate member has one point
///   Bulk bulk() const;                    // the largest mode and the width of the mass around it
///   double log_mass(double k) const;      // inside the support; smooth between the integers
///   bool moment(Text label, double c, double& value) const;   // closed forms; false: by summation
///
/// and, where it has them,
///
///   static int stored_form(int given_as);                       // else 0
///   static void to_stored(int given_as, const Layout&, const double* given, double* theta);  // throws DomainError
///   double entropy() const;
///   double cdf(double k, bool upper) const;                     // for an integer k of the support below its end
///   double log_mgf(double c) const;                             // log E[exp(c x)]
///   bool summable(Text label) const;                            // false: heavy tails, no summation
///   static std::vector<std::string> terms();                    // Expansion
///   void expand(double* coefficient, double* c) const;
///   static std::vector<Monomial> conditional(int parameterization);
template <class M>
class CountFamily;

template <class M>
concept HasEntropy = requires(const M& m) {
  m.entropy();
};
template <class M>
concept HasCdf = requires(const M& m) {
  m.cdf(0.0, true);
};
template <class M>
concept HasMgf = requires(const M& m) {
  m.log_mgf(0.0);
};
template <class M>
concept HasSummable = requires(const M& m) {
  m.summable(Text());
};
template <class M>
concept HasTerms = requires {
  M::terms();
};
template <class M>
concept HasConditional = requires {
  M::conditional(0);
};

inline const double* column(const In& theta, Index n) {
  return theta.data() + (theta.cols() > 1 ? n * theta.outerStride() : 0);
}

/// Sum of mass(k) f(k) over the support.
template <class M, class F>
double expectation(const M& m, const F& f, bool smooth = true) {
  const Support s = m.support();
  return lattice_sum(
      [&](double k) {
        const double mass = std::exp(m.log_mass(k));
        return mass > 0 ? mass * f(k) : 0.0;
      },
      s.low, s.high, m.bulk(), smooth);
}

template <class M>
double entropy(const M& m) {
  if constexpr (HasEntropy<M>) return m.entropy();
  return expectation(m, [&](double k) { return -m.log_mass(k); });
}

/// P(X <= k), or P(X > k).
template <class M>
double cdf(const M& m, double x, bool upper) {
  const Support s = m.support();
  const double k = std::floor(x);
  if (!(k >= s.low) || k == -kInfinity) return upper ? 1 : 0;
  if (k >= s.high) return upper ? 0 : 1;
  if constexpr (HasCdf<M>) {
    return m.cdf(k, upper);
  } else {
    const Bulk bulk = m.bulk();
    const auto mass = [&](double j) { return std::exp(m.log_mass(j)); };
    const bool from_above = k >= bulk.mode;
    const double tail = from_above ? one_sided_sum(mass, k + 1, 1.0, s.high, bulk, true)
                                   : one_sided_sum(mass, k, -1.0, s.low, bulk, true);
    return std::min(1.0, std::max(0.0, from_above == upper ? tail : 1 - tail));
  }
}

/// The smallest k with P(X <= k) >= p, or P(X > k) <= p.
template <class M>
double quantile(const M& m, double p, bool upper) {
  const Support s = m.support();
  const auto reached = [&](double k) { return upper ? cdf(m, k, true) <= p : cdf(m, k, false) >= p; };
  if (!(p > 0)) return upper ? s.high : s.low;
  if (!(p < 1)) return upper ? s.low : s.high;
  if (reached(s.low)) return s.low;
  const Bulk bulk = m.bulk();
  double step = std::max(1.0, std::floor(bulk.scale / 8));
  double guess = std::floor(bulk.mode + bulk.scale * normal_quantile(p, upper));
  guess = std::min(std::max(guess, std::isfinite(s.low) ? s.low : -1e300), std::isfinite(s.high) ? s.high : 1e300);
  double below = guess, at = guess;  // not reached, reached
  if (reached(guess)) {
    for (below = guess - step; reached(below); step *= 2) at = below, below = std::max(below - step, s.low);
  } else {
    for (at = guess + step; at < s.high && !reached(at); step *= 2) below = at, at += step;
    at = std::min(at, s.high);
  }
  while (at - below > 1) {
    const double middle = below + std::floor(0.5 * (at - below));
    if (middle == below || middle == at) break;  // integers beyond 2^53
    (reached(middle) ? at : below) = middle;
  }
  return at;
}

/// The quantile of a uniform that a draw comes from. Where the distribution function is a sum, one of them and then a
/// walk, mass by mass; far out or over long ways the walk would be inexact or slow.
template <class M>
double draw(const M& m, double u) {
  const Bulk bulk = m.bulk();
  if (HasCdf<M> || !(std::min(u, 1 - u) > 1e-6) || bulk.scale > 1e4) return quantile(m, u, false);
  const Support s = m.support();
  double k = std::clamp(std::floor(bulk.mode + bulk.scale * normal_quantile(u)), s.low, s.high),
         below = cdf(m, k, false);
  if (below < u) {
    while (below < u && k < s.high) below += std::exp(m.log_mass(++k));
  } else {
    while (k > s.low && (below -= std::exp(m.log_mass(k))) >= u) --k;
  }
  return k;
}

/// E[label; c]. False if it is not known.
template <class M>
bool expect(const M& m, Text label, bool parametric, double c, double& value) {
  if (label == "1") return value = 1, true;
  if (label == "x*x'") label = "x2";
  if (label == "lgamma_sum") label = "lgamma_x";
  const Support s = m.support();
  if (label == "abs_x" && s.low >= 0) label = "x";
  if (m.moment(label, c, value)) return true;
  if (label == "cell(c)") {
    const bool inside = c == std::floor(c) && c >= s.low && c <= s.high;
    return value = inside ? std::exp(m.log_mass(c)) : 0, true;
  }
  if (label == "above(c)") return value = cdf(m, std::ceil(c) - 1, true), true;
  const bool exponential = label == "exp_x" || label == "exp_-x" || label == "exp(c*x)";
  if constexpr (HasMgf<M>)
    if (exponential) return value = std::exp(m.log_mgf(parametric ? c : label == "exp_x" ? 1 : -1)), true;
  if constexpr (HasSummable<M>)
    if (!m.summable(label)) return false;
  constexpr double kFew = 4096;
  if (exponential && !(s.high - s.low < kFew)) return false;
  const bool smooth = !(exponential || label == "abs_x" || label == "abs(x-c)" || label == "abs(x)^c" ||
                        label == "cos_x" || label == "sin_x" || label == "cos(x-c)");
  bool known = true;
  const auto f = [&](double k) {
    double out = 0;
    const Eigen::Map<const Eigen::MatrixXd> x(&k, 1, 1);
    if (parametric)
      known = evaluate_label(label, ConstRow(&c, 1), x, Row(&out, 1)) && known;
    else
      known = label_rows(label, 1) == 1 && evaluate_label(label, x, Eigen::Map<Eigen::MatrixXd>(&out, 1, 1)) && known;
    return out;
  };
  if (f(std::clamp(m.bulk().mode, s.low, s.high)), !known) return false;
  if (exponential) {  // the mass of the terms may lie anywhere
    value = 0;
    for (double k = s.low; k <= s.high; k += 1) value += std::exp(m.log_mass(k)) * f(k);
  } else {
    value = expectation(m, f, smooth);
  }
  return !std::isnan(value);
}

template <class M>
class ExpansionOf : public Expansion {
 public:
  std::vector<std::string> terms(const Layout&) const override { return M::terms(); }
  void expand(const Layout& layout, In theta, Out coefficient, Out c) const override {
    for (Index n = 0; n < theta.cols(); ++n)
      M(layout, theta.col(n).data()).expand(coefficient.col(n).data(), c.col(n).data());
  }
};

template <class M>
class ConditionalOf : public Conditional {
 public:
  std::vector<Monomial> table(int parameterization, const Layout&) const override {
    return M::conditional(parameterization);
  }
};

template <int kNumber>
struct Without {};

template <class M>
class CountFamily : public Distribution,
                    public Entropy,
                    public Moments,
                    public Sampler,
                    public Quantiles,
                    public Landmarks,
                    public std::conditional_t<HasTerms<M>, ExpansionOf<M>, Without<0>>,
                    public std::conditional_t<HasConditional<M>, ConditionalOf<M>, Without<1>> {
 public:
  Text name() const override { return M::kName; }
  Text formula() const override { return M::kFormula; }
  std::vector<std::vector<Parameter>> parameterizations() const override { return M::parameterizations(); }
  int stored_form(int given_as) const override {
    if constexpr (requires { M::stored_form(0); }) return M::stored_form(given_as);
    return 0;
  }
  void to_stored(int given_as, const Layout& layout, In given, Out theta) const override {
    if constexpr (requires(const double* g, double* t) { M::to_stored(0, layout, g, t); }) {
      for (Index n = 0; n < given.cols(); ++n) M::to_stored(given_as, layout, given.col(n).data(), theta.col(n).data());
    } else {
      theta = given;
    }
  }
  Support support(const Layout& layout, In theta, Index member, Index) const override {
    return M(layout, column(theta, member)).support();
  }

  void log_density(const Layout& layout, In theta, const Points& points, Row out) const override {
    const Index columns = theta.cols();
    for (Index begin = 0; begin < columns; ++begin) {
      const M m(layout, theta.col(begin).data());
      const Support s = m.support();
      const Index first = columns > 1 ? begin : 0, end = columns > 1 ? begin + 1 : points.x.cols();
      for (Index n = first; n < end; ++n) {
        const double k = points.x(0, n);
        out[n] = k >= s.low && k <= s.high && std::isfinite(k) && k == std::floor(k) ? m.log_mass(k) : -kInfinity;
      }
    }
  }

  void entropy(const Layout& layout, In theta, Row out) const override {
    for (Index n = 0; n < theta.cols(); ++n) out[n] = counts::entropy(M(layout, theta.col(n).data()));
  }
  bool expect(const Layout& layout, In theta, Text label, Out value) const override {
    for (Index n = 0; n < theta.cols(); ++n)
      if (!counts::expect(M(layout, theta.col(n).data()), label, false, 0, value(0, n))) return false;
    return true;
  }
  bool expect_at(const Layout& layout, In theta, Text label, ConstRow c, Row value) const override {
    for (Index n = 0; n < value.size(); ++n)
      if (!counts::expect(M(layout, column(theta, n)), label, true, c[c.size() > 1 ? n : 0], value[n])) return false;
    return true;
  }

  Index uniforms(const Layout&) const override { return 1; }
  void sample(const Layout& layout, In theta, In uniforms, Out x) const override {
    for (Index n = 0; n < x.cols(); ++n) x(0, n) = counts::draw(M(layout, column(theta, n)), uniforms(0, n));
  }
  void cdf(const Layout& layout, In theta, In x, bool upper, Row p) const override {
    for (Index n = 0; n < x.cols(); ++n) p[n] = counts::cdf(M(layout, column(theta, n)), x(0, n), upper);
  }
  void quantile(const Layout& layout, In theta, In p, bool upper, Row x) const override {
    for (Index n = 0; n < p.cols(); ++n) x[n] = counts::quantile(M(layout, column(theta, n)), p(0, n), upper);
  }
  void landmarks(const Layout& layout, In theta, Index member, std::vector<Landmark>& out) const override {
    const M m(layout, column(theta, member));
    if constexpr (requires { m.landmarks(out); }) {
      m.landmarks(out);
    } else {
      const Bulk bulk = m.bulk();
      out.push_back({bulk.mode, std::max(bulk.scale, 1.0)});
    }
  }
};

/// A, and mean and variance of the statistic: A' and A''.
struct Cumulants {
  double log_partition, mean, variance;
};

/// The family of M as an exponential family in one statistic, with at most one fixed row. E has
///
///   static constexpr Text kStatistic;
///   static constexpr Index kFixed;                                   // 0 or 1
///   static constexpr bool kBaseMeasure;
///   static bool in_domain(double eta, double fixed);
///   static Cumulants cumulants(double eta, double fixed);
///   static double natural(double mean, double fixed);                // throws DomainError
///   static void to_eta(const Layout&, const double* theta, double* eta);      // eta, then the fixed row
///   static void to_theta(const Layout&, const double* eta, double* theta);
template <class M, class E>
class OneStatisticFamily : public CountFamily<M>, public ExponentialFamily, public Fisher {
 public:
  std::vector<Statistic> statistics(const Layout&) const override { return {{std::string(E::kStatistic), 1}}; }
  Index fixed_rows(const Layout&) const override { return E::kFixed; }
  bool has_base_measure(const Layout&) const override { return E::kBaseMeasure; }
  bool in_domain(const Layout&, In eta, Index n) const override {
    return std::isfinite(eta(0, n)) && E::in_domain(eta(0, n), eta(E::kFixed, n));
  }
  void mean(const Layout&, In eta, Out m, Row log_partition) const override {
    for (Index n = 0; n < eta.cols(); ++n) {
      const Cumulants c = E::cumulants(eta(0, n), eta(E::kFixed, n));
      m(0, n) = c.mean;
      log_partition[n] = c.log_partition;
    }
  }
  void natural(const Layout&, In m, Out eta) const override {
    for (Index n = 0; n < m.cols(); ++n) eta(0, n) = E::natural(m(0, n), eta(E::kFixed, n));
  }
  void convert(const Layout& layout, In from, Out to, bool theta_to_eta) const override {
    for (Index n = 0; n < from.cols(); ++n)
      theta_to_eta ? E::to_eta(layout, from.col(n).data(), to.col(n).data())
                   : E::to_theta(layout, from.col(n).data(), to.col(n).data());
  }
  void fisher(const Layout&, In eta, In delta, Row out) const override {
    for (Index n = 0; n < out.size(); ++n) {
      const double* e = column(eta, n);
      const double d = delta(0, delta.cols() > 1 ? n : 0);
      out[n] = d * d * E::cumulants(e[0], e[E::kFixed]).variance;
    }
  }
};

/// A closed form for one pair, with a bound on its rounding error.
struct Bounded {
  double value, error;
};

/// The rule of a closed form between members A and B. It may throw UnsupportedError for parameters that it does not
/// cover.
template <class A, class B>
Rule pair_rule(std::string formula, std::string source, Bounded (*f)(const A& p, const B& q)) {
  return {Method::closed_form, std::move(formula), std::move(source),
          [f](const Side& p, const Side& q, Row value, Row error) {
            for (Index n = 0; n < value.size(); ++n) {
              const Bounded found = f(A(p.layout, column(p.theta, n)), B(q.layout, column(q.theta, n)));
              value[n] = found.value;
              error[n] = found.error;
            }
          }};
}

}  // namespace kullback::counts
