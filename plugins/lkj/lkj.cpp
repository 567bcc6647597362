// The LKJ distribution of correlation matrices R: density proportional to det(R)^(shape - 1). theta = shape; the
// layout's only constant is the number of rows; an event is R in full, column by column. [Lewandowski, Kurowicka & Joe
// 2009]
#include <kullback/kullback.hpp>

#include <Eigen/Cholesky>

#include <algorithm>
#include <cmath>
#include <limits>

namespace kullback::lkj {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kLog2 = 0.69314718055994531;

// One column serves every point.
Index step(In theta) { return theta.cols() > 1 ? 1 : 0; }
Index side(const Layout& layout) { return static_cast<Index>(layout.constants[0][0]); }

// The partial correlations given k - 1 variables are 2 beta(b, b) - 1 each; there are d - k of them, k = 1 .. d - 1.
double beta_parameter(double shape, Index k, Index d) { return shape + 0.5 * static_cast<double>(d - k - 1); }

// log of the integral of det(R)^(shape - 1), and its first two derivatives.
struct Normalizer {
  double value = 0, slope = 0, curvature = 0;
};
Normalizer normalizer(double shape, Index d) {
  Normalizer out;
  for (Index k = 1; k < d; ++k) {
    const auto count = static_cast<double>(d - k);
    const double b = beta_parameter(shape, k, d);
    out.value += count * ((2 * shape - 2 + count) * kLog2 + log_beta(b, b));
    out.slope += 2 * count * (kLog2 + digamma(b) - digamma(2 * b));
    out.curvature += count * (2 * trigamma_excess(b) - 4 * trigamma_excess(2 * b));  // the 1/b cancel
  }
  return out;
}

class Lkj final : public Distribution,
                  public ExponentialFamily,
                  public Fisher,
                  public Entropy,
                  public Moments,
                  public Sampler {
 public:
  Text name() const override { return "lkj"; }
  Text formula() const override { return "det(x)^(shape - 1) / c(shape, dimension), x a correlation matrix"; }
  std::vector<std::vector<Parameter>> parameterizations() const override {
    return {{{"shape", Domain::positive, Shape::scalar}}};
  }
  Index parameter_rows(const Parameter&, const Layout&) const override { return 1; }

  Members make(const Arguments& arguments) const override {
    Arguments own;
    double rows = 0;
    for (const Argument& a : arguments) {
      const auto* number = std::get_if<double>(&a.value);
      if (a.name == "dimension" && number)
        rows = *number;
      else
        own.push_back(a);
    }
    Members out = Distribution::make(own);
    out.layout = layout_for(rows);
    return out;
  }
  Layout open(const Arguments& arguments, const Opening& opening) const override {
    Distribution::open(arguments, opening);
    return layout_for(std::round(std::sqrt(static_cast<double>(opening.dimension))));
  }

  Text carrier(const Layout&) const override { return "the correlation matrices"; }
  Support support(const Layout& layout, In, Index, Index coordinate) const override {
    return {coordinate % (side(layout) + 1) == 0 ? 1.0 : -1.0, 1, false};
  }

  void log_density(const Layout& layout, In theta, const Points& points, Row out) const override {
    const Index d = side(layout);
    for (Index n = 0; n < points.x.cols(); ++n) {
      const double shape = theta(0, n * step(theta));
      out[n] = -kInfinity;
      const Eigen::MatrixXd x = points.x.col(n).reshaped(d, d);
      if (!x.allFinite() || !((x - x.transpose()).cwiseAbs().maxCoeff() <= 1e-9) ||
          !((x.diagonal().array() - 1).abs().maxCoeff() <= 1e-9))
        continue;
      const Eigen::LLT<Eigen::MatrixXd> llt(x);
      if (llt.info() == Eigen::Success)
        out[n] = 2 * (shape - 1) * llt.matrixLLT().diagonal().array().log().sum() - normalizer(shape, d).value;
    }
  }

  // eta = shape - 1
  std::vector<Statistic> statistics(const Layout&) const override { return {{"log_det", 1}}; }
  void mean(const Layout& layout, In eta, Out m, Row log_partition) const override {
    for (Index n = 0; n < eta.cols(); ++n) {
      const Normalizer all = normalizer(eta(0, n) + 1, side(layout));
      m(0, n) = all.slope;
      log_partition[n] = all.value;
    }
  }
  // The slope rises with the shape from -infinity to 0: Newton steps on the logarithm of the shape inside a bracket.
  void natural(const Layout& layout, In m, Out eta) const override {
    for (Index n = 0; n < m.cols(); ++n) {
      if (!(m(0, n) < 0 && std::isfinite(m(0, n))))
        throw DomainError("", "no lkj has this mean parameter: E[log_det] must be negative");
      double shape = 1, low = 0, high = kInfinity;
      for (int round = 0; round < 200; ++round) {
        const Normalizer all = normalizer(shape, side(layout));
        const double miss = all.slope - m(0, n);
        (miss < 0 ? low : high) = shape;
        // In 1/slope, which is nearly linear in the shape.
        double next = shape * std::exp(std::clamp(-miss / (all.curvature * shape) * (all.slope / m(0, n)), -3.0, 3.0));
        if (!(next > low && next < high))
          next = high == kInfinity ? 4 * shape : low == 0 ? high / 4 : std::sqrt(low * high);
        if (std::abs(next - shape) <= 4 * kEpsilon * shape) break;
        shape = next;
      }
      eta(0, n) = shape - 1;
    }
  }
  bool in_domain(const Layout&, In eta, Index member) const override {
    return eta(0, member) > -1 && std::isfinite(eta(0, member));
  }
  void convert(const Layout&, In from, Out to, bool theta_to_eta) const override {
    to = from.array() + (theta_to_eta ? -1 : 1);
  }
  void fisher(const Layout& layout, In eta, In delta, Row out) const override {
    for (Index n = 0; n < eta.cols(); ++n)
      out[n] = normalizer(eta(0, n) + 1, side(layout)).curvature * delta(0, n) * delta(0, n);
  }

  void entropy(const Layout& layout, In theta, Row out) const override {
    for (Index n = 0; n < theta.cols(); ++n) {
      const Normalizer all = normalizer(theta(0, n), side(layout));
      out[n] = all.value - (theta(0, n) - 1) * all.slope;
    }
  }
  bool expect(const Layout& layout, In theta, Text label, Out value) const override {
    const Index d = side(layout);
    if (label != "x" && label != "x2" && label != "x*x'" && label != "log_det") return false;
    for (Index n = 0; n < theta.cols(); ++n) {
      const double square = 1 / (2 * theta(0, n) + static_cast<double>(d - 1));  // of one correlation
      const Eigen::MatrixXd identity = Eigen::MatrixXd::Identity(d, d);
      if (label == "log_det") {
        value(0, n) = normalizer(theta(0, n), d).slope;
      } else if (label == "x") {
        value.col(n) = identity.reshaped();
      } else if (label == "x2") {
        value.col(n) = (identity.array() + square * (1 - identity.array())).matrix().reshaped();
      } else {
        auto all = value.col(n).reshaped(d * d, d * d);
        all = identity.reshaped() * identity.reshaped().transpose();
        for (Index j = 0; j < d; ++j)
          for (Index i = 0; i < d; ++i)
            if (i != j) all(i + d * j, i + d * j) = all(i + d * j, j + d * i) = square;
      }
    }
    return true;
  }

  // Independent partial correlations make the Cholesky factor row by row.
  Index uniforms(const Layout& layout) const override {
    return std::max<Index>(1, side(layout) * (side(layout) - 1) / 2);
  }
  void sample(const Layout& layout, In theta, In uniforms, Out x) const override {
    const Index d = side(layout);
    Eigen::MatrixXd l = Eigen::MatrixXd::Zero(d, d);
    for (Index n = 0; n < x.cols(); ++n) {
      Index used = 0;
      for (Index i = 0; i < d; ++i) {
        double left = 1;  // of the row's squared length
        for (Index j = 0; j < i; ++j) {
          const double b = beta_parameter(theta(0, n * step(theta)), j + 1, d);
          const BetaQuantile q = beta_quantile(uniforms(used++, n), b, b);
          l(i, j) = (q.x - q.rest) * std::sqrt(left);
          left *= 4 * q.x * q.rest;
        }
        l(i, i) = std::sqrt(left);
      }
      Eigen::MatrixXd r = l * l.transpose();
      r.diagonal().setOnes();
      x.col(n) = r.reshaped();
    }
  }

 private:
  static Layout layout_for(double rows) {
    if (!(rows >= 2 && rows <= 1000 && rows == std::floor(rows)))
      throw DomainError("dimension", "how many rows has the correlation matrix? Give lkj(shape, dimension = 3)");
    Layout layout;
    layout.dimension = static_cast<Index>(rows * rows);
    layout.constants = {Eigen::VectorXd::Constant(1, rows)};
    return layout;
  }
};

}  // namespace
}  // namespace kullback::lkj

KULLBACK_PLUGIN("lkj", "1.0.0")(kullback::Registrar& registrar) {
  registrar.family(std::make_unique<kullback::lkj::Lkj>());
}
