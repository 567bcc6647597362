// One of the levels 0 .. K - 1. theta = their probabilities; the layout's only constant is K.
#include "probabilities.hpp"

#include <algorithm>
#include <cmath>

namespace kullback::categorical {
namespace {

Index levels(const Layout& layout) { return static_cast<Index>(layout.constants[0][0]); }

class Categorical final : public Distribution,
                          public ExponentialFamily,
                          public Fisher,
                          public Conditional,
                          public Entropy,
                          public Moments,
                          public Sampler,
                          public Quantiles,
                          public Landmarks {
 public:
  Text name() const override { return "categorical"; }
  Text formula() const override { return "probabilities[x], x = 0 .. K - 1"; }
  std::vector<std::vector<Parameter>> parameterizations() const override {
    return {{{"probabilities", Domain::simplex, Shape::vector}}, {{"logits", Domain::real, Shape::vector}}};
  }
  Layout layout_of(Index size) const override {
    Layout layout;
    layout.constants = {Eigen::VectorXd::Constant(1, static_cast<double>(size))};
    return layout;
  }
  Index parameter_rows(const Parameter&, const Layout& layout) const override { return levels(layout); }
  void to_stored(int given_as, const Layout&, In given, Out theta) const override {
    store(given_as == 1, given, theta);
  }

  Layout open(const Arguments& arguments, const Opening&) const override {
    if (arguments.size() == 1 && (arguments[0].name.empty() || arguments[0].name == "levels"))
      if (const auto* count = std::get_if<double>(&arguments[0].value);
          count && *count >= 1 && *count == std::floor(*count))
        return layout_of(static_cast<Index>(*count));
    throw DomainError("levels", "how many levels? Give their number: categorical(levels = 3)");
  }

  // From the first to the last level that has any probability.
  Support support(const Layout& layout, In theta, Index member, Index) const override {
    Index first = 0, last = levels(layout) - 1;
    while (first < last && theta(first, member) == 0) ++first;
    while (last > first && theta(last, member) == 0) --last;
    return {static_cast<double>(first), static_cast<double>(last), true};
  }

  void log_density(const Layout& layout, In theta, const Points& points, Row out) const override {
    const auto count = static_cast<double>(levels(layout));
    for (Index n = 0; n < points.x.cols(); ++n) {
      const double x = points.x(0, n);
      const bool inside = x >= 0 && x < count && x == std::floor(x);
      out[n] = inside ? std::log(theta(static_cast<Index>(x), n * step(theta))) : -kInfinity;
    }
  }

  // eta = log probabilities up to a constant.
  std::vector<Statistic> statistics(const Layout& layout) const override { return {{"cell", levels(layout)}}; }
  void mean(const Layout&, In eta, Out m, Row log_partition) const override {
    for (Index n = 0; n < eta.cols(); ++n) log_partition[n] = softmax(eta.col(n).data(), eta.rows(), m.col(n).data());
  }
  void natural(const Layout&, In m, Out eta) const override {
    for (Index n = 0; n < m.cols(); ++n) {
      // Sums of many probabilities carry roundings, quadrature more.
      if (!(m.col(n).minCoeff() >= 0) || !(std::abs(m.col(n).sum() - 1) < 1e-6))
        throw DomainError("", "no categorical has these mean parameters: probabilities are non-negative and sum to 1");
      eta.col(n) = m.col(n).array().log();
    }
  }
  bool in_domain(const Layout&, In eta, Index member) const override {
    return is_domain(eta.col(member).data(), eta.rows());
  }
  void convert(const Layout&, In from, Out to, bool theta_to_eta) const override {
    for (Index n = 0; n < from.cols(); ++n) {
      if (theta_to_eta)
        to.col(n) = from.col(n).array().log();
      else
        softmax(from.col(n).data(), from.rows(), to.col(n).data());
    }
  }
  void fisher(const Layout&, In eta, In delta, Row out) const override {
    for (Index n = 0; n < eta.cols(); ++n) out[n] = categorical::fisher(eta.col(n), delta.col(n));
  }

  std::vector<Monomial> table(int parameterization, const Layout&) const override {
    if (parameterization == 1) return {};  // log sum exp(logits) is no polynomial
    return {{1, "cell * probabilities.log_x"}};
  }

  void entropy(const Layout&, In theta, Row out) const override {
    for (Index n = 0; n < theta.cols(); ++n) out[n] = categorical::entropy(theta.col(n));
  }

  // Any statistic: a sum over the levels.
  bool expect(const Layout& layout, In theta, Text label, Out value) const override {
    if (label == "cell") {
      value = theta;
      return true;
    }
    Eigen::MatrixXd each(1, levels(layout));
    if (!evaluate_label(label, level_numbers(layout), each)) return false;
    for (Index n = 0; n < theta.cols(); ++n) value(0, n) = sum(theta.col(n), each);
    return true;
  }
  bool expect_at(const Layout& layout, In theta, Text label, ConstRow c, Row value) const override {
    Eigen::RowVectorXd each(levels(layout));
    for (Index n = 0; n < theta.cols(); ++n) {
      if (!evaluate_label(label, ConstRow(c.data() + (c.size() > 1 ? n : 0), 1), level_numbers(layout), row(each)))
        return false;
      value[n] = sum(theta.col(n), each);
      if (std::isnan(value[n])) return false;  // the statistic is not defined at some level
    }
    return true;
  }

  Index uniforms(const Layout&) const override { return 1; }
  void sample(const Layout& layout, In theta, In uniforms, Out x) const override {
    for (Index n = 0; n < x.cols(); ++n) x(0, n) = level_at(layout, theta.col(n * step(theta)), uniforms(0, n), false);
  }

  void cdf(const Layout& layout, In theta, In x, bool upper, Row p) const override {
    const Index count = levels(layout);
    for (Index n = 0; n < x.cols(); ++n) {
      const auto at = theta.col(n * step(theta));
      const double last = std::floor(x(0, n));
      const Index below = last < 0 ? 0 : last >= static_cast<double>(count) ? count : static_cast<Index>(last) + 1;
      p[n] = std::min(1.0, upper ? at.tail(count - below).sum() : at.head(below).sum());
    }
  }
  void quantile(const Layout& layout, In theta, In p, bool upper, Row x) const override {
    for (Index n = 0; n < p.cols(); ++n) x[n] = level_at(layout, theta.col(n * step(theta)), p(0, n), upper);
  }

  void landmarks(const Layout& layout, In theta, Index member, std::vector<Landmark>& out) const override {
    Index mode;
    theta.col(member).maxCoeff(&mode);
    out.push_back({static_cast<double>(mode), std::max(1.0, 0.3 * static_cast<double>(levels(layout)))});
  }

 private:
  static Eigen::MatrixXd level_numbers(const Layout& layout) {
    const Index count = levels(layout);
    return Eigen::RowVectorXd::LinSpaced(count, 0, static_cast<double>(count - 1));
  }
  // An impossible level adds nothing, whatever the statistic is there.
  static double sum(In probabilities, const Eigen::MatrixXd& each) {
    double total = 0;
    for (Index i = 0; i < probabilities.rows(); ++i)
      if (probabilities(i, 0) > 0) total += probabilities(i, 0) * each(0, i);
    return total;
  }
  // The least x with P(X <= x) >= p, or with P(X > x) <= p.
  static double level_at(const Layout& layout, In probabilities, double p, bool upper) {
    const Index count = levels(layout);
    Index x = upper ? count - 1 : 0;
    if (upper) {
      for (double above = 0; x > 0 && above + probabilities(x, 0) <= p; --x) above += probabilities(x, 0);
      return static_cast<double>(x);
    }
    for (double below = probabilities(0, 0); x + 1 < count && below < p; ++x) below += probabilities(x + 1, 0);
    while (x > 0 && probabilities(x, 0) == 0) --x;  // the sum fell short of p by roundings
    return static_cast<double>(x);
  }
};

void evaluate_kl(const Side& p, const Side& q, Row value, Row error) {
  for (Index n = 0; n < value.size(); ++n) {
    const Value found = relative_entropy(p.theta.col(n * step(p.theta)), q.theta.col(n * step(q.theta)));
    value[n] = found.value;
    error[n] = found.error;
  }
}

}  // namespace

std::unique_ptr<Distribution> make_categorical() { return std::make_unique<Categorical>(); }

Rule categorical_kl() {
  return {Method::closed_form, "sum p log(p/q) = sum [p log(p/q) + q - p]", "[Kullback & Leibler 1951]", evaluate_kl};
}

}  // namespace kullback::categorical
