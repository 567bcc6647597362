// normal_gamma: (mu, tau) with tau ~ gamma(shape, rate) and mu | tau ~ normal(mean, precision = kappa tau).
// normal_inverse_gamma: (mu, v) with v ~ inverse_gamma(shape, scale) and mu | v ~ normal(mean, variance = v / kappa).
// The second is the first with v = 1/tau. theta = (mean, kappa, shape, rate or scale).
#include "matrix_gamma.hpp"

#include <cmath>

namespace kullback::wishart {
namespace {

constexpr double kHalfLog2Pi = 0.91893853320467274178;

struct Numbers {
  double mean, kappa, shape, rate;
};
template <class Column>
Numbers unpack_theta(const Column& theta) {
  return {theta[0], theta[1], theta[2], theta[3]};
}

template <bool kInverted>
class NormalGamma final : public Distribution,
                          public ExponentialFamily,
                          public Fisher,
                          public Entropy,
                          public Moments,
                          public Sampler {
 public:
  Text name() const override { return kInverted ? "normal_inverse_gamma" : "normal_gamma"; }
  Text formula() const override {
    return kInverted ? "inverse_gamma(v; shape, scale) normal(mu; mean, variance = v / kappa),  x = (mu, v)"
                     : "gamma(tau; shape, rate) normal(mu; mean, precision = kappa tau),  x = (mu, tau)";
  }
  std::vector<std::vector<Parameter>> parameterizations() const override {
    return {{{"mean", Domain::real},
             {"kappa", Domain::positive},
             {"shape", Domain::positive},
             {kInverted ? "scale" : "rate", Domain::positive}}};
  }
  Layout layout_of(Index) const override { return Distribution::layout_of(2); }
  Support support(const Layout&, In, Index, Index coordinate) const override {
    return {coordinate == 0 ? -kInfinity : 0, kInfinity, false};
  }

  void log_density(const Layout&, In theta, const Points& points, Row out) const override {
    for (Index n = 0; n < points.x.cols(); ++n) {
      const Numbers t = unpack_theta(theta.col(n * step(theta)));
      const double mu = points.x(0, n), second = points.x(1, n);
      if (!(second > 0 && second < kInfinity && std::abs(mu) < kInfinity)) {
        out[n] = -kInfinity;
        continue;
      }
      const double log_tau = kInverted ? -std::log(second) : std::log(second), tau = kInverted ? 1 / second : second;
      const double z = mu - t.mean;
      const double power = t.shape - 0.5 + (kInverted ? 2 : 0);
      out[n] = power * log_tau - tau * (t.rate + 0.5 * t.kappa * z * z) - log_normalizer(t);
    }
  }

  std::vector<Statistic> statistics(const Layout&) const override {
    if (kInverted)
      return {{"mu.x2*variance.1/x", 1}, {"mu.x*variance.1/x", 1}, {"variance.1/x", 1}, {"variance.log_x", 1}};
    return {{"mu.x2*tau.x", 1}, {"mu.x*tau.x", 1}, {"tau.x", 1}, {"tau.log_x", 1}};
  }
  void mean(const Layout&, In eta, Out m, Row log_partition) const override {
    for (Index n = 0; n < eta.cols(); ++n) {
      const Numbers t = from_natural(eta.col(n));
      const double tau = t.shape / t.rate;
      m(0, n) = 1 / t.kappa + t.mean * t.mean * tau;
      m(1, n) = t.mean * tau;
      m(2, n) = tau;
      m(3, n) = sign() * (digamma(t.shape) - std::log(t.rate));
      log_partition[n] = log_normalizer(t);
    }
  }
  void natural(const Layout&, In m, Out eta) const override {
    for (Index n = 0; n < m.cols(); ++n) {
      const double tau = m(2, n), mean = m(1, n) / tau, spread = m(0, n) - mean * m(1, n);
      const double gap = std::log(tau) - sign() * m(3, n);
      if (!(tau > 0 && gap > 0 && spread > 0))
        throw DomainError("", "no " + std::string(name()) + " has these mean parameters");
      const double shape = solve_shape(gap, 1);
      to_natural({mean, 1 / spread, shape, shape / tau}, eta.col(n));
    }
  }
  bool in_domain(const Layout&, In eta, Index member) const override {
    if (!eta.col(member).allFinite()) return false;
    const Numbers t = from_natural(eta.col(member));
    return t.kappa > 0 && t.shape > 0 && t.rate > 0;
  }
  void convert(const Layout&, In from, Out to, bool theta_to_eta) const override {
    for (Index n = 0; n < from.cols(); ++n) {
      if (theta_to_eta) {
        to_natural(unpack_theta(from.col(n)), to.col(n));
      } else {
        const Numbers t = from_natural(from.col(n));
        to.col(n) << t.mean, t.kappa, t.shape, t.rate;
      }
    }
  }

  // Along a change of eta, with the changes it makes in kappa, kappa mean and rate:
  //   (d kappa / kappa)^2 / 2 + tau (d(kappa mean) - mean d kappa)^2 / kappa
  //     + shape (d rate / rate - d shape / shape)^2 + (trigamma(shape) - 1/shape) (d shape)^2
  void fisher(const Layout&, In eta, In delta, Row out) const override {
    for (Index n = 0; n < eta.cols(); ++n) {
      const Numbers t = from_natural(eta.col(n));
      const double kappa = -2 * delta(0, n) / t.kappa, shape = sign() * delta(3, n);
      const double shift = delta(1, n) + 2 * delta(0, n) * t.mean;  // d(kappa mean) - mean d kappa
      const double rate = -delta(2, n) - t.mean * delta(1, n) - t.mean * t.mean * delta(0, n);
      const double relative = rate / t.rate - shape / t.shape;
      out[n] = 0.5 * kappa * kappa + t.shape / t.rate * shift * shift / t.kappa + t.shape * relative * relative +
               trigamma_excess(t.shape) * shape * shape;
    }
  }

  void entropy(const Layout&, In theta, Row out) const override {
    for (Index n = 0; n < theta.cols(); ++n) {
      const Numbers t = unpack_theta(theta.col(n));
      const double power = t.shape - 0.5 + (kInverted ? 2 : 0);
      out[n] = log_normalizer(t) - power * (digamma(t.shape) - std::log(t.rate)) + t.shape + 0.5;
    }
  }

  bool expect(const Layout& layout, In theta, Text label, Out value) const override {
    const auto all = statistics(layout);
    for (std::size_t i = 0; i < all.size(); ++i)
      if (label == all[i].label) {
        Eigen::MatrixXd eta(4, theta.cols()), m(4, theta.cols());
        Eigen::RowVectorXd log_partition(theta.cols());
        convert(layout, theta, eta, true);
        mean(layout, eta, m, row(log_partition));
        value = m.row(static_cast<Index>(i));
        return true;
      }
    if (label != "x" && label != "x2" && label != "x*x'") return false;
    for (Index n = 0; n < theta.cols(); ++n) {
      const Numbers t = unpack_theta(theta.col(n));
      const double inverse = t.shape > 1 ? t.rate / (t.shape - 1) : kInfinity;  // E[1/tau]
      const double second = kInverted ? inverse : t.shape / t.rate;
      const double square = !kInverted    ? second * ((t.shape + 1) / t.rate)
                            : t.shape > 2 ? inverse * (t.rate / (t.shape - 2))
                                          : kInfinity;
      const double mu_square = t.mean * t.mean + inverse / t.kappa, cross = t.mean == 0 ? 0 : t.mean * second;
      if (label == "x")
        value.col(n) << t.mean, second;
      else if (label == "x2")
        value.col(n) << mu_square, square;
      else
        value.col(n) << mu_square, cross, cross, square;
    }
    return true;
  }

  Index uniforms(const Layout&) const override { return 2; }
  void sample(const Layout&, In theta, In uniforms, Out x) const override {
    for (Index n = 0; n < x.cols(); ++n) {
      const Numbers t = unpack_theta(theta.col(n * step(theta)));
      const double tau = gamma_quantile(uniforms(1, n), t.shape) / t.rate;
      x(0, n) = t.mean + normal_quantile(uniforms(0, n)) / std::sqrt(t.kappa * tau);
      x(1, n) = kInverted ? 1 / tau : tau;
    }
  }

 private:
  static constexpr double sign() { return kInverted ? -1 : 1; }  // of log of the second coordinate in log tau
  static double log_normalizer(const Numbers& t) {
    return log_gamma(t.shape) - t.shape * std::log(t.rate) - 0.5 * std::log(t.kappa) + kHalfLog2Pi;
  }
  // eta = (-kappa/2, kappa mean, -rate - kappa mean^2/2, shape - 1/2), or the last -shape - 3/2.
  template <class Column>
  static void to_natural(const Numbers& t, Column&& eta) {
    const double information = t.kappa * t.mean;
    eta << -0.5 * t.kappa, information, -t.rate - 0.5 * information * t.mean,
        kInverted ? -t.shape - 1.5 : t.shape - 0.5;
  }
  template <class Column>
  static Numbers from_natural(const Column& eta) {
    const double kappa = -2 * eta[0], mean = eta[1] / kappa;
    return {mean, kappa, kInverted ? -eta[3] - 1.5 : eta[3] + 0.5, -eta[2] - 0.5 * eta[1] * mean};
  }
};

// The gamma variables are Wishart matrices of one row.
void evaluate(const Side& p, const Side& q, Row value, Row error) {
  const auto gamma = [](const Numbers& t) {
    const Eigen::MatrixXd rate = Eigen::MatrixXd::Constant(1, 1, 2 * t.rate);
    return MatrixGamma{2 * t.shape, true, rate, rate.cwiseSqrt()};
  };
  for (Index n = 0; n < value.size(); ++n) {
    const Numbers a = unpack_theta(p.theta.col(n * step(p.theta))), b = unpack_theta(q.theta.col(n * step(q.theta)));
    const Value gammas = relative_entropy(gamma(a), gamma(b));
    const double excess = (b.kappa - a.kappa) / a.kappa, z = a.mean - b.mean;
    const double normals = -0.5 * log1pmx(excess) + 0.5 * b.kappa * z * z * (a.shape / a.rate);
    value[n] = gammas.value + normals;
    error[n] = gammas.error + 8 * kEpsilon * (normals + 0.5 * std::abs(excess) * (excess > 1));
  }
}

}  // namespace

std::unique_ptr<Distribution> make_normal_gamma() { return std::make_unique<NormalGamma<false>>(); }
std::unique_ptr<Distribution> make_normal_inverse_gamma() { return std::make_unique<NormalGamma<true>>(); }

Rule normal_gamma_kl() {
  return {Method::closed_form,
          "KL of the gammas + [r - 1 - log r + kappa_q (mean_p - mean_q)^2 shape_p/rate_p]/2,  r = kappa_q/kappa_p",
          "[Soch & Allefeld 2016]", evaluate};
}

}  // namespace kullback::wishart
