#include "location_scale.hpp"

KULLBACK_PLUGIN("location_scale", "1.0.0")(kullback::Registrar& registrar) {
  using namespace kullback::location_scale;
  add_asymmetric_laplace(registrar);
  add_cauchy(registrar);
  add_exp_modified_normal(registrar);
  add_generalized_normal(registrar);
  add_gumbel(registrar);
  add_hyperbolic_secant(registrar);
  add_laplace(registrar);
  add_logistic(registrar);
  add_moyal(registrar);
  add_skew_normal(registrar);
  add_student_t(registrar);
}
