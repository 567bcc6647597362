// Zipf's law without an end. theta = (shape).
#include "families.hpp"
#include "zeta_function.hpp"

namespace kullback::counts {

namespace {

struct Zeta {
  static constexpr Text kName = "zeta", kFormula = "x^-shape / zeta(shape),  x = 1, 2, ...";
  static std::vector<std::vector<Parameter>> parameterizations() { return {{{"shape", Domain::positive}}}; }
  static void to_stored(int, const Layout&, const double* given, double* theta) {
    if (!(*given > 1)) throw DomainError("shape", "shape must be above 1: the masses have no finite sum otherwise");
    *theta = *given;
  }
  Zeta(const Layout&, const double* theta) : Zeta(*theta) {}
  explicit Zeta(double s) : shape(s), tail(zeta_series(s, 2)), log_partition(std::log1p(tail.value)) {}

  Support support() const { return {1, kInfinity, true}; }
  Bulk bulk() const { return {1, 1}; }
  double log_mass(double k) const { return -shape * std::log(k) - log_partition; }
  double mean_log() const { return -tail.slope / (1 + tail.value); }
  double variance_log() const {
    const double mean = mean_log();
    return tail.curvature / (1 + tail.value) - mean * mean;
  }
  double entropy() const { return shape * mean_log() + log_partition; }
  double cdf(double k, bool upper) const {
    const double above = zeta_series(shape, k + 1).value / (1 + tail.value);
    return upper ? above : 1 - above;
  }
  double power(double c) const { return c < shape - 1 ? (1 + zeta_series(shape - c, 2).value) / (1 + tail.value) : kInfinity; }
  bool moment(Text label, double c, double& value) const {
    constexpr Text kPowers[] = {"1/x2", "1/x", "1", "x", "x2", "x3", "x4"};
    for (int i = 0; i < 7; ++i)
      if (label == kPowers[i]) return value = power(i - 2), true;
    if (label == "sqrt_x") return value = power(0.5), true;
    if (label == "x^c" || label == "abs(x)^c") return value = power(c), true;
    if (label == "log_x") return value = mean_log(), true;
    if (label == "log2_x") return value = tail.curvature / (1 + tail.value), true;
    if (label == "exp_x" || (label == "exp(c*x)" && c > 0)) return value = kInfinity, true;
    if (label == "log_1mx") return value = -kInfinity, true;
    if (label == "(x-c)^2") return value = shape > 3 ? power(2) - c * (2 * power(1) - c) : kInfinity, true;
    if ((label == "log_factorial" || label == "lgamma_x") && shape <= 2) return value = kInfinity, true;
    return false;
  }
  bool summable(Text label) const { return label == "exp_-x"; }
  static std::vector<std::string> terms() { return {"log_x", "1"}; }
  void expand(double* coefficient, double*) const {
    coefficient[0] = -shape;
    coefficient[1] = -log_partition;
  }

  double shape;
  ZetaSeries tail;  // of 2, 3, ...
  double log_partition;
};

struct Exponential {
  static constexpr Text kStatistic = "log_x";
  static constexpr Index kFixed = 0;
  static constexpr bool kBaseMeasure = false;
  static bool in_domain(double eta, double) { return eta < -1; }
  static Cumulants cumulants(double eta, double) {
    const Zeta m(-eta);
    return {m.log_partition, m.mean_log(), m.variance_log()};
  }
  // Newton on the logarithm of the mean, which is nearly linear in the shape (far out) or in log(shape - 1) (near 1).
  static double natural(double mean, double) {
    if (!(mean > 0 && mean < kInfinity)) throw DomainError("", "no zeta has this mean parameter: E[log x] must be positive");
    double excess = mean > 0.3 ? 1 / mean : std::max(0.5, std::log2(0.7 / mean) - 1), low = 0, high = kInfinity;  // shape - 1
    for (int i = 0; i < 200; ++i) {
      const Zeta m(1 + excess);
      const double at = m.mean_log();
      (at > mean ? low : high) = excess;
      double next = excess * std::exp(at * std::log(at / mean) / (m.variance_log() * excess));
      if (!(next > low && next < high)) next = high < kInfinity ? 0.5 * (low + high) : 2 * excess;
      if (std::abs(next - excess) <= 2 * kEpsilon * excess) return -1 - next;
      excess = next;
    }
    return -1 - excess;
  }
  static void to_eta(const Layout&, const double* theta, double* eta) { *eta = -*theta; }
  static void to_theta(const Layout&, const double* eta, double* theta) { *theta = -*eta; }
};

}  // namespace

void register_zeta(Registrar& registrar) { registrar.family(std::make_unique<OneStatisticFamily<Zeta, Exponential>>()); }

}  // namespace kullback::counts
