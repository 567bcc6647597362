// The plugin of the families on the integers.
#include "families.hpp"

KULLBACK_PLUGIN("counts", "1.0.0")(kullback::Registrar& registrar) {
  using namespace kullback::counts;
  register_bernoulli(registrar);
  register_beta_binomial(registrar);
  register_binomial(registrar);
  register_discrete_uniform(registrar);
  register_discretized_normal(registrar);
  register_geometric(registrar);
  register_hypergeometric(registrar);
  register_logarithmic(registrar);
  register_negative_binomial(registrar);
  register_poisson(registrar);
  register_skellam(registrar);
  register_zero_inflated_poisson(registrar);
  register_zeta(registrar);
}
