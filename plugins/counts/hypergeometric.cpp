// Successes among draws without replacement. theta = (population, successes, draws).
#include "families.hpp"

namespace kullback::counts {

namespace {

struct Hypergeometric {
  static constexpr Text kName = "hypergeometric",
                        kFormula = "(successes over x) (population - successes over draws - x) / (population over draws)";
  static std::vector<std::vector<Parameter>> parameterizations() {
    return {{{"population", Domain::count}, {"successes", Domain::count}, {"draws", Domain::count}}};
  }
  static void to_stored(int, const Layout&, const double* given, double* theta) {
    if (given[1] > given[0]) throw DomainError("successes", "successes must not be more than the population");
    if (given[2] > given[0]) throw DomainError("draws", "draws must not be more than the population");
    std::copy_n(given, 3, theta);
  }
  Hypergeometric(const Layout&, const double* theta) : population(theta[0]), successes(theta[1]), draws(theta[2]) {}

  double others() const { return population - successes; }
  double left() const { return population - draws; }
  Support support() const { return {std::max(0.0, draws - others()), std::min(draws, successes), true}; }
  double mean() const { return population > 0 ? draws * (successes / population) : 0; }
  double variance() const {
    return population > 1 ? mean() * (others() / population) * (left() / (population - 1)) : 0;
  }
  Bulk bulk() const { return {std::floor((draws + 1) * ((successes + 1) / (population + 2))), std::sqrt(variance()) + 0.5}; }
  // Three binomial masses at the chance of being drawn, which cancels. [Loader 2000]
  double log_mass(double k) const {
    if (draws == 0 || left() == 0) return 0;
    const double p = draws / population, q = left() / population, log_p = p < 0.5 ? std::log(p) : std::log1p(-q),
                 log_q = q < 0.5 ? std::log(q) : std::log1p(-p);
    return log_binomial_mass(k, successes, p, q, log_p, log_q) + log_binomial_mass(draws - k, others(), p, q, log_p, log_q) -
           log_binomial_mass(draws, population, p, q, log_p, log_q);
  }
  bool moment(Text label, double c, double& value) const { return square_moment(mean(), variance(), label, c, value); }
  static std::vector<std::string> terms() { return {"log_binomial(c)", "lgamma(c-x)", "lgamma(x+c)", "1"}; }
  void expand(double* coefficient, double* c) const {
    coefficient[0] = 1;
    coefficient[1] = coefficient[2] = -1;
    c[0] = successes;
    c[1] = draws + 1;
    c[2] = others() - draws + 1;
    coefficient[3] = log_gamma(others() + 1) + log_gamma(draws + 1) + log_gamma(left() + 1) - log_gamma(population + 1);
  }

  double population, successes, draws;
};

}  // namespace

void register_hypergeometric(Registrar& registrar) { registrar.family(std::make_unique<CountFamily<Hypergeometric>>()); }

}  // namespace kullback::counts
