// Arcsine: x = low + (high - low) sin(pi u/2)^2 for a uniform u. theta = (low, high).
#include <boost/math/special_functions/bessel.hpp>
#include <boost/math/special_functions/ellint_2.hpp>

#include <algorithm>

#include "bounded.hpp"
#include "policy.hpp"

namespace kullback::bounded {
namespace {

// E log y, E 1/y and E 1/y^2 of an arcsine variable on [a, b], a >= 0.
double arcsine_log(double a, double b) {
  return a < 0 ? -kInfinity : 2 * (std::log(std::sqrt(a) + std::sqrt(b)) - kLog2);
}
double arcsine_inverse(double a, double b) { return a > 0 ? 1 / (std::sqrt(a) * std::sqrt(b)) : kInfinity; }

struct Arcsine {
  static constexpr Text kName = "arcsine";
  static constexpr Text kFormula = "1 / (pi sqrt((x - low)(high - x)))";
  static std::vector<std::vector<Parameter>> parameterizations() { return {{real("low"), real("high")}}; }
  static void to_stored(int, const double* given, double* t) { store_ordered(given, t, 2, 0, 1); }
  static Support support(const double* t) { return {t[0], t[1], false}; }

  struct Density {
    explicit Density(const double*) {}
    double operator()(double, double log_from_low, double log_to_high) const {
      return -std::log(kPi) - 0.5 * (log_from_low + log_to_high);
    }
  };

  static double middle(const double* t) { return t[0] + 0.5 * (t[1] - t[0]); }
  static double entropy(const double* t) { return std::log(kPi / 4 * (t[1] - t[0])); }
  static CentralMoments central_moments(const double* t) {
    const double square = (t[1] - t[0]) * (t[1] - t[0]);
    return {middle(t), square / 8, 0, 3 * square * square / 128};
  }
  static double mean_distance(const double* t, double c) {
    const double half = 0.5 * (t[1] - t[0]), k = (c - middle(t)) / half;
    if (std::abs(k) >= 1) return std::abs(c - middle(t));
    return half * 2 / kPi * (std::sqrt((1 - k) * (1 + k)) + k * std::asin(k));
  }
  static double moment_generating(const double* t, double c) {
    const double half = 0.5 * std::abs(c) * (t[1] - t[0]);
    if (half < 600) return std::exp(c * middle(t)) * boost::math::cyl_bessel_i(0, half, Quiet());
    return std::exp(c > 0 ? c * t[1] : c * t[0]) / std::sqrt(2 * kPi * half) * (1 + (0.125 + 9 / (128 * half)) / half);
  }
  static std::complex<double> characteristic(const double* t) {
    return std::polar(1.0, middle(t)) * boost::math::cyl_bessel_j(0, 0.5 * (t[1] - t[0]), Quiet());
  }
  static constexpr Moment kMoments[] = {{"log_x", [](const double* t) { return arcsine_log(t[0], t[1]); }},
                                        {"log_1mx", [](const double* t) { return arcsine_log(1 - t[1], 1 - t[0]); }},
                                        {"log_1px", [](const double* t) { return arcsine_log(1 + t[0], 1 + t[1]); }},
                                        {"1/x", [](const double* t) { return arcsine_inverse(t[0], t[1]); }},
                                        {"1/x2",
                                         [](const double* t) {
                                           const double inverse = arcsine_inverse(t[0], t[1]);
                                           return middle(t) * inverse * inverse * inverse;
                                         }},
                                        {"sqrt_x", [](const double* t) {
                                           if (t[0] < 0) return kInfinity;
                                           return 2 / kPi * std::sqrt(t[1]) *
                                                  boost::math::ellint_2(std::sqrt((t[1] - t[0]) / t[1]), Quiet());
                                         }}};
  static constexpr MomentAt kMomentsAt[] = {
      {"log(x+c)", [](const double* t, double c) { return arcsine_log(t[0] + c, t[1] + c); }},
      {"log(c-x)", [](const double* t, double c) { return arcsine_log(c - t[1], c - t[0]); }},
      {"1/(x+c)", [](const double* t, double c) { return arcsine_inverse(t[0] + c, t[1] + c); }}};

  static double cdf(const double* t, double x, bool upper) {
    const double from = x - t[0], to = t[1] - x;
    return 2 / kPi * (upper ? std::atan2(std::sqrt(to), std::sqrt(from)) : std::atan2(std::sqrt(from), std::sqrt(to)));
  }
  static double quantile(const double* t, double p, bool upper) {
    const double sine = std::sin(0.5 * kPi * p), part = (t[1] - t[0]) * sine * sine;
    return upper ? t[1] - part : t[0] + part;
  }
  static void landmarks(const double* t, std::vector<Landmark>& out) {
    out.push_back({middle(t), 0.2 * (t[1] - t[0])});
  }
  static constexpr Term kTerms[] = {
      {"log(x+c)", [](const double*) { return -0.5; }, [](const double* t) { return -t[0]; }},
      {"log(c-x)", [](const double*) { return -0.5; }, [](const double* t) { return t[1]; }},
      {"1", [](const double*) { return -std::log(kPi); }}};
};

// p within q: log(sqrt(...) means) of the distances to q's ends, less those to p's own.
Bounded kl(const double* p, const double* q) {
  if (q[0] > p[0] || q[1] < p[1]) return {kInfinity, 0};
  const double width = p[1] - p[0];
  // E log(x - low_q) = 2 log((sqrt(a) + sqrt(a + w))/2), relative to the same with a = 0
  const auto end = [width](double gap) {
    return 2 * std::log1p((std::sqrt(gap) + gap / (std::sqrt(gap + width) + std::sqrt(width))) / std::sqrt(width));
  };
  const double value = 0.5 * (end(p[0] - q[0]) + end(q[1] - p[1]));
  return {value, 16 * kEpsilon * value};
}

Bounded wasserstein_2(const double* p, const double* q) {
  const double a = p[0] - q[0], b = p[1] - q[1];
  const double value = std::hypot(0.5 * (a + b), (b - a) / std::sqrt(8.0));
  return {value, 8 * kEpsilon * (std::abs(a) + std::abs(b))};
}

}  // namespace

void add_arcsine(Registrar& registrar) {
  registrar.family(std::make_unique<PlainFamily<Arcsine>>());
  registrar.rule(
      "kl", "arcsine", "arcsine",
      plain_rule("log((sqrt(a) + sqrt(a + w))(sqrt(b) + sqrt(b + w))/w),  a = low_p - low_q, b = high_q - high_p, "
                 "w = high_p - low_p, p within q",
                 "[E log of an arcsine variable]", kl));
  registrar.rule("wasserstein_2", "arcsine", "arcsine",
                 plain_rule("sqrt((a + b)^2/4 + (b - a)^2/8),  a = low_p - low_q, b = high_p - high_q",
                            "[quantile coupling]", wasserstein_2));
}

}  // namespace kullback::bounded
