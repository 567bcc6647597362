#include "wrapper.hpp"

KULLBACK_PLUGIN("transformed", "1.0.0")(kullback::Registrar& registrar) {
  using namespace kullback::transformed;
  registrar.family(make_truncated());
  registrar.family(make_discretized());
  registrar.family(make_point_mass());
  register_maps(registrar);
}
