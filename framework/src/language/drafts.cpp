// One statement, as far as its text alone says what it is.
#include "language/flat.hpp"
#include "language/terms.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kullback::language {

using config::Expression;
using model::Statement;

namespace {

// What is truncated or censored is a distribution.
void check_modified(const Expression& e, const Draft& draft, const std::string& usage, const Workspace& w) {
  const Expression& inner = draft.call ? *draft.call : e;
  const bool call = draft.call && inner.kind == Expression::Kind::call;
  if (call && (inner.text == "truncated" || inner.text == "censored"))
    fail(inner, fmt::format("{}(...) inside {}(...): one of them, with both limits: {}", inner.text, e.text, usage));
  if (call && inner.text == "flat")
    fail(inner,
         fmt::format("a flat prior within limits is uniform(low = a, high = b), which needs both; beyond one end it is "
                     "improper: give {} a proper prior ({}(normal(...), low = a))",
                     draft.target.text, e.text));
  if (call && w.registry.find_family(inner.text)) return;
  if (call && std::find(functions().begin(), functions().end(), inner.text) == functions().end())
    throw FollowsFromMistake();  // said where calls of nothing are
  fail(inner, fmt::format("{} takes a distribution: {}", e.text, usage));
}

// truncated(d, low = a, high = b)
void read_modifier(const Expression& e, Draft& draft, Workspace& w) {
  const std::string usage = fmt::format("{}(normal(...), low = a, high = b)", e.text);
  draft.modifier = e.text == "truncated" ? Statement::Modifier::truncated : Statement::Modifier::censored;
  w.independently(
      [&] {
        w.for_each(e.children, [&](const Expression& argument) {
          const Expression& value = argument.children[0];
          if (argument.text == "low") {
            draft.low = &value;
          } else if (argument.text == "high") {
            draft.high = &value;
          } else if (argument.text.empty() && !draft.call) {
            draft.call = &value;
          } else {
            fail(argument,
                 argument.text.empty()
                     ? fmt::format("{} takes a distribution and the limits by name: {}", e.text, usage)
                     : fmt::format("{} has no argument '{}'; it takes low and high: {}", e.text, argument.text, usage));
          }
        });
      },
      [&] { check_modified(e, draft, usage, w); });
  if (!draft.low && !draft.high) fail(e, fmt::format("{} where? give low, high or both: {}", e.text, usage));
}

void read_slots(Draft& draft, Workspace& w) {
  w.for_each(draft.target.children, [&](const Expression& slot) {
    const int plate = w.need_plate(slot, slot.text);
    if (contains(draft.plates, plate)) fail(slot, fmt::format("{} stands twice", slot.text));
    draft.plates.push_back(plate);
    draft.fixed.push_back(slot.kind == Expression::Kind::label ? std::optional(w.level(plate, slot.children[0]))
                                                               : std::nullopt);
  });
}

void read_over(Draft& draft, Workspace& w) {
  for (const Expression& argument : draft.call->children) {
    if (argument.text != "over") continue;
    const Expression& value = argument.children[0];
    if (draft.over >= 0) fail(argument, "'over' is given twice");
    if (value.kind != Expression::Kind::reference || !value.children.empty())
      fail(value, "over = the name of a plate: one factor of q for the whole of it");
    draft.over = w.need_plate(value, value.text);
    if (contains(draft.plates, draft.over))
      fail(value,
           fmt::format(
               "{} is a plate of {} already: either [{}] (a factor of q a cell) or over = {} (one factor for all)",
               value.text, draft.target.text, value.text, value.text));
  }
}

}  // namespace

Index Draft::fixed_count() const {
  return std::count_if(fixed.begin(), fixed.end(), [](const auto& slot) { return slot.has_value(); });
}

void read_draft(const config::Node& node, Draft& draft, Workspace& w) {
  draft.node = &node;
  w.independently(
      [&] {
        draft.target = config::parse_target(node.key, node.key_place, node.path);
        if (w.find_plate(draft.target.text) >= 0)
          fail(draft.target, fmt::format("{} is a plate: give the variable another name", draft.target.text));
        read_slots(draft, w);
      },
      [&] {
        if (node.kind == config::Node::Kind::map || node.kind == config::Node::Kind::null)
          config::fail(node.kind == config::Node::Kind::null ? node.key_place : node.place, node.path,
                       fmt::format("expected a distribution or an expression, got {}", node.description()));
        if (node.kind == config::Node::Kind::list) {
          node.accept();
          config::fail(node,
                       "a list of numbers is data: write it under data, or put the expression in quotes: \"[a, b]\"");
        }
        draft.expression = config::parse_expression(node);
      });
}

void read_call(Draft& draft, Workspace& w) {
  const Expression& e = draft.expression;
  if (e.kind != Expression::Kind::call) return;
  if (e.text == "factor") throw FollowsFromMistake();  // refused when it is known what it reads
  if (e.text == "truncated" || e.text == "censored")
    read_modifier(e, draft, w);
  else if (e.text == "flat")
    read_flat(draft, w);
  else if (is_distribution(w.registry, e))
    draft.call = &e;
  if (!draft.call) return;
  if (!draft.flat) {
    draft.family = w.registry.find_family(draft.call->text);
    draft.event = event_of(*draft.family);
  }
  read_over(draft, w);
}

}  // namespace kullback::language
