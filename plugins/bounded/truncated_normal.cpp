// A normal variable within [low, high]. theta = (mean, stddev, low, high), mean and deviation of the parent.
#include <kullback/gauss_legendre.hpp>

#include <algorithm>
#include <array>

#include "bounded.hpp"

namespace kullback::bounded {
namespace {

// The window in z = (x - mean)/stddev, turned so that most of the mass is beside its first end or around 0; weights are
// relative to the density at `peak`, and only the stretch with any of them is looked at.
struct Window {
  double a, b, peak, end;
  bool turned;
  explicit Window(const double* t) : a((t[2] - t[0]) / t[1]), b((t[3] - t[0]) / t[1]), turned(a + b < 0) {
    if (turned) a = -a, b = -b, std::swap(a, b);
    peak = std::max(a, 0.0);
    a = std::max(a, -40.0);
    end = std::min(b, peak + 40 / std::max(1.0, 0.5 * peak));
  }
  // The integral of f(z) exp((peak^2 - z^2)/2), z - a passed beside it.
  template <class F>
  double integral(const F& f) const {
    const auto weighted = [&](double d) {
      const double z = a + d;
      return f(z) * std::exp(-0.5 * (z - peak) * (z + peak));
    };
    const double step = 2 / std::max(1.0, 0.5 * peak), length = end - a;
    const int pieces = std::max(1, static_cast<int>(std::ceil(length / step)));
    double sum = 0;
    for (int i = 0; i < pieces; ++i) sum += gauss_legendre(weighted, length * i / pieces, length * (i + 1) / pieces);
    return sum;
  }
  // log of the integral of exp(-z^2/2)
  double log_mass() const {
    return std::log(integral([](double) { return 1.0; })) - 0.5 * peak * peak;
  }
};

struct Math {
  static constexpr Text kName = "truncated_normal";
  static constexpr Text kFormula =
      "exp(-z^2/2) / (stddev sqrt(2 pi) (Phi((high - mean)/stddev) - Phi((low - mean)/stddev))),  z = (x - "
      "mean)/stddev";
  static std::vector<std::vector<Parameter>> parameterizations() {
    return {{real("mean"), positive("stddev"), real("low"), real("high")}};
  }
  static void to_stored(int, const double* given, double* t) { store_ordered(given, t, 4, 2, 3); }
  static Support support(const double* t) { return {t[2], t[3], false}; }

  struct Density {
    double mean, stddev, constant;
    explicit Density(const double* t) : mean(t[0]), stddev(t[1]), constant(-std::log(t[1]) - Window(t).log_mass()) {}
    double operator()(double x) const {
      const double z = (x - mean) / stddev;
      return constant - 0.5 * z * z;
    }
  };

  // E of (z - e)^k, e the mean of z: from the window's integrals.
  static std::array<double, 4> standard(const double* t) {
    const Window w(t);
    const double mass = w.integral([](double) { return 1.0; });
    const double first = w.a + w.integral([&](double z) { return z - w.a; }) / mass;
    const auto central = [&](int k) { return w.integral([&](double z) { return std::pow(z - first, k); }) / mass; };
    const double sign = w.turned ? -1 : 1;
    return {sign * first, central(2), sign * central(3), central(4)};
  }
  static double entropy(const double* t) {
    const auto [mean, variance, third, fourth] = standard(t);
    return std::log(t[1]) + Window(t).log_mass() + 0.5 * (variance + mean * mean);
  }
  static CentralMoments central_moments(const double* t) {
    const auto [mean, variance, third, fourth] = standard(t);
    const double square = t[1] * t[1];
    return {t[0] + t[1] * mean, square * variance, square * t[1] * third, square * square * fourth};
  }
  static double moment_generating(const double* t, double c) {
    // The parent's mean moves by c variance.
    const double moved[] = {t[0] + c * t[1] * t[1], t[1], t[2], t[3]};
    return std::exp(c * t[0] + 0.5 * c * t[1] * c * t[1] + (Window(moved).log_mass() - Window(t).log_mass()));
  }

