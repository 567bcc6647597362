// Failures before the last of a number of successes. theta = (successes, probability), (successes, logit) or (mean,
// dispersion).
#include "families.hpp"

namespace kullback::counts {

namespace {

Bounded kl(const NegativeBinomial& p, const NegativeBinomial& q) {
  if (p.successes != q.successes) {
    if (p.chance.q == 0) {  // p is the point 0
      const double value = -q.successes * q.chance.log_p();
      return {value, 4 * kEpsilon * value};
    }
    if (q.chance.q == 0) return {kInfinity, 0};
    throw UnsupportedError("the numbers of successes differ, and the sum over the outcomes has no closed form then");
  }
  const Deviance toss = toss_kl(p.chance, q.chance);
  const double tosses = p.successes / p.chance.p;
  return {tosses * toss.value, tosses * (toss.error + kEpsilon * toss.value)};
}

struct Exponential {
  static constexpr Text kStatistic = "x";
  static constexpr Index kFixed = 1;
  static constexpr bool kBaseMeasure = true;
  static bool in_domain(double eta, double successes) { return eta < 0 && successes > 0; }
  static Cumulants cumulants(double eta, double successes) {
    const double p = -std::expm1(eta), q = std::exp(eta);
    return {-successes * log_complement(eta), successes * q / p, successes * q / (p * p)};
  }
  static double natural(double mean, double successes) {
    if (!(mean > 0 && mean < kInfinity))
      throw DomainError("", "no negative_binomial has this mean parameter: E[x] must be positive");
    return -std::log1p(successes / mean);
  }
  static void to_eta(const Layout& layout, const double* theta, double* eta) {
    const NegativeBinomial m(layout, theta);
    eta[0] = m.chance.log_q();
    eta[1] = m.successes;
  }
  static void to_theta(const Layout& layout, const double* eta, double* theta) {
    const double p = -std::expm1(eta[0]);
    if (layout.form == 2) {
      theta[0] = eta[1] * std::exp(eta[0]) / p;
      theta[1] = eta[1];
    } else {
      theta[0] = eta[1];
      theta[1] = layout.form == 1 ? log_complement(eta[0]) - eta[0] : p;
    }
  }
};

}  // namespace

std::vector<std::vector<Parameter>> NegativeBinomial::parameterizations() {
  const Parameter successes{"successes", Domain::positive};
  return {{successes, {"probability", Domain::unit_interval}},
          {successes, {"logit", Domain::real}},
          {{"mean", Domain::positive}, {"dispersion", Domain::positive}}};
}

void NegativeBinomial::to_stored(int given_as, const Layout& layout, const double* given, double* theta) {
  if (given_as == layout.form) {
    if (given_as == 0 && !(given[1] > 0))
      throw DomainError("probability", "probability must be above 0: without it there is no success");
    theta[0] = given[0];
    theta[1] = given[1];
    return;
  }
  Layout as_given;
  as_given.form = given_as;
  const NegativeBinomial m(as_given, given);
  theta[0] = layout.form == 2 ? m.successes * m.chance.q / m.chance.p : m.successes;
  theta[1] = layout.form == 2 ? m.successes : layout.form == 1 ? m.chance.logit : m.chance.p;
}

NegativeBinomial::NegativeBinomial(const Layout& layout, const double* theta)
    : successes(theta[layout.form == 2 ? 1 : 0]),
      chance(layout.form == 2   ? Chance::of_odds(theta[1], theta[0])
             : layout.form == 1 ? Chance::of_logit(theta[1])
                                : Chance::of_probability(theta[1])) {}

Bulk NegativeBinomial::bulk() const {
  const double mode = successes > 1 ? std::floor((successes - 1) * chance.q / chance.p) : 0;
  return {mode, std::sqrt(successes * chance.q) / chance.p + 0.5};
}

double NegativeBinomial::log_mass(double k) const {
  if (k == 0) return successes * chance.log_p();
  const double all = k + successes;
  // The mass of the `successes`-th success at the last of `all` tosses: successes / all of the binomial mass.
  return log_binomial_mass(successes, all, chance.p, chance.q, chance.log_p(), chance.log_q()) +
         std::log(successes / all);
}

bool NegativeBinomial::moment(Text label, double c, double& value) const {
  const double each = chance.q / chance.p, variance = each / chance.p;
  return power_moment({successes * each, successes * variance, successes * variance * (1 + chance.q) / chance.p,
                       successes * variance * (1 + 6 * each / chance.p)},
                      label, c, value);
}

void NegativeBinomial::expand(double* coefficient, double* c) const {
  coefficient[0] = chance.q > 0 ? chance.log_q() : 0;
  coefficient[1] = 1;
  coefficient[2] = -1;
  coefficient[3] = successes * chance.log_p() - log_gamma(successes);
  c[1] = successes;
}

std::vector<Monomial> NegativeBinomial::conditional(int parameterization) {
  if (parameterization != 0) return {};
  return {{1, "successes.x * probability.log_x"},
          {1, "x * probability.log_1mx"},
          {1, "lgamma(x+successes)"},
          {-1, "successes.lgamma_x"},
          {-1, "log_factorial"}};
}

void register_negative_binomial(Registrar& registrar) {
  registrar.family(std::make_unique<OneStatisticFamily<NegativeBinomial, Exponential>>());
  registrar.rule(
      "kl", "negative_binomial", "negative_binomial",
      pair_rule<NegativeBinomial, NegativeBinomial>("successes (bd0(p, q) + bd0(1-p, 1-q)) / p for equal successes",
                                                    "[Loader 2000] for each of successes/p tosses", kl));
}

}  // namespace kullback::counts
