// (mu, Lambda) with Lambda ~ wishart(degrees_of_freedom, scale) and mu | Lambda ~ multivariate_normal(mean, precision =
// kappa Lambda). theta = (mean, kappa, degrees_of_freedom, scale); an event is mu and then Lambda in full.
#include "matrix_gamma.hpp"

#include <Eigen/Cholesky>

#include <cmath>

namespace kullback::wishart {
namespace {

constexpr double kHalfLog2Pi = 0.91893853320467274178;

struct Member {
  Eigen::VectorXd mean;
  double kappa;
  MatrixGamma precision;

  double log_normalizer() const {
    return precision.log_normalizer() + static_cast<double>(mean.size()) * (kHalfLog2Pi - 0.5 * std::log(kappa));
  }
};

Member unpack_member(In theta, Index n, Index d) {
  return {theta.col(n).head(d), theta(d, n), unpack(theta.bottomRows(1 + d * d), n, d, false)};
}

class NormalWishart final : public Distribution,
                            public ExponentialFamily,
                            public Entropy,
                            public Moments,
                            public Sampler {
 public:
  Text name() const override { return "normal_wishart"; }
  Text formula() const override {
    return "wishart(Lambda; degrees_of_freedom, scale) multivariate_normal(mu; mean, precision = kappa Lambda),  x = "
           "(mu, "
           "Lambda)";
  }
  std::vector<std::vector<Parameter>> parameterizations() const override {
    return {{{"mean", Domain::real, Shape::vector},
             {"kappa", Domain::positive},
             {"degrees_of_freedom", Domain::positive},
             {"scale", Domain::positive_definite, Shape::matrix}}};
  }
  Layout layout_of(Index size) const override {
    Layout layout;
    layout.dimension = size + size * size;
    layout.constants = {Eigen::VectorXd::Constant(1, static_cast<double>(size))};
    return layout;
  }
  Layout open(const Arguments& arguments, const Opening& opening) const override {
    Distribution::open(arguments, opening);
    const double total = static_cast<double>(std::max<Index>(2, opening.dimension));
    return layout_of(std::lround(std::sqrt(total + 0.25) - 0.5));
  }
  Index parameter_rows(const Parameter& parameter, const Layout& layout) const override {
    const Index d = side(layout);
    return parameter.shape == Shape::scalar ? 1 : parameter.shape == Shape::vector ? d : d * d;
  }
  void to_stored(int, const Layout& layout, In given, Out theta) const override {
    const Index d = side(layout);
    for (Index n = 0; n < given.cols(); ++n)
      if (!(given(d + 1, n) > static_cast<double>(d - 1)))
        throw DomainError("degrees_of_freedom", "degrees_of_freedom must be above the number of rows less one, " +
                                                    std::to_string(d - 1) + ", got " + number_text(given(d + 1, n)));
    theta = given;
  }
  Text carrier(const Layout& layout) const override {
    return side(layout) > 1 ? "pairs of a vector and a positive definite matrix" : "";
  }
  Support support(const Layout& layout, In, Index, Index coordinate) const override {
    const Index d = side(layout);
    return {coordinate >= d && (coordinate - d) % (d + 1) == 0 ? 0 : -kInfinity, kInfinity, false};
  }

  void log_density(const Layout& layout, In theta, const Points& points, Row out) const override {
    const Index d = side(layout);
    for (Index n = 0; n < points.x.cols(); ++n) {
      const Member t = unpack_member(theta, n * step(theta), d);
      out[n] = -kInfinity;
      const auto x = points.x.col(n);
      const Eigen::MatrixXd lambda = x.tail(d * d).reshaped(d, d);
      if (!x.allFinite() ||
          !((lambda - lambda.transpose()).cwiseAbs().maxCoeff() <= 1e-9 * lambda.cwiseAbs().maxCoeff()))
        continue;
      const Eigen::LLT<Eigen::MatrixXd> llt(lambda);
      if (llt.info() != Eigen::Success) continue;
      const Eigen::MatrixXd l = llt.matrixL();
      const double power = 0.5 * (t.precision.degrees_of_freedom - static_cast<double>(d));
      out[n] = power * log_det_from_cholesky(l) - 0.5 * t.precision.trace(l) -
               0.5 * t.kappa * (l.transpose() * (x.head(d) - t.mean)).squaredNorm() - t.log_normalizer();
    }
  }

  // eta = (-kappa/2, kappa mean, -(scale^-1 + kappa mean mean')/2, (degrees_of_freedom - d)/2)
  std::vector<Statistic> statistics(const Layout& layout) const override {
    const Index d = side(layout);
    return {{"mu.x*x'*Lambda.x", 1}, {"mu.x*Lambda.x", d}, {"Lambda.x", d * d}, {"Lambda.log_det", 1}};
  }
  void mean(const Layout& layout, In eta, Out m, Row log_partition) const override {
    const Index d = side(layout);
    for (Index n = 0; n < eta.cols(); ++n) {
      const Member t = from_natural(eta, n, d);
      const Eigen::MatrixXd expected = t.precision.degrees_of_freedom * t.precision.scale();
      const Eigen::VectorXd linear = expected * t.mean;
      m(0, n) = static_cast<double>(d) / t.kappa + t.mean.dot(linear);
      m.col(n).segment(1, d) = linear;
      m.col(n).segment(1 + d, d * d) = expected.reshaped();
      m(1 + d + d * d, n) = t.precision.expected_log_det();
      log_partition[n] = t.log_normalizer();
    }
  }
  void natural(const Layout& layout, In m, Out eta) const override {
    const Index d = side(layout);
    for (Index n = 0; n < m.cols(); ++n) {
      const Eigen::MatrixXd expected = symmetric(m.col(n).data() + 1 + d, d), factor = cholesky("E[Lambda]", expected);
      const Eigen::MatrixXd inverse = inverse_from_cholesky(factor);
      const Eigen::VectorXd linear = m.col(n).segment(1, d), mean = inverse * linear;
      const double spread = m(0, n) - mean.dot(linear), gap = log_det_from_cholesky(factor) - m(1 + d + d * d, n);
      if (!(spread > 0 && gap > 0)) throw DomainError("", "no normal_wishart has these mean parameters");
      const double shape = solve_shape(gap, d);
      to_natural({mean, static_cast<double>(d) / spread, {2 * shape, true, 2 * shape * inverse, {}}}, n, eta);
    }
  }
  bool in_domain(const Layout& layout, In eta, Index member) const override {
    const Index d = side(layout);
    if (!eta.col(member).allFinite() || !(eta(0, member) < 0)) return false;
    try {
      return from_natural(eta, member, d).precision.degrees_of_freedom > static_cast<double>(d - 1);
    } catch (const DomainError&) {
      return false;
    }
  }
  void convert(const Layout& layout, In from, Out to, bool theta_to_eta) const override {
    const Index d = side(layout);
    for (Index n = 0; n < from.cols(); ++n) {
      if (theta_to_eta) {
        to_natural(unpack_member(from, n, d), n, to);
      } else {
        const Member t = from_natural(from, n, d);
        to.col(n) << t.mean, t.kappa, t.precision.degrees_of_freedom, t.precision.scale().reshaped();
      }
    }
  }

  void entropy(const Layout& layout, In theta, Row out) const override {
    const Index d = side(layout);
    const auto size = static_cast<double>(d);
    for (Index n = 0; n < theta.cols(); ++n) {
      const Member t = unpack_member(theta, n, d);
      const double v = t.precision.degrees_of_freedom;
      out[n] = t.log_normalizer() - 0.5 * (v - size) * t.precision.expected_log_det() + 0.5 * size * (v + 1);
    }
  }

  bool expect(const Layout& layout, In theta, Text label, Out value) const override {
    const Index d = side(layout), rows = layout.dimension;
    if (label != "x" && label != "x2" && label != "x*x'") return false;
    for (Index n = 0; n < theta.cols(); ++n) {
      const Member t = unpack_member(theta, n, d);
      const double v = t.precision.degrees_of_freedom, spare = v - static_cast<double>(d + 1);
      const Eigen::MatrixXd scale = t.precision.scale();
      Eigen::VectorXd first(rows);
      first << t.mean, (v * scale).reshaped();
      if (label == "x") {
        value.col(n) = first;
        continue;
      }
      // mu and Lambda are uncorrelated: E[mu | Lambda] does not depend on Lambda.
      Eigen::MatrixXd second = first * first.transpose();
      if (spare > 0)
        second.topLeftCorner(d, d) += t.precision.inverse_scale() / (t.kappa * spare);
      else
        second.topLeftCorner(d, d).setConstant(kInfinity);
      for (Index j = 0; j < d; ++j)
        for (Index i = 0; i < d; ++i)
          for (Index l = 0; l < d; ++l)
            for (Index k = 0; k < d; ++k)
              second(d + i + d * j, d + k + d * l) += v * (scale(i, k) * scale(j, l) + scale(i, l) * scale(j, k));
      if (label == "x2")
        value.col(n) = second.diagonal();
      else
        value.col(n) = second.reshaped();
    }
    return true;
  }

  Index uniforms(const Layout& layout) const override {
    const Index d = side(layout);
    return d + d * (d + 1) / 2;
  }
  void sample(const Layout& layout, In theta, In uniforms, Out x) const override {
    const Index d = side(layout);
    for (Index n = 0; n < x.cols(); ++n) {
      const Member t = unpack_member(theta, n * step(theta), d);
      const Eigen::MatrixXd l = t.precision.draw_factor(t.precision.scale_factor(), uniforms.col(n).data() + d);
      Eigen::VectorXd z = uniforms.col(n).head(d).unaryExpr([](double u) { return normal_quantile(u); });
      l.triangularView<Eigen::Lower>().transpose().solveInPlace(z);
      const Eigen::MatrixXd lambda = l * l.transpose();
      x.col(n) << t.mean + z / std::sqrt(t.kappa), symmetric(lambda.data(), d).reshaped();
    }
  }

 private:
  static void to_natural(const Member& t, Index n, Out eta) {
    const Index d = t.mean.size();
    eta(0, n) = -0.5 * t.kappa;
    eta.col(n).segment(1, d) = t.kappa * t.mean;
    eta.col(n).segment(1 + d, d * d) =
        (-0.5 * (t.precision.inverse_scale() + t.kappa * t.mean * t.mean.transpose())).reshaped();
    eta(1 + d + d * d, n) = 0.5 * (t.precision.degrees_of_freedom - static_cast<double>(d));
  }
  static Member from_natural(In eta, Index n, Index d) {
    const double kappa = -2 * eta(0, n);
    const Eigen::VectorXd mean = eta.col(n).segment(1, d) / kappa;
    const Eigen::MatrixXd inverse_scale =
        -2 * symmetric(eta.col(n).data() + 1 + d, d) - kappa * mean * mean.transpose();
    return {mean,
            kappa,
            {2 * eta(1 + d + d * d, n) + static_cast<double>(d), true, inverse_scale,
             cholesky("inverse_scale", inverse_scale)}};
  }
};

void evaluate(const Side& p, const Side& q, Row value, Row error) {
  const Index d = side(p.layout);
  if (side(q.layout) != d)
    throw DomainError("",
                      "p has vectors of " + std::to_string(d) + " numbers, but q of " + std::to_string(side(q.layout)));
  for (Index n = 0; n < value.size(); ++n) {
    const Member a = unpack_member(p.theta, n * step(p.theta), d), b = unpack_member(q.theta, n * step(q.theta), d);
    const Value precisions = relative_entropy(a.precision, b.precision);
    const double excess = (b.kappa - a.kappa) / a.kappa;
    const Eigen::VectorXd shift = a.precision.factor.transpose() * (a.mean - b.mean);
    const double normals = -0.5 * static_cast<double>(d) * log1pmx(excess) +
                           0.5 * b.kappa * a.precision.degrees_of_freedom * shift.squaredNorm();
    value[n] = precisions.value + normals;
    error[n] = precisions.error + 8 * kEpsilon * static_cast<double>(d) * (normals + std::abs(excess) * (excess > 1));
  }
}

}  // namespace

std::unique_ptr<Distribution> make_normal_wishart() { return std::make_unique<NormalWishart>(); }

Rule normal_wishart_kl() {
  return {
      Method::closed_form,
      "KL of the precisions + [d (r - 1 - log r) + kappa_q n_p (mean_p - mean_q)' scale_p (mean_p - mean_q)]/2,  r = "
      "kappa_q/kappa_p",
      "[Soch & Allefeld 2016]", evaluate};
}

}  // namespace kullback::wishart
