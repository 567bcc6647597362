// Fisher's logarithmic series. theta = (probability).
#include "families.hpp"

namespace kullback::counts {

namespace {

struct Logarithmic {
  static constexpr Text kName = "logarithmic", kFormula = "-probability^x / (x log(1 - probability)),  x = 1, 2, ...";
  static std::vector<std::vector<Parameter>> parameterizations() { return {{{"probability", Domain::unit_interval}}}; }
  static void to_stored(int, const Layout&, const double* given, double* theta) {
    if (!(*given > 0 && *given < 1)) throw DomainError("probability", "probability must lie between 0 and 1, which are no members");
    *theta = *given;
  }
  Logarithmic(const Layout&, const double* theta) : Logarithmic(*theta, std::log(*theta), std::log1p(-*theta)) {}
  Logarithmic(double probability, double log_probability, double log_rest) : p(probability), log_p(log_probability), log_q(log_rest) {}
  static Logarithmic of_log(double log_p) { return {std::exp(log_p), log_p, std::log(-std::expm1(log_p))}; }

  Support support() const { return {1, kInfinity, true}; }
  double log_partition() const { return std::log(-log_q); }
  double mean() const { return -p / (std::exp(log_q) * log_q); }
  double variance() const {
    const double scaled = std::exp(log_q) * log_q;
    return p / scaled * (log1pmx(-p) / scaled) * -1;  // -p (p + log(1-p)) / ((1-p) log(1-p))^2
  }
  Bulk bulk() const { return {1, std::sqrt(variance()) + 0.5}; }
  double log_mass(double k) const { return k * log_p - std::log(k) - log_partition(); }
  double log_mgf(double c) const {
    const double excess = p * std::exp(c);
    return excess < 1 ? std::log(std::log1p(-excess) / log_q) : kInfinity;
  }
  bool moment(Text label, double c, double& value) const { return square_moment(mean(), variance(), label, c, value); }
  static std::vector<std::string> terms() { return {"x", "log_x", "1"}; }
  void expand(double* coefficient, double*) const {
    coefficient[0] = log_p;
    coefficient[1] = -1;
    coefficient[2] = -log_partition();
  }

  double p, log_p, log_q;
};

struct Exponential {
  static constexpr Text kStatistic = "x";
  static constexpr Index kFixed = 0;
  static constexpr bool kBaseMeasure = true;
  static bool in_domain(double eta, double) { return eta < 0; }
  static Cumulants cumulants(double eta, double) {
    const Logarithmic m = Logarithmic::of_log(eta);
    return {m.log_partition(), m.mean(), m.variance()};
  }
  // Newton on the mean as a function of log(1 / (1 - p)) + log p, which it nearly grows exponentially in, inside a bracket.
  static double natural(double mean, double) {
    if (!(mean > 1 && mean < kInfinity)) throw DomainError("", "no logarithmic has this mean parameter: E[x] must be above 1");
    double low = -745, high = -1e-300;
    double eta = mean < 2 ? std::log(std::min(0.7, 2 * (mean - 1))) : -1 / (mean * std::log(mean) + mean);
    for (int i = 0; i < 200; ++i) {
      const Cumulants c = cumulants(eta, 0);
      (c.mean < mean ? low : high) = eta;
      double next = eta - (c.mean - mean) / c.variance;
      if (!(next > low && next < high)) next = eta > -1 ? -std::sqrt(low * high) : 0.5 * (low + high);
      if (std::abs(next - eta) <= 2 * kEpsilon * std::abs(eta)) return next;
      eta = next;
    }
    return eta;
  }
  static void to_eta(const Layout&, const double* theta, double* eta) { *eta = std::log(*theta); }
  static void to_theta(const Layout&, const double* eta, double* theta) { *theta = std::exp(*eta); }
};

}  // namespace

void register_logarithmic(Registrar& registrar) { registrar.family(std::make_unique<OneStatisticFamily<Logarithmic, Exponential>>()); }

}  // namespace kullback::counts
