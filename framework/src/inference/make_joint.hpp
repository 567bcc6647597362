// The joint of a projection by a divergence at hand, which need have no name in the registry.
#pragma once

#include "divergence/direction.hpp"

#include <kullback/run.hpp>

#include <string>

namespace kullback::inference {

/// As the public make_joint; `written` is how messages call the divergence.
std::unique_ptr<Joint> make_joint(const Registry& registry, const Projection& projection,
                                  const divergence::Directed& directed, const std::string& written);

}  // namespace kullback::inference
