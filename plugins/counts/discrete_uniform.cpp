// Integers of equal mass. theta = (low, high).
#include "families.hpp"

namespace kullback::counts {

namespace {

struct DiscreteUniform {
  static constexpr Text kName = "discrete_uniform", kFormula = "1 / (high - low + 1),  x = low..high";
  static std::vector<std::vector<Parameter>> parameterizations() { return {{{"low", Domain::real}, {"high", Domain::real}}}; }
  static void to_stored(int, const Layout&, const double* given, double* theta) {
    for (int i = 0; i < 2; ++i)
      if (given[i] != std::floor(given[i])) throw DomainError(i == 0 ? "low" : "high", "low and high must be whole numbers");
    if (given[1] < given[0]) throw DomainError("high", "high must not be below low");
    std::copy_n(given, 2, theta);
  }
  DiscreteUniform(const Layout&, const double* theta) : low(theta[0]), high(theta[1]) {}

  double count() const { return high - low + 1; }
  Support support() const { return {low, high, true}; }
  Bulk bulk() const { return {low + std::floor(0.5 * (high - low)), 0.5 * count()}; }
  double log_mass(double) const { return -std::log(count()); }
  double entropy() const { return std::log(count()); }
  double cdf(double k, bool upper) const { return (upper ? high - k : k - low + 1) / count(); }
  bool moment(Text label, double c, double& value) const {
    const double n2 = count() * count();
    return power_moment({low + 0.5 * (high - low), (n2 - 1) / 12, 0, -(n2 - 1) * (n2 + 1) / 120}, label, c, value);
  }
  static std::vector<std::string> terms() { return {"1"}; }
  void expand(double* coefficient, double*) const { coefficient[0] = log_mass(low); }

  double low, high;
};

Bounded kl(const DiscreteUniform& p, const DiscreteUniform& q) {
  if (p.low < q.low || p.high > q.high) return {kInfinity, 0};
  const double value = std::log1p((q.count() - p.count()) / p.count());
  return {value, 4 * kEpsilon * value};
}

}  // namespace

void register_discrete_uniform(Registrar& registrar) {
  registrar.family(std::make_unique<CountFamily<DiscreteUniform>>());
  registrar.rule("kl", "discrete_uniform", "discrete_uniform",
                 pair_rule<DiscreteUniform, DiscreteUniform>("log(n_q / n_p), n = high - low + 1, for p inside q", "by definition", kl));
}

}  // namespace kullback::counts
