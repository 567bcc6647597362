// Registers a family, then throws a number.
#include "family.hpp"

KULLBACK_PLUGIN("throws_seven", "1.0.0")(kullback::Registrar& registrar) {
  registrar.family(std::make_unique<zoo::Uniform>("never_seen"));
  throw 7;
}
