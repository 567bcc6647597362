// Everything a plugin or a program needs.
#pragma once

#include <kullback/capability.hpp>
#include <kullback/distribution.hpp>
#include <kullback/divergence.hpp>
#include <kullback/error.hpp>
#include <kullback/joint.hpp>
#include <kullback/labels.hpp>
#include <kullback/matrices.hpp>
#include <kullback/numerics.hpp>
#include <kullback/optimizer.hpp>
#include <kullback/plain_exponential.hpp>
#include <kullback/plugin.hpp>
#include <kullback/registry.hpp>
#include <kullback/run.hpp>
#include <kullback/scalar_family.hpp>
#include <kullback/types.hpp>
