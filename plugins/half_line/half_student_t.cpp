// The absolute values of student_t and cauchy variables. theta = (scale), (degrees_of_freedom, scale).
#include "half_line.hpp"

namespace kullback::half_line {
namespace {

double log1p_square(double z) { return z < 1e150 ? std::log1p(z * z) : 2 * std::log(z); }

struct HalfCauchy {
  static constexpr Text kName = "half_cauchy", kFormula = "2 / (pi scale (1 + (x/scale)^2)),  x > 0";
  static std::vector<std::vector<Parameter>> parameterizations() { return {{{"scale", Domain::positive}}}; }
  static Support support(const double*) { return kHalfLine; }
  struct Density {
    double scale, constant;
    explicit Density(const double* t) : scale(*t), constant(std::log(2 / kPi) - std::log(*t)) {}
    double operator()(double x) const { return constant - log1p_square(x / scale); }
  };
  static double entropy(const double* t) { return std::log(2 * kPi) + std::log(*t); }
  static double power_moment(const double* t, double c) {
    return std::abs(c) < 1 ? std::exp(c * std::log(*t)) / std::sin(0.5 * kPi * (1 - std::abs(c))) : kInfinity;
  }
  static constexpr Moment kMoments[] = {
      {"log_x", [](const double* t) { return std::log(*t); }},
      {"log2_x", [](const double* t) { return std::log(*t) * std::log(*t) + 0.25 * kPi * kPi; }},
      {"log_1px2", [](const double* t) { return 2 * std::log1p(*t); }}};
  static double cdf(const double* t, double x, bool upper) {
    return 2 / kPi * (upper ? std::atan2(*t, x) : std::atan2(x, *t));
  }
  static double quantile(const double* t, double p, bool upper) {
    const double tangent = p < 0.5 ? std::tan(0.5 * kPi * p) : 1 / std::tan(0.5 * kPi * (1 - p));
    return upper ? *t / tangent : *t * tangent;
  }
  static void landmarks(const double* t, std::vector<Landmark>& out) {
    out.push_back({0, 0});
    out.push_back({*t, *t});
  }
};

// (scale_p - scale_q)^2 / (2 scale_p scale_q): the mirror images of half densities are Cauchy densities, whose
// f-divergences are the same.
double invariant(const double* p, const double* q) {
  const double h = (*p - *q) / std::sqrt(*p) / std::sqrt(*q);
  return 0.5 * h * h;
}
Bounded kl_cauchy(const double* p, const double* q) {
  const double chi = invariant(p, q);
  const double value =
      chi < kInfinity ? std::log1p(0.5 * chi) : 2 * std::log(0.5 * *p + 0.5 * *q) - std::log(*p) - std::log(*q);
  return {value, kEpsilon * (12 * std::min(1.0, chi) + 4 * value)};
}
Bounded chi_squared_cauchy(const double* p, const double* q) {
  const double chi = invariant(p, q);
  return {chi, chi < kInfinity ? 12 * kEpsilon * chi : 0};
}
Bounded total_variation_cauchy(const double* p, const double* q) {
  const double value = std::atan(std::sqrt(0.5 * invariant(p, q))) * 2 / kPi;
  return {value, 12 * kEpsilon * value};
}

struct HalfStudentT {
  static constexpr Text kName = "half_student_t";
  static constexpr Text kFormula =
      "2 (1 + (x/scale)^2/nu)^(-(nu+1)/2) / (scale sqrt(nu) B(nu/2, 1/2)),  nu = degrees_of_freedom,  x > 0";
  static std::vector<std::vector<Parameter>> parameterizations() {
    return {{{"degrees_of_freedom", Domain::positive}, {"scale", Domain::positive}}};
  }
  static Support support(const double*) { return kHalfLine; }
  static double log_norm(double nu) { return kLog2 - 0.5 * std::log(nu) - log_beta(0.5 * nu, 0.5); }
  struct Density {
    double nu, scale, constant;
    explicit Density(const double* t) : nu(t[0]), scale(t[1]), constant(log_norm(t[0]) - std::log(t[1])) {}
    double operator()(double x) const { return constant - 0.5 * (nu + 1) * log1p_square(x / scale / std::sqrt(nu)); }
  };
  // digamma(a + 1/2) - digamma(a)
  static double half_step(double a) {
    if (a < 30) return digamma(a + 0.5) - digamma(a);
    const double y = 1 / (a * a);
    return 0.5 / a + y * (1.0 / 8 - y * (1.0 / 64 - y / 128));
  }
  static double entropy(const double* t) {
    return 0.5 * (t[0] + 1) * half_step(0.5 * t[0]) - log_norm(t[0]) + std::log(t[1]);
  }
  static double power_moment(const double* t, double c) {
    const double a = 0.5 * t[0];
    if (!(c < t[0] && c > -1)) return kInfinity;
    // nu^(c/2) Gamma((c+1)/2) Gamma(a - c/2) / (sqrt(pi) Gamma(a)), the last two through B(a - c/2, c/2) where c > 0
    const double ratio = c > 0   ? log_beta(a - 0.5 * c, 0.5 * c) - log_gamma(0.5 * c)
                         : c < 0 ? log_gamma(-0.5 * c) - log_beta(a, -0.5 * c)
                                 : 0;
    return std::exp(c * (std::log(t[1]) + 0.5 * std::log(t[0])) + log_gamma(0.5 * (c + 1)) - log_gamma(0.5) + ratio);
  }
  static double mean_log(const double* t) {
    return std::log(t[1]) + 0.5 * (std::log(t[0]) + digamma(0.5) - digamma(0.5 * t[0]));
  }
  static constexpr Moment kMoments[] = {
      {"x2", [](const double* t) { return t[0] > 2 ? t[1] * t[1] * (t[0] / (t[0] - 2)) : kInfinity; }},
      {"log_x", mean_log},
      {"log2_x", [](const double* t) {
         const double mean = mean_log(t);
         return mean * mean + 0.25 * (trigamma(0.5) + trigamma(0.5 * t[0]));
       }}};
  static double cdf(const double* t, double x, bool upper) {
    const double z = x / t[1], square = z * z, a = 0.5 * t[0];
    if (square < t[0]) return beta_cdf(square / (t[0] + square), 0.5, a, upper);
    return beta_cdf(1 / (1 + square / t[0]), a, 0.5, !upper);
  }
  static double quantile(const double* t, double p, bool upper) {
    if (p == 0 || p == 1) return (p == 0) == upper ? kInfinity : 0;
    const BetaQuantile y = beta_quantile(p, 0.5, 0.5 * t[0], upper);
    return t[1] * std::sqrt(t[0]) * std::sqrt(y.x) / std::sqrt(y.rest);
  }
  static void landmarks(const double* t, std::vector<Landmark>& out) {
    out.push_back({0, 0});
    out.push_back({t[1], t[1]});
  }
};

}  // namespace

void add_half_cauchy(Registrar& registrar) {
  registrar.family(std::make_unique<PlainFamily<HalfCauchy>>());
  const auto rule = [&](Text divergence, const char* formula, const char* source, auto* f) {
    registrar.rule(divergence, "half_cauchy", "half_cauchy", plain_rule(formula, source, f));
  };
  rule("kl", "log((scale_p + scale_q)^2 / (4 scale_p scale_q))", "[Chyzak and Nielsen 2019]", kl_cauchy);
  rule("chi_squared", "(scale_p - scale_q)^2 / (2 scale_p scale_q)", "[Nielsen and Okamura 2022]", chi_squared_cauchy);
  rule("total_variation", "2/pi atan(sqrt(chi/2)),  chi the chi-squared divergence", "[Nielsen and Okamura 2022]",
       total_variation_cauchy);
}

void add_half_student_t(Registrar& registrar) {
  registrar.family(std::make_unique<PlainFamily<HalfStudentT>>());
  add_scale_distances<HalfStudentT>(registrar, 1, 2);
}

}  // namespace kullback::half_line
