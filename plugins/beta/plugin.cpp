// Families made of one beta variable, and others on the unit interval.
#include "beta.hpp"

KULLBACK_PLUGIN("beta", "1.0.0")(kullback::Registrar& registrar) {
  using namespace kullback::beta_family;
  add_beta_prime(registrar, add_beta(registrar));
  add_kumaraswamy(registrar);
  add_continuous_bernoulli(registrar);
}
