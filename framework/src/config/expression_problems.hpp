// What is wrong with the text of an expression, as a sentence.
#pragma once

#include "config/tokens.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace kullback::config {

using Tokens = std::vector<Token>;

// What the grammar may say that it expected.
inline constexpr const char* kExpression = "an expression";
inline constexpr const char* kIndex = "an index";
inline constexpr const char* kLabel = "a label (a whole number, a name or text in quotes)";
inline constexpr const char* kEndOfList = "an operator, ',' or ']'";
inline constexpr const char* kEndOfIndices = "',' or ']'";
inline constexpr const char* kSlot = "a plate";
inline constexpr const char* kEndOfSlots = "']' or ','";
inline constexpr const char* kShift = "a whole number";

inline constexpr std::string_view kComparisons = "< <= > >= == !=";

/// Whether a token is one of the symbols in a list with spaces between.
bool is_symbol(const Token& token, std::string_view symbols);

/// Why token i cannot stand where `expected` is.
std::string problem_at(const Tokens& tokens, std::size_t i, const std::string& expected);

}  // namespace kullback::config
