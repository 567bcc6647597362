// The Dirichlet distribution on the simplex. theta = concentration; eta = concentration - 1. A concentration of 0 is a
// structural zero: the coordinate is 0 and the others are a Dirichlet of their own (Ferguson 1973, definition 1). Its
// statistic, an E[log x] that would be -inf, is 0 then, and nothing is said of it.
#include "dirichlet.hpp"

#include <algorithm>
#include <cmath>

namespace kullback::dirichlet {
namespace {

constexpr double kHalfLog2Pi = 0.91893853320467274178;

class Dirichlet final : public Distribution,
                        public ExponentialFamily,
                        public Fisher,
                        public Conditional,
                        public Entropy,
                        public Moments,
                        public Sampler {
 public:
  Text name() const override { return "dirichlet"; }
  Text formula() const override {
    return "Gamma(sum concentration) prod_i x[i]^(concentration[i] - 1) / Gamma(concentration[i]),  sum x = 1; x[i] = "
           "0 "
           "where concentration[i] = 0";
  }
  std::vector<std::vector<Parameter>> parameterizations() const override {
    return {{{"concentration", Domain::non_negative, Shape::vector}}};
  }
  Layout layout_of(Index size) const override {
    if (size < 2)
      throw DomainError("concentration", "a dirichlet has two coordinates or more: give concentration as a list");
    return Distribution::layout_of(size);
  }
  Members make(const Arguments& arguments) const override {
    Members made = Distribution::make(arguments);
    if (!(made.theta.array() > 0).any())
      throw DomainError("concentration", "one concentration at least must be positive, got zeros only");
    return made;
  }
  Support support(const Layout&, In theta, Index member, Index coordinate) const override {
    const auto a = theta.col(member).array();
    if (a[coordinate] == 0) return {0, 0, false};
    return {(a > 0).count() == 1 ? 1.0 : 0.0, 1, false};
  }
  Text carrier(const Layout&) const override { return "the simplex"; }

  // With the powers of the concentrations taken together, so that nothing of the size of log Gamma cancels:
  // log p = -sum bd0(a_i, a0 x_i) - sum log x_i + ...
  void log_density(const Layout& layout, In theta, const Points& points, Row out) const override {
    const Index d = layout.dimension;
    double constant = 0;
    for (Index n = 0; n < points.x.cols(); ++n) {
      const auto a = theta.col(n * step(theta));
      const double total = a.sum();
      if (n == 0 || theta.cols() > 1) {
        constant = stirling_error(total) - 0.5 * std::log(total) + kHalfLog2Pi;
        for (Index i = 0; i < d; ++i)
          if (a[i] > 0) constant += 0.5 * std::log(a[i]) - stirling_error(a[i]) - kHalfLog2Pi;
      }
      const auto x = points.x.col(n);
      out[n] = -kInfinity;
      if (!((x.array() >= 0).all() && std::abs(x.sum() - 1) < 1e-9)) continue;
      double sum = constant;
      bool zero = false, pole = false;
      for (Index i = 0; i < d; ++i) {
        if (a[i] == 0) {
          zero = zero || x[i] > 0;
        } else if (x[i] > 0) {
          sum -= bd0(a[i], total * x[i]) + std::log(x[i]);
        } else if (a[i] != 1) {
          (a[i] > 1 ? zero : pole) = true;
        } else {
          sum += 1 + std::log(total);  // x^0 = 1
        }
      }
      out[n] = zero ? -kInfinity : pole ? kInfinity : sum;
    }
  }

  std::vector<Statistic> statistics(const Layout& layout) const override { return {{"log_x", layout.dimension}}; }

  void mean(const Layout& layout, In eta, Out m, Row log_partition) const override {
    const Index d = layout.dimension;
    Eigen::VectorXd a(d + 1), log_gamma(d + 1), digamma(d + 1);
    for (Index n = 0; n < eta.cols(); ++n) {
      a.head(d) = eta.col(n).array() + 1;
      a[d] = a.head(d).sum();
      const bool zeros = (a.array() == 0).any();
      for (Index i = 0; zeros && i < d; ++i)
        if (a[i] == 0) a[i] = 1;  // log Gamma(1) = 0
      vector_log_gamma_digamma(a.data(), log_gamma.data(), digamma.data(), d + 1);
      m.col(n) = digamma.head(d).array() - digamma[d];
      for (Index i = 0; zeros && i < d; ++i)
        if (eta(i, n) == -1) m(i, n) = 0;
      log_partition[n] = log_gamma.head(d).sum() - log_gamma[d];
    }
  }

  // One equation in the sum s: sum_i inverse_digamma(m_i + digamma(s)) = s, by Newton steps on log s inside a bracket.
  void natural(const Layout& layout, In m, Out eta) const override {
    for (Index n = 0; n < m.cols(); ++n) {
      const auto d = static_cast<double>((m.col(n).array() != 0).count());
      const double geometric = (m.col(n).array() != 0).select(m.col(n).array().exp(), 0).sum();
      if (!(geometric > 0 && geometric < 1) || !m.col(n).allFinite())
        throw DomainError("", "no dirichlet has these mean parameters: exp(E[log_x]) must sum to less than 1");
      double s = 0.5 * (d - geometric) / (1 - geometric), low = 0, high = kInfinity;
      for (int round = 0; round < 100; ++round) {
        const double level = digamma(s);
        double sum = 0, slope = 0;
        for (Index i = 0; i < layout.dimension; ++i) {
          if (m(i, n) == 0) continue;
          const double a = inverse_digamma(m(i, n) + level);
          sum += a;
          slope += 1 / trigamma(a);
        }
        (sum > s ? low : high) = s;
        const double change = (sum - s) / (s - s * slope * trigamma(s));
        double next = s * std::exp(std::clamp(change, -2.0, 2.0));
        if (!(next > low && next < high))
          next = high < kInfinity ? (low > 0 ? std::sqrt(low * high) : high / 4) : 4 * s;
        if (std::abs(next - s) <= 4 * kEpsilon * s) break;
        s = next;
      }
      const double level = digamma(s);
      for (Index i = 0; i < layout.dimension; ++i) eta(i, n) = m(i, n) == 0 ? -1 : inverse_digamma(m(i, n) + level) - 1;
    }
  }

  bool in_domain(const Layout&, In eta, Index member) const override {
    const auto column = eta.col(member).array();
    return column.isFinite().all() && (column >= -1).all() && (column > -1).any();
  }
  void convert(const Layout&, In from, Out to, bool theta_to_eta) const override {
    to = from.array() + (theta_to_eta ? -1 : 1);
  }

  // With trigamma(a) = 1/a + r(a), w_i = a_i/a0, y_i = delta_i/a_i and s(a) = a^2 r(a), which falls from 1 to 1/2:
  //   sum trigamma(a_i) delta_i^2 - trigamma(a0) (sum delta)^2
  //     = sum [a_i + s_0 w_i] (y_i - w'y)^2 + sum (s_i - s_0 w_i) y_i^2
  void fisher(const Layout& layout, In eta, In delta, Row out) const override {
    for (Index n = 0; n < eta.cols(); ++n) {
      const Eigen::ArrayXd a = eta.col(n).array() + 1, y = (a > 0).select(delta.col(n).array() / a, 0);
      const double total = a.sum(), middle = delta.col(n).sum() / total, s0 = total * total * trigamma_excess(total);
      double sum = 0;
      for (Index i = 0; i < layout.dimension; ++i) {
        if (a[i] == 0) continue;
        const double w = a[i] / total, s = a[i] * a[i] * trigamma_excess(a[i]);
        double others = 0;
        for (Index j = 0; j < layout.dimension && w > 0.5; ++j) others += j == i ? 0 : a[j];
        const double rest = w > 0.5 ? others / total : 1 - w;
        sum += (a[i] + s0 * w) * (y[i] - middle) * (y[i] - middle) + (std::max(0.0, s - s0) + s0 * rest) * y[i] * y[i];
      }
      out[n] = sum;
    }
  }

  std::vector<Monomial> table(int, const Layout&) const override {
    return {
        {1, "concentration.x * log_x"}, {-1, "log_x"}, {-1, "concentration.lgamma_x"}, {1, "concentration.lgamma_sum"}};
  }

  void entropy(const Layout& layout, In theta, Row out) const override {
    const Index d = layout.dimension;
    Eigen::MatrixXd m(d, theta.cols());
    mean(layout, theta.array() - 1, m, out);
    for (Index n = 0; n < theta.cols(); ++n) out[n] -= ((theta.col(n).array() - 1) * m.col(n).array()).sum();
  }

  // Each coordinate is beta(a, a0 - a).
  bool expect(const Layout& layout, In theta, Text label, Out value) const override {
    const Index d = layout.dimension;
    if (label == "x*x'") {
      for (Index n = 0; n < theta.cols(); ++n) {
        const auto a = theta.col(n);
        const double total = a.sum();
        auto square = value.col(n).reshaped(d, d);
        square = (a / total) * (a / (total + 1)).transpose();
        square.diagonal() += a / (total * (total + 1));
      }
      return true;
    }
    if (label == "1") {
      value.setOnes();
      return true;
    }
    const auto one = coordinate_moment(label);
    if (!one) return false;
    for (Index n = 0; n < theta.cols(); ++n) {
      const double total = theta.col(n).sum();
      for (Index i = 0; i < d; ++i) value(i, n) = one(theta(i, n), total);
    }
    return true;
  }

  // A gamma variable of shape a is one of shape a + 1 times U^(1/a), in logarithms: none is lost to underflow.
  Index uniforms(const Layout& layout) const override { return 2 * layout.dimension; }
  void sample(const Layout& layout, In theta, In uniforms, Out x) const override {
    const Index d = layout.dimension;
    for (Index n = 0; n < x.cols(); ++n) {
      const auto a = theta.col(n * step(theta));
      for (Index i = 0; i < d; ++i)
        x(i, n) = std::log(gamma_quantile(uniforms(i, n), a[i] + 1)) + std::log(uniforms(d + i, n)) / a[i];
      const double total = log_sum_exp(x.col(n).data(), d);
      x.col(n) = (x.col(n).array() - total).exp();
    }
  }

 private:
  using CoordinateMoment = double (*)(double a, double total);
  static CoordinateMoment coordinate_moment(Text label) {
    if (label == "x") return [](double a, double s) { return a / s; };
    if (label == "x2") return [](double a, double s) { return a / s * ((a + 1) / (s + 1)); };
    if (label == "x3") return [](double a, double s) { return a / s * ((a + 1) / (s + 1)) * ((a + 2) / (s + 2)); };
    if (label == "x4")
      return [](double a, double s) { return a / s * ((a + 1) / (s + 1)) * ((a + 2) / (s + 2)) * ((a + 3) / (s + 3)); };
    if (label == "log_x") return [](double a, double s) { return a > 0 ? digamma(a) - digamma(s) : -kInfinity; };
    if (label == "log2_x")
      return [](double a, double s) {
        if (a == 0) return kInfinity;
        const double mean = digamma(a) - digamma(s);
        return mean * mean + trigamma(a) - trigamma(s);
      };
    if (label == "log_1mx") return [](double a, double s) { return digamma(s - a) - digamma(s); };
    if (label == "1/x") return [](double a, double s) { return a > 1 ? (s - 1) / (a - 1) : kInfinity; };
    if (label == "1/x2")
      return [](double a, double s) { return a > 2 ? (s - 1) / (a - 1) * ((s - 2) / (a - 2)) : kInfinity; };
    if (label == "sqrt_x")
      return [](double a, double s) {
        if (a == 0) return 0.0;
        return std::exp(log_gamma(a + 0.5) - log_gamma(a) - (log_gamma(s + 0.5) - log_gamma(s)));
      };
    return nullptr;
  }
};

}  // namespace

std::unique_ptr<Distribution> make_dirichlet() { return std::make_unique<Dirichlet>(); }

}  // namespace kullback::dirichlet

KULLBACK_PLUGIN("dirichlet", "1.0.0")(kullback::Registrar& registrar) {
  registrar.family(kullback::dirichlet::make_dirichlet());
  registrar.family(kullback::dirichlet::make_dirichlet_multinomial());
  registrar.rule("kl", "dirichlet", "dirichlet", kullback::dirichlet::kl_rule());
}
