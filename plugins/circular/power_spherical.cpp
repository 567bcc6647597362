// Power spherical on the unit sphere: (1 + cosine)/2 is a beta variable. [De Cao and Aziz 2020]
#include "sphere.hpp"

namespace kullback::circular {
namespace {

class PowerSpherical final : public Directional, public Entropy {
 public:
  Text name() const override { return "power_spherical"; }
  Text formula() const override { return "(1 + mean_direction'x)^concentration / C(concentration), |x| = 1"; }

  void entropy(const Layout& layout, In theta, Row out) const override {
    const Index d = layout.dimension;
    for (Index n = 0; n < theta.cols(); ++n) {
      const double k = theta(d, n);
      const auto [a, b] = shapes(d, k);
      out[n] = -log_peak(d, k) - k * (digamma(a) - digamma(a + b));
    }
  }

 protected:
  Cosine cosine(Index dimension, double k) const override {
    const auto [a, b] = shapes(dimension, k);
    return {k / (a + b), 2 * a / ((a + b) * (a + b + 1))};
  }
  double angle(Index dimension, double k, double p) const override {
    const auto [a, b] = shapes(dimension, k);
    const BetaQuantile q = beta_quantile(p, a, b, true);
    return 2 * std::atan2(std::sqrt(q.rest), std::sqrt(q.x));
  }
  // 1 + cosine is 2 - square/2.
  double log_ratio(double k, double square) const override {
    return k > 0 ? k * (square < 4 ? std::log1p(-square / 4) : -kInfinity) : 0;
  }
  // 2^k/C, C = 2^(a + b) pi^b Gamma(a)/Gamma(a + b)
  double log_peak(Index dimension, double k) const override {
    const auto [a, b] = shapes(dimension, k);
    return -2 * b * std::log(2.0) - b * std::log(kPi) + log_gamma(b) - log_beta(a, b);
  }

 private:
  struct Shapes {
    double a, b;
  };
  static Shapes shapes(Index dimension, double k) {
    const double b = 0.5 * static_cast<double>(dimension - 1);
    return {b + k, b};
  }
};

}  // namespace

void add_power_spherical(Registrar& registrar) { registrar.family(std::make_unique<PowerSpherical>()); }

}  // namespace kullback::circular
