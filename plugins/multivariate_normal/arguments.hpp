// From what a person writes to a member.
#pragma once

#include "dense.hpp"

namespace kullback::multivariate_normal {

/// Finds the form, spreads numbers over the dimension, checks shapes, symmetry and positive definiteness.
Members make_member(const Distribution& family, const Arguments& arguments);

}  // namespace kullback::multivariate_normal
