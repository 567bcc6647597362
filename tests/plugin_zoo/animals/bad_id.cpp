// An id that no experiment file could write.
#include "family.hpp"

KULLBACK_PLUGIN("../Bad-Id", "1.0.0")(kullback::Registrar& registrar) {
  registrar.family(std::make_unique<zoo::Uniform>("never_seen"));
}
