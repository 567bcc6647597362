// The words of the expression grammar. Everything that can be said about single characters, names, numbers, strings,
// brackets and depth is said here, so that the grammar above deals with whole tokens and cannot run out of stack.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kullback::config {

struct Token {
  enum class Kind { number, string, name, symbol, end };
  Kind kind = Kind::end;
  std::string text;  ///< of a string without its quotes
  double number = 0;
  std::size_t begin = 0, end = 0;  ///< bytes in the expression
};

/// What is wrong with text[begin, end).
struct ExpressionError {
  std::size_t begin = 0, end = 0;
  std::string message;
};

/// The tokens of an expression with one of kind `end` behind them. Brackets match; at most 64 KiB; brackets, signs and
/// powers nest at most 100 deep and at most 1000 operators stand around any operand. Throws ExpressionError.
std::vector<Token> tokenize(std::string_view text);

}  // namespace kullback::config
