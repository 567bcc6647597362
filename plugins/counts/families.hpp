// The members of the families of this folder that others of it are compared with.
#pragma once

#include "chance.hpp"
#include "count_family.hpp"
#include "saddle.hpp"

namespace kullback::counts {

/// One toss: 1 with the given probability, else 0.
struct Bernoulli {
  static constexpr Text kName = "bernoulli", kFormula = "probability^x (1 - probability)^(1-x),  x = 0, 1";
  static std::vector<std::vector<Parameter>> parameterizations();
  static int stored_form(int given_as) { return given_as; }
  static void to_stored(int given_as, const Layout& layout, const double* given, double* theta) {
    *theta = given_as == layout.form ? *given : given_as == 1 ? Chance::of_logit(*given).p : Chance::of_probability(*given).logit;
  }
  Bernoulli(const Layout& layout, const double* theta)
      : chance(layout.form == 1 ? Chance::of_logit(*theta) : Chance::of_probability(*theta)) {}

  Support support() const { return {chance.q > 0 ? 0.0 : 1.0, chance.p > 0 ? 1.0 : 0.0, true}; }
  Bulk bulk() const { return {chance.p > chance.q ? 1.0 : 0.0, 0.5}; }
  double log_mass(double k) const { return k > 0 ? chance.log_p() : chance.log_q(); }
  double entropy() const {
    return (chance.p > 0 ? -chance.p * chance.log_p() : 0) - (chance.q > 0 ? chance.q * chance.log_q() : 0);
  }
  double cdf(double, bool upper) const { return upper ? chance.p : chance.q; }
  double log_mgf(double c) const {
    return c > 0 ? c + std::log1p(chance.q * std::expm1(-c)) : std::log1p(chance.p * std::expm1(c));
  }
  bool moment(Text label, double c, double& value) const;
  static std::vector<Monomial> conditional(int parameterization);
  explicit Bernoulli(const Chance& of) : chance(of) {}

  Chance chance;
};

/// Events of a constant rate.
struct Poisson {
  static constexpr Text kName = "poisson", kFormula = "rate^x exp(-rate) / x!,  x = 0, 1, 2, ...";
  static std::vector<std::vector<Parameter>> parameterizations() { return {{{"rate", Domain::non_negative}}}; }
  Poisson(const Layout&, const double* theta) : rate(*theta) {}

  Support support() const { return {0, rate > 0 ? kInfinity : 0.0, true}; }
  Bulk bulk() const { return {std::floor(rate), std::sqrt(rate) + 0.5}; }
  double log_mass(double k) const { return rate > 0 ? log_poisson_mass(k, rate) : 0; }
  double entropy() const;
  double cdf(double k, bool upper) const { return gamma_cdf(rate, k + 1, !upper); }
  double log_mgf(double c) const { return rate * std::expm1(c); }
  bool moment(Text label, double c, double& value) const;
  static std::vector<std::string> terms() { return {"x", "log_factorial", "1"}; }
  void expand(double* coefficient, double* c) const;
  static std::vector<Monomial> conditional(int) { return {{1, "x * rate.log_x"}, {-1, "rate.x"}, {-1, "log_factorial"}}; }

  double rate;
};

/// Successes in a known number of tosses.
struct Binomial {
  static constexpr Text kName = "binomial",
                        kFormula = "(trials over x) probability^x (1 - probability)^(trials - x),  x = 0..trials";
  static std::vector<std::vector<Parameter>> parameterizations();
  static int stored_form(int given_as) { return given_as; }
  static void to_stored(int given_as, const Layout& layout, const double* given, double* theta) {
    theta[0] = given[0];
    Bernoulli::to_stored(given_as, layout, given + 1, theta + 1);
  }
  Binomial(const Layout& layout, const double* theta) : trials(theta[0]), chance(Bernoulli(layout, theta + 1).chance) {}

