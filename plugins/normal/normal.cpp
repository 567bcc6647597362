// The normal distribution on the line. theta = (mean, stddev).
#include "distances.hpp"
#include "images.hpp"
#include "kl.hpp"
#include "moments.hpp"

#include <cmath>
#include <limits>

namespace kullback::normal_family {
namespace {

constexpr double kHalfLog2Pi = 0.91893853320467274178;
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr Index kBlock = 256;

// One column serves every point.
Index step(In theta) { return theta.cols() > 1 ? 1 : 0; }

class Normal final : public Distribution,
                     public ExponentialFamily,
                     public Fisher,
                     public Conditional,
                     public Entropy,
                     public plain::MomentsOf<Expectations>,
                     public Sampler,
                     public Quantiles,
                     public Marginals,
                     public Nodes,
                     public Quadratic,
                     public Landmarks {
 public:
  Text name() const override { return "normal"; }
  Text formula() const override { return "exp(-((x - mean)/stddev)^2/2) / (stddev sqrt(2 pi))"; }

  std::vector<std::vector<Parameter>> parameterizations() const override {
    const Parameter mean{"mean", Domain::real, Shape::scalar};
    return {{mean, {"stddev", Domain::positive, Shape::scalar}},
            {mean, {"variance", Domain::positive, Shape::scalar}},
            {mean, {"precision", Domain::positive, Shape::scalar}}};
  }

  void to_stored(int given_as, const Layout&, In given, Out theta) const override {
    theta.row(0) = given.row(0);
    for (Index n = 0; n < given.cols(); ++n) {
      const double v = given(1, n);
      theta(1, n) = given_as == 0 ? v : given_as == 1 ? std::sqrt(v) : 1 / std::sqrt(v);
    }
  }

  Support support(const Layout&, In, Index, Index) const override { return {-kInfinity, kInfinity, false}; }

  void log_density(const Layout&, In theta, const Points& points, Row out) const override {
    const Index count = points.x.cols();
    const double* x = points.x.data();
    const Index stride = points.x.outerStride();
    if (theta.cols() == 1) {
      const double mean = theta(0, 0), stddev = theta(1, 0), constant = std::log(stddev) + kHalfLog2Pi;
      for (Index n = 0; n < count; ++n) {
        const double z = (x[n * stride] - mean) / stddev;
        out[n] = -0.5 * z * z - constant;
      }
      return;
    }
    for (Index n = 0; n < count; ++n) {
      const double z = (x[n * stride] - theta(0, n)) / theta(1, n);
      out[n] = -0.5 * z * z - (std::log(theta(1, n)) + kHalfLog2Pi);
    }
  }

  // ExponentialFamily: eta = (mean / variance, -1 / (2 variance)).
  std::vector<Statistic> statistics(const Layout&) const override { return {{"x", 1}, {"x2", 1}}; }

  void mean(const Layout&, In eta, Out m, Row log_partition) const override {
    alignas(64) double precision[kBlock], half_log[kBlock];
    const Index from = eta.outerStride(), to = m.outerStride();
    for (Index begin = 0; begin < eta.cols(); begin += kBlock) {
      const Index count = std::min(kBlock, eta.cols() - begin);
      const double* e = eta.data() + begin * from;
      double* out = m.data() + begin * to;
      for (Index i = 0; i < count; ++i) precision[i] = -2 * e[i * from + 1];
      vector_log(precision, half_log, count);
      if (from == 2 && to == 2) {  // the usual case, with strides the compiler knows
        moments<2, 2>(e, precision, half_log, count, out, log_partition.data() + begin);
      } else {
        moments<0, 0>(e, precision, half_log, count, out, log_partition.data() + begin, from, to);
      }
    }
  }

  void natural(const Layout&, In m, Out eta) const override {
    for (Index n = 0; n < m.cols(); ++n) {
      const double variance = m(1, n) - m(0, n) * m(0, n);
      if (!(variance > 0)) throw DomainError("", "no normal has these mean parameters: E[x2] must be above E[x]^2");
      eta(0, n) = m(0, n) / variance;
      eta(1, n) = -0.5 / variance;
    }
  }

  bool in_domain(const Layout&, In eta, Index member) const override {
    return eta(1, member) < 0 && std::isfinite(eta(1, member)) && std::isfinite(eta(0, member));
  }

  Index first_outside(const Layout& layout, In eta) const override {
    const double* e = eta.data();
    const Index stride = eta.outerStride();
    int outside = 0;  // no early exit, so that the loop is vectorized
    for (Index n = 0; n < eta.cols(); ++n) {
      const double first = e[n * stride], second = e[n * stride + 1];
      outside |= !(std::abs(first) < kInfinity) | !(second < 0) | !(second > -kInfinity);
    }
    return outside ? ExponentialFamily::first_outside(layout, eta) : -1;
  }

  void convert(const Layout&, In from, Out to, bool theta_to_eta) const override {
    for (Index n = 0; n < from.cols(); ++n) {
      const double first = from(0, n), second = from(1, n);
      if (theta_to_eta) {
        const double precision = 1 / (second * second);
        to(0, n) = first * precision;
        to(1, n) = -0.5 * precision;
      } else {
        to(0, n) = first / (-2 * second);
        to(1, n) = 1 / std::sqrt(-2 * second);
      }
    }
  }

  // The variance of delta1 x + delta2 x2.
  void fisher(const Layout&, In eta, In delta, Row out) const override {
    for (Index n = 0; n < eta.cols(); ++n) {
      const double variance = -0.5 / eta(1, n), mean = eta(0, n) * variance;
      const double linear = delta(0, n) + 2 * mean * delta(1, n), square = variance * delta(1, n);
      out[n] = variance * linear * linear + 2 * square * square;
    }
  }

  std::vector<Monomial> table(int given_as, const Layout&) const override {
    constexpr Text kScale[] = {"stddev", "variance", "precision"}, kPrecision[] = {"1/x2", "1/x", "x"};
    constexpr double kLogScale[] = {-1, -0.5, 0.5};
    const auto i = static_cast<std::size_t>(given_as);
    const std::string scale(kScale[i]), precision = scale + "." + std::string(kPrecision[i]);
    return {{-0.5, "x2 * " + precision},
            {1, "x * mean.x * " + precision},
            {-0.5, "mean.x2 * " + precision},
            {kLogScale[i], scale + ".log_x"},
            {-kHalfLog2Pi, "1"}};
  }

  void entropy(const Layout&, In theta, Row out) const override {
    for (Index n = 0; n < theta.cols(); ++n) out[n] = std::log(theta(1, n)) + (kHalfLog2Pi + 0.5);
  }

  bool expect(const Layout& layout, In theta, Text label, Out value) const override {
    if (label == "x") {
      value.row(0) = theta.row(0);
    } else if (label == "x2" || label == "x*x'") {
      value.row(0) = theta.row(0).cwiseAbs2() + theta.row(1).cwiseAbs2();
    } else {
      return MomentsOf<Expectations>::expect(layout, theta, label, value);
    }
    return true;
  }

  Index uniforms(const Layout&) const override { return 1; }
  void sample(const Layout&, In theta, In uniforms, Out x) const override {
    for (Index n = 0; n < x.cols(); ++n) {
      const auto t = theta.col(n * step(theta));
      x(0, n) = t[0] + t[1] * normal_quantile(uniforms(0, n));
    }
  }

  void cdf(const Layout&, In theta, In x, bool upper, Row p) const override {
    for (Index n = 0; n < x.cols(); ++n) {
      const auto t = theta.col(n * step(theta));
      p[n] = normal_cdf((x(0, n) - t[0]) / t[1], upper);
    }
  }
  void quantile(const Layout&, In theta, In p, bool upper, Row x) const override {
    for (Index n = 0; n < p.cols(); ++n) {
      const auto t = theta.col(n * step(theta));
      x[n] = t[0] + t[1] * normal_quantile(p(0, n), upper);
    }
  }

  Members marginal(const Layout& layout, In theta, std::span<const Index>) const override {
    return {this, layout, theta};
  }

  // The trapezoidal rule in z = (x - mean) / stddev on [-10, 10]: its error for smooth f falls as exp(-2 pi^2 / h^2),
  // and h = 1/2, 1/4, ... makes each level contain the one before.
  Index count(const Layout&, int level) const override { return (Index{40} << level) + 1; }
  void nodes(const Layout& layout, In theta, int level, Out x, Row weights) const override {
    const Index n = count(layout, level);
    const double h = std::ldexp(0.5, -level);
    for (Index i = 0; i < n; ++i) {
      const double z = h * static_cast<double>(i - n / 2);
      x(0, i) = theta(0, 0) + theta(1, 0) * z;
      weights[i] = std::exp(-0.5 * z * z);
    }
    weights /= weights.sum();
  }

  QuadraticForm quadratic(const Layout&, In theta, bool) const override {
    const double mean = theta(0, 0), stddev = theta(1, 0), z = mean / stddev;
    QuadraticForm form;
    form.precision.resize(1, 1);
    form.precision.insert(0, 0) = 1 / (stddev * stddev);
    form.precision.makeCompressed();
    form.information = Eigen::VectorXd::Constant(1, z / stddev);
    form.log_normalizer = 0.5 * z * z + std::log(stddev) + kHalfLog2Pi;
    return form;
  }

  void landmarks(const Layout&, In theta, Index member, std::vector<Landmark>& out) const override {
    out.push_back({theta(0, member), theta(1, member)});
  }

 private:
  // m and A for a block; strides of 0 stand for those that are only known at run time.
  template <Index kFrom, Index kTo>
  static void moments(const double* eta, const double* precision, const double* log_precision, Index count, double* m,
                      double* log_partition, Index from = kFrom, Index to = kTo) {
    if constexpr (kFrom != 0) from = kFrom;
    if constexpr (kTo != 0) to = kTo;
    for (Index i = 0; i < count; ++i) {
      const double variance = 1 / precision[i], mean = eta[i * from] * variance;
      log_partition[i] = 0.5 * (eta[i * from] * mean - log_precision[i]) + kHalfLog2Pi;
      m[i * to] = mean;
      m[i * to + 1] = mean * mean + variance;
    }
  }
};

}  // namespace
}  // namespace kullback::normal_family

KULLBACK_PLUGIN("normal", "1.0.0")(kullback::Registrar& registrar) {
  auto normal = std::make_unique<kullback::normal_family::Normal>();
  kullback::normal_family::add_log_normal(registrar, *normal);
  registrar.family(std::move(normal));
  registrar.alias("gaussian", "normal");
  registrar.rule("kl", "normal", "normal", kullback::normal_family::kl_rule());
  kullback::normal_family::add_distances(registrar);
}
