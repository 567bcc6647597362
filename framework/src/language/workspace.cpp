#include "language/workspace.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>

namespace kullback::language {

std::string any_of(const std::vector<std::string>& words) {
  if (words.size() < 2) return words.empty() ? std::string() : words[0];
  return fmt::format("{} or {}", fmt::join(words.begin(), words.end() - 1, ", "), words.back());
}

std::string counted(Index count, const std::string& what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string leading_name(const std::string& target) {
  const auto end =
      std::find_if(target.begin(), target.end(), [](unsigned char c) { return !std::isalnum(c) && c != '_'; });
  return {target.begin(), end};
}

namespace {

template <class Things>
int find_by_name(const Things& things, const std::string& name) {
  const auto found = std::find_if(things.begin(), things.end(), [&](const auto& each) { return each.name == name; });
  return found == things.end() ? -1 : static_cast<int>(found - things.begin());
}

}  // namespace

int Workspace::find_plate(const std::string& name) const { return find_by_name(model.plates, name); }
int Workspace::find_variable(const std::string& name) const { return find_by_name(model.variables, name); }

bool Workspace::is_broken(const std::string& name) const {
  return std::find(broken.begin(), broken.end(), name) != broken.end();
}

bool Workspace::is_shapeless(const std::string& name) const {
  return std::find(shapeless.begin(), shapeless.end(), name) != shapeless.end();
}

int Workspace::need_plate(const config::Expression& at, const std::string& name) const {
  if (is_broken(name)) throw FollowsFromMistake();
  const int found = find_plate(name);
  if (found >= 0) return found;
  std::vector<std::string> known;
  for (const Plate& plate : model.plates) known.push_back(plate.name);
  if (known.empty()) fail(at, fmt::format("'{}' is not a plate: there is no 'plates:' in this file", name));
  fail(at, fmt::format("'{}' is not a plate; {}", name, suggestion(name, known)));
}

int Workspace::root(int p) const {
  while (plate(p).second_name_of >= 0) p = plate(p).second_name_of;
  return p;
}

int Workspace::matrix_plate(int d) {
  const std::string name = plate(d).name + "'";
  if (const int found = find_plate(name); found >= 0) return found;
  Plate second = plate(d);
  second.name = name;
  second.second_name_of = root(d);
  model.plates.push_back(std::move(second));
  return static_cast<int>(model.plates.size()) - 1;
}

Array Workspace::over_rows(int plate, const std::string& path, const std::function<Array()>& compute) {
  if (!contains(row_plates, root(plate))) return compute();
  const std::string key = fmt::format("{}#{}", path, ++row_statistics_of_[path]);
  const auto found = row_statistics.values.find(key);
  if (row_statistics.replay && found != row_statistics.values.end()) return found->second;
  return row_statistics.values[key] = compute();
}

Index Workspace::level(int p, const config::Expression& label) const {
  const Plate& plate = this->plate(p);
  const bool whole = label.kind == config::Expression::Kind::number;
  const std::string text = whole ? fmt::format("{}", label.number) : label.text;
  if (plate.labels.empty()) {
    if (!whole || label.number != std::floor(label.number) || label.number < 1 ||
        label.number > static_cast<double>(plate.size))
      fail(label, fmt::format("{} has the labels 1 to {}, got '{}'", plate.name, plate.size, text));
    return static_cast<Index>(label.number) - 1;
  }
  const auto found = std::find(plate.labels.begin(), plate.labels.end(), text);
  if (found != plate.labels.end()) return found - plate.labels.begin();
  fail(label, fmt::format("'{}' is not a label of {}; {}", text, plate.name, suggestion(text, plate.labels)));
}

Index Workspace::level(int p, const config::Node& node) const {
  config::Expression label;
  double number = 0;
  label.kind =
      config::parse_number(node.string(), number) ? config::Expression::Kind::number : config::Expression::Kind::string;
  label.number = number;
  label.text = node.text;
  label.place = node.place;
  label.path = node.path;
  return level(p, label);
}

std::string Workspace::label_text(int p, Index level) const { return language::label_text(plate(p), level); }

std::string Workspace::names(const Dimensions& dimensions) const {
  std::vector<std::string> names;
  for (int p : dimensions) names.push_back(plate(p).name);
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string Workspace::cell_text(const Dimensions& dimensions, Index cell) const {
  return language::cell_text(plates(), dimensions, cell);
}

}  // namespace kullback::language
