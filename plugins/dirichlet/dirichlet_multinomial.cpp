// Counts of `trials` draws whose probabilities are Dirichlet. theta = (trials, concentration).
#include "dirichlet.hpp"

#include <algorithm>
#include <cmath>

namespace kullback::dirichlet {
namespace {

// The least k with P(K <= k) >= u for K beta-binomial: probabilities by the ratios of neighbors, in logarithms.
double beta_binomial_quantile(double trials, double alpha, double beta, double u) {
  Eigen::VectorXd mass(static_cast<Index>(trials) + 1);
  mass[0] = 0;
  for (Index i = 0; i + 1 < mass.size(); ++i) {
    const auto k = static_cast<double>(i);
    mass[i + 1] = mass[i] + std::log((trials - k) * (k + alpha) / ((k + 1) * (trials - k - 1 + beta)));
  }
  const double total = log_sum_exp(mass.data(), mass.size());
  Index k = 0;
  for (double sum = std::exp(mass[0] - total); k + 1 < mass.size() && sum < u; ++k)
    sum += std::exp(mass[k + 1] - total);
  return static_cast<double>(k);
}

class DirichletMultinomial final : public Distribution, public Moments, public Sampler {
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
