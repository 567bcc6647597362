// The expression grammar of the model language: one scalar of the file becomes a tree with exact places.
#pragma once

#include "config/node.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace kullback::config {

/// A node of the syntax tree. What `children` are depends on the kind.
struct Expression {
  enum class Kind {
    number,     ///< `number`
    string,     ///< `text`: a quoted string
    list,       ///< children: the elements
    reference,  ///< `text`: a name; children: its indices, if any (references, `shift`s, `label`s, numbers)
    call,       ///< `text`: the function's or family's name; children: `argument`s
    argument,   ///< `text`: the name, empty by position; one child
    unary,      ///< `text`: "-"; one child
    binary,     ///< `text`: + - * / ^ < <= > >= == !=; two children
    shift,      ///< an index `t-1`: `text` the plate, `number` the whole number added
    label,      ///< an index `plate = label`: `text` the plate, one child (number, string, or reference by a bare name)
  };
  Kind kind = Kind::number;
  double number = 0;
  std::string text;
  std::vector<Expression> children;
  Place place;          ///< exact, into the file
  std::string path;     ///< of the node of the file it stands in
  std::string written;  ///< the text as written (root only needed: printed in results)
};

/// Throws ConfigError at the place of an expression.
[[noreturn]] inline void fail(const Expression& at, std::string_view message) { fail(at.place, at.path, message); }

/// f(x): a call with one argument, without a name. What tells the function logistic(x) from the distribution of that
/// name.
inline bool is_of_one(const Expression& call) {
  return call.kind == Expression::Kind::call && call.children.size() == 1 && call.children[0].text.empty();
}

/// Parses the whole of a scalar node, a string of the file or the command line. Throws ConfigError at the exact column
/// with what was expected. At most 64 KiB long, brackets, signs and powers 100 deep, chains of 1000 operators.
Expression parse_expression(const Node& scalar);
Expression parse_expression(std::shared_ptr<const Source> source, std::string path);

/// A left-hand side: `name`, `name[n, k]`, `effect[disease = other]`, as a reference.
Expression parse_target(const std::string& text, const Place& place, const std::string& path);

}  // namespace kullback::config
