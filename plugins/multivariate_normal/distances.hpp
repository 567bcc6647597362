// Distances between multivariate normals that no general mechanism gives.
#pragma once

#include <kullback/kullback.hpp>

namespace kullback::multivariate_normal {

/// wasserstein_2 (Bures), and fisher_rao for equal means or one coordinate.
void add_distances(Registrar& registrar);

}  // namespace kullback::multivariate_normal
