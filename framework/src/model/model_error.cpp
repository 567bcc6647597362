#include "model/model_error.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace kullback::model {
namespace {

// What a truncated statement did not keep ("y (discarded)") is not in the file: its variable is.
std::string name_in_file(const std::string& variable) { return variable.substr(0, variable.find(' ')); }

}  // namespace

Refusals::~Refusals() = default;

Refusal of_variable(const std::string& name, std::string why) {
  return {{Subject::Kind::variable, name_in_file(name), -1}, name, std::move(why)};
}

Refusal of_cell(const std::string& variable, const std::string& cell, std::string why) {
  Refusal refusal = of_variable(variable, std::move(why));
  if (cell == variable) return refusal;
  refusal.name.clear();
  refusal.why = cell + ": " + refusal.why;
  return refusal;
}

Refusal of_cell(const Model& model, const Statement& statement, const std::string& cell, std::string why) {
  Refusal refusal = of_cell(model.variables[static_cast<std::size_t>(statement.variable)].name, cell, std::move(why));
  refusal.subject = of_statement(model, statement, "").subject;
  return refusal;
}

Refusal of_statement(const Model& model, const Statement& statement, std::string why) {
  const std::string& variable = model.variables[static_cast<std::size_t>(statement.variable)].name;
  const std::string target = statement.text.substr(0, statement.text.find(": "));
  return {{Subject::Kind::statement, name_in_file(variable), static_cast<int>(&statement - model.statements.data())},
          target.empty() ? variable : fmt::format("{}: {}", variable, target),
          std::move(why)};
}

Refusal of_start(const std::string& variable, std::string why) {
  return {{Subject::Kind::start, name_in_file(variable), -1}, "initialize: " + variable, std::move(why)};
}

Refusal of_joint(int index, const std::vector<std::string>& variables, std::string why) {
  return {{Subject::Kind::joint, "", index}, fmt::format("joint: [{}]", fmt::join(variables, ", ")), std::move(why)};
}

std::string text_of(const std::vector<Refusal>& refusals) {
  std::string text;
  for (const Refusal& refusal : refusals) text += (text.empty() ? "" : "\n") + refusal.text();
  return text;
}

}  // namespace kullback::model
