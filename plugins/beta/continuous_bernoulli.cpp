// Continuous Bernoulli: density proportional to probability^x (1 - probability)^(1-x) on the unit interval. theta =
// (probability). [Loaiza-Ganem and Cunningham 2019]
#include "beta.hpp"

namespace kullback::beta_family {
namespace {

// B_2n / (2n)! for n = 1, 2, ...
constexpr std::array<double, 14> kBernoulli = {8.333333333333333e-02,  -1.388888888888889e-03, 3.306878306878307e-05,
                                               -8.267195767195767e-07, 2.087675698786810e-08,  -5.284190138687493e-10,
                                               1.338253653068468e-11,  -3.389680296322583e-13, 8.586062056277845e-15,
                                               -2.174868698558062e-16, 5.509002828360230e-18,  -1.395446468581252e-19,
                                               3.534707039629467e-21,  -8.953517427037547e-23};

// The log-partition function A(eta) = log((e^eta - 1)/eta) of the density exp(eta x - A) and its derivatives. About 0
// by the Bernoulli series of A' - 1/2 = coth(eta/2)/2 - 1/eta, apart from it as it stands.
struct LogPartition {
  explicit LogPartition(double eta) : eta(eta) {}
  double eta;

  double value() const {
    if (eta == 0) return 0;
    if (std::abs(eta) < 0.5) return std::log1p(expm1mx(eta) / eta);
    return eta > 0 ? eta + std::log(-std::expm1(-eta) / eta) : std::log(std::expm1(eta) / eta);
  }
  double mean() const {
    return std::abs(eta) < 2 ? 0.5 + series<0>()
           : eta > 0         ? -1 / std::expm1(-eta) - 1 / eta
                             : 1 / -std::expm1(-eta) - 1 / eta;
  }
  double variance() const {
    if (std::abs(eta) < 2) return series<1>();
    const double s = std::sinh(eta / 2);
    return 1 / (eta * eta) - 0.25 / (s * s);
  }
  double third() const {
    if (std::abs(eta) < 2) return series<2>();
    const double s = std::sinh(eta / 2);
    return -2 / (eta * eta * eta) + 0.25 / std::tanh(eta / 2) / (s * s);
  }
  double fourth_cumulant() const {
    if (std::abs(eta) < 2) return series<3>();
    const double s = std::sinh(eta / 2), inverse = 1 / (s * s);
    return 6 / (eta * eta * eta * eta) - 0.25 * inverse - 0.375 * inverse * inverse;
  }

 private:
  // The derivative of that order of sum B_2n eta^(2n-1) / (2n)!.
  template <int kOrder>
  double series() const {
    double sum = 0;
    for (int n = static_cast<int>(kBernoulli.size()); n >= 1; --n) {
      const int power = 2 * n - 1;
      if (power < kOrder) break;
      double factor = kBernoulli[static_cast<std::size_t>(n - 1)];
      for (int k = 0; k < kOrder; ++k) factor *= power - k;
      // Horner's scheme in eta^2; the lowest power is taken out at the end.
      sum = sum * eta * eta + factor;
    }
    constexpr int kLowest = kOrder % 2 == 0 ? 1 : 0;
    return kLowest == 1 ? sum * eta : sum;
  }
};

double logit(double p) {
  return std::abs(p - 0.5) < 0.25 ? std::log1p((2 * p - 1) / (1 - p)) : std::log(p) - std::log1p(-p);
}

// E[log X]: -sum eta^k/(k k!) over e^eta - 1.
double mean_log(double eta) {
  constexpr double kEulerGamma = 0.57721566490153286061;
  if (eta < -1)
    return -(std::exp(eta) * scaled_exponential_integral(-eta) + std::log(-eta) + kEulerGamma) / -std::expm1(eta);
  if (eta > 40) {
    double sum = 0, term = 1 / eta;
    for (int k = 1; term > kEpsilon / 16 * sum && k < eta; ++k) sum += term, term *= k / eta;
    return -sum;
  }
  if (eta == 0) return -1;
  double sum = 0, power = eta;
  for (int k = 1; std::abs(power) > kEpsilon / 64 * std::abs(sum) && k < 400; ++k) {
    sum += power / k;
    power *= eta / (k + 1);
  }
  return -sum / std::expm1(eta);
}

struct ContinuousBernoulli {
  static constexpr Text kName = "continuous_bernoulli";
  static constexpr Text kFormula = "C probability^x (1-probability)^(1-x),  0 < x < 1,  C = logit/(2 probability - 1)";
  static std::vector<std::vector<Parameter>> parameterizations() {
    return {{{"probability", Domain::unit_interval}}, {{"logit", Domain::real}}};
  }
  static void to_stored(int given_as, const double* given, double* theta) {
    *theta = given_as == 0 ? *given : logistic(*given);
    if (!(*theta > 0 && *theta < 1))
      throw DomainError(given_as == 0 ? "probability" : "logit",
                        given_as == 0 ? "probability must be above 0 and below 1"
                                      : "logit must be below 36: mirror x for a larger one");
  }
  static Support support(const double*) { return {0, 1}; }

