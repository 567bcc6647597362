// Distances between normals that are no integrals of p/q, and total variation.
#pragma once

#include <kullback/kullback.hpp>

namespace kullback::normal_family {

/// Registers wasserstein_1, wasserstein_2, fisher_rao and total_variation of two normals.
void add_distances(Registrar& registrar);

}  // namespace kullback::normal_family
