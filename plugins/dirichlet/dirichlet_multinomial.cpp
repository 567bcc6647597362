// Counts of `trials` draws whose probabilities are Dirichlet. theta = (trials, concentration).
#include "dirichlet.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace kullback::dirichlet {
namespace {

// P(K = k), k = 0, ..., trials, for K beta-binomial: by the ratios of neighbors, from a mode outward.
Eigen::VectorXd beta_binomial(double trials, double alpha, double beta) {
  const double inside = std::floor((trials + 1) * (alpha - 1) / (alpha + beta - 2));
  const double mode = alpha > 1 && beta > 1 ? std::min(inside, trials) : alpha > 1 ? trials : 0;
  const auto ratio = [&](double k) {  // P(K = k + 1) / P(K = k)
    return (trials - k) * (k + alpha) / ((k + 1) * (trials - k - 1 + beta));
  };
  Eigen::VectorXd mass(static_cast<Index>(trials) + 1);
  mass[static_cast<Index>(mode)] = 1;
  for (auto i = static_cast<Index>(mode); i + 1 < mass.size(); ++i)
    mass[i + 1] = mass[i] * ratio(static_cast<double>(i));
  for (auto i = static_cast<Index>(mode); i > 0; --i) mass[i - 1] = mass[i] / ratio(static_cast<double>(i - 1));
  return mass / mass.sum();
}

// The least k with P(K <= k) >= u.
double beta_binomial_quantile(double trials, double alpha, double beta, double u) {
  const Eigen::VectorXd mass = beta_binomial(trials, alpha, beta);
  Index k = 0;
  for (double sum = mass[0]; k + 1 < mass.size() && sum < u; ++k) sum += mass[k + 1];
  return static_cast<double>(k);
}

// log x! and log Gamma(x) without what sums of x log x, taken together, make of them: deviances.
double half_stirling(double x) { return x > 0 ? 0.5 * std::log(2 * std::numbers::pi * x) + stirling_error(x) : 0; }
double gamma_rest(double x) { return stirling_error(x) - 0.5 * std::log(x); }

class DirichletMultinomial final : public Distribution, public Entropy, public Moments, public Sampler {
 public:
  Text name() const override { return "dirichlet_multinomial"; }
  Text formula() const override {
    return "trials! Gamma(s) / Gamma(trials + s) prod_i Gamma(x[i] + a[i]) / (Gamma(a[i]) x[i]!),  a = concentration, "
           "s = "
           "sum a";
  }
  std::vector<std::vector<Parameter>> parameterizations() const override {
    return {{{"trials", Domain::count, Shape::scalar}, {"concentration", Domain::positive, Shape::vector}}};
  }
  Layout open(const Arguments&, const Opening&) const override {
    throw DomainError("", "a dirichlet_multinomial cannot be fitted: it is no exponential family");
  }
  Support support(const Layout& layout, In theta, Index member, Index) const override {
    return {layout.dimension == 1 ? theta(0, member) : 0, theta(0, member), true};
  }

  void log_density(const Layout& layout, In theta, const Points& points, Row out) const override {
    for (Index n = 0; n < points.x.cols(); ++n) {
      const auto t = theta.col(n * step(theta));
      const auto x = points.x.col(n);
      const double trials = t[0], s = t.tail(layout.dimension).sum();
      double sum = log_gamma(trials + 1) + log_gamma(s) - log_gamma(trials + s);
      bool inside = true;
      for (Index i = 0; i < layout.dimension && inside; ++i) {
        inside = x[i] >= 0 && x[i] <= trials && x[i] == std::floor(x[i]);
        if (inside) sum += log_gamma(x[i] + t[1 + i]) - log_gamma(t[1 + i]) - log_gamma(x[i] + 1);
      }
      out[n] = inside && x.sum() == trials ? sum : -kInfinity;
    }
  }

  // Each count is beta-binomial, and log p(x) a sum over the counts. Concentrations that are large beside the counts
  // want Stirling's formula, where only deviances are left; for the others their Gamma functions are small enough.
  void entropy(const Layout& layout, In theta, Row out) const override {
    for (Index n = 0; n < theta.cols(); ++n) {
      const double trials = theta(0, n);
      const auto a = theta.col(n).tail(layout.dimension);
      const double s = a.sum();
      const bool large = s * s > trials;
      double sum = large ? gamma_rest(trials + s) - gamma_rest(s) - half_stirling(trials)
                         : -log_gamma_ratio(trials + s, 1 - s) - log_gamma(s);
      for (const double each : a) {
        if (!(s > each)) continue;  // one category
        const Eigen::VectorXd mass = beta_binomial(trials, each, s - each);
        const double share = each / s;
        for (Index i = 0; i < mass.size(); ++i) {
          const auto x = static_cast<double>(i);
          sum -= mass[i] * (large ? bd0(x + each, (trials + s) * share) - bd0(x, trials * share) +
                                        gamma_rest(x + each) - gamma_rest(each) - half_stirling(x)
                                  : log_gamma_ratio(x + 1, each - 1) - log_gamma(each));
        }
      }
      out[n] = layout.dimension > 1 ? sum : 0;
    }
  }
  bool expect(const Layout& layout, In theta, Text label, Out value) const override {
    if (label != "x" && label != "x2" && label != "x*x'") return false;
    const Index d = layout.dimension;
    for (Index n = 0; n < theta.cols(); ++n) {
      const double trials = theta(0, n), s = theta.col(n).tail(d).sum();
      const Eigen::VectorXd p = theta.col(n).tail(d) / s, mean = trials * p;
      if (label == "x") {
        value.col(n) = mean;
        continue;
      }
      // Negatively correlated like multinomial counts, (trials + s) / (1 + s) times as wide.
      const double width = trials * ((trials + s) / (1 + s));
      Eigen::MatrixXd second = mean * mean.transpose() - width * p * p.transpose();
      second.diagonal() += width * p;
      if (label == "x2")
        value.col(n) = second.diagonal();
      else
        value.col(n) = second.reshaped();
    }
    return true;
  }

  // One count after the other, each beta-binomial given those before.
  Index uniforms(const Layout& layout) const override { return std::max<Index>(1, layout.dimension - 1); }
  void sample(const Layout& layout, In theta, In uniforms, Out x) const override {
    const Index d = layout.dimension;
    for (Index n = 0; n < x.cols(); ++n) {
      const auto a = theta.col(n * step(theta)).tail(d);
      double left = theta(0, n * step(theta));
      for (Index i = 0; i + 1 < d; ++i) {
        x(i, n) = beta_binomial_quantile(left, a[i], a.tail(d - i - 1).sum(), uniforms(i, n));
        left -= x(i, n);
      }
      x(d - 1, n) = left;
    }
  }
};

}  // namespace

std::unique_ptr<Distribution> make_dirichlet_multinomial() { return std::make_unique<DirichletMultinomial>(); }

}  // namespace kullback::dirichlet