  struct Density {
    double eta, log_partition;
    explicit Density(const double* t) : eta(logit(*t)), log_partition(LogPartition(-std::abs(eta)).value()) {}
    double operator()(double x, double, double log_rest) const {
      return (eta > 0 ? -eta * std::exp(log_rest) : eta * x) - log_partition;
    }
  };

  static double entropy(const double* t) {
    const LogPartition a(-std::abs(logit(*t)));  // mirrored to the side where A does not grow
    return a.value() - a.eta * a.mean();
  }
  static CentralMoments central_moments(const double* t) {
    const LogPartition a(logit(*t));
    const double variance = a.variance();
    return {a.mean(), variance, a.third(), a.fourth_cumulant() + 3 * variance * variance};
  }
  static double moment_generating(const double* t, double c) {
    const double eta = logit(*t);
    return std::exp(LogPartition(eta + c).value() - LogPartition(eta).value());
  }
  static constexpr Moment kMoments[] = {{"log_x", [](const double* t) { return mean_log(logit(*t)); }},
                                        {"log_1mx", [](const double* t) { return mean_log(-logit(*t)); }},
                                        {"1/x", [](const double*) { return kInfinity; }},
                                        {"1/x2", [](const double*) { return kInfinity; }}};

  static double cdf(const double* t, double x, bool upper) {
    const double eta = logit(*t);
    if (upper) return eta > 0 ? std::expm1(-eta * (1 - x)) / std::expm1(-eta) : below(-eta, 1 - x);
    return eta > 0 ? below_rising(eta, x) : below(eta, x);
  }
  static double quantile(const double* t, double p, bool upper) {
    const double eta = logit(*t);
    return upper ? 1 - inverse(-eta, p) : inverse(eta, p);
  }
  static void landmarks(const double* t, std::vector<Landmark>& out) {
    const LogPartition a(logit(*t));
    out.push_back({a.mean(), std::sqrt(a.variance())});
  }

  static constexpr Text kStatistics[] = {"x"};
  static double log_partition(const double* eta, double* m) {
    const LogPartition a(*eta);
    *m = a.mean();
    return a.value();
  }
  static void natural(const double* m, double* eta) {
    if (!(*m > 0 && *m < 1))
      throw DomainError("", "no continuous_bernoulli has this mean parameter: E[x] must be between 0 and 1");
    // Newton's method on A' from the nearer of the line about 0 and the pole of an end, for the smaller of m and 1 - m.
    const bool mirrored = *m > 0.5;
    const double target = mirrored ? 1 - *m : *m;
    double at = target > 0.25 ? 12 * (target - 0.5) : -1 / target;
    for (int i = 0; i < 60; ++i) {
      const LogPartition a(at);
      const double step = (target - a.mean()) / a.variance();
      at += std::clamp(step, -0.5 * std::abs(at) - 1, 0.5 * std::abs(at) + 1);
      if (std::abs(step) <= 4 * kEpsilon * std::abs(at)) break;
    }
    *eta = mirrored ? -at : at;
  }
  static bool in_domain(const double* eta) { return std::isfinite(*eta); }
  static void to_natural(const double* t, double* eta) { *eta = logit(*t); }
  static void from_natural(const double* eta, double* t) { *t = logistic(*eta); }
  static double fisher(const double* eta, const double* delta) {
    return LogPartition(*eta).variance() * *delta * *delta;
  }

