// Successes in a known number of tosses whose chance is a beta variable. theta = (trials, alpha, beta).
#include "families.hpp"

namespace kullback::counts {

namespace {

struct BetaBinomial {
  static constexpr Text kName = "beta_binomial",
                        kFormula = "(trials over x) B(x + alpha, trials - x + beta) / B(alpha, beta),  x = 0..trials";
  static std::vector<std::vector<Parameter>> parameterizations() {
    return {{{"trials", Domain::count}, {"alpha", Domain::positive}, {"beta", Domain::positive}}};
  }
  BetaBinomial(const Layout&, const double* theta) : trials(theta[0]), alpha(theta[1]), beta(theta[2]) {}

  Support support() const { return {0, trials, true}; }
  double mean() const { return trials * (alpha / (alpha + beta)); }
  double variance() const {
    const double sum = alpha + beta;
    return mean() * (beta / sum) * ((sum + trials) / (sum + 1));
  }
  Bulk bulk() const {
    const double mode = alpha > 1 && beta > 1 ? std::floor((trials + 1) * ((alpha - 1) / (alpha + beta - 2)))
                        : alpha < beta        ? 0
                                              : trials;
    return {std::min(mode, trials), std::sqrt(variance()) + 0.5};
  }

  // A binomial mass at the chance that the outcome itself suggests, times what is left of Stirling's formulas: no
  // difference of large logarithms of gamma functions.
  double log_mass(double k) const {
    if (trials == 0) return 0;
    const double rest = trials - k, sum = alpha + beta, a = alpha + k, b = beta + rest, all = sum + trials;
    const double binomial = log_binomial_mass(k, trials, a / all, b / all, std::log(a / all), std::log(b / all));
    // alpha log(a/alpha) + beta log(b/beta) - sum log(all/sum)
    const double powers = -bd0(alpha, sum * (a / all)) - bd0(beta, sum * (b / all));
    const double roots = 0.5 * (std::log1p(k / alpha) + std::log1p(rest / beta) - std::log1p(trials / sum));
    return binomial + powers - roots + (stirling_error(a) - stirling_error(alpha)) +
           (stirling_error(b) - stirling_error(beta)) - (stirling_error(all) - stirling_error(sum));
  }

  bool moment(Text label, double c, double& value) const { return square_moment(mean(), variance(), label, c, value); }
  static std::vector<std::string> terms() { return {"log_binomial(c)", "lgamma(x+c)", "lgamma(c-x)", "1"}; }
  void expand(double* coefficient, double* c) const {
    for (int i = 0; i < 3; ++i) coefficient[i] = 1;
    c[0] = trials;
    c[1] = alpha;
    c[2] = trials + beta;
    coefficient[3] = -log_gamma(alpha + beta + trials) - log_beta(alpha, beta);
  }
  void landmarks(std::vector<Landmark>& out) const {
    const Bulk b = bulk();
    out.push_back({b.mode, b.scale});
    if (alpha < 1) out.push_back({0, 1});
    if (beta < 1) out.push_back({trials, 1});
  }

  double trials, alpha, beta;
};

}  // namespace

void register_beta_binomial(Registrar& registrar) { registrar.family(std::make_unique<CountFamily<BetaBinomial>>()); }

}  // namespace kullback::counts