  // The probability of [x, high] or [low, x]: masses of two windows.
  static double cdf(const double* t, double x, bool upper) {
    const double part[] = {t[0], t[1], upper ? x : t[2], upper ? t[3] : x};
    if (!(part[2] < part[3])) return 0;
    return std::min(1.0, std::exp(Window(part).log_mass() - Window(t).log_mass()));
  }
  static double quantile(const double* t, double p, bool upper) {
    const Density density(t);
    const CentralMoments m = central_moments(t);
    return solve_quantile([t](double x, bool tail) { return cdf(t, x, tail); }, density, p, upper, m.mean,
                          std::sqrt(m.variance), t[2], t[3]);
  }
  static void landmarks(const double* t, std::vector<Landmark>& out) {
    const CentralMoments m = central_moments(t);
    out.push_back({m.mean, std::sqrt(m.variance)});
  }
};

// For a fixed window: statistics x and x2, eta as of the parent.
class TruncatedNormal final : public PlainFamily<Math>, public ExponentialFamily {
 public:
  std::vector<Statistic> statistics(const Layout&) const override { return {{"x", 1}, {"x2", 1}}; }
  Index fixed_rows(const Layout&) const override { return 2; }
  void mean(const Layout&, In eta, Out m, Row log_partition) const override {
    double t[4];
    for (Index n = 0; n < eta.cols(); ++n) {
      to_theta(eta.col(n).data(), t);
      const CentralMoments c = Math::central_moments(t);
      m(0, n) = c.mean;
      m(1, n) = raw_moment(c, 2);
      log_partition[n] = Window(t).log_mass() + std::log(t[1]) + 0.5 * eta(0, n) * t[0];
    }
  }
  // Newton's method on the convex A(eta) - <eta, m>, in units of the window.
  void natural(const Layout&, In m, Out eta) const override {
    for (Index n = 0; n < m.cols(); ++n) solve(m(0, n), m(1, n), eta.col(n).data());
  }
  bool in_domain(const Layout&, In eta, Index member) const override {
    return eta(1, member) < 0 && std::isfinite(eta(1, member)) && std::isfinite(eta(0, member));
  }
  void convert(const Layout&, In from, Out to, bool theta_to_eta) const override {
    for (Index n = 0; n < from.cols(); ++n) {
      double t[4] = {from(0, n), from(1, n), from(2, n), from(3, n)};
      if (theta_to_eta) {
        const double precision = 1 / (t[1] * t[1]);
        t[0] *= precision, t[1] = -0.5 * precision;
      } else {
        to_theta(from.col(n).data(), t);
      }
      for (Index i = 0; i < 4; ++i) to(i, n) = t[i];
    }
  }

 private:
  static void to_theta(const double* eta, double* t) {
    t[0] = eta[0] / (-2 * eta[1]), t[1] = 1 / std::sqrt(-2 * eta[1]);
    t[2] = eta[2], t[3] = eta[3];
  }
  static void solve(double first, double second, double* eta) {
    const double low = eta[2], high = eta[3], variance = second - first * first;
    if (!(first > low && first < high && variance > 0))
      throw DomainError("", "no truncated_normal has these mean parameters");
    double t[4] = {first, std::sqrt(variance), low, high};
    for (int i = 0; i < 200; ++i) {
      const CentralMoments c = Math::central_moments(t);
      const double miss_mean = first - c.mean,
                   miss_square = variance + miss_mean * (first + c.mean - 2 * c.mean) - c.variance;
      if (std::abs(miss_mean) <= 4 * kEpsilon * (std::abs(first) + std::sqrt(variance)) &&
          std::abs(miss_square) <= 1e-14 * c.variance)
        break;
      // Fisher information of (x - mean, (x - mean)^2) at the current member
      const double a = c.variance, b = c.third, d = c.fourth - c.variance * c.variance, det = a * d - b * b;
      const double step1 = (d * miss_mean - b * miss_square) / det, step2 = (a * miss_square - b * miss_mean) / det;
      const double precision = 1 / (t[1] * t[1]);
      double part = 1;  // keeps the second natural parameter negative
      if (step2 > 0) part = std::min(1.0, 0.25 * precision / step2);
      const double new_precision = precision - 2 * part * step2;
      if (!(new_precision > 1e-12 / ((high - low) * (high - low))))
        throw DomainError("", "no truncated_normal has these mean parameters: their density curves upward");
      const double linear = (t[0] - c.mean) * precision + part * step1;  // of x - c.mean
      t[0] = c.mean + linear / new_precision, t[1] = 1 / std::sqrt(new_precision);
    }
    eta[0] = t[0] / (t[1] * t[1]), eta[1] = -0.5 / (t[1] * t[1]);
  }
};

}  // namespace

void add_truncated_normal(Registrar& registrar) { registrar.family(std::make_unique<TruncatedNormal>()); }

}  // namespace kullback::bounded
