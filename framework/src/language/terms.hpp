// Expressions of the file to terms over named dimensions. What depends on data alone is computed on the way.
#pragma once

#include "config/data.hpp"
#include "language/workspace.hpp"

#include <optional>
#include <string>
#include <vector>

namespace kullback::language {

/// A term, and how it reads with all indices and sums written out. `binding` says which operators may stand around the
/// text without parentheses: 0 comparisons, 1 sums, 2 products, 3 signs, 4 anything.
struct Written {
  model::Term term;
  std::string text;
  int binding = 4;
};

/// The columns that a bare name under `data:` stands for.
struct Columns {
  const config::Table* table = nullptr;
  int rows = -1;  ///< the plate of the table's rows
};

/// A list's elements lie along `list_dimensions`, the outermost list's along the first of them.
struct TermContext {
  Dimensions frame;  ///< the dimensions of whoever reads: what aligns, and what `dot` does not sum
  Dimensions list_dimensions;
  std::string inside;  ///< what the expression stands in, for messages: "normal(...)"
  const Columns* columns = nullptr;
  /// Of an expression whose statement has another mistake, so that what it stands in is not known: what depends on the
  /// frame is not looked at, and no term comes out (FollowsFromMistake) where it would matter.
  bool frame_known = true;
};

class Terms {
 public:
  Terms(Workspace& workspace, TermContext context) : workspace_(workspace), context_(std::move(context)) {}

  /// The term, whose dimensions may exceed the frame: see `check_dimensions`. Throws at the place.
  Written resolve(const config::Expression& e);

  /// Keeps every mistake that the expression has whatever it stands in; calls of distributions are looked into.
  void check(const config::Expression& e);
  /// Keeps a mistake for every name in the expression that nothing is called by.
  void check_names(const config::Expression& e, bool as_index = false);

  /// An index that picks an element of a dimension over `plate`, with its text.
  model::Selector index(const config::Expression& e, const std::string& indexed, int plate, std::string& text);

 private:
  Written number(const config::Expression& e);
  Written reference(const config::Expression& e, bool level_wanted);
  Written column(const config::Expression& e, const config::Table::Column& column);
  Written list(const config::Expression& e, std::size_t depth);
  int list_dimension(const config::Expression& e, std::size_t depth) const;
  Written negated(const config::Expression& e);
  Written binary(const config::Expression& e);
  Written comparison(const config::Expression& e);
  std::optional<Written> comparison_of_text(const config::Expression& e);
  Written call(const config::Expression& e);
  [[noreturn]] void no_such_call(const config::Expression& e);
  [[noreturn]] void wrong_arguments(const config::Expression& call, const std::string& message);
  void check_arguments(const config::Expression& call);
  Written function_of_one(const config::Expression& e);
  Written reduction(const config::Expression& e);
  Written dot(const config::Expression& e);
  Written stick_breaking(const config::Expression& e);
  Written size(const config::Expression& e);
  std::vector<model::Selector> selectors(const config::Expression& e, const model::Variable& variable,
                                         std::vector<std::string>& texts);
  using Chosen = std::vector<std::optional<model::Selector>>;
  void pick(const config::Expression& e, const config::Expression& picked, const Dimensions& dimensions, Chosen& chosen,
            std::vector<std::string>& texts) const;
  void choose(const config::Expression& e, const Dimensions& dimensions, Chosen& chosen,
              std::vector<std::string>& texts);
  void check_picked(const config::Expression& e, const config::Expression& picked, std::size_t dimension) const;
  /// The arguments of a function, the last one by the name `over` if it has one: its plate.
  int over(const config::Expression& call, const std::string& usage, std::size_t arguments);
  /// The term summed over, and the plate (-1: none is given).
  std::pair<Written, int> reduced(const config::Expression& call, const std::string& usage);
  bool is_level(const config::Expression& e) const;
  [[noreturn]] void undefined(const config::Expression& e);
  [[noreturn]] void undefined_index(const config::Expression& e) const;

  Workspace& workspace_;
  TermContext context_;
  Dimensions bound_;  // of the sums around the expression
};

/// What one operator (+ - * / ^ < <= > >= == !=) or function of one number (exp log sqrt logistic) gives.
double operator_value(const std::string& op, double a, double b);
double (*function_value(const std::string& name))(double);
/// True of exp, log, sqrt, sin, cos, logistic.
bool is_function(const std::string& name);
/// The operator a term of two children stands for.
std::string operator_text(const model::Term& term);

/// The functions of the language, for suggestions.
const std::vector<std::string>& functions();

/// Less the mean over `plate` and by the sample standard deviation, both of the cells that are not empty; nothing where
/// that is 0.
std::optional<Array> standardized(Workspace& workspace, const Array& array, int plate, const std::string& path);

/// A constant term.
model::Term constant(Array array, const config::Expression& at);

/// The dimensions a selector reads positions on.
Dimensions dimensions_of(const model::Selector& selector);

/// The elements of `array` that the selectors pick, none of them latent.
Array gather(const std::vector<Plate>& plates, const Array& array, const std::vector<model::Selector>& selectors);

/// Every variable the term reads, also as an index.
void variables_of(const model::Term& term, std::vector<int>& out);
void variables_of(const model::Selector& selector, std::vector<int>& out);

/// Throws at the first part of the term that has a dimension which is not in `frame`. `target` is how the left side
/// reads.
void check_dimensions(const Workspace& workspace, const model::Term& term, const Dimensions& frame,
                      const std::string& target);

}  // namespace kullback::language
