#include "bounded.hpp"

KULLBACK_PLUGIN("bounded", "1.0.0")(kullback::Registrar& registrar) {
  using namespace kullback::bounded;
  add_log_uniform(registrar, add_uniform(registrar));
  add_triangular(registrar);
  add_arcsine(registrar);
  add_pareto(registrar);
  add_generalized_pareto(registrar);
  add_generalized_extreme_value(registrar);
  add_truncated_normal(registrar);
}
