// Calls a function that nobody has.
#include <kullback/plugin.hpp>

namespace kullback {
double nowhere_defined(double x);
}

KULLBACK_PLUGIN("undefined_symbol", "1.0.0")(kullback::Registrar&) { kullback::nowhere_defined(1); }