 private:
  // P(X <= x) for eta <= 0, and for eta > 0.
  static double below(double eta, double x) { return eta == 0 ? x : std::expm1(eta * x) / std::expm1(eta); }
  static double below_rising(double eta, double x) {
    return std::exp(-eta * (1 - x)) * (std::expm1(-eta * x) / std::expm1(-eta));
  }
  static double inverse(double eta, double p) {
    if (std::abs(eta) < 1e-300) return p;
    return eta < 50 ? std::log1p(p * std::expm1(eta)) / eta : 1 + std::log(p + (1 - p) * std::exp(-eta)) / eta;
  }
};

// The Bregman divergence A(b) - A(a) - (b - a) A'(a), a and b the logits of p and q. Near one another: the integral of
// (1 - t) A'' along the line between them by Gauss-Legendre with 16 nodes [Abramowitz & Stegun, table 25.4]. Apart: on
// the side where A does not grow.
Bounded kl(const double* p, const double* q) {
  double a = logit(*p), b = logit(*q);
  if (a > 0) a = -a, b = -b;
  const double step = b - a;
  const LogPartition at_p(a);
  const double rounded =
      4 * kEpsilon * (std::abs(b * (LogPartition(b).mean() - at_p.mean())) + std::abs(a * step) * at_p.variance());
  if (std::abs(step) <= std::max(1.0, 0.3 * std::abs(a))) {
    constexpr std::array<double, 8> kNodes = {0.0950125098376374402, 0.2816035507792589132, 0.4580167776572273863,
                                              0.6178762444026437484, 0.7554044083550030339, 0.8656312023878317439,
                                              0.9445750230732325761, 0.9894009349916499326};
    constexpr std::array<double, 8> kWeights = {0.1894506104550684963, 0.1826034150449235889, 0.1691565193950025382,
                                                0.1495959888165767321, 0.1246289712555338720, 0.0951585116824927848,
                                                0.0622535239386478929, 0.0271524594117540949};
    double sum = 0;
    for (std::size_t k = 0; k < kNodes.size(); ++k)
      for (const double node : {kNodes[k], -kNodes[k]}) {
        const double t = 0.5 * (1 + node);
        sum += 0.5 * kWeights[k] * (1 - t) * LogPartition(a + t * step).variance();
      }
    const double value = step * step * sum;
    return {value, 16 * kEpsilon * value + rounded};
  }
  double terms[] = {LogPartition(-std::abs(b)).value(), -at_p.value(), b > 0 ? b * (1 - at_p.mean()) : -b * at_p.mean(),
                    a * at_p.mean()};
  double value = 0, size = 0;
  for (const double term : terms) value += term, size += std::abs(term);
  return {value, 8 * kEpsilon * size + rounded};
}

}  // namespace

void add_continuous_bernoulli(Registrar& registrar) {
  registrar.family(std::make_unique<PlainExponential<ContinuousBernoulli>>());
  registrar.rule("kl", "continuous_bernoulli", "continuous_bernoulli",
                 plain_rule("A(logit_q) - A(logit_p) - (logit_q - logit_p) A'(logit_p),  A(t) = log((e^t - 1)/t)",
                            "[Loaiza-Ganem and Cunningham 2019]", kl));
}

}  // namespace kullback::beta_family
