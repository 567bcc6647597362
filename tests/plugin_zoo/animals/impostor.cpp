// Registers a family of its own, then one that is taken.
#include "family.hpp"

KULLBACK_PLUGIN("impostor", "1.0.0")(kullback::Registrar& registrar) {
  registrar.family(std::make_unique<zoo::Uniform>("never_seen"));
  registrar.family(std::make_unique<zoo::Uniform>("good_family"));
}
