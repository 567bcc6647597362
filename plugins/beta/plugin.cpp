// Families made of one beta variable, and others on the unit interval.
#include "beta.hpp"

KULLBACK_PLUGIN("beta", "1.0.0")(kullback::Registrar& registrar) {
  using namespace kullback::beta_family;
  add_beta(registrar);
}
