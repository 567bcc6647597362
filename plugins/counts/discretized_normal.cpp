// The normal density on the integers, normalized there. theta = (mean, stddev) of the density, which the masses nearly have.
#include "families.hpp"

namespace kullback::counts {

namespace {

constexpr double kWide = 8;  // from this deviation on the sum over the integers is the integral, to 1e-500

// Sums over the integers around c, the one nearest to the mean, of w(k) = exp(-((k - mean)^2 - (c - mean)^2) / (2 stddev^2)).
struct DiscretizedNormal {
  static constexpr Text kName = "discretized_normal",
                        kFormula = "exp(-(x - mean)^2 / (2 stddev^2)) / sum,  x = ..., -1, 0, 1, ...";
  static std::vector<std::vector<Parameter>> parameterizations() { return {{{"mean", Domain::real}, {"stddev", Domain::positive}}}; }
  DiscretizedNormal(const Layout&, const double* theta) : DiscretizedNormal(theta[0], theta[1]) {}
  DiscretizedNormal(double m, double s) : mean(m), stddev(s), center(std::round(m)) {
    if (stddev >= kWide) {
      log_sum = std::log(stddev) + kHalfLog2Pi;
    } else {
      double sum = 0;
      each([&](double, double w) { sum += w; });
      log_sum = std::log(sum) - 0.5 * squared(center);
    }
  }

  Support support() const { return {-kInfinity, kInfinity, true}; }
  Bulk bulk() const { return {center, stddev + 0.5}; }
  double squared(double k) const {
    const double z = (k - mean) / stddev;
    return z * z;
  }
  double log_mass(double k) const { return -0.5 * squared(k) - log_sum; }

  // E[f(x - c)] where f gives a few numbers.
  template <class F>
  void each(const F& f) const {
    const double offset = center - mean;
    const auto weight = [&](double d) { return std::exp(-0.5 * (d / stddev) * ((d + 2 * offset) / stddev)); };
    f(0.0, 1.0);
    for (double d = 1; d < 40 * stddev + 2; d += 1) f(d, weight(d)), f(-d, weight(-d));
  }
  template <class F>
  double average(const F& f) const {
    double sum = 0, total = 0;
    each([&](double d, double w) {
      if (w > 0) sum += w * f(d), total += w;
    });
    return sum / total;
  }
  double first() const { return stddev >= kWide ? mean : center + average([](double d) { return d; }); }
  double variance() const {
    if (stddev >= kWide) return stddev * stddev;
    const double m = first() - center;
    return average([m](double d) { return (d - m) * (d - m); });
  }
  double entropy() const {
    if (stddev >= kWide) return log_sum + 0.5;
    return average([&](double d) { return -log_mass(center + d); });
  }
  bool moment(Text label, double c, double& value) const { return square_moment(first(), variance(), label, c, value); }

  double mean, stddev, center, log_sum;
};

// Statistics x and x2, eta = (mean / stddev^2, -1 / (2 stddev^2)).
class DiscretizedNormalFamily final : public CountFamily<DiscretizedNormal>, public ExponentialFamily, public Fisher {
 public:
  std::vector<Statistic> statistics(const Layout&) const override { return {{"x", 1}, {"x2", 1}}; }
  bool in_domain(const Layout&, In eta, Index n) const override {
    return std::isfinite(eta(0, n)) && eta(1, n) < 0 && std::isfinite(eta(1, n));
  }
  static DiscretizedNormal member(const double* eta) { return {eta[0] / (-2 * eta[1]), 1 / std::sqrt(-2 * eta[1])}; }

  void mean(const Layout&, In eta, Out m, Row log_partition) const override {
    for (Index n = 0; n < eta.cols(); ++n) {
      const DiscretizedNormal x = member(eta.col(n).data());
      const double first = x.first();
      m(0, n) = first;
      m(1, n) = x.variance() + first * first;
      log_partition[n] = x.log_sum + 0.5 * x.squared(0);
    }
  }

