// wishart: a matrix X with the law of matrix_gamma.hpp. theta = (degrees_of_freedom, scale), or inverse_scale in
// form 1. inverse_wishart: X with X^-1 = W of that law. theta = (degrees_of_freedom, scale), scale being the inverse
// scale of W. An event is X in full, column by column; the layout's only constant is the number of rows.
#include "matrix_gamma.hpp"

#include <Eigen/Cholesky>

#include <cmath>

namespace kullback::wishart {
namespace {

constexpr double kLogPi = 1.1447298858494002;

template <bool kInverted>
class MatrixFamily final : public Distribution,
                           public ExponentialFamily,
                           public Fisher,
                           public Conditional,
                           public Entropy,
                           public Moments,
                           public Sampler {
 public:
  Text name() const override { return kInverted ? "inverse_wishart" : "wishart"; }
  Text formula() const override {
    return kInverted ? "|scale|^(v/2) |x|^(-(v + d + 1)/2) exp(-tr(scale x^-1)/2) / (2^(v d/2) Gamma_d(v/2)),  v = "
                       "degrees_of_freedom"
                     : "|x|^((v - d - 1)/2) exp(-tr(scale^-1 x)/2) / (2^(v d/2) |scale|^(v/2) Gamma_d(v/2)),  v = "
                       "degrees_of_freedom";
  }
  std::vector<std::vector<Parameter>> parameterizations() const override {
    const Parameter shape{"degrees_of_freedom", Domain::positive, Shape::scalar};
    const Parameter scale{"scale", Domain::positive_definite, Shape::matrix};
    if (kInverted) return {{shape, scale}};
    return {{shape, scale}, {shape, {"inverse_scale", Domain::positive_definite, Shape::matrix}}};
  }
  int stored_form(int given_as) const override { return given_as; }
  Layout layout_of(Index size) const override {
    Layout layout;
    layout.dimension = size * size;
    layout.constants = {Eigen::VectorXd::Constant(1, static_cast<double>(size))};
    return layout;
  }
  Layout open(const Arguments& arguments, const Opening& opening) const override {
    Distribution::open(arguments, opening);
    return layout_of(std::lround(std::sqrt(static_cast<double>(std::max<Index>(1, opening.dimension)))));
  }
  Index parameter_rows(const Parameter& parameter, const Layout& layout) const override {
    return parameter.shape == Shape::matrix ? layout.dimension : 1;
  }
  void to_stored(int, const Layout& layout, In given, Out theta) const override {
    for (Index n = 0; n < given.cols(); ++n)
      if (!(given(0, n) > static_cast<double>(side(layout) - 1)))
        throw DomainError("degrees_of_freedom", "degrees_of_freedom must be above the number of rows less one, " +
                                                    std::to_string(side(layout) - 1) + ", got " +
                                                    number_text(given(0, n)));
    theta = given;
  }

  Text carrier(const Layout& layout) const override { return side(layout) > 1 ? "the positive definite matrices" : ""; }
  Support support(const Layout& layout, In, Index, Index coordinate) const override {
    return {coordinate % (side(layout) + 1) == 0 ? 0 : -kInfinity, kInfinity, false};
  }

  void log_density(const Layout& layout, In theta, const Points& points, Row out) const override {
    const Index d = side(layout);
    MatrixGamma member;
    double normalizer = 0;
    for (Index n = 0; n < points.x.cols(); ++n) {
      if (n == 0 || theta.cols() > 1) {
        member = unpack(theta, n * step(theta), d, is_inverse(layout));
        normalizer = member.log_normalizer();
      }
      out[n] = -kInfinity;
      const Eigen::MatrixXd x = points.x.col(n).reshaped(d, d);
      if (!x.allFinite() || !((x - x.transpose()).cwiseAbs().maxCoeff() <= 1e-9 * x.cwiseAbs().maxCoeff())) continue;
      const Eigen::LLT<Eigen::MatrixXd> llt(x);
      if (llt.info() != Eigen::Success) continue;
      const Eigen::MatrixXd l = llt.matrixL();
      const double log_det = log_det_from_cholesky(l), size = static_cast<double>(d + 1);
      if (kInverted) {
        const double trace = l.triangularView<Eigen::Lower>().solve(member.factor).squaredNorm();
        out[n] = -0.5 * (member.degrees_of_freedom + size) * log_det - 0.5 * trace - normalizer;
      } else {
        out[n] = 0.5 * (member.degrees_of_freedom - size) * log_det - 0.5 * member.trace(l) - normalizer;
      }
    }
  }

  // eta = (-inverse scale of W / 2, power of det x).
  std::vector<Statistic> statistics(const Layout& layout) const override {
    return {{kInverted ? "inverse" : "x", layout.dimension}, {"log_det", 1}};
  }
  void mean(const Layout& layout, In eta, Out m, Row log_partition) const override {
    const Index d = side(layout);
    for (Index n = 0; n < eta.cols(); ++n) {
      const MatrixGamma member = from_natural(eta, n, d);
      m.col(n).head(d * d) = (member.degrees_of_freedom * member.scale()).reshaped();
      m(d * d, n) = sign() * member.expected_log_det();
      log_partition[n] = member.log_normalizer();
    }
  }
  void natural(const Layout& layout, In m, Out eta) const override {
    const Index d = side(layout);
    for (Index n = 0; n < m.cols(); ++n) {
      const Eigen::MatrixXd expected = symmetric(m.col(n).data(), d);
      const Eigen::MatrixXd factor = cholesky(kInverted ? "E[inverse]" : "E[x]", expected);
      const double gap = log_det_from_cholesky(factor) - sign() * m(d * d, n);
      if (!(gap > 0))
        throw DomainError("", "no " + std::string(name()) +
                                  " has these mean parameters: E[log_det] is not below the log_det of "
                                  "the expected matrix");
      const double shape = solve_shape(gap, d);
      eta.col(n).head(d * d) = (-shape * inverse_from_cholesky(factor)).reshaped();
      eta(d * d, n) = power(2 * shape, d);
    }
  }
  bool in_domain(const Layout& layout, In eta, Index member) const override {
    const Index d = side(layout);
    if (!eta.col(member).allFinite() || !(degrees_of_freedom(eta(d * d, member), d) > static_cast<double>(d - 1)))
      return false;
    return Eigen::LLT<Eigen::MatrixXd>(-symmetric(eta.col(member).data(), d)).info() == Eigen::Success;
  }
  void convert(const Layout& layout, In from, Out to, bool theta_to_eta) const override {
    const Index d = side(layout);
    for (Index n = 0; n < from.cols(); ++n) {
      if (theta_to_eta) {
        to.col(n).head(d * d) = (-0.5 * unpack(from, n, d, is_inverse(layout)).inverse_scale()).reshaped();
        to(d * d, n) = power(from(0, n), d);
      } else {
        const MatrixGamma member = from_natural(from, n, d);
        to(0, n) = member.degrees_of_freedom;
        to.col(n).tail(d * d) = (is_inverse(layout) ? member.matrix : member.scale()).reshaped();
      }
    }
  }

  // With E = L^-1 D L^-T, -eta_1 = L L' = R, D the change of R, t = tr E, and n the shape:
  //   n tr(E^2) - 2 t delta + psi_d'(n) delta^2 = n |E - t/d I|^2 + n/d (t - d/n delta)^2 + [psi_d'(n) - d/n] delta^2
  void fisher(const Layout& layout, In eta, In delta, Row out) const override {
    const Index d = side(layout);
    const auto size = static_cast<double>(d);
    for (Index c = 0; c < eta.cols(); ++c) {
      const MatrixGamma member = from_natural(eta, c, d);
      const double n = 0.5 * member.degrees_of_freedom, change = sign() * delta(d * d, c);
      const auto l = member.factor.triangularView<Eigen::Lower>();
      // The factor is that of 2 R.
      const Eigen::MatrixXd half = l.solve(-2 * symmetric(delta.col(c).data(), d));
      Eigen::MatrixXd e = l.solve(half.transpose());
      const double t = e.trace();
      e.diagonal().array() -= t / size;
      double rest = 0;
      for (Index j = 0; j < d; ++j) {
        const double shift = 0.5 * static_cast<double>(j);
        rest += trigamma_excess(n - shift) + shift / (n * (n - shift));
      }
      out[c] =
          n * e.squaredNorm() + n / size * (t - size / n * change) * (t - size / n * change) + rest * change * change;
    }
  }

  std::vector<Monomial> table(int parameterization, const Layout& layout) const override {
    const Index d = side(layout);
    const auto size = static_cast<double>(d);
    const std::string matrix = kInverted || parameterization == 0 ? "scale" : "inverse_scale";
    const bool as_given = kInverted || parameterization == 1;  // is the matrix the one of the trace?
    std::vector<Monomial> out = {{-0.5, matrix + (as_given ? ".x * " : ".inverse * ") + (kInverted ? "inverse" : "x")},
                                 {0.5 * sign(), "degrees_of_freedom.x * log_det"},
                                 {-0.5 * (size + 1), "log_det"},
                                 {as_given ? 0.5 : -0.5, "degrees_of_freedom.x * " + matrix + ".log_det"},
                                 {-0.5 * size * kLog2, "degrees_of_freedom.x"},
                                 {-0.25 * size * (size - 1) * kLogPi, "1"}};
    for (Index j = 0; j < d; ++j) out.push_back({-1, "degrees_of_freedom.lgamma((x-" + std::to_string(j) + ")/2)"});
    return out;
  }

  void entropy(const Layout& layout, In theta, Row out) const override {
    const Index d = side(layout);
    for (Index n = 0; n < theta.cols(); ++n) {
      const MatrixGamma member = unpack(theta, n, d, is_inverse(layout));
      const double v = member.degrees_of_freedom;
      out[n] =
          member.log_normalizer() - power(v, d) * sign() * member.expected_log_det() + 0.5 * v * static_cast<double>(d);
    }
  }

  bool expect(const Layout& layout, In theta, Text label, Out value) const override {
    const Index d = side(layout);
    if (label != "x" && label != "x2" && label != "x*x'" && label != "inverse" && label != "log_det") return false;
    for (Index n = 0; n < theta.cols(); ++n) {
      const MatrixGamma member = unpack(theta, n, d, is_inverse(layout));
      const double v = member.degrees_of_freedom, spare = v - static_cast<double>(d + 1);
      if (label == "log_det") {
        value(0, n) = sign() * member.expected_log_det();
      } else if (label == (kInverted ? "inverse" : "x")) {
        value.col(n) = (v * member.scale()).reshaped();
      } else if (label == "x" || label == "inverse") {  // of the inverse of W
        value.col(n).setConstant(kInfinity);
        if (spare > 0) value.col(n) = (member.inverse_scale() / spare).reshaped();
      } else {
        second_moments(member, label == "x2", value.col(n));
      }
    }
    return true;
  }

  Index uniforms(const Layout& layout) const override { return side(layout) * (side(layout) + 1) / 2; }
  void sample(const Layout& layout, In theta, In uniforms, Out x) const override {
    const Index d = side(layout);
    MatrixGamma member;
    Eigen::MatrixXd scale_factor;
    for (Index n = 0; n < x.cols(); ++n) {
      if (n == 0 || theta.cols() > 1) {
        member = unpack(theta, n * step(theta), d, is_inverse(layout));
        scale_factor = member.scale_factor();
      }
      const Eigen::MatrixXd l = member.draw_factor(scale_factor, uniforms.col(n).data());
      const Eigen::MatrixXd drawn = kInverted ? inverse_from_cholesky(l) : Eigen::MatrixXd(l * l.transpose());
      x.col(n) = symmetric(drawn.data(), d).reshaped();
    }
  }

 private:
  static bool is_inverse(const Layout& layout) { return kInverted || layout.form == 1; }
  static constexpr double sign() { return kInverted ? -1 : 1; }  // of log det x in log det W
  // The power of det x in the density, and back.
  static double power(double degrees_of_freedom, Index d) {
    return 0.5 * (sign() * degrees_of_freedom - static_cast<double>(d + 1));
  }
  static double degrees_of_freedom(double power, Index d) { return sign() * (2 * power + static_cast<double>(d + 1)); }
  static MatrixGamma from_natural(In eta, Index n, Index d) {
    MatrixGamma out{degrees_of_freedom(eta(d * d, n), d), true, -2 * symmetric(eta.col(n).data(), d), {}};
    out.factor = cholesky("inverse_scale", out.matrix);
    return out;
  }

  // E[x_ij x_kl] = mean_ij mean_kl + first * mean_ij mean_kl + second (mean_ik mean_jl + mean_il mean_jk)
  static void second_moments(const MatrixGamma& member, bool squares, Out value) {
    const Index d = member.matrix.rows();
    const double v = member.degrees_of_freedom, m = v - static_cast<double>(d + 1);
    if (kInverted && !(m > 2)) {
      value.setConstant(kInfinity);
      return;
    }
    const Eigen::MatrixXd mean = kInverted ? Eigen::MatrixXd(member.matrix / m) : Eigen::MatrixXd(v * member.scale());
    const double first = kInverted ? 2 / ((m + 1) * (m - 2)) : 0, second = kInverted ? m / ((m + 1) * (m - 2)) : 1 / v;
    const auto moment = [&](Index i, Index j, Index k, Index l) {
      return (1 + first) * mean(i, j) * mean(k, l) + second * (mean(i, k) * mean(j, l) + mean(i, l) * mean(j, k));
    };
    for (Index j = 0; j < d; ++j)
      for (Index i = 0; i < d; ++i) {
        const Index at = i + d * j;
        if (squares) {
          value(at, 0) = moment(i, j, i, j);
          continue;
        }
        for (Index l = 0; l < d; ++l)
          for (Index k = 0; k < d; ++k) value(at + d * d * (k + d * l), 0) = moment(i, j, k, l);
      }
  }
};

}  // namespace

std::unique_ptr<Distribution> make_wishart() { return std::make_unique<MatrixFamily<false>>(); }
std::unique_ptr<Distribution> make_inverse_wishart() { return std::make_unique<MatrixFamily<true>>(); }

}  // namespace kullback::wishart

KULLBACK_PLUGIN("wishart", "1.0.0")(kullback::Registrar& registrar) {
  using namespace kullback::wishart;
  registrar.family(make_wishart());
  registrar.family(make_inverse_wishart());
  registrar.family(make_normal_gamma());
  registrar.family(make_normal_inverse_gamma());
  registrar.family(make_normal_wishart());
  registrar.rule("kl", "wishart", "wishart", wishart_kl());
  registrar.rule("kl", "inverse_wishart", "inverse_wishart", inverse_wishart_kl());
  registrar.rule("kl", "normal_gamma", "normal_gamma", normal_gamma_kl());
  registrar.rule("kl", "normal_inverse_gamma", "normal_inverse_gamma", normal_gamma_kl());
  registrar.rule("kl", "normal_wishart", "normal_wishart", normal_wishart_kl());
}
