#include "experiment/model_places.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kullback::experiment {
namespace {

using config::Node;
using model::Subject;

struct At {
  config::Place place;
  std::string path;
};

std::optional<At> at_node(const Node* node) { return node ? std::optional(At{node->place, node->path}) : std::nullopt; }

const Node* child(const Node* node, const std::string& key) {
  return node && node->kind == Node::Kind::map ? node->find(key) : nullptr;
}

At at_statement(const model::Statement& statement) {
  return {statement.place, "model." + statement.text.substr(0, statement.text.find(": "))};
}

// A variable stands where its first statement does.
std::optional<At> at_variable(const model::Model& model, const std::string& name) {
  const model::Variable* variable = model.find(name);
  if (!variable) return std::nullopt;
  if (variable->statements.empty()) return At{variable->place, "model." + name};
  return at_statement(model.statements[static_cast<std::size_t>(variable->statements.front())]);
}

std::optional<At> find(const Experiment& experiment, const Subject& subject) {
  const model::Model& model = experiment.model.model;
  const auto index = static_cast<std::size_t>(subject.index);
  switch (subject.kind) {
    case Subject::Kind::joint: {
      const Node* joint = child(experiment.resolved.find("posterior"), "joint");
      return joint && index < joint->children().size() ? at_node(&joint->children()[index]) : std::nullopt;
    }
    case Subject::Kind::start: {
      const Node* start = child(child(experiment.resolved.find("inference"), "initialize"), subject.variable);
      return start ? at_node(start) : at_variable(model, subject.variable);
    }
    case Subject::Kind::statement:  // what the engine has added is its variable's
      if (index < model.statements.size()) return at_statement(model.statements[index]);
      return at_variable(model, subject.variable);
    default:
      return at_variable(model, subject.variable);
  }
}

}  // namespace

void point_at(const Experiment& experiment, const std::vector<model::Refusal>& refusals) {
  config::Diagnostics diagnostics;
  bool any = false;
  for (const model::Refusal& refusal : refusals) {
    const std::optional<At> at = find(experiment, refusal.subject);
    any = any || at;
    diagnostics.error(at ? at->place : config::Place{}, at ? at->path : "", at ? refusal.why : refusal.text());
  }
  if (any) diagnostics.throw_if_any();
}

}  // namespace kullback::experiment