  void natural(const Layout&, In m, Out eta) const override {
    for (Index n = 0; n < m.cols(); ++n) {
      const double first = m(0, n), variance = m(1, n) - first * first;
      if (!(variance > 0)) throw DomainError("", "no discretized_normal has these mean parameters: E[x2] must be above E[x]^2");
      fit(first, variance, eta.col(n).data());
    }
  }

  void convert(const Layout&, In from, Out to, bool theta_to_eta) const override {
    for (Index n = 0; n < from.cols(); ++n) {
      if (theta_to_eta) {
        const double precision = 1 / (from(1, n) * from(1, n));
        to(0, n) = from(0, n) * precision;
        to(1, n) = -0.5 * precision;
      } else {
        to(0, n) = from(0, n) / (-2 * from(1, n));
        to(1, n) = 1 / std::sqrt(-2 * from(1, n));
      }
    }
  }

  // The variance of delta1 x + delta2 x^2.
  void fisher(const Layout&, In eta, In delta, Row out) const override {
    for (Index n = 0; n < out.size(); ++n) {
      const DiscretizedNormal x = member(column(eta, n));
      const double* d = column(delta, n);
      const double slope = d[0] + 2 * d[1] * x.center;
      if (x.stddev >= kWide) {
        const double linear = (d[0] + 2 * d[1] * x.mean) * x.stddev, square = d[1] * x.stddev * x.stddev;
        out[n] = linear * linear + 2 * square * square;
        continue;
      }
      const auto f = [&](double k) { return (slope + d[1] * k) * k; };
      const double m = x.average(f);
      out[n] = x.average([&](double k) { return (f(k) - m) * (f(k) - m); });
    }
  }

 private:
  // Damped Newton for (mean, variance) in the natural parameters about the center, which the concave likelihood makes safe.
  static void fit(double first, double variance, double* eta) {
    const double c = std::round(first);
    if (variance >= kWide * kWide) {
      eta[0] = first / variance;
      eta[1] = -0.5 / variance;
      return;
    }
    const double m1 = first - c, m2 = variance + m1 * m1;
    double h[2] = {m1 / std::max(variance, 0.05), -0.5 / std::max(variance, 0.05)};
    const auto objective = [&](const double* e) {  // <e, m> - A(e)
      const DiscretizedNormal x = member(e);
      return e[0] * m1 + e[1] * m2 - (x.log_sum + 0.5 * x.squared(0));
    };
    for (int i = 0; i < 100; ++i) {
      const DiscretizedNormal x = member(h);
      const double offset = x.center, a = x.average([&](double d) { return d + offset; }),
                   b = x.average([&](double d) { return (d + offset) * (d + offset); });
      const auto covariance = [&](int r, int s) {
        return x.average([&](double d) {
          const double y = d + offset, f[2] = {y - a, y * y - b};
          return f[r] * f[s];
        });
      };
      const double v11 = covariance(0, 0), v12 = covariance(0, 1), v22 = covariance(1, 1), det = v11 * v22 - v12 * v12;
      const double g1 = m1 - a, g2 = m2 - b;
      if (std::abs(g1) + std::abs(g2) <= 4 * kEpsilon * (std::abs(m1) + m2) || !(det > 0)) break;
      double step[2] = {(v22 * g1 - v12 * g2) / det, (v11 * g2 - v12 * g1) / det};
      const double before = objective(h);
      bool moved = false;
      for (int halving = 0; halving < 60 && !moved; ++halving) {
        const double next[2] = {h[0] + step[0], h[1] + step[1]};
        moved = next[1] < 0 && objective(next) >= before - 4 * kEpsilon * (1 + std::abs(before));
        if (moved) h[0] = next[0], h[1] = next[1];
        step[0] *= 0.5, step[1] *= 0.5;
      }
      if (!moved) break;
    }
    eta[0] = h[0] - 2 * c * h[1];
    eta[1] = h[1];
  }
};

}  // namespace

void register_discretized_normal(Registrar& registrar) { registrar.family(std::make_unique<DiscretizedNormalFamily>()); }

}  // namespace kullback::counts
