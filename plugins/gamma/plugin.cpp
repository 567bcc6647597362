// Families made of one gamma variable.
#include "gamma.hpp"

KULLBACK_PLUGIN("gamma", "1.0.0")(kullback::Registrar& registrar) {
  using namespace kullback::gamma_family;
  add_gamma(registrar);
  add_inverse_gamma(registrar);
  add_exponential(registrar);
}
