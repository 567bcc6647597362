// Cauchy: z has density 1 / (pi (1 + z^2)). theta = (location, scale).
#include "renyi.hpp"

namespace kullback::location_scale {
namespace {

struct Cauchy {
  static constexpr Text kName = "cauchy";
  static constexpr Text kFormula = "1 / (pi scale (1 + ((x - location)/scale)^2))";
  static auto parameterizations() { return parameters(); }
  static Support support(const double*) { return kLine; }

  struct Density {
    double location, scale, constant;
    explicit Density(const double* t) : location(t[0]), scale(t[1]), constant(-std::log(kPi) - std::log(t[1])) {}
    double operator()(double x) const {
      const double z = (x - location) / scale;
      return constant - (std::abs(z) < 1e150 ? std::log1p(z * z) : 2 * std::log(std::abs(z)));
    }
  };

  static double entropy(const double* t) { return std::log(4 * kPi) + std::log(t[1]); }
  static CentralMoments central_moments(const double* t) { return {t[0], kInfinity, 0, kInfinity}; }
  static double mean_distance(const double*, double) { return kInfinity; }
  static double moment_generating(const double*, double c) { return c == 0 ? 1 : kInfinity; }
  static std::complex<double> characteristic(const double* t) { return std::polar(std::exp(-t[1]), t[0]); }
  static constexpr Moment kMoments[] = {
      {"log_1px2", [](const double* t) { return 2 * std::log(std::hypot(1 + t[1], t[0])); }}};

  static double cdf(const double* t, double x, bool upper) {
    const double z = (x - t[0]) / t[1];
    return std::atan2(1, upper ? z : -z) / kPi;
  }
  static double quantile(const double* t, double p, bool upper) {
    const double z = p < 0.25 ? 1 / std::tan(kPi * p) : std::tan(kPi * (0.5 - p));  // of the upper tail
    return upper ? t[0] + t[1] * z : t[0] - t[1] * z;
  }
  static void landmarks(const double* t, std::vector<Landmark>& out) { out.push_back({t[0], t[1]}); }
  static Information information(const double*) { return {0.5, 0.5}; }
};

// (shift^2 + (scale_p - scale_q)^2) / (2 scale_p scale_q): every f-divergence of two Cauchys is a function of this
// number.
double invariant(const double* p, const double* q) {
  const double root = std::sqrt(p[1]) * std::sqrt(q[1]);
  const double h = std::hypot((p[0] - q[0]) / root, (p[1] - q[1]) / root);
  return h * h / 2;
}
Bounded kl(const double* p, const double* q) {
  const double chi = invariant(p, q);
  const double value = std::isinf(chi)
                           ? 2 * std::log(std::hypot(p[0] - q[0], p[1] + q[1]) / 2) - std::log(p[1]) - std::log(q[1])
                           : std::log1p(chi / 2);
  return {value, kEpsilon * (12 * std::min(1.0, chi) + 4 * value)};
}
Bounded chi_squared(const double* p, const double* q) {
  const double chi = invariant(p, q);
  return {chi, 12 * kEpsilon * chi};
}
Bounded total_variation(const double* p, const double* q) {
  const double value = std::atan(std::sqrt(invariant(p, q) / 2)) * 2 / kPi;
  return {value, 12 * kEpsilon * value};
}
Bounded jensen_shannon(const double* p, const double* q) {
  // log(2 s / (s + sqrt 2)) with s = sqrt(2 + chi), and s - sqrt 2 = chi / (s + sqrt 2)
  const double chi = invariant(p, q), root = std::sqrt(2.0), s = std::sqrt(2 + chi);
  const double value = std::isinf(chi) ? kLog2 : std::log1p(chi / (s + root) / (s + root));
  return {value, 16 * kEpsilon * value};
}

}  // namespace

void add_cauchy(Registrar& registrar) {
  add<Cauchy>(registrar);
  const auto rule = [&](Text divergence, const char* formula, const char* source, auto* f) {
    registrar.rule(divergence, "cauchy", "cauchy", plain_rule(formula, source, f));
  };
  rule("kl", "log(1 + chi/2),  chi = ((location_p - location_q)^2 + (scale_p - scale_q)^2)/(2 scale_p scale_q)",
       "[Chyzak and Nielsen 2019]", kl);
  rule("chi_squared", "((location_p - location_q)^2 + (scale_p - scale_q)^2)/(2 scale_p scale_q)",
       "[Nielsen and Okamura 2022]", chi_squared);
  rule("total_variation", "2/pi atan(sqrt(chi/2))", "[Nielsen and Okamura 2022]", total_variation);
  rule("jensen_shannon", "log(2 s/(s + sqrt 2)),  s = sqrt(2 + chi)", "[Nielsen and Okamura 2022]", jensen_shannon);
  registrar.rule("renyi", "cauchy", "cauchy",
                 plain_rule_of_order("log(P_(a-1)(1 + chi))/(a - 1),  P Legendre's function",
                                     "[Laplace's integral for P]", cauchy_renyi));
}

}  // namespace kullback::location_scale
