#include "circular.hpp"

KULLBACK_PLUGIN("circular", "1.0.0")(kullback::Registrar& registrar) {
  using namespace kullback::circular;
  add_von_mises(registrar);
  add_wrapped_cauchy(registrar);
  add_von_mises_fisher(registrar);
  add_power_spherical(registrar);
}
