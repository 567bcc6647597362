#include "config/expression_problems.hpp"

#include "config/source.hpp"

#include <fmt/format.h>

namespace kullback::config {
namespace {

// The name in front of the innermost '[' before token i.
std::string indexed_name(const Tokens& tokens, std::size_t i) {
  int depth = 0;
  while (i-- > 1) {
    if (tokens[i].text == "]") ++depth;
    if (tokens[i].text == "[" && depth-- == 0) return tokens[i - 1].text;
  }
  return "x";
}

}  // namespace

bool is_symbol(const Token& token, std::string_view symbols) {
  if (token.kind != Token::Kind::symbol) return false;
  while (true) {
    const std::size_t end = symbols.find(' ');
    if (symbols.substr(0, end) == token.text) return true;
    if (end == std::string_view::npos) return false;
    symbols.remove_prefix(end + 1);
  }
}

std::string problem_at(const Tokens& tokens, std::size_t i, const std::string& expected) {
  const Token& token = tokens[i];
  const bool at_end = token.kind == Token::Kind::end;
  const bool in_index = expected == kIndex || expected == kEndOfIndices || expected == kShift;
  const bool alone = i + 1 < tokens.size() && is_symbol(tokens[i + 1], "] ,");
  if ((expected == kIndex || expected == kSlot) && token.kind == Token::Kind::number && alone) {
    return fmt::format("which plate? write {}[k = {}] with the plate's name for k", indexed_name(tokens, i),
                       token.text);
  }
  if (in_index && !at_end && !is_symbol(token, "] , =")) {
    return "only an earlier cell of a plate may be named (x[t-1]); read a shifted column for anything else";
  }
  if (is_symbol(token, "=")) return "'=' only follows the name of an argument or plate; a comparison is written ==";
  if (is_symbol(token, kComparisons) && expected != kExpression) {
    return "comparisons do not chain: put one of them in parentheses";
  }
  std::string message = "expected " + expected;
  if (i > 0) message += " after " + cited(tokens[i - 1].text);
  if (!at_end) message += ", got " + cited(token.text);
  return message;
}

}  // namespace kullback::config
