#include "config/yaml_errors.hpp"

#include <fmt/format.h>

namespace kullback::config {
namespace {

constexpr std::size_t kNone = std::string::npos;

bool contains(const std::string& text, std::string_view part) { return text.find(part) != kNone; }

// Whether a scalar in quotes begins there, not an apostrophe.
bool begins_quote(std::string_view text, std::size_t i) {
  return (text[i] == '"' || text[i] == '\'') && (i == 0 || std::string_view(" \t\n[{,(").find(text[i - 1]) != kNone);
}

std::size_t opening_quote(std::string_view text, std::size_t from) {
  for (std::size_t i = from; i < text.size(); ++i) {
    if (begins_quote(text, i)) return i;
  }
  return kNone;
}

}  // namespace

std::size_t closing_quote(std::string_view text, std::size_t open) {
  const char quote = text[open];
  for (std::size_t i = open + 1; i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\') {
      ++i;
    } else if (text[i] == quote) {
      if (quote == '"' || i + 1 >= text.size() || text[i + 1] != '\'') return i;
      ++i;
    }
  }
  return kNone;
}

std::size_t closing_bracket(std::string_view text, std::size_t open) {
  std::size_t depth = 0;
  for (std::size_t i = open; i < text.size(); ++i) {
    if (text[i] == '[' || text[i] == '{') {
      ++depth;
    } else if (text[i] == ']' || text[i] == '}') {
      if (--depth == 0) return i;
    } else if (begins_quote(text, i)) {
      i = closing_quote(text, i);
      if (i == kNone) return kNone;
    }
  }
  return kNone;
}

bool has_open_parenthesis(std::string_view expression) {
  int depth = 0;
  for (std::size_t i = 0; i < expression.size(); ++i) {
    if (expression[i] == '"' || expression[i] == '\'') {
      const std::size_t end = expression.find(expression[i], i + 1);
      if (end == kNone) break;
      i = end;
    } else {
      depth += expression[i] == '(' ? 1 : expression[i] == ')' ? -1 : 0;
    }
  }
  return depth > 0;
}

void fail_syntax(const std::shared_ptr<const Source>& source, const SyntaxError& error) {
  const std::string_view text = source->text;
  Place place{source, error.line, error.column, 1};
  const std::size_t offset = std::min(error.offset, text.size());
  const char here = offset < text.size() ? text[offset] : '\0';
  const std::size_t line_first = offset == 0 ? 0 : text.rfind('\n', offset - 1) + 1;  // npos + 1 is 0
  const std::size_t line_text = std::min(text.find_first_not_of(" \t", line_first), text.size());
  const std::size_t tab = text.substr(line_first, line_text - line_first).find('\t');

  if (contains(error.message, "EOF in scalar")) {
    const std::size_t quote = opening_quote(text, error.last_offset);
    fail(quote == kNone ? place : place_at(source, quote), "", "the quote that begins here is never closed");
  }
  if (contains(error.message, "flow not found")) {
    if (error.open_bracket != kNone && closing_bracket(text, error.open_bracket) == kNone) {
      fail(place_at(source, error.open_bracket), "",
           fmt::format("the '{}' that begins here is never closed", text[error.open_bracket]));
    }
    const bool map = error.open_bracket != kNone && text[error.open_bracket] == '{';
    if (here == '[' || here == '{') {
      fail(place, "",
           fmt::format("the '{}' inside {} ended this expression: put it on its own line or in quotes", here,
                       map ? "{ }" : "[ ]"));
    }
    fail(place, "",
         fmt::format("expected ',' or '{}' here; text with special characters needs quotes", map ? '}' : ']'));
  }
  if (contains(error.message, "tab") || tab != kNone) {
    fail(place_at(source, line_first + (tab == kNone ? 0 : tab)), "", "a tab in the indentation: use spaces");
  }
  if (contains(error.message, "illegal map value")) {
    fail(place, "", "a second ': ' in one value: put the text in quotes, or begin each entry in the same column");
  }
  if (contains(error.message, "illegal block entry")) {
    fail(place, "", "a list cannot begin here: put its first '- ' on a line of its own, or the text in quotes");
  }
  if (contains(error.message, "illegal flow end")) {
    fail(place, "", fmt::format("this '{}' closes nothing", here));
  }
  if (contains(error.message, "alias") || contains(error.message, "referenced anchor")) {
    if (here != '*' && offset > 0 && text[offset - 1] == '*') --place.column;
    fail(place, "", "text that begins with '*' is an alias, and aliases are not supported: put it in quotes");
  }
  if (contains(error.message, "anchor")) {
    if (here != '&' && offset > 0 && text[offset - 1] == '&') --place.column;
    fail(place, "", "text that begins with '&' is an anchor, and anchors are not supported: put it in quotes");
  }
  if (contains(error.message, "tag")) fail(place, "", "tags (!name) are not supported: put the text in quotes");
  if (contains(error.message, "unknown token")) {
    fail(place, "", fmt::format("text cannot begin with '{}': put it in quotes", here));
  }
  if (contains(error.message, "escape") || contains(error.message, "hex number") ||
      contains(error.message, "unicode")) {
    fail(place, "", "unknown escape in double quotes: write \\\\ for a backslash, or use single quotes");
  }
  if (contains(error.message, "end of map not found") || contains(error.message, "end of sequence not found")) {
    if (offset > line_text) fail(place, "", "unexpected text behind the value: put the whole value in quotes");
    fail(place, "", "this line does not fit: entries of one map or list begin in the same column");
  }
  fail(place, "", fmt::format("not valid YAML: {}", error.message));
}

}  // namespace kullback::config
