// The plugin of the families on the integers.
#include "families.hpp"

KULLBACK_PLUGIN("counts", "1.0.0")(kullback::Registrar& registrar) {
  using namespace kullback::counts;
  register_bernoulli(registrar);
  register_binomial(registrar);
  register_geometric(registrar);
  register_negative_binomial(registrar);
  register_poisson(registrar);
}
