// Von Mises-Fisher on the unit sphere of two or more dimensions. theta = (mean_direction, concentration). Densities are
// against the sphere's surface.
#include "circular.hpp"

namespace kullback::circular {
namespace {

// log of the surface of the unit sphere
double log_surface(Index d) {
  const auto half = 0.5 * static_cast<double>(d);
  return std::log(2.0) + half * std::log(kPi) - log_gamma(half);
}

class VonMisesFisher final : public Distribution,
                             public ExponentialFamily,
                             public Fisher,
                             public Entropy,
                             public Moments,
                             public Sampler {
 public:
  Text name() const override { return "von_mises_fisher"; }
  Text formula() const override { return "exp(concentration mean_direction'x) / C(concentration), |x| = 1"; }
  std::vector<std::vector<Parameter>> parameterizations() const override {
    return {{{"mean_direction", Domain::real, Shape::vector}, {"concentration", Domain::non_negative}}};
  }
  void to_stored(int, const Layout& layout, In given, Out theta) const override {
    const Index d = layout.dimension;
    if (d < 2) throw DomainError("mean_direction", "mean_direction must have 2 or more coordinates");
    for (Index n = 0; n < given.cols(); ++n) {
      const double length = given.col(n).head(d).norm();
      if (!(length > 0)) throw DomainError("mean_direction", "mean_direction must not be zero");
      theta.col(n) = given.col(n);
      if (std::abs(length - 1) > 4 * kEpsilon) theta.col(n).head(d) /= length;
    }
  }
  Text carrier(const Layout&) const override { return "the unit sphere"; }
  Support support(const Layout&, In, Index, Index) const override { return {-1, 1, false}; }

  // concentration (mean_direction'x - 1) is -concentration |x - mean_direction|^2/2 on the sphere.
  void log_density(const Layout& layout, In theta, const Points& points, Row out) const override {
    const Index d = layout.dimension, step = theta.cols() > 1 ? 1 : 0;
    double constant = 0;
    for (Index n = 0; n < points.x.cols(); ++n) {
      const auto t = theta.col(n * step);
      if (n == 0 || step) constant = -log_surface(d) - bessel(d, t[d]).log_mass;
      const bool on_sphere = std::abs(points.x.col(n).squaredNorm() - 1) < 1e-9;
      out[n] = on_sphere ? constant - 0.5 * t[d] * (points.x.col(n) - t.head(d)).squaredNorm() : -kInfinity;
    }
  }

  void entropy(const Layout& layout, In theta, Row out) const override {
    const Index d = layout.dimension;
    for (Index n = 0; n < theta.cols(); ++n) {
      const Bessel b = bessel(d, theta(d, n));
      out[n] = log_surface(d) + b.log_mass + theta(d, n) * b.short_of_one;
    }
  }

  // E xx' = A/k (I - uu') + (1 - (d - 1) A/k) uu'
  bool expect(const Layout& layout, In theta, Text label, Out value) const override {
    const Index d = layout.dimension;
    if (label != "x" && label != "x2" && label != "x*x'") return false;
    for (Index n = 0; n < theta.cols(); ++n) {
      const auto u = theta.col(n).head(d);
      const double k = theta(d, n), a = bessel(d, k).mean;
      if (label == "x") {
        value.col(n) = a * u;
        continue;
      }
      const double across = k > 0 ? a / k : 1 / static_cast<double>(d);
      const double along = 1 - static_cast<double>(d) * across;  // beyond `across`
      if (label == "x2") {
        value.col(n) = across + along * u.array().square();
      } else {
        for (Index i = 0; i < d; ++i)
          for (Index j = 0; j < d; ++j) value(i * d + j, n) = along * u[i] * u[j] + (i == j ? across : 0);
      }
    }
    return true;
  }

  std::vector<Statistic> statistics(const Layout& layout) const override { return {{"x", layout.dimension}}; }
  void mean(const Layout& layout, In eta, Out m, Row log_partition) const override {
    const Index d = layout.dimension;
    for (Index n = 0; n < eta.cols(); ++n) {
      const double k = eta.col(n).head(d).norm();
      const Bessel b = bessel(d, k);
      m.col(n) = (k > 0 ? b.mean / k : 1 / static_cast<double>(d)) * eta.col(n);
      log_partition[n] = log_surface(d) + b.log_mass + k;
    }
  }
  void natural(const Layout& layout, In m, Out eta) const override {
    const Index d = layout.dimension;
    for (Index n = 0; n < m.cols(); ++n) {
      const double length = m.col(n).head(d).norm();
      if (!(length < 1)) throw DomainError("", "no von_mises_fisher has this mean: its length must be below 1");
      eta.col(n) = (length > 0 ? inverse_bessel(d, 1 - length) / length : static_cast<double>(d)) * m.col(n);
    }
  }
  bool in_domain(const Layout&, In eta, Index member) const override { return eta.col(member).allFinite(); }
  void convert(const Layout& layout, In from, Out to, bool theta_to_eta) const override {
    const Index d = layout.dimension;
    for (Index n = 0; n < from.cols(); ++n) {
      if (theta_to_eta) {
        to.col(n) = from(d, n) * from.col(n).head(d);
        continue;
      }
      const double k = from.col(n).norm();
      if (k > 0)
        to.col(n).head(d) = from.col(n) / k;
      else
        to.col(n).head(d) = Eigen::VectorXd::Unit(d, 0);
      to(d, n) = k;
    }
  }
  void fisher(const Layout& layout, In eta, In delta, Row out) const override {
    const Index d = layout.dimension;
    for (Index n = 0; n < eta.cols(); ++n) {
      const double k = eta.col(n).norm(), square = delta.col(n).squaredNorm();
      const Bessel b = bessel(d, k);
      if (k == 0) {
        out[n] = square / static_cast<double>(d);
        continue;
      }
      const double along = eta.col(n).dot(delta.col(n)) / k;
      const double across = (delta.col(n) - (along / k) * eta.col(n)).squaredNorm();
      out[n] = b.derivative * along * along + b.mean / k * across;
    }
  }

  // The cosine by its quantile, the rest of the direction by normal variables.
  Index uniforms(const Layout& layout) const override { return layout.dimension + 1; }
  void sample(const Layout& layout, In theta, In uniforms, Out x) const override {
    const Index d = layout.dimension, step = theta.cols() > 1 ? 1 : 0;
    for (Index n = 0; n < x.cols(); ++n) {
      const auto t = theta.col(n * step);
      const double angle = polar_angle(d, t[d], uniforms(d, n));
      for (Index i = 0; i < d; ++i) x(i, n) = normal_quantile(uniforms(i, n));
      x.col(n) -= t.head(d).dot(x.col(n)) * t.head(d);
      x.col(n) = std::cos(angle) * t.head(d) + std::sin(angle) * x.col(n).normalized();
      x.col(n).normalize();
    }
  }

 private:
  // The angle a from the mean direction with P(angle <= a) = p, by Newton's method in a bracket.
  static double polar_angle(Index dimension, double k, double p) {
    const auto density = [&](double a) {
      const double half = std::sin(0.5 * a);
      return std::pow(std::sin(a), static_cast<double>(dimension - 2)) * std::exp(-2 * k * half * half);
    };
    const double width = 1 / std::sqrt(1 + k);
    const double total = around_peak(density, 0, kPi, 0, width);
    double low = 0, high = kPi, a = std::min(width, 1.0);
    for (int i = 0; i < 100; ++i) {
      const double miss = around_peak(density, 0, a, 0, width) - p * total;
      (miss < 0 ? low : high) = a;
      double next = a - miss / density(a);
      if (!(next > low && next < high)) next = 0.5 * (low + high);
      if (std::abs(next - a) < 1e-14) return next;
      a = next;
    }
    return a;
  }
};

}  // namespace

void add_von_mises_fisher(Registrar& registrar) { registrar.family(std::make_unique<VonMisesFisher>()); }

}  // namespace kullback::circular
