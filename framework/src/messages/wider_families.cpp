#include "messages/wider_families.hpp"

#include <kullback/error.hpp>

#include <algorithm>

namespace kullback::messages {
namespace {

Support any_support(const Distribution& family, const Layout& layout) {
  return family.support(layout, Eigen::MatrixXd::Constant(family.parameter_count(layout), 1, 0.5), 0, 0);
}

}  // namespace

std::vector<FamilyWith> families_with(const Registry& registry, const Source& source,
                                      const std::vector<std::string>& labels) {
  std::vector<FamilyWith> found;
  const Support old = any_support(*source.family, source.layout);
  for (const std::string& name : registry.families()) {
    const Distribution& family = registry.family(name);
    try {
      const Layout layout = family.open({}, {1, {}});
      const auto* exponential = capability<ExponentialFamily>(family, layout);
      if (!exponential || layout.dimension != 1 || exponential->fixed_rows(layout) > 0) continue;
      const Support support = any_support(family, layout);
      if (support.integer != old.integer || (old.integer && (support.low != old.low || support.high != old.high)))
        continue;
      auto statistics = exponential->statistics(layout);
      const bool has_all = std::all_of(labels.begin(), labels.end(), [&](const std::string& label) {
        return std::any_of(statistics.begin(), statistics.end(), [&](const Statistic& s) { return s.label == label; });
      });
      if (has_all) found.push_back({&family, layout, std::move(statistics), support});
    } catch (const Error&) {  // it needs more than a dimension
    }
  }
  return found;
}

void widen_factor(const Registry& registry, Source& source, const std::vector<std::string>& sent) {
  if (source.kind != Source::Kind::latent || source.grid || source.leader >= 0 || source.own_family ||
      source.elements != 1 || source.variable->levels >= 0 ||
      std::all_of(sent.begin(), sent.end(), [&](const std::string& label) { return source.has(label); }))
    return;
  const Support old = any_support(*source.family, source.layout);
  const FamilyWith* best = nullptr;
  const std::vector<FamilyWith> candidates = families_with(registry, source, sent);
  for (const FamilyWith& each : candidates)
    if (each.support.low == old.low && each.support.high == old.high &&
        !capability<ExponentialFamily>(*each.family, each.layout)->has_base_measure(each.layout) &&
        (!best || each.statistics.size() < best->statistics.size()))
      best = &each;
  if (!best) return;
  source.family = best->family;
  source.layout = best->layout;
  source.statistics = best->statistics;
}

}  // namespace kullback::messages
