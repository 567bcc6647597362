#include "location_scale.hpp"

KULLBACK_PLUGIN("location_scale", "1.0.0")(kullback::Registrar& registrar) {
  using namespace kullback::location_scale;
  add_cauchy(registrar);
  add_laplace(registrar);
  add_logistic(registrar);
  add_student_t(registrar);
}
