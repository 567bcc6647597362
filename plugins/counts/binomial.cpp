// Successes in a known number of tosses. theta = (trials, probability) or (trials, logit).
#include "families.hpp"

namespace kullback::counts {

namespace {

Bounded kl(const Binomial& p, const Binomial& q) {
  if (p.trials == q.trials) {
    const Deviance toss = toss_kl(p.chance, q.chance);
    if (p.trials == 0) return {0, 0};
    return {p.trials * toss.value, p.trials * toss.error};
  }
  const Support a = p.support(), b = q.support();
  if (a.low < b.low || a.high > b.high) return {kInfinity, 0};
  if (a.low == a.high) {  // p is one point
    const double value = -q.log_mass(a.low);
    return {value, 16 * kEpsilon * (1 + value)};
  }
  throw UnsupportedError("the trials differ, and the sum over the outcomes has no closed form then");
}

// Members of equal trials are ordered: what tosses of a higher chance give is never less.
Bounded distance_of_means(const Binomial& p, const Binomial& q) {
  if (p.trials != q.trials)
    throw UnsupportedError("the trials differ, so that neither distribution need lie above the other");
  const double value = p.trials * std::abs(p.chance.difference(q.chance));
  return {value, 4 * kEpsilon * value};
}

struct Exponential {
  static constexpr Text kStatistic = "x";
  static constexpr Index kFixed = 1;
  static constexpr bool kBaseMeasure = true;
  static bool in_domain(double, double trials) { return trials >= 0; }
  static Cumulants cumulants(double eta, double trials) {
    const Chance c = Chance::of_logit(eta);
    return {trials * log1pexp(eta), trials * c.p, trials * c.p * c.q};
  }
  static double natural(double mean, double trials) {
    if (!(mean > 0 && mean < trials))
      throw DomainError("", "no binomial has this mean parameter: E[x] must lie between 0 and the trials");
    return std::log(mean / (trials - mean));
  }
  static void to_eta(const Layout& layout, const double* theta, double* eta) {
    eta[0] = Binomial(layout, theta).chance.logit;
    eta[1] = theta[0];
  }
  static void to_theta(const Layout& layout, const double* eta, double* theta) {
    theta[0] = eta[1];
    theta[1] = layout.form == 1 ? eta[0] : Chance::of_logit(eta[0]).p;
  }
};

}  // namespace

std::vector<std::vector<Parameter>> Binomial::parameterizations() {
  const Parameter trials{"trials", Domain::count};
  return {{trials, {"probability", Domain::unit_interval}}, {trials, {"logit", Domain::real}}};
}

bool Binomial::moment(Text label, double c, double& value) const {
  const double variance = trials * chance.p * chance.q;
  return power_moment(
      {trials * chance.p, variance, variance * (chance.q - chance.p), variance * (1 - 6 * chance.p * chance.q)}, label,
      c, value);
}

void Binomial::expand(double* coefficient, double* c) const {
  const bool one_point =
      chance.p == 0 || chance.q == 0 || trials == 0;  // of the support nothing but the base measure is left
  coefficient[0] = one_point ? 0 : chance.logit;
  coefficient[1] = 1;
  coefficient[2] = one_point ? 0 : trials * chance.log_q();
  c[1] = trials;
}

std::vector<Monomial> Binomial::conditional(int parameterization) {
  if (parameterization != 0) return {};
  return {{1, "x * probability.log_x"},
          {1, "trials.x * probability.log_1mx"},
          {-1, "x * probability.log_1mx"},
          {1, "log_binomial(trials)"}};
}

void register_binomial(Registrar& registrar) {
  registrar.family(std::make_unique<OneStatisticFamily<Binomial, Exponential>>());
  registrar.rule(
      "kl", "binomial", "binomial",
      pair_rule<Binomial, Binomial>("trials (bd0(p, q) + bd0(1-p, 1-q)) for equal trials", "[Loader 2000]", kl));
  registrar.rule(
      "wasserstein_1", "binomial", "binomial",
      pair_rule<Binomial, Binomial>("trials |p - q| for equal trials", "stochastic order", distance_of_means));
}

}  // namespace kullback::counts
