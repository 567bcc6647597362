// The t distribution of a vector. theta = (degrees_of_freedom, mean, scale_matrix).
#include <kullback/kullback.hpp>

#include <cmath>
#include <limits>

namespace kullback::multivariate_student_t {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kLogPi = 1.1447298858494002;

// One column serves every point.
Index step(In theta) { return theta.cols() > 1 ? 1 : 0; }

struct Member {
  double degrees_of_freedom;
  Eigen::VectorXd mean;
  Eigen::MatrixXd scale, factor;  ///< the scale matrix and its Cholesky factor

  // log of the density at the mean
  double log_peak() const {
    const auto d = static_cast<double>(mean.size());
    const double v = degrees_of_freedom;
    return log_gamma(0.5 * (v + d)) - log_gamma(0.5 * v) - 0.5 * d * (std::log(v) + kLogPi) -
           0.5 * log_det_from_cholesky(factor);
  }
};

Member unpack(In theta, Index n, Index d) {
  Member out{theta(0, n), theta.col(n).segment(1, d), theta.col(n).tail(d * d).reshaped(d, d), {}};
  out.factor = cholesky("scale_matrix", out.scale);
  return out;
}

class MultivariateStudentT final : public Distribution,
                                   public Entropy,
                                   public Moments,
                                   public Sampler,
                                   public Marginals,
                                   public Landmarks {
 public:
  Text name() const override { return "multivariate_student_t"; }
  Text formula() const override {
    return "Gamma((v + d)/2) / (Gamma(v/2) sqrt(det(v pi scale_matrix))) (1 + (x - mean)' scale_matrix^-1 (x - mean) / "
           "v)^(-(v + d)/2),  v = degrees_of_freedom";
  }
  std::vector<std::vector<Parameter>> parameterizations() const override {
    return {{{"degrees_of_freedom", Domain::positive, Shape::scalar},
             {"mean", Domain::real, Shape::vector},
             {"scale_matrix", Domain::positive_definite, Shape::matrix}}};
  }
  Layout open(const Arguments&, const Opening&) const override {
    throw DomainError("", "a multivariate_student_t cannot be fitted: it is no exponential family");
  }
  bool provides(const Layout& layout, int capability) const override {
    return capability != Landmarks::kCapability || layout.dimension == 1;
  }
  Support support(const Layout&, In, Index, Index) const override { return {-kInfinity, kInfinity, false}; }

  void log_density(const Layout& layout, In theta, const Points& points, Row out) const override {
    const Index d = layout.dimension;
    Member t;
    double peak = 0;
    for (Index n = 0; n < points.x.cols(); ++n) {
      if (n == 0 || theta.cols() > 1) {
        t = unpack(theta, n * step(theta), d);
        peak = t.log_peak();
      }
      out[n] = -kInfinity;
      if (!points.x.col(n).allFinite()) continue;
      const Eigen::VectorXd z = t.factor.triangularView<Eigen::Lower>().solve(points.x.col(n) - t.mean);
      // The norm, not its square, which may overflow.
      const double r = z.stableNorm() / std::sqrt(t.degrees_of_freedom);
      const double spread = r < 1e100 ? std::log1p(r * r) : 2 * std::log(r);
      out[n] = peak - 0.5 * (t.degrees_of_freedom + static_cast<double>(d)) * spread;
    }
  }

  void entropy(const Layout& layout, In theta, Row out) const override {
    const auto d = static_cast<double>(layout.dimension);
    for (Index n = 0; n < theta.cols(); ++n) {
      const Member t = unpack(theta, n, layout.dimension);
      const double v = t.degrees_of_freedom;
      out[n] = -t.log_peak() + 0.5 * (v + d) * (digamma(0.5 * (v + d)) - digamma(0.5 * v));
    }
  }

  bool expect(const Layout& layout, In theta, Text label, Out value) const override {
    const Index d = layout.dimension;
    if (label != "x" && label != "x2" && label != "x*x'") return false;
    for (Index n = 0; n < theta.cols(); ++n) {
      const double v = theta(0, n);
      const Eigen::VectorXd mean = theta.col(n).segment(1, d);
      if (label == "x") {
        value.col(n) = mean;
        continue;
      }
      if (!(v > 2)) {
        value.col(n).setConstant(kInfinity);
        continue;
      }
      const Eigen::MatrixXd second = theta.col(n).tail(d * d).reshaped(d, d) * (v / (v - 2)) + mean * mean.transpose();
      if (label == "x2")
        value.col(n) = second.diagonal();
      else
        value.col(n) = second.reshaped();
    }
    return true;
  }

  // A normal vector over the root of a gamma variable.
  Index uniforms(const Layout& layout) const override { return layout.dimension + 1; }
  void sample(const Layout& layout, In theta, In uniforms, Out x) const override {
    const Index d = layout.dimension;
    Member t;
    for (Index n = 0; n < x.cols(); ++n) {
      if (n == 0 || theta.cols() > 1) t = unpack(theta, n * step(theta), d);
      const double half = 0.5 * t.degrees_of_freedom, root = std::sqrt(gamma_quantile(uniforms(d, n), half) / half);
      const Eigen::VectorXd z = uniforms.col(n).head(d).unaryExpr([](double u) { return normal_quantile(u); });
      x.col(n) = t.mean + t.factor.triangularView<Eigen::Lower>() * (z / root);
    }
  }

  Members marginal(const Layout& layout, In theta, std::span<const Index> coordinates) const override {
    const Index d = layout.dimension, count = static_cast<Index>(coordinates.size());
    Members out{this, layout_of(count), Eigen::MatrixXd(1 + count + count * count, theta.cols())};
    out.theta.row(0) = theta.row(0);
    for (Index i = 0; i < count; ++i) {
      const Index from = coordinates[static_cast<std::size_t>(i)];
      out.theta.row(1 + i) = theta.row(1 + from);
      for (Index j = 0; j < count; ++j)
        out.theta.row(1 + count + i + count * j) =
            theta.row(1 + d + from + d * coordinates[static_cast<std::size_t>(j)]);
    }
    return out;
  }

  void landmarks(const Layout&, In theta, Index member, std::vector<Landmark>& out) const override {
    out.push_back({theta(1, member), std::sqrt(theta(2, member))});
  }
};

}  // namespace
}  // namespace kullback::multivariate_student_t

KULLBACK_PLUGIN("multivariate_student_t", "1.0.0")(kullback::Registrar& registrar) {
  registrar.family(std::make_unique<kullback::multivariate_student_t::MultivariateStudentT>());
}
