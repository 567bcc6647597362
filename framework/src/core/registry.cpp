#include <kullback/error.hpp>
#include <kullback/registry.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace kullback {

namespace {

// ^[a-z][a-z0-9_]{0,63}$
bool is_name(Text name) {
  const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto inner = [&](char c) { return lower(c) || (c >= '0' && c <= '9') || c == '_'; };
  return !name.empty() && name.size() <= 64 && lower(name.front()) && std::all_of(name.begin(), name.end(), inner);
}

std::string owner_key(Text kind, Text name) { return fmt::format("{} {}", kind, name); }

std::string to_text(const RuleKey& key) { return fmt::format("{}({}, {})", key.divergence, key.p, key.q); }

template <class Map>
auto* find(const Map& map, Text name) {
  const auto found = map.find(name);
  return found == map.end() ? nullptr : found->second.get();
}

template <class Map>
std::vector<std::string> names(const Map& map) {
  std::vector<std::string> out;
  for (const auto& entry : map) out.push_back(entry.first);
  return out;
}

[[noreturn]] void unknown(Text kind, Text name, const std::vector<std::string>& known) {
  throw UnsupportedError(fmt::format("there is no {} '{}'; {}", kind, name, suggestion(name, known)));
}

}  // namespace

// What one plugin registers, beside the registry until all of it is known to be good.
class Registry::Transaction final : public Registrar {
 public:
  Transaction(Registry& registry, const std::string& owner) : registry_(registry), owner_(owner) {}

  void family(std::unique_ptr<Distribution> family) override { take("family", families_, std::move(family)); }
  void divergence(std::unique_ptr<Divergence> divergence) override {
    take("divergence", divergences_, std::move(divergence));
  }
  void optimizer(std::unique_ptr<Optimizer> optimizer) override {
    take("optimizer", optimizers_, std::move(optimizer));
  }

  void alias(Text name, Text family) override {
    check_name("alias", name);
    claim("family", name);
    aliases_.emplace(name, family);
  }

  void rule(Text divergence, Text p, Text q, Rule rule) override {
    const RuleKey key{std::string(divergence), std::string(p), std::string(q)};
    for (const Text name : {divergence, p, q}) check_name(fmt::format("rule {}: the name", to_text(key)), name);
    if (!rule.evaluate && !rule.evaluate_at)
      refuse(fmt::format("rule {} of plugin '{}' has no function", to_text(key), owner_));
    claim("rule", to_text(key));
    rules_.emplace(key, std::move(rule));
  }

  void commit() {
    for (const auto& [name, family] : aliases_)
      if (!families_.contains(family))
        refuse(fmt::format("alias '{}' of plugin '{}' names '{}', which is no family of this plugin", name, owner_,
                           family));
    // A plugin that catches a refusal and goes on is refused all the same.
    if (!refusal_.empty()) throw PluginError(refusal_);
    // Nodes move over without allocation: nothing below can fail half way.
    registry_.families_.merge(families_);
    registry_.divergences_.merge(divergences_);
    registry_.optimizers_.merge(optimizers_);
    registry_.aliases_.merge(aliases_);
    registry_.rules_.merge(rules_);
    registry_.owners_.merge(owners_);
  }

  const std::string& refusal() const { return refusal_; }

 private:
  [[noreturn]] void refuse(const std::string& message) {
    if (refusal_.empty()) refusal_ = message;
    throw PluginError(refusal_);
  }

  void check_name(Text what, Text name) {
    if (!is_name(name))
      refuse(
          fmt::format("{} '{}' of plugin '{}' must be lower-case letters, digits and '_', begin with a letter and "
                      "have at most 64 characters",
                      what, name, owner_));
  }

  void claim(Text kind, Text name) {
    const std::string key = owner_key(kind, name);
    const auto taken = registry_.owners_.find(key);
    if (taken != registry_.owners_.end() || owners_.contains(key))
      refuse(fmt::format("{0} {1}{2}{1} of plugin '{3}' is already registered by plugin '{4}'", kind,
                         kind == "rule" ? "" : "'", name, owner_,
                         taken != registry_.owners_.end() ? taken->second : owner_));
    owners_.emplace(key, owner_);
  }

