#include "experiment/describe.hpp"

#include "experiment/pair_table.hpp"
#include "experiment/report.hpp"

#include <kullback/capability.hpp>
#include <kullback/error.hpp>

#include <fmt/format.h>

namespace kullback::experiment {

namespace {

std::string rules(const Registry& registry, const std::function<bool(const RuleKey&)>& wanted) {
  std::vector<std::vector<std::string>> rows = {{"rule", "method", "formula", "source", "plugin"}};
  for (const auto& [key, rule] : registry.rules())
    if (wanted(key))
      rows.push_back({fmt::format("{}({}, {})", key.divergence, key.p, key.q), std::string(to_text(rule.method)),
                      rule.formula, rule.source, registry.owner(key)});
  return rows.size() > 1 ? "\n" + table(rows) : "";
}

std::string aliases_of(const Registry& registry, const std::string& name) {
  std::vector<std::string> names;
  for (const auto& [alias, family] : registry.aliases())
    if (family == name) names.push_back(alias);
  return names.empty() ? "" : fmt::format(" (also {})", fmt::join(names, ", "));
}

std::string describe_family(const Registry& registry, const Distribution& family) {
  const std::string name(family.name());
  std::string text =
      fmt::format("{}{}: a family of plugin {}\n", name, aliases_of(registry, name), registry.owner("family", name));
  if (!family.formula().empty()) text += fmt::format("\n  {}\n", family.formula());
  std::vector<std::vector<std::string>> rows = {{"parameters", "shape", "domain"}};
  bool first = true;
  for (const auto& set : family.parameterizations()) {
    if (set.empty()) continue;
    if (!first) rows.push_back({"or"});
    first = false;
    for (const Parameter& p : set)
      rows.push_back({p.name, std::string(to_text(p.shape)), std::string(to_text(p.domain))});
  }
  if (rows.size() > 1) text += "\n" + table(rows);
  std::vector<std::string> can;
  for (int c = 0; c < static_cast<int>(capability_names().size()); ++c)
    if (has_capability(family, Layout{}, c)) can.emplace_back(capability_names()[static_cast<std::size_t>(c)]);
  text += fmt::format("\ncapabilities: density{}{}\n", can.empty() ? "" : ", ", fmt::join(can, ", "));
  return text + rules(registry, [&](const RuleKey& key) { return key.p == name || key.q == name; });
}

}  // namespace

std::string describe(const Registry& registry, const std::string& name) {
  if (const Distribution* family = registry.find_family(name)) return describe_family(registry, *family);
  if (const Divergence* divergence = registry.find_divergence(name)) {
    return fmt::format(
               "{}: a divergence of plugin {}\n\n  {}\n\nforward_{}(p, q) = {}(p, q); reverse_{} swaps the sides: "
               "{}(q, p)\n{}",
               name, registry.owner("divergence", name), divergence->formula(), name, name, name, name,
               divergence->parameter().empty()
                   ? ""
                   : fmt::format("its {} is written {}(NUMBER) or {{{}: NUMBER}}; {} if left out\n",
                                 divergence->parameter(), name, name, divergence->parameter_value())) +
           rules(registry, [&](const RuleKey& key) { return key.divergence == name; }) + "\n" +
           pair_table(registry, *divergence);
  }
  for (const char* prefix : {"reverse_", "forward_"})
    if (name.rfind(prefix, 0) == 0 && registry.find_divergence(name.substr(8)))
      return describe(registry, name.substr(8));
  if (const Optimizer* optimizer = registry.find_optimizer(name))
    return fmt::format("{}: an optimizer of plugin {}\n\n  {}\n", name, registry.owner("optimizer", name),
                       optimizer->summary());
  std::vector<std::string> known = registry.families();
  for (const auto& more : {registry.divergences(), registry.optimizers()})
    known.insert(known.end(), more.begin(), more.end());
  throw UnsupportedError(fmt::format("there is no '{}'; {}", name, suggestion(name, known)));
}

std::string describe_all(const Registry& registry) {
  std::vector<std::vector<std::string>> rows = {{"name", "kind", "plugin", "what"}};
  for (const std::string& name : registry.families())
    rows.push_back({name, "family", registry.owner("family", name), std::string(registry.family(name).formula())});
  for (const std::string& name : registry.divergences())
    rows.push_back(
        {name, "divergence", registry.owner("divergence", name), std::string(registry.divergence(name).formula())});
  for (const std::string& name : registry.optimizers())
    rows.push_back(
        {name, "optimizer", registry.owner("optimizer", name), std::string(registry.optimizer(name).summary())});
  return table(rows);
}

}  // namespace kullback::experiment
