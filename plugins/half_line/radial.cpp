// The length of a normal vector of 1, 2 or 3 coordinates: half_normal, rayleigh, maxwell. And levy, the inverse square
// of the first.
#include "half_line.hpp"

namespace kullback::half_line {
namespace {

// x^2 / (2 scale^2) is a gamma variable of shape kDegrees/2 and rate 1. theta = (scale).
template <int kDegrees>
struct Radial {
  static constexpr double kShape = 0.5 * kDegrees;
  static constexpr Text kName = kDegrees == 1 ? "half_normal" : kDegrees == 2 ? "rayleigh" : "maxwell";
  static constexpr Text kFormula = kDegrees == 1   ? "sqrt(2/pi) exp(-x^2 / (2 scale^2)) / scale,  x > 0"
                                   : kDegrees == 2 ? "x exp(-x^2 / (2 scale^2)) / scale^2,  x > 0"
                                                   : "sqrt(2/pi) x^2 exp(-x^2 / (2 scale^2)) / scale^3,  x > 0";
  static std::vector<std::vector<Parameter>> parameterizations() { return {{{"scale", Domain::positive}}}; }
  static Support support(const double*) { return kHalfLine; }
  static double log_norm() { return -(kShape - 1) * kLog2 - log_gamma(kShape); }

  struct Density {
    double scale, constant;
    explicit Density(const double* t) : scale(*t), constant(log_norm() - kDegrees * std::log(*t)) {}
    double operator()(double x, double log_x, double) const {
      const double z = x / scale;
      return constant + (kDegrees > 1 ? (kDegrees - 1) * log_x : 0) - 0.5 * z * z;
    }
  };

  static double entropy(const double* t) {
    return log_gamma(kShape) + 0.5 * (kDegrees - kLog2 - (kDegrees - 1) * digamma(kShape)) + std::log(*t);
  }
  static double power_moment(const double* t, double c) {
    if (!(c > -kDegrees)) return kInfinity;
    return std::exp(c * (std::log(*t) + 0.5 * kLog2) + log_gamma(kShape + 0.5 * c) - log_gamma(kShape));
  }
  static double mean_log(const double* t) { return std::log(*t) + 0.5 * (kLog2 + digamma(kShape)); }
  static constexpr Moment kMoments[] = {{"x2", [](const double* t) { return kDegrees * *t * *t; }},
                                        {"log_x", mean_log},
                                        {"log2_x", [](const double* t) {
                                           const double mean = mean_log(t);
                                           return mean * mean + 0.25 * trigamma(kShape);
                                         }}};
  static double cdf(const double* t, double x, bool upper) {
    const double z = x / *t, square = 0.5 * z * z;
    if (kDegrees == 1) return upper ? 2 * normal_cdf(z, true) : std::erf(z / std::sqrt(2.0));
    if (kDegrees == 2) return upper ? std::exp(-square) : -std::expm1(-square);
    return gamma_cdf(square, kShape, upper);
  }
  static double quantile(const double* t, double p, bool upper) {
    if (kDegrees == 1 && (upper || p > 0.5)) return *t * normal_quantile(upper ? 0.5 * p : 0.5 * (1 - p), true);
    const double square = kDegrees == 2 ? -(upper ? std::log(p) : std::log1p(-p)) : gamma_quantile(p, kShape, upper);
    return *t * std::sqrt(2 * square);
  }
  static void landmarks(const double* t, std::vector<Landmark>& out) {
    out.push_back({0, 0});
    out.push_back({*t * std::sqrt(kDegrees - 1.0), *t});
  }
  static constexpr Term kTerms[] = {{"x2", [](const double* t) { return -0.5 / *t / *t; }},
                                    {"log_x", [](const double*) { return kDegrees - 1.0; }},
                                    {"1", [](const double* t) { return log_norm() - kDegrees * std::log(*t); }}};