  Support support() const { return {chance.q > 0 ? 0 : trials, chance.p > 0 ? trials : 0, true}; }
  Bulk bulk() const { return {std::min(std::floor((trials + 1) * chance.p), trials), std::sqrt(trials * chance.p * chance.q) + 0.5}; }
  double log_mass(double k) const { return log_binomial_mass(k, trials, chance.p, chance.q, chance.log_p(), chance.log_q()); }
  double cdf(double k, bool upper) const { return chance.beta_cdf(k + 1, trials - k, !upper); }
  double log_mgf(double c) const { return trials == 0 ? 0 : trials * Bernoulli(chance).log_mgf(c); }
  bool moment(Text label, double c, double& value) const;
  static std::vector<std::string> terms() { return {"x", "log_binomial(c)", "1"}; }
  void expand(double* coefficient, double* c) const;
  static std::vector<Monomial> conditional(int parameterization);

  double trials;
  Chance chance;
};

/// Failures before the first success.
struct Geometric {
  static constexpr Text kName = "geometric", kFormula = "probability (1 - probability)^x,  x = 0, 1, 2, ... failures";
  static std::vector<std::vector<Parameter>> parameterizations() { return Bernoulli::parameterizations(); }
  static int stored_form(int given_as) { return given_as; }
  static void to_stored(int given_as, const Layout& layout, const double* given, double* theta);
  explicit Geometric(const Chance& of) : chance(of) {}
  Geometric(const Layout& layout, const double* theta) : chance(Bernoulli(layout, theta).chance) {}

  Support support() const { return {0, chance.q > 0 ? kInfinity : 0.0, true}; }
  Bulk bulk() const { return {0, 1 / chance.p}; }
  double log_mass(double k) const { return chance.log_p() + (k > 0 ? k * chance.log_q() : 0); }
  double entropy() const { return (chance.q > 0 ? -chance.q * chance.log_q() / chance.p : 0) - chance.log_p(); }
  double cdf(double k, bool upper) const {
    const double log_above = (k + 1) * chance.log_q();
    return upper ? std::exp(log_above) : -std::expm1(log_above);
  }
  double log_mgf(double c) const;
  bool moment(Text label, double c, double& value) const;
  static std::vector<std::string> terms() { return {"x", "1"}; }
  void expand(double* coefficient, double* c) const;
  static std::vector<Monomial> conditional(int parameterization);

  Chance chance;
};

/// Failures before the last of `successes` successes, a real number.
struct NegativeBinomial {
  static constexpr Text kName = "negative_binomial",
                        kFormula = "Gamma(x + successes) / (Gamma(successes) x!) probability^successes (1 - probability)^x,  x = 0, 1, 2, ... failures";
  static std::vector<std::vector<Parameter>> parameterizations();
  static int stored_form(int given_as) { return given_as; }
  static void to_stored(int given_as, const Layout& layout, const double* given, double* theta);
  NegativeBinomial(const Layout& layout, const double* theta);

  Support support() const { return {0, chance.q > 0 ? kInfinity : 0.0, true}; }
  Bulk bulk() const;
  double log_mass(double k) const;
  double cdf(double k, bool upper) const { return chance.beta_cdf(successes, k + 1, upper); }
  double log_mgf(double c) const { return successes * Geometric(chance).log_mgf(c); }
  bool moment(Text label, double c, double& value) const;
  static std::vector<std::string> terms() { return {"x", "lgamma(x+c)", "log_factorial", "1"}; }
  void expand(double* coefficient, double* c) const;
  static std::vector<Monomial> conditional(int parameterization);

  double successes;
  Chance chance;
};

/// E[x^order] for order 1 to 4 and E[(x-c)^2] from cumulants; false for another label.
struct CountCumulants {
  double first, second, third, fourth;
};
bool power_moment(const CountCumulants& k, Text label, double c, double& value);
/// The same to order 2.
bool square_moment(double mean, double variance, Text label, double c, double& value);

void register_bernoulli(Registrar& registrar);
void register_beta_binomial(Registrar& registrar);
void register_binomial(Registrar& registrar);
void register_discrete_uniform(Registrar& registrar);
void register_discretized_normal(Registrar& registrar);
void register_geometric(Registrar& registrar);
void register_hypergeometric(Registrar& registrar);
void register_logarithmic(Registrar& registrar);
void register_negative_binomial(Registrar& registrar);
void register_poisson(Registrar& registrar);
void register_skellam(Registrar& registrar);
void register_zero_inflated_poisson(Registrar& registrar);
void register_zeta(Registrar& registrar);

}  // namespace kullback::counts
