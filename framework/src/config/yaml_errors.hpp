// YAML syntax errors in words that say what to do, and what YAML text looks like around them.
#pragma once

#include "config/source.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace kullback::config {

struct SyntaxError {
  std::string message;       ///< the parser's own
  int line = 0, column = 0;  ///< where it stopped; 0, 0 at the end of the text
  std::size_t offset = 0;
  std::size_t open_bracket = 0;  ///< of the innermost flow list or map; npos if none
  std::size_t last_offset = 0;   ///< behind the last thing that was understood
};

/// Throws the ConfigError for it.
[[noreturn]] void fail_syntax(const std::shared_ptr<const Source>& source, const SyntaxError& error);

/// The offset of the quote that closes the one at `open`; npos if there is none.
std::size_t closing_quote(std::string_view text, std::size_t open);

/// The offset of the bracket that closes the '[' or '{' at `open`, brackets in quotes left out; npos if there is none.
std::size_t closing_bracket(std::string_view text, std::size_t open);

/// Whether more parentheses open than close, outside quotes.
bool has_open_parenthesis(std::string_view expression);

}  // namespace kullback::config
