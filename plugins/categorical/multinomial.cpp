// Counts of `trials` independent draws of a categorical. theta = (trials, probabilities); eta = (log probabilities,
// trials), the trials fixed.
#include "binomial.hpp"
#include "probabilities.hpp"

#include <algorithm>
#include <cmath>

namespace kullback::categorical {
namespace {

constexpr double kHalfLog2Pi = 0.91893853320467274178;

// log n! - (n log n - n)
double beyond_power(double n) { return n > 0 ? kHalfLog2Pi + 0.5 * std::log(n) + stirling_error(n) : 0; }

class Multinomial final : public Distribution,
                          public ExponentialFamily,
                          public Fisher,
                          public Conditional,
                          public Entropy,
                          public Moments,
                          public Sampler {
 public:
  Text name() const override { return "multinomial"; }
  Text formula() const override { return "trials! prod_i probabilities[i]^x[i] / x[i]!"; }
  std::vector<std::vector<Parameter>> parameterizations() const override {
    const Parameter trials{"trials", Domain::count, Shape::scalar};
    return {{trials, {"probabilities", Domain::simplex, Shape::vector}},
            {trials, {"logits", Domain::real, Shape::vector}}};
  }
  void to_stored(int given_as, const Layout& layout, In given, Out theta) const override {
    theta.row(0) = given.row(0);
    store(given_as == 1, given.bottomRows(layout.dimension), theta.bottomRows(layout.dimension));
  }
  Layout open(const Arguments&, const Opening&) const override {
    throw DomainError("", "a multinomial cannot be fitted: its trials are no parameter to be found");
  }

  Support support(const Layout&, In theta, Index member, Index coordinate) const override {
    const double p = theta(1 + coordinate, member), trials = theta(0, member);
    return {p == 1 ? trials : 0, p == 0 ? 0 : trials, true};
  }

  // By Stirling's formula with its remainder, so that nothing of the size of log n! cancels [Loader 2000].
  void log_density(const Layout& layout, In theta, const Points& points, Row out) const override {
    for (Index n = 0; n < points.x.cols(); ++n) {
      const auto t = theta.col(n * step(theta));
      const auto x = points.x.col(n);
      const double trials = t[0];
      double sum = trials > 0 ? beyond_power(trials) : 0, total = 0;
      bool inside = true;
      for (Index i = 0; i < layout.dimension && inside; ++i) {
        inside = x[i] >= 0 && x[i] <= trials && x[i] == std::floor(x[i]) && !(t[1 + i] == 0 && x[i] > 0);
        if (!inside) break;
        total += x[i];
        if (x[i] > 0) sum -= beyond_power(x[i]);
        if (t[1 + i] > 0) sum -= bd0(x[i], trials * t[1 + i]);
      }
      out[n] = inside && total == trials ? sum : -kInfinity;
    }
  }

  std::vector<Statistic> statistics(const Layout& layout) const override { return {{"x", layout.dimension}}; }
  Index fixed_rows(const Layout&) const override { return 1; }
  bool has_base_measure(const Layout&) const override { return true; }
  void mean(const Layout& layout, In eta, Out m, Row log_partition) const override {
    const Index d = layout.dimension;
    for (Index n = 0; n < eta.cols(); ++n) {
      const double trials = eta(d, n);
      log_partition[n] = trials * softmax(eta.col(n).data(), d, m.col(n).data());
      m.col(n) *= trials;
    }
  }
  void natural(const Layout& layout, In m, Out eta) const override {
    const Index d = layout.dimension;
    for (Index n = 0; n < m.cols(); ++n) {
      const double trials = eta(d, n);
      if (!(m.col(n).minCoeff() >= 0) || !(std::abs(m.col(n).sum() - trials) <= 1e-6 * trials))
        throw DomainError("", "no multinomial has these mean parameters: they are non-negative and sum to the trials");
      eta.col(n).head(d) = trials > 0 ? Eigen::VectorXd((m.col(n) / trials).array().log()) : Eigen::VectorXd::Zero(d);
    }
  }
  bool in_domain(const Layout& layout, In eta, Index member) const override {
    return is_domain(eta.col(member).data(), layout.dimension);
  }
  void convert(const Layout& layout, In from, Out to, bool theta_to_eta) const override {
    const Index d = layout.dimension;
    for (Index n = 0; n < from.cols(); ++n) {
      if (theta_to_eta) {
        to.col(n).head(d) = from.col(n).tail(d).array().log();
        to(d, n) = from(0, n);
      } else {
        softmax(from.col(n).data(), d, to.col(n).data() + 1);
        to(0, n) = from(d, n);
      }
    }
  }
  void fisher(const Layout& layout, In eta, In delta, Row out) const override {
    const Index d = layout.dimension;
    for (Index n = 0; n < eta.cols(); ++n)
      out[n] = eta(d, n) * categorical::fisher(eta.col(n).head(d), delta.col(n).head(d));
  }

  std::vector<Monomial> table(int parameterization, const Layout&) const override {
    if (parameterization == 1) return {};  // log sum exp(logits) is no polynomial
    return {{1, "x * probabilities.log_x"}, {1, "trials.log_factorial"}, {-1, "log_factorial"}};
  }

  // log x! by Stirling's formula: sums of x log x become deviances, and nothing grows with the trials but their
  // logarithm.
  void entropy(const Layout& layout, In theta, Row out) const override {
    for (Index n = 0; n < theta.cols(); ++n) {
      const double trials = theta(0, n);
      double sum = -beyond_power(trials);
      for (const double p : theta.col(n).tail(layout.dimension)) {
        if (p == 0) continue;
        const Binomial counts(trials, p);
        Eigen::MatrixXd each = counts.x();
        for (double& x : each.reshaped()) x = bd0(x, trials * p) + beyond_power(x);
        sum += counts.expect(each);
      }
      out[n] = sum;
    }
  }

  // Each count is binomial: any statistic of one count is a finite sum.
  bool expect(const Layout& layout, In theta, Text label, Out value) const override {
    const Index d = layout.dimension;
    const auto p = theta.bottomRows(d);
    if (label == "x") {
      value = p * theta.row(0).asDiagonal();
      return true;
    }
    for (Index n = 0; n < theta.cols(); ++n) {
      const double trials = theta(0, n);
      if (label == "x2") {
        value.col(n) = (trials * p.col(n).array() * (1 + (trials - 1) * p.col(n).array()));
      } else if (label == "x*x'") {
        auto square = value.col(n).reshaped(d, d);
        square = trials * (trials - 1) * p.col(n) * p.col(n).transpose();
        square.diagonal() += trials * p.col(n);
      } else if (label == "1") {
        value(0, n) = 1;
      } else {
        if (label_rows(label, 1) != 1 || label_rows(label, d) != d) return false;
        for (Index i = 0; i < d; ++i) {
          const Binomial counts(trials, p(i, n));
          Eigen::MatrixXd each(1, counts.probability.size());
          if (!evaluate_label(label, counts.x(), each)) return false;
          value(i, n) = counts.expect(each);
        }
      }
    }
    return true;
  }

  // One count after the other, each binomial given those before.
  Index uniforms(const Layout& layout) const override { return std::max<Index>(1, layout.dimension - 1); }
  void sample(const Layout& layout, In theta, In uniforms, Out x) const override {
    const Index d = layout.dimension;
    for (Index n = 0; n < x.cols(); ++n) {
      const auto p = theta.col(n * step(theta)).tail(d);
      double left = theta(0, n * step(theta));
      for (Index i = 0; i + 1 < d; ++i) {
        const double rest = p.tail(d - i).sum();
        x(i, n) = rest > 0 && left > 0 ? Binomial(left, std::min(1.0, p[i] / rest)).quantile(uniforms(i, n)) : 0;
        left -= x(i, n);
      }
      x(d - 1, n) = left;
    }
  }
};

void evaluate_kl(const Side& p, const Side& q, Row value, Row error) {
  const Index d = p.layout.dimension;
  if (q.layout.dimension != d)
    throw DomainError("", "p has " + std::to_string(d) + " counts, but q has " + std::to_string(q.layout.dimension));
  for (Index n = 0; n < value.size(); ++n) {
    const auto a = p.theta.col(n * step(p.theta)), b = q.theta.col(n * step(q.theta));
    Value found{kInfinity, 0};  // counts with different sums
    if (a[0] == 0 && b[0] == 0)
      found = {0, 0};
    else if (a[0] == b[0])
      found = relative_entropy(a.tail(d), b.tail(d));
    value[n] = a[0] * found.value;
    if (a[0] == 0) value[n] = found.value;
    error[n] = a[0] * found.error;
  }
}

}  // namespace

std::unique_ptr<Distribution> make_multinomial() { return std::make_unique<Multinomial>(); }

Rule multinomial_kl() {
  return {Method::closed_form, "trials sum p log(p/q) where the trials agree, else inf",
          "from the categorical's by independence", evaluate_kl};
}

}  // namespace kullback::categorical
