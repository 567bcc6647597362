// Registers a family, then throws.
#include <stdexcept>

#include "family.hpp"

KULLBACK_PLUGIN("throws", "1.0.0")(kullback::Registrar& registrar) {
  registrar.family(std::make_unique<zoo::Uniform>("never_seen"));
  throw std::runtime_error("the moon is full");
}
