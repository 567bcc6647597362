// Nothing is wrong with this one.
#include "family.hpp"

KULLBACK_PLUGIN("good", "1.0.0")(kullback::Registrar& registrar) {
  registrar.family(std::make_unique<zoo::Uniform>("good_family"));
}
