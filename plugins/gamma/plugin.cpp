// Families made of one gamma variable.
#include "gamma.hpp"

KULLBACK_PLUGIN("gamma", "1.0.0")(kullback::Registrar& registrar) {
  using namespace kullback::gamma_family;
  const kullback::Distribution& gamma = add_gamma(registrar);
  add_inverse_gamma(registrar, gamma);
  add_exponential(registrar);
  add_chi_squared(registrar);
  add_nakagami_and_chi(registrar, gamma);
  add_root_inverse_gamma(registrar, gamma);
}
