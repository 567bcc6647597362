// Inverse Gaussian (Wald). theta = (mean, shape).
#include <kullback/kullback.hpp>

#include <array>

namespace kullback::inverse_gaussian {
namespace {

constexpr double kInfinity = plain::kInfinity;
constexpr double kLog2Pi = 1.83787706640934548356;

// Mills' ratio P(Z > z)/density(z) of the standard normal, z >= 0; far out by its continued fraction.
double mills_ratio(double z) {
  constexpr double kRootTwoPi = 2.5066282746310002;
  if (z < 8) return normal_cdf(z, true) * kRootTwoPi * std::exp(0.5 * z * z);
  double fraction = z;
  for (int k = 40; k >= 1; --k) fraction = z + k / fraction;
  return 1 / fraction;
}

struct InverseGaussian {
  static constexpr Text kName = "inverse_gaussian";
  static constexpr Text kFormula = "sqrt(shape/(2 pi x^3)) exp(-shape (x - mean)^2 / (2 mean^2 x)),  x > 0";
  static std::vector<std::vector<Parameter>> parameterizations() {
    return {{{"mean", Domain::positive}, {"shape", Domain::positive}}};
  }
  static Support support(const double*) { return {0, kInfinity}; }

  struct Density {
    double mean, shape, constant;
    explicit Density(const double* t) : mean(t[0]), shape(t[1]), constant(0.5 * (std::log(t[1]) - kLog2Pi)) {}
    double operator()(double x, double log_x, double) const {
      const double z = (x - mean) / mean;
      return std::isinf(log_x) ? -kInfinity : constant - 1.5 * log_x - 0.5 * z * z * (shape * std::exp(-log_x));
    }
  };

  static double mean_log(const double* t) { return std::log(t[0]) - scaled_exponential_integral(2 * t[1] / t[0]); }
  static double entropy(const double* t) { return 0.5 * (kLog2Pi + 1 - std::log(t[1])) + 1.5 * mean_log(t); }
  static CentralMoments central_moments(const double* t) {
    const double variance = t[0] / t[1] * t[0] * t[0], third = 3 * variance * (t[0] / t[1]) * t[0];
    return {t[0], variance, third, 5 * third * (t[0] / t[1]) * t[0] + 3 * variance * variance};
  }
  static double moment_generating(const double* t, double c) {
    const double u = 2 * (t[0] / t[1]) * t[0] * c;
    return u <= 1 ? std::exp(t[1] / t[0] * (u / (1 + std::sqrt(1 - u)))) : kInfinity;
  }
  static std::complex<double> characteristic(const double* t) {
    const std::complex<double> u(0, 2 * (t[0] / t[1]) * t[0]);
    return std::exp(t[1] / t[0] * (u / (1.0 + std::sqrt(1.0 - u))));
  }
  static double mean_distance(const double* t, double c) {
    if (c <= 0) return t[0] - c;
    // By parts twice: E|X - c| = (c - mean)(1 - 2 Q(a)) + 2 (c + mean) exp(2 shape/mean) Q(b), in the terms of the
    // distribution function.
    const Arguments z(t, c);
    return (c - t[0]) * (1 - 2 * normal_cdf(z.a, true)) + 2 * (c + t[0]) * z.density * mills_ratio(z.b);
  }
  static constexpr Moment kMoments[] = {
      {"1/x", [](const double* t) { return 1 / t[0] + 1 / t[1]; }},
      {"1/x2", [](const double* t) { return 1 / t[0] / t[0] + 3 / t[0] / t[1] + 3 / t[1] / t[1]; }},
      {"log_x", mean_log},
      {"abs_x", [](const double* t) { return t[0]; }}};

  // P(X <= x) = Q(-a) + exp(2 shape/mean) Q(b) with a = sqrt(shape/x)(x/mean - 1), b = sqrt(shape/x)(x/mean + 1); the
  // exponential times the density at b is the density at a. [Shuster 1968]
  struct Arguments {
    double a, b, density;
    Arguments(const double* t, double x) {
      const double root = std::sqrt(t[1] / x);
      a = root * ((x - t[0]) / t[0]);
      b = root * ((x + t[0]) / t[0]);
      density = std::exp(-0.5 * (a * a + kLog2Pi));
    }
  };
  static double cdf(const double* t, double x, bool upper) {
    if (!(x > 0)) return upper ? 1 : 0;
    if (x == kInfinity) return upper ? 0 : 1;
    const Arguments z(t, x);
    if (!upper)
      return z.a < 0 ? z.density * (mills_ratio(-z.a) + mills_ratio(z.b))
                     : normal_cdf(z.a) + z.density * mills_ratio(z.b);
    return z.a > 0 ? z.density * (mills_ratio(z.a) - mills_ratio(z.b))
                   : normal_cdf(z.a, true) - z.density * mills_ratio(z.b);
  }
  static double quantile(const double* t, double p, bool upper) {
    // From a log-normal of about that spread.
    const double spread = std::sqrt(std::log1p(t[0] / t[1])),
                 guess = t[0] * std::exp(spread * (normal_quantile(p, upper) - 0.5 * spread));
    const Density density(t);
    return solve_quantile([t](double x, bool above) { return cdf(t, x, above); },
                          [&density](double x) { return density(x, std::log(x), 0); }, p, upper, guess, 0.25 * guess, 0,
                          kInfinity);
  }
  static constexpr Index kUniforms = 2;
  static double sample(const double* t, const double* uniforms) {  // [Michael, Schucany and Haas 1976]
    const double normal = normal_quantile(uniforms[0]), w = 0.5 * normal * normal * (t[0] / t[1]);
    const double ratio =
        1 / (1 + w + std::sqrt(w * (w + 2)));  // the smaller root over the mean; the larger is its inverse
    return uniforms[1] * (1 + ratio) < 1 ? t[0] * ratio : t[0] / ratio;
  }
  static void landmarks(const double* t, std::vector<Landmark>& out) {
    const double u = 1.5 * t[0] / t[1], mode = t[0] / (u + std::sqrt(1 + u * u));
    const double spread = std::sqrt(t[0] / t[1]);
    out.push_back({mode, mode * std::min(spread, 1.0)});
    out.push_back({t[0], t[0] * std::min(spread, 1.0)});
    out.push_back({t[0], t[0] * spread});
  }

