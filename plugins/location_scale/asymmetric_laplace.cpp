// Asymmetric Laplace: with k = asymmetry, z has density exp(-k z) above 0 and exp(z/k) below, over k + 1/k: the
// difference of two exponential variables of means 1/k and k. theta = (location, scale, asymmetry).
#include "location_scale.hpp"

namespace kullback::location_scale {
namespace {

// The share of the mass above the location.
double share_above(double asymmetry) { return 1 / (1 + asymmetry * asymmetry); }
double share_below(double asymmetry) { return share_above(1 / asymmetry); }

struct AsymmetricLaplace {
  static constexpr int kParameters = 3;
  static constexpr Text kName = "asymmetric_laplace";
  static constexpr Text kFormula =
      "exp(-k z) for z >= 0, exp(z/k) below, over scale (k + 1/k),  z = (x - location)/scale, k = asymmetry";
  static auto parameterizations() { return parameters("asymmetry", Domain::positive); }
  static Support support(const double*) { return kLine; }

  struct Density {
    double location, scale, asymmetry, constant;
    explicit Density(const double* t)
        : location(t[0]), scale(t[1]), asymmetry(t[2]), constant(-std::log(t[1]) - std::log(t[2] + 1 / t[2])) {}
    double operator()(double x) const {
      const double z = (x - location) / scale;
      return constant - (z >= 0 ? z * asymmetry : -z / asymmetry);
    }
  };

  static double entropy(const double* t) { return 1 + std::log(t[1]) + std::log(t[2] + 1 / t[2]); }
  static CentralMoments central_moments(const double* t) {
    const double up = t[1] / t[2], down = t[1] * t[2];
    const double variance = up * up + down * down;
    return {t[0] + (up - down), variance, 2 * (up * up * up - down * down * down),
            6 * (up * up * up * up + down * down * down * down) + 3 * variance * variance};
  }
  static double mean_distance(const double* t, double c) {
    const double k = t[2], z = (c - t[0]) / t[1], mean = 1 / k - k;
    const double distance = z >= 0 ? z - mean + 2 * share_above(k) * std::exp(-k * z) / k
                                   : mean - z + 2 * share_below(k) * std::exp(z / k) * k;
    return t[1] * distance;
  }
  static double moment_generating(const double* t, double c) {
    const double up = 1 - c * t[1] / t[2], down = 1 + c * t[1] * t[2];
    return up > 0 && down > 0 ? std::exp(c * t[0]) / (up * down) : kInfinity;
  }
  static std::complex<double> characteristic(const double* t) {
    using Complex = std::complex<double>;
    return std::polar(1.0, t[0]) / (Complex(1, -t[1] / t[2]) * Complex(1, t[1] * t[2]));
  }

  static double cdf(const double* t, double x, bool upper) {
    const double k = t[2], z = (x - t[0]) / t[1];
    const double tail = z >= 0 ? share_above(k) * std::exp(-k * z) : share_below(k) * std::exp(z / k);
    return (z >= 0) == upper ? tail : 1 - tail;
  }
  static double quantile(const double* t, double p, bool upper) {
    const double k = t[2], up = share_above(k), down = share_below(k);
    // within the part that p counts from, or from the other end
    const double own = upper ? up : down;
    const double log_ratio = p < own ? std::log(p / own) : std::log1p(-p) - std::log(upper ? down : up);
    const bool above = (p < own) == upper;
    return t[0] + t[1] * (above ? -log_ratio / k : log_ratio * k);
  }
  static void landmarks(const double* t, std::vector<Landmark>& out) {
    out.push_back({t[0], 0});
    out.push_back({t[0], t[1] / t[2]});
    out.push_back({t[0], t[1] * t[2]});
  }

  static constexpr Term kTerms[] = {{"abs(x-c)", [](const double* t) { return -0.5 * (t[2] + 1 / t[2]) / t[1]; },
                                     [](const double* t) { return t[0]; }},
                                    {"x", [](const double* t) { return -0.5 * (t[2] - 1 / t[2]) / t[1]; }},
                                    {"1", [](const double* t) {
                                       return 0.5 * (t[2] - 1 / t[2]) * t[0] / t[1] - std::log(t[1]) -
                                              std::log(t[2] + 1 / t[2]);
                                     }}};
  static Information information(const double*) { return {1, 1}; }
};

// Of two exponential laws, by the rates: r - 1 - log r, r = rate_q/rate_p.
double exponentials(double rate_p, double rate_q) {
  const double e = (rate_q - rate_p) / rate_p;
  return std::abs(e) < 0.5 ? -log1pmx(e) : e - std::log(rate_q / rate_p);
}

// The choice of a side, the two exponential laws beyond the location, and what moving p by the shift costs.
Bounded kl(const double* p, const double* q) {
  const double up_p = p[2] / p[1], down_p = 1 / (p[2] * p[1]), up_q = q[2] / q[1], down_q = 1 / (q[2] * q[1]);
  const double above = share_above(p[2]), below = share_below(p[2]);
  const double sides = bd0(above, share_above(q[2])) + bd0(below, share_below(q[2]));
  const double scales = above * exponentials(up_p, up_q) + below * exponentials(down_p, down_q);
  const double shift = p[0] - q[0];
  const double slope = up_q * above - down_q * below;  // d/dshift at 0
  const double curved = shift >= 0 ? (up_q + down_q) * below / down_p * expm1mx(-shift * down_p)
                                   : (up_q + down_q) * above / up_p * expm1mx(shift * up_p);
  const double value = sides + scales + (shift * slope + curved);
  const double rounding = std::abs(shift) * (up_q * above + down_q * below) +
                          (std::abs(up_q / up_p - 1) + std::abs(std::log(up_q / up_p))) * above +
                          (std::abs(down_q / down_p - 1) + std::abs(std::log(down_q / down_p))) * below;
  return {std::max(value, 0.0), kEpsilon * (8 * (sides + scales + curved) + 8 * rounding)};
}

}  // namespace

void add_asymmetric_laplace(Registrar& registrar) {
  add<AsymmetricLaplace>(registrar);
  registrar.rule(
      "kl", "asymmetric_laplace", "asymmetric_laplace",
      plain_rule("KL of the sides' shares + shares times KL of the exponential laws + E[|z + shift|_q - |z|_q], "
                 "|.|_q the exponent of q",
                 "[piecewise exponential]", kl));
}

}  // namespace kullback::location_scale
