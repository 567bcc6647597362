// Names in expressions: columns of the file while data are read, variables of the model.
#include "language/terms.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numbers>

namespace kullback::language {

using config::Expression;
using model::Term;
using model::Variable;

void Terms::undefined(const Expression& e) {
  const Workspace& w = workspace_;
  if (w.is_broken(e.text)) throw FollowsFromMistake();
  if (w.find_plate(e.text) >= 0)
    fail(e, fmt::format(
                "{} is a plate, not a number: size({}) is how many levels it has; read a column for a number a level",
                e.text, e.text));
  if (w.registry.find_family(e.text))
    fail(e, fmt::format("{} is a family, not a variable; give its parameters: {}(...)", e.text, e.text));
  std::vector<std::string> known;
  if (context_.columns)
    for (const auto& column : context_.columns->table->columns) known.push_back(column.name);
  for (const Variable& variable : w.model.variables) known.push_back(variable.name);
  fail(e, known.empty() ? fmt::format("'{}' is not defined", e.text)
                        : fmt::format("'{}' is not defined; {}", e.text, suggestion(e.text, known)));
}

void Terms::undefined_index(const Expression& e) const {
  const Workspace& w = workspace_;
  if (w.is_broken(e.text)) throw FollowsFromMistake();
  std::vector<std::string> known;
  for (const Plate& plate : w.plates())
    if (!plate.name.ends_with('\'')) known.push_back(plate.name);
  for (const Variable& variable : w.model.variables) known.push_back(variable.name);
  fail(e, fmt::format("'{}' is neither a plate nor a variable, and one of them is what an index is; {}", e.text,
                      suggestion(e.text, known)));
}

void Terms::check_names(const Expression& e, bool as_index) {
  const Workspace& w = workspace_;
  const bool label = std::any_of(w.plates().begin(), w.plates().end(), [&](const Plate& plate) {
    return std::find(plate.labels.begin(), plate.labels.end(), e.text) != plate.labels.end();
  });
  const bool name = e.kind == Expression::Kind::reference && e.text != "pi" && !label;
  if (name && w.find_variable(e.text) < 0 && w.find_plate(e.text) < 0 && !w.registry.find_family(e.text) &&
      !(context_.columns && context_.columns->table->find(e.text)))
    workspace_.keep_mistakes([&] { as_index ? undefined_index(e) : undefined(e); });
  if (e.kind == Expression::Kind::call && !w.registry.find_family(e.text) &&
      std::find(functions().begin(), functions().end(), e.text) == functions().end())
    workspace_.keep_mistakes([&] { no_such_call(e); });
  if (e.kind == Expression::Kind::argument && e.text == "over") {
    workspace_.keep_mistakes([&] { w.need_plate(e.children[0], e.children[0].text); });
    return;
  }
  if (as_index && e.kind == Expression::Kind::number)
    workspace_.keep_mistakes(
        [&] { fail(e, fmt::format("which plate? write [k = {}] with the plate's name for k", e.number)); });
  if (e.kind == Expression::Kind::label) workspace_.keep_mistakes([&] { w.need_plate(e, e.text); });
  if (e.kind == Expression::Kind::label || e.kind == Expression::Kind::shift) return;
  for (const Expression& child : e.children) check_names(child, e.kind == Expression::Kind::reference);
}

Written Terms::column(const Expression& e, const config::Table::Column& column) {
  if (!e.children.empty()) fail(e, "columns have no indices: they lie along the rows of the file");
  if (!column.numeric)
    fail(e, fmt::format("column '{}' of {} is text: read it with `levels:`, or compare it ({} == \"...\")", e.text,
                        context_.columns->table->path, e.text));
  const Eigen::Map<const Eigen::VectorXd> values(column.numbers.data(), static_cast<Index>(column.numbers.size()));
  return {constant({{context_.columns->rows}, values}, e),
          fmt::format("{}[{}]", e.text, workspace_.plate(context_.columns->rows).name), 4};
}

bool Terms::is_level(const Expression& e) const {
  if (e.kind != Expression::Kind::reference) return false;
  const int v = workspace_.find_variable(e.text);
  return v >= 0 && workspace_.variable(v).levels >= 0;
}

Written Terms::reference(const Expression& e, bool level_wanted) {
  Workspace& w = workspace_;
  if (context_.columns)
    if (const auto* found = context_.columns->table->find(e.text)) return column(e, *found);
  const int v = w.find_variable(e.text);
  if (v < 0) {
    if (e.text == "pi" && e.children.empty())
      return {constant({{}, Eigen::VectorXd::Constant(1, std::numbers::pi)}, e), "pi", 4};
    w.keep_mistakes([&] { undefined(e); });
    for (const Expression& child : e.children) check_names(child, true);
    throw FollowsFromMistake();
  }
  const Variable& x = w.variable(v);
  if (w.is_broken(e.text)) {
    std::vector<std::string> texts;
    if (w.is_shapeless(e.text))
      for (const Expression& child : e.children) check_names(child, true);
    else
      selectors(e, x, texts);
    throw FollowsFromMistake();
  }
  if (x.matrix && std::any_of(e.children.begin(), e.children.end(), [&](const Expression& i) {
        return i.kind == Expression::Kind::label && i.text == w.plate(x.over[0]).name;
      }))
    fail(e, fmt::format("entries of a matrix are not read one by one yet: {} is used whole", e.text));
  if (x.levels >= 0 && !level_wanted) {
    const std::string k = w.plate(x.levels).name;
    fail(e, fmt::format("{} holds a level of {}, not a number; write value[{}], or {} == {}", e.text, k, e.text, e.text,
                        w.label_text(x.levels, 0)));
  }
  std::vector<std::string> texts;
  std::vector<model::Selector> chosen = selectors(e, x, texts);
  Written written;
  written.text = e.text + (texts.empty() ? "" : fmt::format("[{}]", fmt::join(texts, ",")));
  std::vector<int> latent;
  for (const model::Selector& s : chosen) variables_of(s, latent);
  if (x.role == Variable::Role::constant && latent.empty()) {
    written.term = constant(gather(w.plates(), x.data, chosen), e);
    return written;
  }
  Dimensions dimensions;
  for (const model::Selector& s : chosen) dimensions = united(dimensions, dimensions_of(s));
  if (x.matrix) {
    const int second = w.matrix_plate(x.over[0]);
    dimensions.push_back(second);
    written.text.insert(written.text.size() - 1, "," + w.plate(second).name);
  }
  written.term.kind = Term::Kind::variable;
  written.term.dimensions = std::move(dimensions);
  written.term.place = e.place;
  written.term.path = e.path;
  written.term.variable = v;
  written.term.selectors = std::move(chosen);
  return written;
}

}  // namespace kullback::language
