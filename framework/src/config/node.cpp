#include "config/node.hpp"

#include <kullback/registry.hpp>

#include <fmt/format.h>

#include <charconv>
#include <limits>
#include <utility>

namespace kullback::config {
namespace {

constexpr std::size_t kMostPathBytes = 240;
constexpr std::size_t kMostAssignmentParts = 50;

// Deep trees with long keys must not multiply: a long path keeps its end.
std::string shortened(std::string path) {
  if (path.size() <= kMostPathBytes) return path;
  std::size_t first = path.size() - kMostPathBytes;
  while (first < path.size() && (static_cast<unsigned char>(path[first]) & 0xC0) == 0x80) ++first;
  return "..." + path.substr(first);
}

[[noreturn]] void fail_expected(const Node& node, std::string_view what) {
  fail(node, fmt::format("expected {}, got {}", what, node.description()));
}

double checked_number(const Node& node, std::string_view what) {
  double value = 0;
  if (node.kind == Node::Kind::scalar && node.quoted) {
    fail(node,
         fmt::format("expected {}, got text in quotes ({}): remove the quotes", what, cited(node.text)));
  }
  if (node.kind != Node::Kind::scalar) fail_expected(node, what);
  if (!parse_number(node.text, value)) {
    fail(node, fmt::format("expected {}, got {}", what, number_problem(node.text)));
  }
  return value;
}

std::string whole_description(long long least, long long most) {
  constexpr long long kLowest = std::numeric_limits<long long>::min();
  constexpr long long kHighest = std::numeric_limits<long long>::max();
  if (least == kLowest && most == kHighest) return "a whole number";
  if (most == kHighest) return fmt::format("a whole number of at least {}", least);
  if (least == kLowest) return fmt::format("a whole number of at most {}", most);
  return fmt::format("a whole number from {} to {}", least, most);
}

}  // namespace

std::string child_path(const std::string& parent, std::string_view key) {
  std::string shown(key);
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  }
  return shortened(parent.empty() ? shown : parent + "." + shown);
}

std::string child_path(const std::string& parent, std::size_t index) {
  return shortened(fmt::format("{}[{}]", parent, index));
}

const std::vector<Node>& Node::children() const { return children_; }

const Node* Node::find(std::string_view name) const {
  read_ = true;
  if (kind != Kind::map) return nullptr;
  if (std::find(asked_.begin(), asked_.end(), name) == asked_.end()) asked_.emplace_back(name);
  for (const Node& child : children_) {
    if (child.key == name) {
      child.read_ = true;
      return &child;
    }
  }
  return nullptr;
}

const Node& Node::at(std::string_view name) const {
  if (const Node* child = find(name)) return *child;
  const Place& where = key.empty() ? place : key_place;
  if (kind == Kind::scalar || kind == Kind::list) {
    fail(place, path, fmt::format("expected a map with '{}', got {}", name, description()));
  }
  fail(where, path, fmt::format("'{}' is missing", name));
}

std::string Node::description() const {
  switch (kind) {
    case Kind::null:
      return "nothing";
    case Kind::scalar:
      return cited(text);
    case Kind::list:
      return "a list";
    case Kind::map:
      return "a map";
  }
  return "nothing";
}

double Node::number() const {
  read_ = true;
  return checked_number(*this, "a number");
}

double Node::positive() const {
  read_ = true;
  const double value = checked_number(*this, "a positive number");
  if (!(value > 0)) fail_expected(*this, "a positive number");
  return value;
}

long long Node::whole(long long least, long long most) const {
  read_ = true;
  const std::string what = whole_description(least, most);
  const double approximate = checked_number(*this, what);
  long long value = 0;
  std::string_view digits = text;
  if (digits.starts_with('+')) digits.remove_prefix(1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) {
    // 1e6 is a whole number too, as long as the double is exact.
    constexpr double kExact = 9007199254740992.0;
    if (!(std::abs(approximate) <= kExact) || approximate != std::floor(approximate)) fail_expected(*this, what);
    value = static_cast<long long>(approximate);
  }
  if (value < least || value > most) fail_expected(*this, what);
  return value;
}

bool Node::boolean() const {
  read_ = true;
  if (kind == Kind::scalar && !quoted && text == "true") return true;
  if (kind == Kind::scalar && !quoted && text == "false") return false;
  fail_expected(*this, "true or false");
}

const std::string& Node::string() const {
  read_ = true;
  if (kind != Kind::scalar) fail_expected(*this, "text");
  return text;
}

void Node::accept() const {
  read_ = true;
  for (const Node& child : children_) child.accept();
}