  template <class Map, class Pointer>
  void take(Text kind, Map& map, Pointer item) {
    if (!item) refuse(fmt::format("plugin '{}' registers a {} that is a null pointer", owner_, kind));
    const std::string name(item->name());
    check_name(kind, name);
    claim(kind, name);
    map.emplace(name, std::move(item));
  }

  Registry& registry_;
  const std::string& owner_;
  std::string refusal_;
  decltype(Registry::families_) families_;
  decltype(Registry::divergences_) divergences_;
  decltype(Registry::optimizers_) optimizers_;
  decltype(Registry::aliases_) aliases_;
  decltype(Registry::rules_) rules_;
  decltype(Registry::owners_) owners_;
};

Registry::Registry() = default;
Registry::~Registry() = default;

void Registry::fill(const std::string& owner, const std::function<void(Registrar&)>& fill) {
  Transaction transaction(*this, owner);
  const auto failed = [&](Text why) {
    return PluginError(!transaction.refusal().empty()
                           ? transaction.refusal()
                           : fmt::format("plugin '{}' failed while registering: {}", owner, why));
  };
  try {
    fill(transaction);
  } catch (const std::exception& error) {
    throw failed(error.what());
  } catch (...) {
    throw failed("it threw something that is no std::exception");
  }
  transaction.commit();
}

const Distribution* Registry::find_family(Text name) const {
  const auto alias = aliases_.find(name);
  return find(families_, alias == aliases_.end() ? name : Text(alias->second));
}
const Divergence* Registry::find_divergence(Text name) const { return find(divergences_, name); }
const Optimizer* Registry::find_optimizer(Text name) const { return find(optimizers_, name); }

const Rule* Registry::find_rule(Text divergence, Text p, Text q) const {
  const auto resolved = [&](Text name) {
    const auto alias = aliases_.find(name);
    return alias == aliases_.end() ? std::string(name) : alias->second;
  };
  const auto found = rules_.find(RuleKey{std::string(divergence), resolved(p), resolved(q)});
  return found == rules_.end() ? nullptr : &found->second;
}

const Distribution& Registry::family(Text name) const {
  if (const Distribution* found = find_family(name)) return *found;
  std::vector<std::string> known = families();
  for (const auto& alias : aliases_) known.push_back(alias.first);
  std::sort(known.begin(), known.end());
  unknown("family", name, known);
}
const Divergence& Registry::divergence(Text name) const {
  if (const Divergence* found = find_divergence(name)) return *found;
  unknown("divergence", name, divergences());
}
const Optimizer& Registry::optimizer(Text name) const {
  if (const Optimizer* found = find_optimizer(name)) return *found;
  unknown("optimizer", name, optimizers());
}

std::vector<std::string> Registry::families() const { return names(families_); }
std::vector<std::string> Registry::divergences() const { return names(divergences_); }
std::vector<std::string> Registry::optimizers() const { return names(optimizers_); }

std::string Registry::owner(Text kind, Text name) const {
  const auto found = owners_.find(owner_key(kind, name));
  return found == owners_.end() ? std::string() : found->second;
}
std::string Registry::owner(const RuleKey& rule) const { return owner("rule", to_text(rule)); }

namespace {

// Optimal string alignment: insertions, deletions, replacements and swaps of neighbours.
std::size_t edit_distance(Text a, Text b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) now[j] = std::min(now[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, now);
  }
  return last[b.size()];
}

}  // namespace

std::string suggestion(Text given, const std::vector<std::string>& known) {
  const std::string* closest = nullptr;
  std::size_t least = 0;
  for (const std::string& name : known) {
    const std::size_t longer = std::max(given.size(), name.size());
    const std::size_t limit = std::max<std::size_t>(1, longer / 3);
    if (longer - std::min(given.size(), name.size()) > limit) continue;
    const std::size_t distance = edit_distance(given, name);
    // A letter for a letter: nothing says that one was meant for the other.
    if (distance == longer && longer > 0 && std::tolower(given[0]) != std::tolower(name[0])) continue;
    if (distance <= limit && (!closest || distance < least)) {
      closest = &name;
      least = distance;
    }
  }
  if (closest) return fmt::format("did you mean '{}'?", *closest);
  if (known.empty()) return "known: none";
  return fmt::format("known: {}", fmt::join(known, ", "));
}

}  // namespace kullback
