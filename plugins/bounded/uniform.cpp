// Uniform on an interval. theta = (low, high).
#include <algorithm>

#include "bounded.hpp"

namespace kullback::bounded {

// With r = (b - a)/a: log b + log1pmx(r)/r, no difference of b log b and a log a.
double mean_log(double a, double b) {
  if (a < 0) return -kInfinity;
  if (a == 0) return std::log(b) - 1;
  const double r = (b - a) / a;
  return std::log(b) + (r < 1e300 ? log1pmx(r) / r : -1);
}

// log y = log b + log v with v uniform on [rho, 1]: E log^2 v by its antiderivative v (log^2 v - 2 log v + 2), by its
// series for rho near 1.
double mean_log_square(double a, double b) {
  if (a < 0) return kInfinity;
  const double t = (b - a) / b, rho = a / b, first = mean_log(a, b) - std::log(b);
  double second = 2;
  if (t < 0.25) {
    // log^2(1 - s) = sum of 2 H(n-1)/n s^n from n = 2
    double power = t, harmonic = 0;
    second = 0;
    for (int n = 2; n < 40; ++n) {
      power *= t, harmonic += 1.0 / (n - 1);
      second += 2 * harmonic / n * power / (t * (n + 1));
    }
    second *= t;
  } else if (rho > 0) {
    const double l = std::log(rho);
    second = (2 - rho * (l * l - 2 * l + 2)) / t;
  }
  const double shift = std::log(b);
  return shift * (shift + 2 * first) + second;
}

// b^c (1 - rho^(c+1)) / ((c + 1)(1 - rho)),  rho = a/b
double mean_power(double a, double b, double c) {
  if (a < 0) return kInfinity;
  const double t = (b - a) / b;
  if (a == 0) return c > -1 ? std::pow(b, c) / (c + 1) : kInfinity;
  const double l = t < 0.5 ? std::log1p(-t) : std::log(a / b);  // below 0
  return std::pow(b, c) * -l / t * decay(-(c + 1) * l);
}

namespace {

struct Uniform {
  static constexpr Text kName = "uniform";
  static constexpr Text kFormula = "1 / (high - low),  low <= x <= high";
  static std::vector<std::vector<Parameter>> parameterizations() { return {{real("low"), real("high")}}; }
  static void to_stored(int, const double* given, double* t) { store_ordered(given, t, 2, 0, 1); }
  static Support support(const double* t) { return {t[0], t[1], false}; }

  struct Density {
    double constant;
    explicit Density(const double* t) : constant(-std::log(t[1] - t[0])) {}
    double operator()(double) const { return constant; }
  };

  static double middle(const double* t) { return t[0] + 0.5 * (t[1] - t[0]); }
  static double entropy(const double* t) { return std::log(t[1] - t[0]); }
  static CentralMoments central_moments(const double* t) {
    const double square = (t[1] - t[0]) * (t[1] - t[0]);
    return {middle(t), square / 12, 0, square * square / 80};
  }
  static double mean_distance(const double* t, double c) {
    if (c <= t[0] || c >= t[1]) return std::abs(middle(t) - c);
    return ((c - t[0]) * (c - t[0]) + (t[1] - c) * (t[1] - c)) / (2 * (t[1] - t[0]));
  }
  static double moment_generating(const double* t, double c) {
    return c >= 0 ? std::exp(c * t[1]) * decay(c * (t[1] - t[0])) : std::exp(c * t[0]) * decay(-c * (t[1] - t[0]));
  }
  static std::complex<double> characteristic(const double* t) {
    const double half = 0.5 * (t[1] - t[0]);
    return std::polar(1.0, middle(t)) * (std::sin(half) / half);
  }
  static constexpr Moment kMoments[] = {{"log_x", [](const double* t) { return mean_log(t[0], t[1]); }},
                                        {"log2_x", [](const double* t) { return mean_log_square(t[0], t[1]); }},
                                        {"1/x", [](const double* t) { return mean_power(t[0], t[1], -1); }},
                                        {"1/x2", [](const double* t) { return mean_power(t[0], t[1], -2); }},
                                        {"sqrt_x", [](const double* t) { return mean_power(t[0], t[1], 0.5); }},
                                        {"log_1mx", [](const double* t) { return mean_log(1 - t[1], 1 - t[0]); }},
                                        {"log_1px", [](const double* t) { return mean_log(1 + t[0], 1 + t[1]); }}};
  static constexpr MomentAt kMomentsAt[] = {
      {"x^c", [](const double* t, double c) { return mean_power(t[0], t[1], c); }},
      {"log(x+c)", [](const double* t, double c) { return mean_log(t[0] + c, t[1] + c); }},
      {"log(c-x)", [](const double* t, double c) { return mean_log(c - t[1], c - t[0]); }},
      {"1/(x+c)", [](const double* t, double c) { return mean_power(t[0] + c, t[1] + c, -1); }}};

