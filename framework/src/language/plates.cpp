#include "language/plates.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <regex>

namespace kullback::language {

using config::Node;

namespace {

constexpr long long kMostLevels = 2'000'000'000;

bool looks_like_number(const std::string& text) {
  return !text.empty() &&
         (std::isdigit(static_cast<unsigned char>(text[0])) || text[0] == '-' || text[0] == '+' || text[0] == '.');
}

void check_name(const Node& node) {
  static const std::regex name("[A-Za-z][A-Za-z0-9_]*");
  if (!std::regex_match(node.key, name))
    config::fail(node.key_place, node.path,
                 fmt::format("'{}' is no name for a plate: use letters, digits and _", node.key));
  if (node.key == "data" || node.key == "over" || node.key == "joint")
    config::fail(node.key_place, node.path,
                 fmt::format("'{}' means something else here: give the plate another name", node.key));
}

bool states(const Node* model, const std::string& name) {
  return model && std::any_of(model->children().begin(), model->children().end(),
                              [&](const Node& statement) { return statement.key == name; });
}

// An integer, `data`, a list of labels, or the name of another plate.
void read_size(const Node& node, const std::vector<std::string>& names, const Node* model, Plate& plate,
               PlateSource& source, std::string& second, const Workspace& w) {
  if (node.kind == Node::Kind::list) {
    node.accept();
    if (node.children().empty()) config::fail(node, "the list of labels is empty");
    w.for_each(node.children(), [&](const Node& label) {
      const std::string& text = label.string();
      if (std::find(plate.labels.begin(), plate.labels.end(), text) != plate.labels.end())
        config::fail(label, fmt::format("label '{}' is given twice", text));
      plate.labels.push_back(text);
    });
    plate.size = static_cast<Index>(plate.labels.size());
    return;
  }
  const std::string& text = node.string();
  if (text == "data" && !node.quoted) {
    source.from_data = true;
  } else if (looks_like_number(text) && !node.quoted) {
    plate.size = static_cast<Index>(node.whole(1, kMostLevels));
  } else if (std::find(names.begin(), names.end(), text) != names.end()) {
    second = text;
  } else if (states(model, text)) {
    config::fail(node,
                 fmt::format("{} is a variable of the model, and sizes are known before: for groups of different sizes "
                             "use long format, one row per (group, element)",
                             text));
  } else {
    config::fail(node, fmt::format("expected a size, 'data', a list of labels, or another plate's name, got '{}'; {}",
                                   text, suggestion(text, names)));
  }
}

}  // namespace

std::vector<PlateSource> read_plates(const Node* plates, const Node* model, Workspace& w) {
  std::vector<PlateSource> sources;
  if (!plates) return sources;
  if (plates->kind != Node::Kind::map) {
    plates->accept();
    config::fail(*plates, "plates is a map of names to sizes: {n: data, k: 3}");
  }
  std::vector<std::string> names, seconds;
  for (const Node& node : plates->children()) names.push_back(node.key);
  for (const Node& node : plates->children()) {
    plates->find(node.key);
    Plate plate;
    PlateSource source;
    std::string second;
    plate.name = node.key;
    plate.place = node.key_place;
    const bool good = w.keep_mistakes([&] {
      check_name(node);
      if (node.kind != Node::Kind::map) return read_size(node, names, model, plate, source, second, w);
      source.weight = node.find("weight");
      if (const Node* within = node.find("within"))
        config::fail(within->key_place, within->path,
                     "within (a chain that starts anew in every group) is not there yet: chains come later");
      read_size(node.at("size"), names, model, plate, source, second, w);
    });
    if (!good) {
      node.accept();
      w.broken.push_back(plate.name);
      continue;
    }
    w.model.plates.push_back(std::move(plate));
    sources.push_back(source);
    seconds.push_back(second);
  }
  // Second names, whichever order they stand in.
  for (std::size_t p = 0; p < seconds.size(); ++p) {
    if (seconds[p].empty()) continue;
    Plate& plate = w.model.plates[p];
    const int of = w.find_plate(seconds[p]);
    if (of >= 0) plate.second_name_of = of;
    std::size_t steps = 0;
    for (int q = of; q >= 0 && steps <= seconds.size(); ++steps) q = w.plate(q).second_name_of;
    if (steps > seconds.size() || of == static_cast<int>(p)) {
      w.diagnostics.error(plate.place, "plates." + plate.name,
                          fmt::format("{} is a second name of itself", plate.name));
      plate.second_name_of = -1;
      plate.size = 1;
    } else if (of < 0) {
      w.broken.push_back(plate.name);
    }
  }
  for (std::size_t p = 0; p < seconds.size(); ++p) {
    Plate& plate = w.model.plates[p];
    if (plate.second_name_of < 0) continue;
    const Plate& root = w.plate(w.root(static_cast<int>(p)));
    plate.size = root.size;
    plate.labels = root.labels;
  }
  return sources;
}

}  // namespace kullback::language
