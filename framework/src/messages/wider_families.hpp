// Families for factors whose own family has too few statistics.
#pragma once

#include "messages/sources.hpp"

namespace kullback::messages {

/// An exponential family of one number, and the support of its members.
struct FamilyWith {
  const Distribution* family;
  Layout layout;
  std::vector<Statistic> statistics;
  Support support;
};

/// Those that have all of the statistics. Numbers are replaced by numbers on the line, whole numbers only by the same
/// ones.
std::vector<FamilyWith> families_with(const Registry& registry, const Source& source,
                                      const std::vector<std::string>& labels);

/// A variable's own family may lack statistics that are sent to it: its factor is then of the family with the fewest
/// that has all of them, on the same support, if there is one.
void widen_factor(const Registry& registry, Source& source, const std::vector<std::string>& sent);

}  // namespace kullback::messages
