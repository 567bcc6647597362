// Von Mises on the circle. theta = (mean, concentration).
#include "circular.hpp"

namespace kullback::circular {
namespace {

struct Math {
  static constexpr Text kName = "von_mises";
  static constexpr Text kFormula = "exp(concentration cos(x - mean)) / (2 pi I0(concentration)),  -pi <= x <= pi";
  static std::vector<std::vector<Parameter>> parameterizations() {
    return {{{"mean", Domain::real}, {"concentration", Domain::non_negative}}};
  }
  static Support support(const double*) { return kCircle; }

  struct Density {
    double mean, concentration, constant;
    explicit Density(const double* t)
        : mean(t[0]), concentration(t[1]), constant(-std::log(2 * kPi) - bessel(2, t[1]).log_mass) {}
    double operator()(double x) const {
      const double half = std::sin(0.5 * (x - mean));
      return constant - 2 * concentration * half * half;
    }
  };

  static double entropy(const double* t) {
    const Bessel b = bessel(2, t[1]);
    return std::log(2 * kPi) + b.log_mass + t[1] * b.short_of_one;
  }
  static std::complex<double> characteristic(const double* t) { return std::polar(bessel(2, t[1]).mean, t[0]); }
  static double width(const double* t) { return 1 / std::sqrt(1 + t[1]); }
  template <class F>
  static double expectation(const double* t, const F& f) {
    const Density density(t);
    return around_peak([&](double x) { return f(x) * std::exp(density(x)); }, -kPi, kPi, t[0], width(t));
  }
  static constexpr Moment kMoments[] = {
      {"x", [](const double* t) { return expectation(t, [](double x) { return x; }); }},
      {"x2", [](const double* t) { return expectation(t, [](double x) { return x * x; }); }}};

  static double cdf(const double* t, double x, bool upper) {
    const Density density(t);
    const auto f = [&](double y) { return std::exp(density(y)); };
    return std::min(1.0, upper ? around_peak(f, x, kPi, t[0], width(t)) : around_peak(f, -kPi, x, t[0], width(t)));
  }
  static double quantile(const double* t, double p, bool upper) {
    return solve_quantile([t](double x, bool tail) { return cdf(t, x, tail); }, Density(t), p, upper, wrapped(t[0]),
                          width(t), -kPi, kPi);
  }
  static void landmarks(const double* t, std::vector<Landmark>& out) {
    const double mean = wrapped(t[0]);
    out.push_back({mean, width(t)});
    if (std::abs(mean) > 0.5 * kPi) out.push_back({mean - std::copysign(2 * kPi, mean), width(t)});
  }
};

// Statistics cos x and sin x, eta = concentration (cos mean, sin mean).
class VonMises final : public PlainFamily<Math>, public ExponentialFamily, public Fisher {
 public:
  std::vector<Statistic> statistics(const Layout&) const override { return {{"cos_x", 1}, {"sin_x", 1}}; }
  void mean(const Layout&, In eta, Out m, Row log_partition) const override {
    for (Index n = 0; n < eta.cols(); ++n) {
      const double concentration = std::hypot(eta(0, n), eta(1, n));
      const Bessel b = bessel(2, concentration);
      const double ratio = concentration > 0 ? b.mean / concentration : 0.5;
      m(0, n) = ratio * eta(0, n), m(1, n) = ratio * eta(1, n);
      log_partition[n] = std::log(2 * kPi) + b.log_mass + concentration;
    }
  }
  void natural(const Layout&, In m, Out eta) const override {
    for (Index n = 0; n < m.cols(); ++n) {
      const double length = std::hypot(m(0, n), m(1, n));
      if (!(length < 1)) throw DomainError("", "no von_mises has these mean parameters: their length must be below 1");
      const double ratio = length > 0 ? inverse_bessel(2, 1 - length) / length : 2;
      eta(0, n) = ratio * m(0, n), eta(1, n) = ratio * m(1, n);
    }
  }
  bool in_domain(const Layout&, In eta, Index member) const override {
    return std::isfinite(eta(0, member)) && std::isfinite(eta(1, member));
  }
  void convert(const Layout&, In from, Out to, bool theta_to_eta) const override {
    for (Index n = 0; n < from.cols(); ++n) {
      const double first = from(0, n), second = from(1, n);
      to(0, n) = theta_to_eta ? second * std::cos(first) : std::atan2(second, first);
      to(1, n) = theta_to_eta ? second * std::sin(first) : std::hypot(first, second);
    }
  }
  // A' along the mean direction, A/concentration across.
  void fisher(const Layout&, In eta, In delta, Row out) const override {
    for (Index n = 0; n < eta.cols(); ++n) {
      const double concentration = std::hypot(eta(0, n), eta(1, n));
      const Bessel b = bessel(2, concentration);
      const double ratio = concentration > 0 ? b.mean / concentration : 0.5;
      const double c = concentration > 0 ? eta(0, n) / concentration : 1,
                   s = concentration > 0 ? eta(1, n) / concentration : 0;
      const double along = c * delta(0, n) + s * delta(1, n), across = c * delta(1, n) - s * delta(0, n);
      out[n] = b.derivative * along * along + ratio * across * across;
    }
  }
};

}  // namespace

void add_von_mises(Registrar& registrar) { registrar.family(std::make_unique<VonMises>()); }

}  // namespace kullback::circular
