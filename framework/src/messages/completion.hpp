// Vectors of which some entries are known: the rest of them is one normal, given the known ones.
#pragma once

#include "messages/sources.hpp"

namespace kullback::messages {

/// Whether a normal holds the members of a source: statistics x and x*x', which say what a known entry is worth.
bool can_complete(const Source& source);

/// A member's natural parameters over all entries to those of the missing ones given the known: linear in what is
/// known. Known entries (those that are numbers) get coordinates of their own that no other depends on and whose
/// entropy is 0. Where nothing is known nothing changes.
void condition(const Eigen::VectorXd& known, Eigen::Ref<Eigen::VectorXd> eta);

/// The moments of such a member as those of the whole vector: what is known stands in its place.
void complete(const Eigen::VectorXd& known, Eigen::Ref<Eigen::VectorXd> moments);

}  // namespace kullback::messages
