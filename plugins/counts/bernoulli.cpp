// One toss. theta = (probability) or (logit).
#include "families.hpp"

namespace kullback::counts {

namespace {

Bounded kl(const Bernoulli& p, const Bernoulli& q) {
  const Deviance found = toss_kl(p.chance, q.chance);
  return {found.value, found.error};
}

Bounded total_variation(const Bernoulli& p, const Bernoulli& q) {
  const double value = std::abs(p.chance.difference(q.chance));
  return {value, 4 * kEpsilon * value};
}

struct Exponential {
  static constexpr Text kStatistic = "x";
  static constexpr Index kFixed = 0;
  static constexpr bool kBaseMeasure = false;
  static bool in_domain(double, double) { return true; }
  static Cumulants cumulants(double eta, double) {
    const Chance c = Chance::of_logit(eta);
    return {log1pexp(eta), c.p, c.p * c.q};
  }
  static double natural(double mean, double) {
    if (!(mean > 0 && mean < 1))
      throw DomainError("", "no bernoulli has this mean parameter: E[x] must lie between 0 and 1");
    return Chance::of_probability(mean).logit;
  }
  static void to_eta(const Layout& layout, const double* theta, double* eta) {
    *eta = Bernoulli(layout, theta).chance.logit;
  }
  static void to_theta(const Layout& layout, const double* eta, double* theta) {
    *theta = layout.form == 1 ? *eta : Chance::of_logit(*eta).p;
  }
};

}  // namespace

std::vector<std::vector<Parameter>> Bernoulli::parameterizations() {
  return {{{"probability", Domain::unit_interval}}, {{"logit", Domain::real}}};
}

bool Bernoulli::moment(Text label, double c, double& value) const {
  if (label == "x" || label == "x2" || label == "x3" || label == "x4" || label == "sqrt_x")
    return value = chance.p, true;
  if (label == "(x-c)^2") return value = chance.q * c * c + chance.p * (1 - c) * (1 - c), true;
  if (label == "log_factorial") return value = 0, true;
  return false;
}

std::vector<Monomial> Bernoulli::conditional(int parameterization) {
  if (parameterization != 0) return {};
  return {{1, "x * probability.log_x"}, {1, "probability.log_1mx"}, {-1, "x * probability.log_1mx"}};
}

void register_bernoulli(Registrar& registrar) {
  registrar.family(std::make_unique<OneStatisticFamily<Bernoulli, Exponential>>());
  registrar.rule("kl", "bernoulli", "bernoulli",
                 pair_rule<Bernoulli, Bernoulli>("bd0(p, q) + bd0(1-p, 1-q)", "[Loader 2000]", kl));
  for (const char* divergence : {"total_variation", "wasserstein_1"})
    registrar.rule(divergence, "bernoulli", "bernoulli",
                   pair_rule<Bernoulli, Bernoulli>("|p - q|", "the masses at 1", total_variation));
}

}  // namespace kullback::counts
