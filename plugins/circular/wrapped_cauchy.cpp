// Wrapped Cauchy on the circle. theta = (mean, rho), rho the length of the mean direction.
#include "circular.hpp"

namespace kullback::circular {
namespace {

struct WrappedCauchy {
  static constexpr Text kName = "wrapped_cauchy";
  static constexpr Text kFormula = "(1 - rho^2) / (2 pi (1 + rho^2 - 2 rho cos(x - mean))),  -pi <= x <= pi";
  static std::vector<std::vector<Parameter>> parameterizations() {
    return {{{"mean", Domain::real}, {"rho", Domain::unit_interval}}};
  }
  static void to_stored(int, const double* given, double* t) {
    if (!(given[1] < 1)) throw DomainError("rho", "rho must be below 1");
    t[0] = given[0], t[1] = given[1];
  }
  static Support support(const double*) { return kCircle; }

  struct Density {
    double mean, rho, constant;
    explicit Density(const double* t)
        : mean(t[0]), rho(t[1]), constant(std::log1p(-t[1]) + std::log1p(t[1]) - std::log(2 * kPi)) {}
    double operator()(double x) const {
      const double half = std::sin(0.5 * (x - mean)), rest = 1 - rho;
      return constant - std::log(rest * rest + 4 * rho * half * half);
    }
  };

  static double entropy(const double* t) { return std::log(2 * kPi) + std::log1p(-t[1]) + std::log1p(t[1]); }
  static std::complex<double> characteristic(const double* t) { return std::polar(t[1], t[0]); }
  static double width(const double* t) { return std::min(0.5, 0.5 * (1 - t[1])); }
  static constexpr Moment kMoments[] = {
      {"x", [](const double* t) { return 2 * std::arg(1.0 + std::polar(t[1], t[0])); }},
      {"x2", [](const double* t) {
         const Density density(t);
         return around_peak([&](double x) { return x * x * std::exp(density(x)); }, -kPi, kPi, t[0], width(t));
       }}};

  // From the mode to the distance y: atan((1 + rho)/(1 - rho) tan(y/2))/pi, and from there to the opposite end.
  static double from_mode(const double* t, double y) {
    return std::atan2((1 + t[1]) * std::sin(0.5 * y), (1 - t[1]) * std::cos(0.5 * y)) / kPi;
  }
  static double to_opposite(const double* t, double y) {
    return std::atan2((1 - t[1]) * std::cos(0.5 * y), (1 + t[1]) * std::sin(0.5 * y)) / kPi;
  }
  // The mass of [a, b], angles from the mode within one turn below and one above.
  static double mass(const double* t, double a, double b) {
    if (a < -kPi)
      return a >= b ? 0 : b <= -kPi ? mass(t, a + 2 * kPi, b + 2 * kPi) : mass(t, a + 2 * kPi, kPi) + mass(t, -kPi, b);
    if (b > kPi) return a >= kPi ? mass(t, a - 2 * kPi, b - 2 * kPi) : mass(t, a, kPi) + mass(t, -kPi, b - 2 * kPi);
    if (a <= 0 && b >= 0) return from_mode(t, -a) + from_mode(t, b);
    if (a > 0) return to_opposite(t, a) - to_opposite(t, b);
    return to_opposite(t, -b) - to_opposite(t, -a);
  }
  static double cdf(const double* t, double x, bool upper) {
    const double mean = wrapped(t[0]);
    return upper ? mass(t, x - mean, kPi - mean) : mass(t, -kPi - mean, x - mean);
  }
  static double quantile(const double* t, double p, bool upper) {
    return solve_quantile([t](double x, bool tail) { return cdf(t, x, tail); }, Density(t), p, upper, wrapped(t[0]),
                          width(t), -kPi, kPi);
  }
  static void landmarks(const double* t, std::vector<Landmark>& out) {
    const double mean = wrapped(t[0]);
    for (double scale = width(t); scale < 1; scale *= 8) out.push_back({mean, scale});
    if (std::abs(mean) > 0.5 * kPi) out.push_back({mean - std::copysign(2 * kPi, mean), width(t)});
  }
};

// |w_p - w_q|^2 / ((1 - rho_p^2)(1 - rho_q^2)) with w = rho e^(i mean): half the chi of the Cauchy on the line, of
// which this is the image under a map that takes the line to the circle.
double half_invariant(const double* p, const double* q) {
  const double half = std::sin(0.5 * (p[0] - q[0])), apart = p[1] - q[1];
  const double square = apart * apart + 4 * p[1] * q[1] * half * half;
  return square / ((1 - p[1]) * (1 + p[1])) / ((1 - q[1]) * (1 + q[1]));
}
Bounded kl(const double* p, const double* q) {
  const double value = std::log1p(half_invariant(p, q));
  return {value, kEpsilon * (16 * std::min(value, 1.0) + 4 * value)};
}
Bounded chi_squared(const double* p, const double* q) {
  const double value = 2 * half_invariant(p, q);
  return {value, 16 * kEpsilon * value};
}
Bounded total_variation(const double* p, const double* q) {
  const double value = std::atan(std::sqrt(half_invariant(p, q))) * 2 / kPi;
  return {value, 16 * kEpsilon * value};
}
Bounded jensen_shannon(const double* p, const double* q) {
  const double half = half_invariant(p, q), s = 1 + std::sqrt(1 + half);
  const double value = std::log1p(half / s / s);
  return {value, 16 * kEpsilon * value};
}

}  // namespace

void add_wrapped_cauchy(Registrar& registrar) {
  registrar.family(std::make_unique<PlainFamily<WrappedCauchy>>());
  const auto rule = [&](Text divergence, const char* formula, auto* f) {
    registrar.rule(divergence, "wrapped_cauchy", "wrapped_cauchy",
                   plain_rule(formula, "[Nielsen and Okamura 2022, by a Moebius map]", f));
  };
  rule("kl", "log(1 + h),  h = |w_p - w_q|^2/((1 - rho_p^2)(1 - rho_q^2)), w = rho exp(i mean)", kl);
  rule("chi_squared", "2 h,  h = |w_p - w_q|^2/((1 - rho_p^2)(1 - rho_q^2)), w = rho exp(i mean)", chi_squared);
  rule("total_variation", "2/pi atan(sqrt(h))", total_variation);
  rule("jensen_shannon", "log(2 s/(1 + s)),  s = sqrt(1 + h)", jensen_shannon);
}

}  // namespace kullback::circular