  static double cdf(const double* t, double x, bool upper) { return (upper ? t[1] - x : x - t[0]) / (t[1] - t[0]); }
  static double quantile(const double* t, double p, bool upper) {
    return upper ? t[1] - p * (t[1] - t[0]) : t[0] + p * (t[1] - t[0]);
  }
  static void landmarks(const double* t, std::vector<Landmark>& out) {
    out.push_back({middle(t), 0.25 * (t[1] - t[0])});
  }
  static constexpr Term kTerms[] = {{"1", [](const double* t) { return -std::log(t[1] - t[0]); }}};
};

// log(width_q / width_p) from the gaps at both ends.
Bounded kl(const double* p, const double* q) {
  if (q[0] > p[0] || q[1] < p[1]) return {kInfinity, 0};
  const double gaps = ((p[0] - q[0]) + (q[1] - p[1])) / (p[1] - p[0]);
  const double value = gaps < 1e300 ? std::log1p(gaps) : std::log(q[1] - q[0]) - std::log(p[1] - p[0]);
  return {value, 8 * kEpsilon * (value + 1e-3 * gaps / (1 + gaps))};
}

// The width of the overlap as a share of a width: its logarithm.
double log_share(const double* t, double low, double high) {
  const double gaps = ((low - t[0]) + (t[1] - high)) / (t[1] - t[0]);
  return gaps < 0.5 ? std::log1p(-gaps) : std::log(high - low) - std::log(t[1] - t[0]);
}

// The integral of p^a q^(1-a) is (overlap/width_p)^a (overlap/width_q)^(1-a); it diverges where one is 0 that has a
// negative exponent.
Bounded renyi(double order, const double* p, const double* q) {
  const double low = std::max(p[0], q[0]), high = std::min(p[1], q[1]);
  const bool p_sticks_out = p[0] < low || p[1] > high, q_sticks_out = q[0] < low || q[1] > high;
  if (order > 1 && p_sticks_out) return {kInfinity, 0};
  if (order < 0 && q_sticks_out) return {-kInfinity, 0};
  if (order == 1) throw UnsupportedError("the order 1 is kl");
  if (low >= high) return {kInfinity, 0};
  const double a = order * log_share(p, low, high), b = (1 - order) * log_share(q, low, high);
  return {(a + b) / (order - 1), 16 * kEpsilon * (std::abs(a) + std::abs(b)) / std::abs(order - 1)};
}

// 1 - overlap / the larger width
Bounded total_variation(const double* p, const double* q) {
  const double low = std::max(p[0], q[0]), high = std::min(p[1], q[1]);
  if (low >= high) return {1, 0};
  const double* wide = p[1] - p[0] > q[1] - q[0] ? p : q;
  const double value = ((low - wide[0]) + (wide[1] - high)) / (wide[1] - wide[0]);
  return {value, 8 * kEpsilon * value};
}

// Quantiles differ by low_p - low_q at one end and high_p - high_q at the other, linearly between.
Bounded wasserstein_1(const double* p, const double* q) {
  const double a = p[0] - q[0], b = p[1] - q[1];
  const double value = a * b >= 0 ? 0.5 * std::abs(a + b) : (a * a + b * b) / (2 * std::abs(b - a));
  return {value, 8 * kEpsilon * (std::abs(a) + std::abs(b))};
}
Bounded wasserstein_2(const double* p, const double* q) {
  const double a = p[0] - q[0], b = p[1] - q[1];
  const double value = std::hypot(0.5 * (a + b), (b - a) / std::sqrt(12.0));
  return {value, 8 * kEpsilon * (std::abs(a) + std::abs(b))};
}

}  // namespace

const Distribution& add_uniform(Registrar& registrar) {
  auto family = std::make_unique<PlainFamily<Uniform>>();
  const Distribution& uniform = *family;
  registrar.family(std::move(family));
  const auto rule = [&](Text divergence, const char* formula, auto* f) {
    registrar.rule(divergence, "uniform", "uniform", plain_rule(formula, "[by definition]", f));
  };
  rule("kl", "log((high_q - low_q)/(high_p - low_p)), p within q", kl);
  registrar.rule("renyi", "uniform", "uniform",
                 plain_rule_of_order("log((o/width_p)^a (o/width_q)^(1-a))/(a - 1),  o the width of the overlap",
                                     "[Gil et al. 2013, table 2]", renyi));
  rule("total_variation", "1 - overlap/(larger width)", total_variation);
  rule("wasserstein_1", "integral over u of |a + (b - a) u|,  a = low_p - low_q, b = high_p - high_q", wasserstein_1);
  rule("wasserstein_2", "sqrt((a^2 + a b + b^2)/3),  a = low_p - low_q, b = high_p - high_q", wasserstein_2);
  return uniform;
}

}  // namespace kullback::bounded
