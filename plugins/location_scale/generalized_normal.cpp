// Generalized normal: z has density shape/(2 Gamma(1/shape)) exp(-|z|^shape). theta = (location, scale, shape).
#include "location_scale.hpp"
#include "special.hpp"

namespace kullback::location_scale {
namespace {

struct GeneralizedNormal {
  static constexpr int kParameters = 3;
  static constexpr Text kName = "generalized_normal";
  static constexpr Text kFormula = "shape/(2 scale Gamma(1/shape)) exp(-(|x - location|/scale)^shape)";
  static auto parameterizations() { return parameters("shape", Domain::positive); }
  static Support support(const double*) { return kLine; }

  struct Density {
    double location, scale, shape, constant;
    explicit Density(const double* t)
        : location(t[0]), scale(t[1]), shape(t[2]), constant(-kLog2 - std::log(t[1]) - log_gamma(1 + 1 / t[2])) {}
    double operator()(double x) const { return constant - std::pow(std::abs(x - location) / scale, shape); }
  };

  static double entropy(const double* t) { return 1 / t[2] + kLog2 + std::log(t[1]) + log_gamma(1 + 1 / t[2]); }
  // E |z|^k
  static double power(double shape, double k) { return std::exp(log_gamma((k + 1) / shape) - log_gamma(1 / shape)); }
  static CentralMoments central_moments(const double* t) {
    const double square = t[1] * t[1];
    return {t[0], square * power(t[2], 2), 0, square * square * power(t[2], 4)};
  }
  static double mean_distance(const double* t, double c) {
    const double z = std::abs(c - t[0]) / t[1], w = std::pow(z, t[2]);
    return t[1] * (z * gamma_cdf(w, 1 / t[2]) + power(t[2], 1) * gamma_cdf(w, 2 / t[2], true));
  }

  static double cdf(const double* t, double x, bool upper) {
    const double z = (x - t[0]) / t[1], w = std::pow(std::abs(z), t[2]);
    return (z > 0) == upper ? 0.5 * gamma_cdf(w, 1 / t[2], true) : 0.5 + 0.5 * gamma_cdf(w, 1 / t[2]);
  }
  static double quantile(const double* t, double p, bool upper) {
    const double q = std::min(p, 1 - p);  // of its tail
    const double w = q < 0.25 ? gamma_quantile(2 * q, 1 / t[2], true) : gamma_quantile(1 - 2 * q, 1 / t[2]);
    const double z = std::pow(w, 1 / t[2]);
    return (p < 0.5) == upper ? t[0] + t[1] * z : t[0] - t[1] * z;
  }
  static void landmarks(const double* t, std::vector<Landmark>& out) {
    out.push_back({t[0], 0});
    out.push_back({t[0], t[1]});
    out.push_back({t[0], t[1] * std::sqrt(power(t[2], 2))});
  }
};

// The Hessian of log Gamma(1 + 1/b) + l + E_p |x - location|^b e^(-b l) in (b, l = log scale), along (db, dl), where
// log_moment = log E_p |x - location|^b and its two derivatives in b are given.
double curvature(double b, double l, double db, double dl, const double* log_moment) {
  const double y = 1 / b, power = std::exp(log_moment[0] - b * l), slope = log_moment[1] - l;
  const double normalizer = y * y * y * (2 * digamma(1 + y) + y * trigamma(1 + y));
  const double bb = normalizer + power * (slope * slope + log_moment[2]), bl = -power * (1 + b * slope);
  return bb * db * db + 2 * bl * db * dl + power * b * b * dl * dl;
}

// Equal locations. The cross-entropy as a function of (shape, log scale) of q has its minimum at p.
Bounded kl(const double* p, const double* q) {
  if (p[0] != q[0]) throw UnsupportedError("it needs equal locations");
  const double db = q[2] - p[2], ratio = p[1] / q[1], e = (q[1] - p[1]) / p[1];
  const double dl = std::abs(e) < 0.5 ? std::log1p(e) : -std::log(ratio);
  if (db == 0) {
    const double value = expm1mx(-p[2] * dl) / p[2];
    return {value, kEpsilon * (8 * value + 4 * std::abs(dl) * std::abs(std::expm1(-p[2] * dl)))};
  }
  if (std::abs(db) < 0.05 * std::min(p[2], 1.0) && std::abs(dl) * std::max(1.0, p[2]) < 0.5) {
    // the remainder of Taylor's formula, on scale_p = 1
    const double origin = log_gamma(1 / p[2]);
    const auto along = [&](double s) {
      const double b = p[2] + s * db, at = (b + 1) / p[2];
      const double moment[] = {log_gamma(at) - origin, digamma(at) / p[2], trigamma(at) / (p[2] * p[2])};
      return (1 - s) * curvature(b, s * dl, db, dl, moment);
    };
    const double value = gauss_legendre(along, 0, 1);
    return {value, 64 * kEpsilon * value};
  }
  const double power = std::exp(-q[2] * dl + log_gamma((q[2] + 1) / p[2]) - log_gamma(1 / p[2]));
  const double normalizers = log_gamma(1 + 1 / q[2]) - log_gamma(1 + 1 / p[2]);
  const double value = normalizers + dl + power - 1 / p[2];
  const double rounding =
      std::abs(log_gamma(1 + 1 / q[2])) + std::abs(log_gamma(1 + 1 / p[2])) + std::abs(dl) + 1 / p[2] +
      power * (1 + q[2] * std::abs(dl) + std::abs(log_gamma((q[2] + 1) / p[2])) + std::abs(log_gamma(1 / p[2])));
  return {std::max(value, 0.0), 4 * kEpsilon * rounding};
}

}  // namespace

void add_generalized_normal(Registrar& registrar) {
  add<GeneralizedNormal>(registrar);
  registrar.rule("kl", "generalized_normal", "generalized_normal",
                 plain_rule("log(Gamma(1 + 1/b_q) scale_q / (Gamma(1 + 1/b_p) scale_p)) + (scale_p/scale_q)^b_q "
                            "Gamma((b_q + 1)/b_p)/Gamma(1/b_p) - 1/b_p,  b = shape, equal locations",
                            "[absolute moments]", kl));
}

}  // namespace kullback::location_scale