  static constexpr Text kStatistics[] = {"x2"};
  static double log_partition(const double* eta, double* m) {
    *m = kDegrees / (-2 * *eta);
    return -log_norm() - kShape * std::log(-2 * *eta);
  }
  static void natural(const double* m, double* eta) {
    if (!(*m > 0 && std::isfinite(*m)))
      throw DomainError("",
                        std::string("no ") + std::string(kName) + " has this mean parameter: E[x2] must be positive");
    *eta = -kShape / *m;
  }
  static bool in_domain(const double* eta) { return *eta < 0 && std::isfinite(*eta); }
  static void to_natural(const double* t, double* eta) { *eta = -0.5 / *t / *t; }
  static void from_natural(const double* eta, double* t) { *t = 1 / std::sqrt(-2 * *eta); }
  static double fisher(const double* eta, const double* delta) {
    const double relative = *delta / *eta;
    return kShape * relative * relative;
  }
};

template <class Math>
class WithBaseMeasure final : public PlainExponential<Math> {
 public:
  bool has_base_measure(const Layout&) const override { return true; }
};

template <int kDegrees>
Bounded kl(const double* p, const double* q) {
  const Bounded one = half_square_excess(*p, *q);
  return {kDegrees * one.value, kDegrees * one.error + 2 * kEpsilon * one.value};
}

template <int kDegrees>
void add(Registrar& registrar) {
  using Math = Radial<kDegrees>;
  if constexpr (kDegrees == 1)
    registrar.family(std::make_unique<PlainExponential<Math>>());
  else
    registrar.family(std::make_unique<WithBaseMeasure<Math>>());
  registrar.rule("kl", Math::kName, Math::kName,
                 plain_rule(kDegrees == 1   ? "(r^2 - 1)/2 - log r,  r = scale_p/scale_q"
                            : kDegrees == 2 ? "2 ((r^2 - 1)/2 - log r),  r = scale_p/scale_q"
                                            : "3 ((r^2 - 1)/2 - log r),  r = scale_p/scale_q",
                            "[Gil et al. 2013, table 3]", kl<kDegrees>));
  add_scale_distances<Math>(registrar, 0, 1);
}

// scale / x is the square of a standard normal. theta = (scale).
struct Levy {
  static constexpr Text kName = "levy", kFormula = "sqrt(scale / (2 pi)) x^(-3/2) exp(-scale / (2 x)),  x > 0";
  static std::vector<std::vector<Parameter>> parameterizations() { return {{{"scale", Domain::positive}}}; }
  static Support support(const double*) { return kHalfLine; }
  static double log_norm(double scale) { return 0.5 * (std::log(scale) - kLog2 - std::log(kPi)); }

  struct Density {
    double scale, constant;
    explicit Density(const double* t) : scale(*t), constant(log_norm(*t)) {}
    double operator()(double x, double log_x, double) const {
      const double exponent = 0.5 * scale / x;
      return exponent < kInfinity ? constant - 1.5 * log_x - exponent : -kInfinity;
    }
  };

  static double entropy(const double* t) { return 0.5 * (1 + 3 * kEulerGamma + std::log(16 * kPi)) + std::log(*t); }
  static double power_moment(const double* t, double c) {
    if (!(c < 0.5)) return kInfinity;
    return std::exp(c * (std::log(*t) - kLog2) + log_gamma(0.5 - c) - log_gamma(0.5));
  }
  static double mean_log(const double* t) { return std::log(*t) + kEulerGamma + kLog2; }  // log(scale/2) - digamma(1/2)
  static constexpr Moment kMoments[] = {{"1/x", [](const double* t) { return 1 / *t; }},
                                        {"log_x", mean_log},
                                        {"log2_x", [](const double* t) {
                                           const double mean = mean_log(t);
                                           return mean * mean + 3 * kTrigamma1;  // trigamma(1/2)
                                         }}};
  static double cdf(const double* t, double x, bool upper) {
    const double z = std::sqrt(*t / x);
    return upper ? std::erf(z / std::sqrt(2.0)) : 2 * normal_cdf(z, true);
  }
  static double quantile(const double* t, double p, bool upper) {
    const double z = Radial<1>::quantile(&kOne, p, !upper);
    return *t / (z * z);
  }
  static constexpr double kOne = 1;
  static void landmarks(const double* t, std::vector<Landmark>& out) {
    out.push_back({0, 0});
    out.push_back({*t / 3, *t});
  }
  static constexpr Term kTerms[] = {{"1/x", [](const double* t) { return -0.5 * *t; }},
                                    {"log_x", [](const double*) { return -1.5; }},
                                    {"1", [](const double* t) { return log_norm(*t); }}};

  static constexpr Text kStatistics[] = {"1/x"};
  static double log_partition(const double* eta, double* m) {
    *m = -0.5 / *eta;
    return -log_norm(-2 * *eta);
  }
  static void natural(const double* m, double* eta) {
    if (!(*m > 0 && std::isfinite(*m)))
      throw DomainError("", "no levy has this mean parameter: E[1/x] must be positive");
    *eta = -0.5 / *m;
  }
  static bool in_domain(const double* eta) { return *eta < 0 && std::isfinite(*eta); }
  static void to_natural(const double* t, double* eta) { *eta = -0.5 * *t; }
  static void from_natural(const double* eta, double* t) { *t = -2 * *eta; }
  static double fisher(const double* eta, const double* delta) {
    const double relative = *delta / *eta;
    return 0.5 * relative * relative;
  }
};

Bounded kl_levy(const double* p, const double* q) {
  const Bounded excess = log_excess(*q, *p);
  return {0.5 * excess.value, 0.5 * excess.error};
}

}  // namespace

void add_radial(Registrar& registrar) {
  add<1>(registrar);
  add<2>(registrar);
  add<3>(registrar);
}

void add_levy(Registrar& registrar) {
  registrar.family(std::make_unique<WithBaseMeasure<Levy>>());
  registrar.rule("kl", "levy", "levy",
                 plain_rule("(r - 1 - log r)/2,  r = scale_q/scale_p", "[Gil et al. 2013, table 3]", kl_levy));
}

}  // namespace kullback::half_line
