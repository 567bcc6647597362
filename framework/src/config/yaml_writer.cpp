// to_yaml: a tree as text that parse_yaml reads as the same tree.
#include "config/node.hpp"
#include "config/yaml_errors.hpp"

#include <fmt/format.h>

namespace kullback::config {
namespace {

constexpr std::size_t kWidth = 100;  // of a list on one line

bool is_null_word(std::string_view text) {
  return text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL";
}

// Whether YAML reads the bare text as itself: conservative, quotes never hurt.
bool may_stand_bare(std::string_view text, bool flow) {
  if (is_null_word(text) || text.front() == ' ' || text.back() == ' ' || text.back() == ':') return false;
  const std::string_view indicators = "!&*-?|>@`%\"'#,[]{}=:<";
  const char first = text.front();
  const bool negative = first == '-' && text.size() > 1 && text[1] != ' ' && text[1] != '-';
  if (indicators.find(first) != std::string_view::npos && !negative) return false;
  if (text == "---" || text == "..." || text.starts_with("... ")) return false;
  if (flow && has_open_parenthesis(text)) return false;  // the reader takes it for a cut expression
  if (flow && text.find_first_of(",[]{}:?\"'#") != std::string_view::npos) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 || c == 0x7F) return false;
    if (text[i] == ':' && i + 1 < text.size() && text[i + 1] == ' ') return false;
    if (text[i] == '#' && i > 0 && text[i - 1] == ' ') return false;
  }
  return text.find("\xC2\x85") == std::string_view::npos && text.find("\xE2\x80\xA8") == std::string_view::npos &&
         text.find("\xE2\x80\xA9") == std::string_view::npos;
}

std::string in_quotes(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (c == '\n') {
      result += "\\n";
    } else if (c == '\t') {
      result += "\\t";
    } else if (byte < 0x20 || byte == 0x7F) {
      result += fmt::format("\\x{:02x}", byte);
    } else {
      result += c;
    }
  }
  return result + "\"";
}

std::string scalar(const Node& node, bool flow) {
  if (node.kind == Node::Kind::null) return "null";
  return node.quoted || !may_stand_bare(node.text, flow) ? in_quotes(node.text) : node.text;
}

bool is_leaf(const Node& node) { return node.kind == Node::Kind::null || node.kind == Node::Kind::scalar; }

// A list of numbers, or of lists of them, on one line; empty if it must be written line by line.
std::string on_one_line(const Node& node) {
  std::string result = "[";
  for (const Node& child : node.children()) {
    if (result.size() > 1) result += ", ";
    if (child.kind == Node::Kind::map) return "";
    // What is bare in a block and needs quotes in a flow list stays bare in a block.
    if (child.kind == Node::Kind::scalar && !child.quoted && !may_stand_bare(child.text, true)) return "";
    const std::string part = is_leaf(child) ? scalar(child, true) : on_one_line(child);
    if (part.empty()) return "";
    result += part;
    if (result.size() > kWidth) return "";
  }
  return result + "]";
}

void write(const Node& node, std::size_t indent, std::string& out);

// Behind "key:" or "-".
void write_value(const Node& node, std::size_t indent, std::string& out) {
  if (is_leaf(node)) {
    out += " " + scalar(node, false) + "\n";
  } else if (node.children().empty()) {
    out += node.kind == Node::Kind::list ? " []\n" : " {}\n";
  } else if (const std::string line = node.kind == Node::Kind::list ? on_one_line(node) : ""; !line.empty()) {
    out += " " + line + "\n";
  } else {
    out += "\n";
    write(node, indent, out);
  }
}

void write(const Node& node, std::size_t indent, std::string& out) {
  for (const Node& child : node.children()) {
    out.append(indent, ' ');
    if (node.kind == Node::Kind::map) {
      out += (may_stand_bare(child.key, false) ? child.key : in_quotes(child.key)) + ":";
    } else {
      out += "-";
    }
    write_value(child, indent + 2, out);
  }
}

}  // namespace

std::string to_yaml(const Node& node) {
  std::string out;
  if (is_leaf(node) || node.children().empty()) {
    write_value(node, 0, out);
    return out.substr(1);
  }
  write(node, 0, out);
  return out;
}

}  // namespace kullback::config