  // x^(-3/2) stays outside as the base measure.
  static constexpr bool kBaseMeasure = true;
  static constexpr Text kStatistics[] = {"x", "1/x"};
  static double log_partition(const double* eta, double* m) {
    const double shape = -2 * eta[1], mean = std::sqrt(eta[1] / eta[0]);
    m[0] = mean;
    m[1] = 1 / mean + 1 / shape;
    return -shape / mean - 0.5 * (std::log(shape) - kLog2Pi);
  }
  static void natural(const double* m, double* eta) {
    const double shape = 1 / (m[1] - 1 / m[0]);
    if (!(m[0] > 0 && shape > 0 && std::isfinite(shape)))
      throw DomainError("", "no inverse_gaussian has these mean parameters: E[1/x] must be above 1/E[x]");
    to_natural(std::array<double, 2>{m[0], shape}.data(), eta);
  }
  static bool in_domain(const double* eta) {
    return eta[0] < 0 && eta[1] < 0 && std::isfinite(eta[0]) && std::isfinite(eta[1]);
  }
  static void to_natural(const double* t, double* eta) { eta[0] = -0.5 * t[1] / t[0] / t[0], eta[1] = -0.5 * t[1]; }
  static void from_natural(const double* eta, double* t) { t[0] = std::sqrt(eta[1] / eta[0]), t[1] = -2 * eta[1]; }
  static double fisher(const double* eta, const double* delta) {
    const double shape = -2 * eta[1], mean = std::sqrt(eta[1] / eta[0]);
    const double across = mean * delta[0] - delta[1] / mean, along = delta[1] / shape;
    return mean / shape * across * across + 2 * along * along;
  }
  static constexpr Term kTerms[] = {
      {"x", [](const double* t) { return -0.5 * t[1] / t[0] / t[0]; }},
      {"1/x", [](const double* t) { return -0.5 * t[1]; }},
      {"log_x", [](const double*) { return -1.5; }},
      {"1", [](const double* t) { return t[1] / t[0] + 0.5 * (std::log(t[1]) - kLog2Pi); }}};

  static std::vector<Monomial> conditional(int) {
    return {{-0.5, "x * mean.1/x2 * shape.x"},
            {1, "mean.1/x * shape.x"},
            {-0.5, "1/x * shape.x"},
            {0.5, "shape.log_x"},
            {-1.5, "log_x"},
            {-0.5 * kLog2Pi, "1"}};
  }
};

// KL(p || q) = shape_q (mean_p - mean_q)^2 / (2 mean_q^2 mean_p) + [r - 1 - log r]/2 with r = shape_q/shape_p.
Bounded kl(const double* p, const double* q) {
  const double z = (p[0] - q[0]) / q[0], from_means = 0.5 * z * z * (q[1] / p[0]);
  const double excess = (q[1] - p[1]) / p[1], ratio = q[1] / p[1];
  const bool close = std::abs(excess) < 0.5;
  const double logarithm = ratio > 1e-300 && ratio < 1e300 ? std::log(ratio) : std::log(q[1]) - std::log(p[1]);
  const double from_shapes = 0.5 * (close ? -log1pmx(excess) : excess - logarithm);
  return {from_means + from_shapes,
          kEpsilon * (8 * (from_means + from_shapes) + (close ? 0 : 2 * std::abs(logarithm)))};
}

}  // namespace
}  // namespace kullback::inverse_gaussian

KULLBACK_PLUGIN("inverse_gaussian", "1.0.0")(kullback::Registrar& registrar) {
  using namespace kullback;
  registrar.family(std::make_unique<PlainExponential<inverse_gaussian::InverseGaussian>>());
  registrar.rule("kl", "inverse_gaussian", "inverse_gaussian",
                 plain_rule("shape_q (mean_p - mean_q)^2/(2 mean_q^2 mean_p) + [r - 1 - log r]/2,  r = shape_q/shape_p",
                            "[Gil et al. 2013, table 3]", inverse_gaussian::kl));
}
