#include "language/calls.hpp"

#include "core/parameters.hpp"
#include "language/terms.hpp"

#include <kullback/error.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace kullback::language {

using config::Expression;

namespace {

// Parameters that a link function would make of others.
const std::vector<std::string> kLinks = {"logit",         "logits",  "log_rate", "probit",
                                         "log_mean_rate", "cloglog", "log_scale"};

// "(mean, stddev)", "(mean, variance)"; a parameter that is alone stands without parentheses.
std::vector<std::string> parameter_sets(const Distribution& family) {
  std::vector<std::string> texts;
  for (const auto& set : family.parameterizations()) {
    std::vector<std::string> names;
    for (const Parameter& p : set) names.push_back(p.name);
    texts.push_back(names.size() == 1 ? names[0] : fmt::format("({})", fmt::join(names, ", ")));
  }
  return texts;
}

void check_parameter_name(const Distribution& family, const Expression& argument) {
  if (argument.text.empty() || argument.text == "over") return;
  try {
    kullback::check_parameter_name(family, argument.text);
  } catch (const DomainError& error) {
    if (std::find(kLinks.begin(), kLinks.end(), argument.text) == kLinks.end()) fail(argument, error.what());
    fail(argument, fmt::format("{} is a link, and links are not there yet: {} takes {}", argument.text, family.name(),
                               any_of(parameter_sets(family))));
  }
}

}  // namespace

bool is_distribution(const Registry& registry, const Expression& e) {
  return e.kind == Expression::Kind::call && registry.find_family(e.text) &&
         !(config::is_of_one(e) && is_function(e.text));
}

const Expression& argument_place(const Expression& call, const std::string& name) {
  for (const Expression& argument : call.children)
    if (!name.empty() && argument.text == name) return argument;
  if (!name.empty() && !call.children.empty() && call.children[0].text.empty()) return call.children[0].children[0];
  return call;
}

int find_arguments(const Distribution& family, const Expression& call, std::vector<const Expression*>& ordered) {
  std::vector<const Expression*> given;
  std::vector<ArgumentName> names;
  for (const Expression& argument : call.children) {
    if (argument.text == "over") continue;
    check_parameter_name(family, argument);
    const Expression& value = argument.children[0];
    names.push_back(
        {argument.text, value.kind == Expression::Kind::number ? std::optional(value.number) : std::nullopt});
    given.push_back(&value);
  }
  try {
    const Parameterization found = find_parameterization(family, names);
    for (std::size_t i : found.order) ordered.push_back(given[i]);
    return found.index;
  } catch (const DomainError& error) {
    // A number too many by position is the second one.
    const auto second = std::find_if(names.begin() + (names.empty() ? 0 : 1), names.end(),
                                     [](const ArgumentName& a) { return a.name.empty(); });
    const Expression& at = !error.argument().empty() ? argument_place(call, error.argument())
                           : second != names.end()   ? *given[static_cast<std::size_t>(second - names.begin())]
                                                     : call;
    fail(at, error.what());
  }
}

void check_call(const Expression& call, const Workspace& w) {
  const Distribution& family = w.registry.family(call.text);
  std::vector<const Expression*> arguments;
  w.keep_mistakes([&] { find_arguments(family, call, arguments); });
  for (const Expression& argument : call.children) w.keep_mistakes([&] { check_parameter_name(family, argument); });
}

}  // namespace kullback::language
