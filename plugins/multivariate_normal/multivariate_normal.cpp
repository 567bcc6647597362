// The normal distribution of a vector. theta = (mean, matrix) as dense.hpp's Form says.
#include "arguments.hpp"
#include "density.hpp"
#include "distances.hpp"
#include "kl.hpp"
#include "marginal.hpp"
#include "sparse.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace kullback::multivariate_normal {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

bool sparse(const Layout& layout) { return layout.pattern != nullptr; }

class MultivariateNormal final : public Distribution,
                                 public ExponentialFamily,
                                 public Entropy,
                                 public Moments,
                                 public Sampler,
                                 public Quantiles,
                                 public Marginals,
                                 public Nodes,
                                 public Quadratic,
                                 public Landmarks,
                                 public Fisher,
                                 public Conditional {
 public:
  Text name() const override { return "multivariate_normal"; }
  Text formula() const override {
    return "exp(-(x - mean)' covariance^-1 (x - mean) / 2) / sqrt(det(2 pi covariance)),  precision = covariance^-1,  "
           "information = precision mean";
  }

  std::vector<std::vector<Parameter>> parameterizations() const override {
    const Parameter mean{"mean", Domain::real, Shape::vector};
    const Parameter precision{"precision", Domain::positive_definite, Shape::matrix};
    return {{mean, {"covariance", Domain::positive_definite, Shape::matrix}},
            {mean, precision},
            {{"information", Domain::real, Shape::vector}, precision},
            {mean, {"stddev", Domain::positive, Shape::vector}},
            {mean, {"factor", Domain::real, Shape::matrix}, {"diagonal", Domain::positive, Shape::vector}}};
  }

  Members make(const Arguments& arguments) const override { return make_member(*this, arguments); }

  Index parameter_rows(const Parameter& parameter, const Layout& layout) const override {
    if (sparse(layout) && parameter.shape == Shape::matrix) return layout.pattern->nonZeros();
    return Distribution::parameter_rows(parameter, layout);
  }

  bool provides(const Layout& layout, int capability) const override {
    switch (capability) {
      case ExponentialFamily::kCapability:
      case Fisher::kCapability:
        return !sparse(layout);
      case Sampler::kCapability:
        return !large(layout);
      case Nodes::kCapability:
        return layout.dimension <= 3;
      case Quantiles::kCapability:
      case Landmarks::kCapability:
        return layout.dimension == 1;
      default:
        return true;
    }
  }

  Support support(const Layout&, In, Index, Index) const override { return {-kInfinity, kInfinity, false}; }

  void log_density(const Layout& layout, In theta, const Points& points, Row out) const override {
    kullback::multivariate_normal::log_density(layout, theta, points, out);
  }

  // eta = (P mean, -P/2) with the matrix in full; for a diagonal member (mean / stddev^2, -1 / (2 stddev^2)) coordinate
  // by coordinate.
  std::vector<Statistic> statistics(const Layout& layout) const override {
    const Index d = layout.dimension;
    if (layout.form == kDiagonal) return {{"x", d}, {"x2", d}};
    return {{"x", d}, {"x*x'", d * d}};
  }

  void mean(const Layout& layout, In eta, Out m, Row log_partition) const override {
    const Index d = layout.dimension;
    Dense member;
    Eigen::MatrixXd covariance;
    double constant = 0;
    for (Index n = 0; n < eta.cols(); ++n) {
      const auto h = eta.col(n).head(d);
      if (layout.form == kDiagonal) {
        const Eigen::ArrayXd precision = -2 * eta.col(n).tail(d).array();
        const Eigen::ArrayXd mean = h.array() / precision;
        m.col(n).head(d) = mean;
        m.col(n).tail(d) = mean.square() + precision.inverse();
        log_partition[n] = 0.5 * ((h.array() * mean).sum() - precision.log().sum()) + half_log_2pi(layout);
        continue;
      }
      if (n == 0 || !has_matrix_of_last(eta, n, d)) {
        member = from_natural(layout, eta, n);
        covariance = member.covariance();
        constant = member.half_log_det() + half_log_2pi(layout);
      } else {
        solve_mean(member, h);
      }
      const double* mean = member.mean.data();
      double* first = m.col(n).data();
      std::copy_n(mean, d, first);
      double product = 0;
      for (Index j = 0; j < d; ++j) {
        const double* from = covariance.data() + j * d;
        double* to = first + d + j * d;
        for (Index i = 0; i < d; ++i) to[i] = from[i] + mean[i] * mean[j];
        product += h[j] * mean[j];
      }
      log_partition[n] = 0.5 * product + constant;
    }
  }

  Index first_outside(const Layout& layout, In eta) const override {
    const Index d = layout.dimension;
    for (Index n = 0; n < eta.cols(); ++n) {
      const bool again = layout.form != kDiagonal && n > 0 && has_matrix_of_last(eta, n, d);
      if (again ? !eta.col(n).head(d).allFinite() : !in_domain(layout, eta, n)) return n;
    }
    return -1;
  }

  void natural(const Layout& layout, In m, Out eta) const override {
    const Index d = layout.dimension;
    for (Index n = 0; n < m.cols(); ++n) {
      const Eigen::VectorXd mean = m.col(n).head(d);
      if (layout.form == kDiagonal) {
        const Eigen::ArrayXd variance = m.col(n).tail(d).array() - mean.array().square();
        if (!(variance > 0).all())
          throw DomainError("", "no multivariate_normal has these mean parameters: E[x2] must be above E[x]^2");
        eta.col(n).head(d) = mean.array() / variance;
        eta.col(n).tail(d) = -0.5 / variance;
        continue;
      }
      const Eigen::MatrixXd covariance = symmetric(m, n, d) - mean * mean.transpose();
      Dense member;
      member.factor = cholesky("E[x*x'] - E[x] E[x]'", covariance);
      const Eigen::MatrixXd precision = member.precision();
      eta.col(n).head(d) = precision * mean;
      square(eta, n, d) = -0.5 * precision;
    }
  }

  bool in_domain(const Layout& layout, In eta, Index member) const override {
    const Index d = layout.dimension;
    const auto column = eta.col(member);
    if (!column.allFinite()) return false;
    if (layout.form == kDiagonal) return (column.tail(d).array() < 0).all();
    try {
      cholesky("precision", -2 * symmetric(eta, member, d));
    } catch (const DomainError&) {
      return false;
    }
    return true;
  }

  void convert(const Layout& layout, In from, Out to, bool theta_to_eta) const override {
    const Index d = layout.dimension;
    for (Index n = 0; n < from.cols(); ++n) {
      const auto vector = from.col(n).head(d);
      if (layout.form == kDiagonal) {
        const Eigen::ArrayXd matrix = from.col(n).tail(d).array();
        if (theta_to_eta) {
          to.col(n).head(d) = vector.array() / matrix.square();
          to.col(n).tail(d) = -0.5 / matrix.square();
        } else {
          to.col(n).head(d) = vector.array() / (-2 * matrix);
          to.col(n).tail(d) = (-2 * matrix).rsqrt();
        }
      } else if (theta_to_eta) {
        const Eigen::MatrixXd precision =
            layout.form == kCovariance ? dense(layout, from, n).precision() : symmetric(from, n, d);
        if (layout.form == kCanonical) {
          to.col(n).head(d) = vector;
        } else {
          to.col(n).head(d) = precision * vector;
        }
        square(to, n, d) = -0.5 * precision;
      } else {
        const Dense member = from_natural(layout, from, n);
        to.col(n).head(d) = layout.form == kCanonical ? Eigen::VectorXd(vector) : member.mean;
        square(to, n, d) =
            layout.form == kCovariance ? member.covariance() : Eigen::MatrixXd(-2 * symmetric(from, n, d));
      }
    }
  }

  // With R = -2 eta_2 = L L', D the change of R, E = L^-1 D L^-T and c the change of h less D mean:
  //   tr(E^2)/2 + |L^-1 c|^2
  void fisher(const Layout& layout, In eta, In delta, Row out) const override {
    const Index d = layout.dimension;
    for (Index n = 0; n < eta.cols(); ++n) {
      if (layout.form == kDiagonal) {
        const Eigen::ArrayXd precision = -2 * eta.col(n).tail(d).array(), change = -2 * delta.col(n).tail(d).array();
        const Eigen::ArrayXd shift = delta.col(n).head(d).array() - change * eta.col(n).head(d).array() / precision;
        out[n] = (0.5 * (change / precision).square() + shift.square() / precision).sum();
        continue;
      }
      const Dense member = from_natural(layout, eta, n);
      const auto l = member.factor.triangularView<Eigen::Lower>();
      const Eigen::MatrixXd change = -2 * symmetric(delta, n, d), half = l.solve(change);
      const Eigen::MatrixXd e = l.solve(half.transpose());
      const Eigen::VectorXd shift = l.solve(Eigen::VectorXd(delta.col(n).head(d) - change * member.mean));
      out[n] = 0.5 * e.squaredNorm() + shift.squaredNorm();
    }
  }

  std::vector<Monomial> table(int parameterization, const Layout& layout) const override {
    if (parameterization > kDiagonal) return {};  // factor and diagonal
    if (parameterization == kCanonical)
      return {{-0.5, "x*x' * precision.x"},
              {1, "x * information.x"},
              {-0.5, "information.x*x' * precision.inverse"},
              {0.5, "precision.log_det"},
              {-half_log_2pi(layout), "1"}};
    if (parameterization == kDiagonal)
      return {{-0.5, "x2 * stddev.1/x2"},
              {1, "x * stddev.1/x2 * mean.x"},
              {-0.5, "mean.x2 * stddev.1/x2"},
              {-1, "stddev.log_x"},
              {-half_log_2pi(layout), "1"}};
    const bool precise = parameterization == kPrecision;
    const std::string matrix = precise ? "precision.x" : "covariance.inverse";
    return {{-0.5, "x*x' * " + matrix},
            {1, "x * " + matrix + " * mean.x"},
            {-0.5, "mean.x*x' * " + matrix},
            {precise ? 0.5 : -0.5, precise ? "precision.log_det" : "covariance.log_det"},
            {-half_log_2pi(layout), "1"}};
  }

  void entropy(const Layout& layout, In theta, Row out) const override {
    const double constant = half_log_2pi(layout) + 0.5 * static_cast<double>(layout.dimension);
    for (Index n = 0; n < theta.cols(); ++n) {
      const double half_log_det = large(layout)
                                      ? -SparseFactor(sparse_precision(layout, theta, n)).half_log_det_precision()
                                      : dense(layout, theta, n).half_log_det();
      out[n] = constant + half_log_det;
    }
  }

  bool expect(const Layout& layout, In theta, Text label, Out value) const override {
    const Index d = layout.dimension;
    if (label != "x" && label != "x2" && label != "x*x'") return false;
    if (large(layout) && label != "x") return false;  // needs the inverse
    for (Index n = 0; n < theta.cols(); ++n) {
      if (label == "x") {
        value.col(n) = large(layout)               ? sparse_mean(layout, theta, n)
                       : layout.form == kCanonical ? dense(layout, theta, n).mean
                                                   : Eigen::VectorXd(theta.col(n).head(d));
      } else if (layout.form == kDiagonal && label == "x2") {
        value.col(n) = theta.col(n).head(d).cwiseAbs2() + theta.col(n).tail(d).cwiseAbs2();
      } else {
        const Dense member = dense(layout, theta, n);
        const Eigen::MatrixXd second = member.covariance() + member.mean * member.mean.transpose();
        if (label == "x2") {
          value.col(n) = second.diagonal();
        } else {
          value.col(n) = Eigen::Map<const Eigen::VectorXd>(second.data(), d * d);
        }
      }
    }
    return true;
  }

  Index uniforms(const Layout& layout) const override { return layout.dimension; }
  void sample(const Layout& layout, In theta, In uniforms, Out x) const override {
    const Eigen::MatrixXd z = uniforms.unaryExpr([](double u) { return normal_quantile(u); });
    if (theta.cols() == 1) {
      x = dense(layout, theta, 0).color(z);
      return;
    }
    for (Index n = 0; n < x.cols(); ++n) x.col(n) = dense(layout, theta, n).color(z.col(n));
  }

  // One coordinate only.
  void cdf(const Layout& layout, In theta, In x, bool upper, Row p) const override {
    for (Index n = 0; n < x.cols(); ++n) {
      const auto [mean, stddev] = scalar(layout, theta, theta.cols() > 1 ? n : 0);
      p[n] = normal_cdf((x(0, n) - mean) / stddev, upper);
    }
  }
  void quantile(const Layout& layout, In theta, In p, bool upper, Row x) const override {
    for (Index n = 0; n < p.cols(); ++n) {
      const auto [mean, stddev] = scalar(layout, theta, theta.cols() > 1 ? n : 0);
      x[n] = mean + stddev * normal_quantile(p(0, n), upper);
    }
  }
  void landmarks(const Layout& layout, In theta, Index member, std::vector<Landmark>& out) const override {
    const auto [mean, stddev] = scalar(layout, theta, member);
    out.push_back({mean, stddev});
  }

  Members marginal(const Layout& layout, In theta, std::span<const Index> coordinates) const override {
    return kullback::multivariate_normal::marginal(*this, layout, theta, coordinates);
  }

  // The product of trapezoidal rules in the whitened coordinates, on [-9, 9] with steps 1/2, 1/4, ...
  Index count(const Layout& layout, int level) const override {
    Index total = 1;
    for (Index i = 0; i < layout.dimension; ++i) total *= line(level);
    return total;
  }
  void nodes(const Layout& layout, In theta, int level, Out x, Row weights) const override {
    const Index d = layout.dimension, n = line(level), total = count(layout, level);
    const double h = std::ldexp(0.5, -level);
    const Eigen::ArrayXd z = h * Eigen::ArrayXd::LinSpaced(n, -static_cast<double>(n / 2), static_cast<double>(n / 2));
    Eigen::ArrayXd w = (-0.5 * z.square()).exp();
    w /= w.sum();
    weights.setOnes();
    Eigen::MatrixXd points(d, total);
    for (Index k = 0; k < total; ++k) {
      Index rest = k;
      for (Index i = 0; i < d; ++i, rest /= n) {
        points(i, k) = z[rest % n];
        weights[k] *= w[rest % n];
      }
    }
    x = dense(layout, theta, 0).color(points);
  }

  QuadraticForm quadratic(const Layout& layout, In theta, bool with_normalizer) const override {
    const Index d = layout.dimension;
    QuadraticForm form;
    form.log_normalizer = std::numeric_limits<double>::quiet_NaN();
    if (sparse(layout)) {
      form.precision = sparse_precision(layout, theta, 0);
    } else if (layout.form == kDiagonal) {
      form.precision.resize(d, d);
      form.precision.reserve(Eigen::VectorXi::Ones(d));
      for (Index i = 0; i < d; ++i) form.precision.insert(i, i) = 1 / (theta(d + i, 0) * theta(d + i, 0));
    } else {
      form.precision =
          (layout.form == kCovariance ? dense(layout, theta, 0).precision() : symmetric(theta, 0, d)).sparseView();
    }
    form.precision.makeCompressed();
    const auto stored = theta.col(0).head(d);
    form.information = layout.form == kCanonical ? Eigen::VectorXd(stored) : Eigen::VectorXd(form.precision * stored);
    if (!with_normalizer) return form;
    if (large(layout)) {
      const SparseFactor factor(form.precision);
      const Eigen::VectorXd mean =
          layout.form == kCanonical ? Eigen::VectorXd(factor.solve(stored)) : Eigen::VectorXd(stored);
      form.log_normalizer = 0.5 * form.information.dot(mean) - factor.half_log_det_precision() + half_log_2pi(layout);
    } else {
      const Dense member = dense(layout, theta, 0);
      form.log_normalizer = 0.5 * form.information.dot(member.mean) + member.half_log_det() + half_log_2pi(layout);
    }
    return form;
  }

 private:
  static Index line(int level) { return (Index{36} << level) + 1; }

  static Eigen::Map<Eigen::MatrixXd> square(Out columns, Index n, Index d) { return {columns.col(n).data() + d, d, d}; }
  static Eigen::MatrixXd symmetric(In columns, Index n, Index d) {
    const Eigen::Map<const Eigen::MatrixXd> full(columns.col(n).data() + d, d, d);
    return 0.5 * (full + full.transpose());
  }

  static Dense from_natural(const Layout& layout, In eta, Index n) {
    const Index d = layout.dimension;
    Dense member;
    member.is_precision = true;
    member.factor = cholesky("precision", -2 * symmetric(eta, n, d));
    solve_mean(member, eta.col(n).head(d));
    return member;
  }

  // The mean from precision times mean.
  template <class Vector>
  static void solve_mean(Dense& member, const Vector& h) {
    member.mean = h;
    member.factor.triangularView<Eigen::Lower>().solveInPlace(member.mean);
    member.factor.triangularView<Eigen::Lower>().transpose().solveInPlace(member.mean);
  }

  // Members that differ by their data alone have one precision: it is factorized once.
  static bool has_matrix_of_last(In eta, Index n, Index d) {
    return std::memcmp(eta.col(n).data() + d, eta.col(n - 1).data() + d,
                       static_cast<std::size_t>(d * d) * sizeof(double)) == 0;
  }

  static std::pair<double, double> scalar(const Layout& layout, In theta, Index n) {
    const Dense member = dense(layout, theta, n);
    const double root = member.factor(0, 0);
    return {member.mean[0], member.is_precision ? 1 / root : root};
  }
};

}  // namespace
}  // namespace kullback::multivariate_normal

KULLBACK_PLUGIN("multivariate_normal", "1.0.0")(kullback::Registrar& registrar) {
  registrar.family(std::make_unique<kullback::multivariate_normal::MultivariateNormal>());
  registrar.alias("multivariate_gaussian", "multivariate_normal");
  registrar.rule("kl", "multivariate_normal", "multivariate_normal", kullback::multivariate_normal::kl_rule());
  kullback::multivariate_normal::add_distances(registrar);
}
