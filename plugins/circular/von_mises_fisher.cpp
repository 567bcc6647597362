// Von Mises-Fisher on the unit sphere of two or more dimensions.
#include "sphere.hpp"

namespace kullback::circular {
namespace {

class VonMisesFisher final : public Directional, public ExponentialFamily, public Fisher, public Entropy {
 public:
  Text name() const override { return "von_mises_fisher"; }
  Text formula() const override { return "exp(concentration mean_direction'x) / C(concentration), |x| = 1"; }

  void entropy(const Layout& layout, In theta, Row out) const override {
    const Index d = layout.dimension;
    for (Index n = 0; n < theta.cols(); ++n) {
      const Bessel b = bessel(d, theta(d, n));
      out[n] = log_surface(d) + b.log_mass + theta(d, n) * b.short_of_one;
    }
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

 protected:
  Cosine cosine(Index dimension, double k) const override {
    const double a = bessel(dimension, k).mean;
    return {a, k > 0 ? a / k : 1 / static_cast<double>(dimension)};
  }
  double log_peak(Index dimension, double k) const override {
    return -log_surface(dimension) - bessel(dimension, k).log_mass;
  }
  // concentration (mean_direction'x - 1)
  double log_ratio(double k, double square) const override { return -0.5 * k * square; }
  // The angle a from the mean direction with P(angle <= a) = p, by Newton's method in a bracket.
  double angle(Index dimension, double k, double p) const override {
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
