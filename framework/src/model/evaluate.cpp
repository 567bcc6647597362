#include "model/evaluate.hpp"

#include "model/builders.hpp"
#include "model/density.hpp"
#include "model/density_program.hpp"
#include "model/places.hpp"

#include <kullback/capability.hpp>
#include <kullback/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace kullback::model {

using config::Expression;
using Kind = Expression::Kind;

namespace {

// An end of a range: a number, inf or -inf.
double range_end(const Scope& scope, const Expression& e) {
  if (e.kind == Kind::reference && e.text == "inf" && e.children.empty())
    return std::numeric_limits<double>::infinity();
  if (e.kind == Kind::unary) return -range_end(scope, e.children[0]);
  return evaluate_number(scope, e);
}

Named evaluate_density(const Scope& scope, const Expression& call) {
  if (call.children.empty() || !call.children[0].text.empty())
    fail(call, fmt::format("{} takes an expression and then a range for each coordinate: {}(exp(-x^4), x = [-3, 3])",
                           call.text, call.text));
  std::vector<std::string> coordinates;
  std::vector<double> low, high;
  for (std::size_t i = 1; i < call.children.size(); ++i) {
    const Expression& argument = call.children[i];
    const Expression& range = argument.children[0];
    if (argument.text.empty()) fail(range, "name the coordinate that this range belongs to: x = [-3, 3]");
    if (std::find(coordinates.begin(), coordinates.end(), argument.text) != coordinates.end())
      fail(argument, fmt::format("coordinate '{}' is given twice", argument.text));
    if (range.kind != Kind::list || range.children.size() != 2)
      fail(range, "a range is a list of two ends: [low, high], or [-inf, inf]");
    low.push_back(range_end(scope, range.children[0]));
    high.push_back(range_end(scope, range.children[1]));
    if (!(low.back() < high.back()))
      fail(range, fmt::format("low must be below high, got [{}, {}]", low.back(), high.back()));
    coordinates.push_back(argument.text);
  }
  if (coordinates.empty() || coordinates.size() > 3)
    fail(call, fmt::format("{} has one to three coordinates, each with its range (x = [-3, 3]); got {}", call.text,
                           coordinates.size()));

  const auto constant = [&](const std::string& name) -> std::optional<double> {
    const Named* named = scope.find(name);
    const auto* number = named ? std::get_if<double>(&named->value) : nullptr;
    return number ? std::optional(*number) : std::nullopt;
  };
  Eigen::VectorXd program = compile(call.children[0].children[0], coordinates, constant);
  if (call.text == "density") {
    program.conservativeResize(program.size() + 1);
    program[program.size() - 1] = static_cast<double>(Op::log);
  }
  const auto d = static_cast<Index>(low.size());
  return placing_errors(call, [&]() -> Named {
    return {std::vector<Members>{make_density(scope.registry().family("density"), program,
                                              Eigen::Map<const Eigen::VectorXd>(low.data(), d),
                                              Eigen::Map<const Eigen::VectorXd>(high.data(), d))},
            coordinates};
  });
}

// A list: numbers make a vector, lists of numbers a matrix, distributions a list of distributions.
Named evaluate_list(const Scope& scope, const Expression& list) {
  if (list.children.empty()) fail(list, "the list is empty");
  std::vector<Named> values;
  for (const Expression& child : list.children) values.push_back(evaluate_expression(scope, child));
  const std::size_t kind = values[0].value.index();
  for (std::size_t i = 0; i < values.size(); ++i)
    if (values[i].value.index() != kind)
      fail(list.children[i], "the elements of a list must be of one kind: all numbers, all lists or all distributions");
  const auto n = static_cast<Index>(values.size());
  if (std::holds_alternative<double>(values[0].value)) {
    Eigen::VectorXd vector(n);
    for (Index i = 0; i < n; ++i) vector[i] = std::get<double>(values[static_cast<std::size_t>(i)].value);
    return {vector, {}};
  }
  if (std::holds_alternative<Eigen::VectorXd>(values[0].value)) {
    const Index columns = std::get<Eigen::VectorXd>(values[0].value).size();
    Eigen::MatrixXd matrix(n, columns);
    for (Index i = 0; i < n; ++i) {
      const auto& row = std::get<Eigen::VectorXd>(values[static_cast<std::size_t>(i)].value);
      if (row.size() != columns)
        fail(list.children[static_cast<std::size_t>(i)],
             fmt::format("row {} has {} numbers, the rows above have {}", i + 1, row.size(), columns));
      matrix.row(i) = row.transpose();
    }
    return {matrix, {}};
  }
  if (std::holds_alternative<std::vector<Members>>(values[0].value)) {
    std::vector<Members> all;
    for (Named& value : values)
      for (Members& members : std::get<std::vector<Members>>(value.value)) all.push_back(std::move(members));
    return {all, {}};
  }
  fail(list, "a list holds numbers, lists of numbers, or distributions");
}

double apply(const std::string& op, double a, double b) {
  if (op == "+") return a + b;
  if (op == "-") return a - b;
  if (op == "*") return a * b;
  if (op == "/") return a / b;
  if (op == "^") return std::pow(a, b);
  if (op == "<") return a < b;
  if (op == "<=") return a <= b;
  if (op == ">") return a > b;
  if (op == ">=") return a >= b;
  return op == "==" ? a == b : a != b;
}

// The numbers of a scalar or vector value, spread over `size` elements where it is one number.
Eigen::VectorXd spread(const Value& value, Index size) {
  if (const auto* number = std::get_if<double>(&value)) return Eigen::VectorXd::Constant(size, *number);
  return std::get<Eigen::VectorXd>(value);
}

bool is_numeric(const Value& value) {
  return std::holds_alternative<double>(value) || std::holds_alternative<Eigen::VectorXd>(value);
}
Index length(const Value& value) {
  const auto* vector = std::get_if<Eigen::VectorXd>(&value);
  return vector ? vector->size() : 1;
}

// The result of arithmetic must be a number: NaN and infinities stop here, at their place.
Named finite(const Expression& e, Eigen::VectorXd result, bool scalar) {
  if (!result.allFinite())
    fail(e, fmt::format("this is {}, not a finite number", result.hasNaN() ? "not a number" : "infinite"));
  if (scalar) return {result[0], {}};
  return {result, {}};
}

Named evaluate_arithmetic(const Scope& scope, const Expression& e) {
  const Named a = evaluate_expression(scope, e.children[0]);
  if (!is_numeric(a.value)) fail(e.children[0], "arithmetic needs a number or a list of numbers here");
  if (e.kind == Kind::unary) return finite(e, -spread(a.value, 1), length(a.value) == 1 && a.value.index() == 0);
  const Named b = evaluate_expression(scope, e.children[1]);
  if (!is_numeric(b.value)) fail(e.children[1], "arithmetic needs a number or a list of numbers here");
  const bool scalar = std::holds_alternative<double>(a.value) && std::holds_alternative<double>(b.value);
  const Index n = std::max(length(a.value), length(b.value));
  const Eigen::VectorXd left = spread(a.value, n), right = spread(b.value, n);
  if (left.size() != right.size())
    fail(e, fmt::format("lists of {} and {} numbers do not align", left.size(), right.size()));
  return finite(e, left.binaryExpr(right, [&](double x, double y) { return apply(e.text, x, y); }), scalar);
}

Named evaluate_function(const Scope& scope, const Expression& e) {
  if (!config::is_of_one(e)) fail(e, fmt::format("{} takes one argument", e.text));
  const Expression& inner = e.children[0].children[0];
  const Named a = evaluate_expression(scope, inner);
  if (!is_numeric(a.value)) fail(inner, fmt::format("{} needs a number or a list of numbers", e.text));
  // One definition of the functions: the density program's.
  Expression call = e;
  call.children[0].children[0] = Expression{Kind::reference, 0, "x", {}, inner.place, inner.path, ""};
  const Eigen::VectorXd program = compile(call, {"x"}, [](const std::string&) { return std::nullopt; });
  const Eigen::RowVectorXd x = spread(a.value, 1).transpose();
  Eigen::RowVectorXd out(x.size());
  evaluate_program(program, x, row(out));
  return finite(e, out.transpose(), std::holds_alternative<double>(a.value));
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::vector<std::string> callable_names(const Scope& scope) {
  std::vector<std::string> names = scope.registry().families();
  for (const auto& [alias, family] : scope.registry().aliases()) names.push_back(alias);
  for (const auto& name : builders()) names.push_back(name);
  for (const auto& name : numeric_functions()) names.push_back(name);
  names.insert(names.end(), {"density", "log_density"});
  return names;
}

[[noreturn]] void fail_undefined(const Scope& scope, const Expression& e) {
  fail(e, fmt::format("'{}' is not defined; {}", e.text, suggestion(e.text, callable_names(scope))));
}

Named evaluate_call(const Scope& scope, const Expression& e) {
  if (is_density(e)) return evaluate_density(scope, e);
  if (contains(numeric_functions(), e.text) && (config::is_of_one(e) || !scope.registry().find_family(e.text)))
    return evaluate_function(scope, e);
  const bool builder = contains(builders(), e.text);
  const Distribution* family = scope.registry().find_family(e.text);
  if (!builder && !family) fail_undefined(scope, e);

  std::vector<CallArgument> arguments;
  std::vector<std::string> coordinates;
  for (const Expression& argument : e.children) {
    const Expression& inner = argument.children[0];
    // A bare word that names nothing is text for a builder (bandwidth = scott).
    const bool word = builder && inner.kind == Kind::reference && inner.children.empty() && !scope.find(inner.text) &&
                      !argument.text.empty();
    Named named = word ? Named{inner.text, {}} : evaluate_expression(scope, inner);
    if (coordinates.empty()) coordinates = named.coordinates;
    arguments.push_back({argument.text, std::move(named), &inner});
  }
  if (builder) {
    Call call(scope, e, std::move(arguments));
    Named result = placing_errors(e, [&] { return call_builder(call); });
    call.finish();
    return result;
  }
  Arguments given;
  for (CallArgument& argument : arguments) given.push_back({argument.name, std::move(argument.named.value)});
  return placing_errors(e, [&]() -> Named { return {std::vector<Members>{family->make(given)}, coordinates}; });
}

Named evaluate_reference(const Scope& scope, const Expression& e) {
  if (!e.children.empty()) fail(e, "indices have a meaning in a model's statements only");
  if (const Named* named = scope.find(e.text)) return *named;
  if (e.text == "pi") return {3.14159265358979323846, {}};
  if (e.text == "inf") fail(e, "an infinite number has no meaning here");
  if (scope.registry().find_family(e.text))
    fail(e, fmt::format("'{}' is a family; give its parameters: {}(...)", e.text, e.text));
  std::vector<std::string> names = scope.names();
  fail(e, names.empty() ? fmt::format("'{}' is not defined", e.text)
                        : fmt::format("'{}' is not defined; {}", e.text, suggestion(e.text, names)));
}

}  // namespace

void check_calls(const Scope& scope, const Expression& e) {
  if (is_density(e)) return;  // with functions of its own
  if (e.kind == Kind::call && !contains(numeric_functions(), e.text) && !contains(builders(), e.text) &&
      !scope.registry().find_family(e.text))
    fail_undefined(scope, e);
  for (const Expression& child : e.children) check_calls(scope, child);
}

Named evaluate_expression(const Scope& scope, const Expression& e) {
  switch (e.kind) {
    case Kind::number:
      return {e.number, {}};
    case Kind::string:
      return {e.text, {}};
    case Kind::list:
      return evaluate_list(scope, e);
    case Kind::reference:
      return evaluate_reference(scope, e);
    case Kind::call:
      return evaluate_call(scope, e);
    case Kind::unary:
    case Kind::binary:
      return evaluate_arithmetic(scope, e);
    case Kind::argument:
    case Kind::shift:
    case Kind::label:
      break;
  }
  fail(e, "this has no meaning here");
}

double evaluate_number(const Scope& scope, const Expression& e) {
  const Named named = evaluate_expression(scope, e);
  if (const auto* number = std::get_if<double>(&named.value)) return *number;
  fail(e, "a number is expected here");
}

Known evaluate_distribution(const Scope& scope, const Expression& e) {
  Named named = evaluate_expression(scope, e);
  auto* list = std::get_if<std::vector<Members>>(&named.value);
  if (!list || list->size() != 1) fail(e, "a distribution is expected here, such as normal(mean = 0, stddev = 1)");
  Known known{std::move(list->front()), std::move(named.coordinates)};
  const Index d = known.members.layout.dimension;
  if (static_cast<Index>(known.coordinates.size()) != d) {
    known.coordinates.clear();
    if (d <= 1000)
      for (Index i = 0; i < d; ++i) known.coordinates.push_back(d == 1 ? "x" : fmt::format("x{}", i + 1));
  }
  return known;
}

}  // namespace kullback::model