void Node::report_unread(Diagnostics& diagnostics) const {
  for (const Node& child : children_) {
    if (kind == Kind::map && !child.read_) {
      const std::string hint = asked_.empty() ? std::string() : "; " + suggestion(child.key, asked_);
      diagnostics.error(child.key_place, path, fmt::format("unknown key {}{}", cited(child.key), hint));
    } else {
      child.report_unread(diagnostics);
    }
  }
}

// Assignments from the command line.
namespace {

// "a.b[1]=c" -> where the '=' stands; the brackets of a key such as "effect[disease = other]" may hold another.
std::size_t find_assignment(std::string_view text) {
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '[') ++depth;
    if (text[i] == ']') --depth;
    if (text[i] == '=' && depth <= 0) return i;
  }
  return std::string_view::npos;
}

struct Part {
  std::string_view text;
  std::size_t offset;
};

std::vector<Part> split_path(std::string_view path) {
  std::vector<Part> parts;
  std::size_t first = 0;
  int depth = 0;
  for (std::size_t i = 0; i <= path.size(); ++i) {
    if (i < path.size() && path[i] == '[') ++depth;
    if (i < path.size() && path[i] == ']') --depth;
    if (i == path.size() || (path[i] == '.' && depth <= 0)) {
      parts.push_back({path.substr(first, i - first), first});
      first = i + 1;
    }
  }
  return parts;
}

Node* find_child(Node& node, std::string_view key) {
  for (Node& child : node.mutable_children()) {
    if (child.key == key) return &child;
  }
  return nullptr;
}

// "divergence[1]" -> "divergence" and 1
bool split_index(std::string_view part, std::string_view& base, std::size_t& index) {
  if (!part.ends_with(']')) return false;
  const std::size_t open = part.rfind('[');
  if (open == std::string_view::npos) return false;
  const std::string_view digits = part.substr(open + 1, part.size() - open - 2);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
  if (error != std::errc() || end != digits.data() + digits.size()) return false;
  base = part.substr(0, open);
  return true;
}

// Gives a value that was parsed on its own its place in the tree, and the whole assignment as its source.
void adopt(Node& node, const std::shared_ptr<const Source>& source) {
  node.place.source = source;
  node.key_place.source = source;
  std::size_t index = 0;
  for (Node& child : node.mutable_children()) {
    child.path = node.kind == Node::Kind::list ? child_path(node.path, index) : child_path(node.path, child.key);
    adopt(child, source);
    ++index;
  }
}

}  // namespace

void set_value(Node& root, const std::string& assignment) {
  auto source = std::make_shared<Source>();
  source->name = "--set";
  source->text = assignment;
  const std::size_t split = find_assignment(assignment);
  if (split == std::string::npos || split == 0) {
    fail(place_at(source, 0, assignment.size()), "", "expected key=value, such as inference.max_sweeps=100");
  }
  // The value is parsed where it stands, so that its places are right.
  auto padded = std::make_shared<Source>();
  padded->name = "--set";
  padded->text = std::string(split + 1, ' ') + assignment.substr(split + 1);
  Node value = parse_yaml(padded);

  const std::vector<Part> parts = split_path(std::string_view(assignment).substr(0, split));
  if (parts.size() > kMostAssignmentParts) fail(place_at(source, 0, split), "", "nested too deep");
  Node* node = &root;
  Place key_place;
  for (const Part& part : parts) {
    key_place = place_at(source, part.offset, std::max<std::size_t>(1, part.text.size()));
    if (part.text.empty()) fail(key_place, node->path, "a key is missing");
    if (node->kind == Node::Kind::null) node->kind = Node::Kind::map;
    if (node->kind != Node::Kind::map) {
      fail(key_place, node->path, fmt::format("{} has no keys: it is {}", cited(node->path), node->description()));
    }
    Node* child = find_child(*node, part.text);
    std::string_view base;
    std::size_t index = 0;
    if (child == nullptr && split_index(part.text, base, index)) {
      Node* list = find_child(*node, base);
      if (list != nullptr && list->kind == Node::Kind::list) {
        if (index >= list->mutable_children().size()) {
          fail(key_place, list->path,
               fmt::format("there is no entry {}: the list has {}, counted from 0", index,
                           list->mutable_children().size()));
        }
        child = &list->mutable_children()[index];
      }
    }
    if (child == nullptr) {
      Node made;
      made.key = std::string(part.text);
      made.path = child_path(node->path, part.text);
      made.place = key_place;
      made.key_place = key_place;
      node->mutable_children().push_back(std::move(made));
      child = &node->mutable_children().back();
    }
    node = child;
  }
  value.key = node->key;
  value.path = node->path;
  value.key_place = key_place;
  if (value.kind == Node::Kind::null) value.place = key_place;
  *node = std::move(value);
  adopt(*node, source);
}

}  // namespace kullback::config
