// Failures before the first success. theta = (probability) or (logit).
#include "families.hpp"

namespace kullback::counts {

namespace {

Bounded kl(const Geometric& p, const Geometric& q) {
  const Deviance toss = toss_kl(p.chance, q.chance);
  return {toss.value / p.chance.p, (toss.error + kEpsilon * toss.value) / p.chance.p};
}

Bounded distance_of_means(const Geometric& p, const Geometric& q) {
  const double value = std::abs(p.chance.difference(q.chance)) / p.chance.p / q.chance.p;
  return {value, 6 * kEpsilon * value};
}

struct Exponential {
  static constexpr Text kStatistic = "x";
  static constexpr Index kFixed = 0;
  static constexpr bool kBaseMeasure = false;
  static bool in_domain(double eta, double) { return eta < 0; }
  static Cumulants cumulants(double eta, double) {
    const double p = -std::expm1(eta), q = std::exp(eta);
    return {-log_complement(eta), q / p, q / (p * p)};
  }
  static double natural(double mean, double) {
    if (!(mean > 0 && mean < kInfinity))
      throw DomainError("", "no geometric has this mean parameter: E[x] must be positive");
    return -std::log1p(1 / mean);
  }
  static void to_eta(const Layout& layout, const double* theta, double* eta) {
    *eta = Geometric(layout, theta).chance.log_q();
  }
  static void to_theta(const Layout& layout, const double* eta, double* theta) {
    const double p = -std::expm1(*eta);
    *theta = layout.form == 1 ? log_complement(*eta) - *eta : p;
  }
};

}  // namespace

void Geometric::to_stored(int given_as, const Layout& layout, const double* given, double* theta) {
  if (given_as == 0 && !(*given > 0))
    throw DomainError("probability", "probability must be above 0: without it there is no success");
  Bernoulli::to_stored(given_as, layout, given, theta);
}

double Geometric::log_mgf(double c) const {
  const double excess = chance.q * std::expm1(c) / chance.p;
  return excess < 1 ? -std::log1p(-excess) : kInfinity;
}

bool Geometric::moment(Text label, double c, double& value) const {
  const double m = chance.q / chance.p, variance = m / chance.p;
  return power_moment({m, variance, variance * (1 + chance.q) / chance.p, variance * (1 + 6 * m / chance.p)}, label, c,
                      value);
}

void Geometric::expand(double* coefficient, double*) const {
  coefficient[0] = chance.q > 0 ? chance.log_q() : 0;
  coefficient[1] = chance.log_p();
}

std::vector<Monomial> Geometric::conditional(int parameterization) {
  if (parameterization != 0) return {};
  return {{1, "probability.log_x"}, {1, "x * probability.log_1mx"}};
}

void register_geometric(Registrar& registrar) {
  registrar.family(std::make_unique<OneStatisticFamily<Geometric, Exponential>>());
  registrar.rule(
      "kl", "geometric", "geometric",
      pair_rule<Geometric, Geometric>("(bd0(p, q) + bd0(1-p, 1-q)) / p", "[Loader 2000] for each of 1/p tosses", kl));
  registrar.rule("wasserstein_1", "geometric", "geometric",
                 pair_rule<Geometric, Geometric>("|1/p - 1/q|", "stochastic order", distance_of_means));
}

}  // namespace kullback::counts
