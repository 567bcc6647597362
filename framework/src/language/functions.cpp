// The functions of the language: of one number, sums, and what only data can have.
#include "language/calls.hpp"
#include "language/terms.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace kullback::language {

using config::Expression;
using model::Term;

namespace {

struct Function {
  const char* name;
  double (*value)(double);
};
constexpr Function kFunctions[] = {
    {"exp", [](double x) { return std::exp(x); }},
    {"log", [](double x) { return std::log(x); }},
    {"sqrt", [](double x) { return std::sqrt(x); }},
    {"sin", [](double x) { return std::sin(x); }},
    {"cos", [](double x) { return std::cos(x); }},
    {"logistic", [](double x) { return x >= 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x)); }}};

const Function* find_function(const std::string& name) {
  const auto* found =
      std::find_if(std::begin(kFunctions), std::end(kFunctions), [&](const Function& f) { return f.name == name; });
  return found == std::end(kFunctions) ? nullptr : found;
}

bool is_modifier(const Expression& call) { return call.text == "truncated" || call.text == "censored"; }

bool is_constant(const Term& term) { return term.kind == Term::Kind::constant; }

const Expression& argument(const Expression& call, std::size_t i) { return call.children[i].children[0]; }

// The first argument without a name, of a call that has one.
const Expression& positional(const Expression& call) {
  return std::find_if(call.children.begin(), call.children.end(), [](const Expression& a) { return a.text.empty(); })
      ->children[0];
}

std::string in_product(const Written& part) { return part.binding < 2 ? "(" + part.text + ")" : part.text; }

// Arithmetic that is not written in the file: its text is its own.
Term combined(Term::Kind kind, Term a, Term b, const Expression& at) {
  Term term;
  term.kind = kind;
  term.dimensions = united(a.dimensions, b.dimensions);
  term.children.push_back(std::move(a));  // a list in braces would copy the data in them
  term.children.push_back(std::move(b));
  term.place = at.place;
  term.path = at.path;
  return term;
}

}  // namespace

std::optional<Array> standardized(Workspace& w, const Array& array, int plate, const std::string& path) {
  const auto& plates = w.plates();
  const Array mean = w.over_rows(plate, path, [&] { return mean_over(plates, array, plate); });
  const Array centered = apply(plates, array, mean, std::minus<>());
  const Array stddev = w.over_rows(plate, path, [&] {
    const Sums squares = sum_over(plates, apply(centered, [](double x) { return x * x; }), plate);
    return apply(plates, squares.sum, squares.count,
                 [](double s, double n) { return std::sqrt(s / std::max(1.0, n - 1)); });
  });
  if (!(stddev.values.array() > 0).all()) return std::nullopt;
  return spread(plates, apply(plates, centered, stddev, std::divides<>()), array.dimensions);
}

double (*function_value(const std::string& name))(double) { return find_function(name)->value; }

bool is_function(const std::string& name) { return find_function(name) != nullptr; }

Written Terms::call(const Expression& e) {
  if (find_function(e.text)) return function_of_one(e);
  if (e.text == "sum" || e.text == "mean" || e.text == "standardize") return reduction(e);
  if (e.text == "dot") return dot(e);
  if (e.text == "size") return size(e);
  if (e.text == "stick_breaking") return stick_breaking(e);
  workspace_.keep_mistakes([&] { no_such_call(e); });
  check_arguments(e);
  throw FollowsFromMistake();
}

void Terms::no_such_call(const Expression& e) {
  const Workspace& w = workspace_;
  if (is_modifier(e) || e.text == "factor")
    fail(e, fmt::format("{}(...) is a whole statement, not a part of one", e.text));
  if (w.registry.find_family(e.text))
    fail(e,
         context_.inside.empty()
             ? fmt::format("{}(...) is a distribution, and the whole of a statement: give it a name of its own", e.text)
             : fmt::format("{}(...) inside {}: give it a name of its own", e.text, context_.inside));
  if (w.find_variable(e.text) >= 0)
    fail(e, fmt::format("{} is a variable: indices stand in brackets, {}[...]", e.text, e.text));
  static const std::vector<std::string> kConstraints = {"order", "ordered",     "sort",    "sorted",
                                                        "rank",  "sum_to_zero", "zero_sum"};
  if (std::find(kConstraints.begin(), kConstraints.end(), e.text) != kConstraints.end())
    fail(e,
         "an order or a sum is not a factorized constraint: write differences (base + step, step truncated at 0), or "
         "report it");
  if (e.text == "flat")
    fail(e, "flat() is a prior, and the whole of a statement (mu: flat()): give it a name of its own");
  std::vector<std::string> known = functions();
  for (const std::string& family : w.registry.families()) known.push_back(family);
  const std::string hint = suggestion(e.text, known);
  fail(e, fmt::format("'{}' is neither a function nor a distribution; {}", e.text,
                      hint.rfind("known", 0) == 0 ? suggestion(e.text, functions()) : hint));
}

// What is said of a call as a whole says nothing of its arguments.
void Terms::check_arguments(const Expression& call) {
  Terms inside(workspace_, context_);
  inside.context_.frame_known = false;
  const bool family = is_distribution(workspace_.registry, call) && !is_modifier(call);
  if (family) inside.context_.inside = fmt::format("{}(...)", call.text);
  for (const Expression& argument : call.children) {
    const Expression& value = argument.children[0];
    const bool name = value.kind == Expression::Kind::reference && value.children.empty();
    if (argument.text == "over" && name)
      workspace_.keep_mistakes([&] { workspace_.need_plate(value, value.text); });
    else if (name && workspace_.find_plate(value.text) >= 0 && (!argument.text.empty() || !family))
      continue;  // a misspelt `over` or `size`
    else if (family)
      workspace_.keep_mistakes([&] { inside.resolve(value); });
    else
      inside.check(value);
  }
}

void Terms::check(const Expression& e) {
  const bool whole = is_modifier(e) || e.text == "flat" || e.text == "factor";
  if (e.kind == Expression::Kind::call && (whole || is_distribution(workspace_.registry, e))) {
    if (!whole) check_call(e, workspace_);
    return check_arguments(e);
  }
  workspace_.keep_mistakes([&] { resolve(e); });
}

void Terms::wrong_arguments(const Expression& call, const std::string& message) {
  workspace_.keep_mistakes([&] { fail(call, message); });
  check_arguments(call);
  throw FollowsFromMistake();
}

Written Terms::function_of_one(const Expression& e) {
  if (!config::is_of_one(e)) wrong_arguments(e, fmt::format("{} takes one argument: {}(x)", e.text, e.text));
  Written inner = resolve(argument(e, 0));
  Written written{{}, fmt::format("{}({})", e.text, inner.text), 4};
  const Dimensions dimensions = inner.term.dimensions;
  if (is_constant(inner.term)) {
    bool bad = false;
    const auto f = find_function(e.text)->value;
    Array values = apply(inner.term.array, [&](double x) {
      const double y = f(x);
      bad = bad || (std::isfinite(x) && !std::isfinite(y));
      return y;
    });
    if (bad) fail(e, fmt::format("{} gives a number that is not finite", e.text));
    written.term = constant(std::move(values), e);
    return written;
  }
  written.term.kind = Term::Kind::function;
  written.term.name = e.text;
  written.term.dimensions = dimensions;
  written.term.children.push_back(std::move(inner.term));
  written.term.place = e.place;
  written.term.path = e.path;
  return written;
}

int Terms::over(const Expression& call, const std::string& usage, std::size_t arguments) {
  int plate = -1;
  std::size_t positional = 0;
  for (const Expression& each : call.children) {
    if (each.text.empty()) {
      ++positional;
      continue;
    }
    if (each.text != "over") fail(each, fmt::format("{} has no argument '{}': {}", call.text, each.text, usage));
    const Expression& value = each.children[0];
    if (value.kind != Expression::Kind::reference || !value.children.empty())
      fail(value, fmt::format("over = a plate's name: {}", usage));
    plate = workspace_.need_plate(value, value.text);
  }
  if (positional != arguments)
    fail(call, fmt::format("{} takes {}: {}", call.text, counted(static_cast<Index>(arguments), "argument"), usage));
  return plate;
}

std::pair<Written, int> Terms::reduced(const Expression& call, const std::string& usage) {
  int plate = -1;
  if (!workspace_.keep_mistakes([&] {
        plate = over(call, usage, 1);
        if (plate < 0) fail(call, fmt::format("{} over what? write {}", call.text, usage));
      })) {
    check_arguments(call);
    throw FollowsFromMistake();
  }
  bound_.push_back(plate);
  std::pair<Written, int> result;
  const bool good = workspace_.keep_mistakes([&] { result = {resolve(positional(call)), plate}; });
  bound_.pop_back();
  if (!good) throw FollowsFromMistake();
  return result;
}

Written Terms::reduction(const Expression& e) {
  auto [inner, plate] = reduced(e, fmt::format("{}(x, over = k)", e.text));
  const Expression& value = positional(e);
  const std::string k = workspace_.plate(plate).name;
  if (!contains(inner.term.dimensions, plate))
    fail(value, fmt::format("this does not vary over {}, so there is nothing to {} over it", k,
                            e.text == "sum"    ? "sum"
                            : e.text == "mean" ? "average"
                                               : "standardize"));
  Written written{
      {},
      e.text == "sum" ? fmt::format("Σ_{} {}", k, in_product(inner)) : fmt::format("{}_{}({})", e.text, k, inner.text),
      e.text == "sum" ? 1 : 4};
  const auto& plates = workspace_.plates();
  if (is_constant(inner.term)) {
    if (e.text == "standardize") {
      std::optional<Array> scaled = standardized(workspace_, inner.term.array, plate, e.path);
      if (!scaled) fail(value, "this cannot be standardized: all its values are equal");
      written.term = constant(std::move(*scaled), e);
      return written;
    }
    written.term = constant(workspace_.over_rows(plate, e.path,
                                                 [&] {
                                                   return e.text == "sum"
                                                              ? sum_over(plates, inner.term.array, plate).sum
                                                              : mean_over(plates, inner.term.array, plate);
                                                 }),
                            e);
    return written;
  }
  if (e.text == "standardize") fail(e, "only data are standardized: this depends on a variable of the model");
  const Dimensions rest = without(inner.term.dimensions, {plate});
  Term sum;
  sum.kind = Term::Kind::sum;
  sum.dimensions = rest;
  sum.reduced = plate;
  sum.children.push_back(std::move(inner.term));
  sum.place = e.place;
  sum.path = e.path;
  if (e.text == "sum") {
    written.term = std::move(sum);
  } else {
    written.term =
        combined(Term::Kind::divide, std::move(sum),
                 constant({{}, Eigen::VectorXd::Constant(1, static_cast<double>(workspace_.plate(plate).size))}, e), e);
  }
  return written;
}

Written Terms::dot(const Expression& e) {
  if (e.children.size() != 2 || !e.children[0].text.empty() || !e.children[1].text.empty())
    wrong_arguments(e, "dot takes two arguments: dot(a, b)");
  Written a, b;
  workspace_.independently([&] { a = resolve(argument(e, 0)); }, [&] { b = resolve(argument(e, 1)); });
  if (!context_.frame_known) throw FollowsFromMistake();
  Dimensions shared;
  for (int plate : without(a.term.dimensions, united(context_.frame, bound_)))
    if (contains(b.term.dimensions, plate)) shared.push_back(plate);
  const Workspace& w = workspace_;
  const auto described = [&](const Written& side) {
    return side.term.dimensions.empty() ? "no plate" : w.names(side.term.dimensions);
  };
  if (shared.empty())
    fail(e, fmt::format("dot sums the one dimension that both sides share and the target lacks, and there is none: {} "
                        "varies over {}, {} over {}",
                        a.text, described(a), b.text, described(b)));
  if (shared.size() > 1)
    fail(e, fmt::format("dot sums one dimension, and both sides share {}: write sum({} * {}, over = {}) and say which",
                        w.names(shared), argument(e, 0).text, argument(e, 1).text, w.plate(shared[0]).name));
  Written written{{}, fmt::format("Σ_{} {}·{}", w.plate(shared[0]).name, in_product(a), in_product(b)), 1};
  if (is_constant(a.term) && is_constant(b.term)) {
    written.term = constant(
        sum_over(w.plates(), apply(w.plates(), a.term.array, b.term.array, std::multiplies<>()), shared[0]).sum, e);
    return written;
  }
  written.term = combined(Term::Kind::dot, std::move(a.term), std::move(b.term), e);
  written.term.dimensions = without(written.term.dimensions, shared);
  written.term.reduced = shared[0];
  return written;
}

Written Terms::size(const Expression& e) {
  if (e.children.size() != 1 || argument(e, 0).kind != Expression::Kind::reference || !argument(e, 0).children.empty())
    fail(e, "size takes a plate: size(k) is how many levels it has");
  const Expression& k = argument(e, 0);
  const int plate = workspace_.need_plate(k, k.text);
  return {constant({{}, Eigen::VectorXd::Constant(1, static_cast<double>(workspace_.plate(plate).size))}, e),
          fmt::format("size({})", k.text), 4};
}

Written Terms::stick_breaking(const Expression& e) {
  auto [inner, plate] = reduced(e, "stick_breaking(v, over = k)");
  const Expression& value = positional(e);
  const std::string k = workspace_.plate(plate).name;
  if (!contains(inner.term.dimensions, plate)) fail(value, fmt::format("the sticks do not vary over {}", k));
  Written written{{}, fmt::format("stick_breaking_{}({})", k, inner.text), 4};
  if (!is_constant(inner.term)) {
    written.term.kind = Term::Kind::function;
    written.term.name = e.text;
    written.term.dimensions = inner.term.dimensions;
    written.term.reduced = plate;
    written.term.children.push_back(std::move(inner.term));
    written.term.place = e.place;
    written.term.path = e.path;
    return written;
  }
  for (double v : inner.term.array.values)
    if (!(v >= 0 && v <= 1)) fail(value, fmt::format("a stick is a number in [0, 1], got {}", v));
  written.term = constant(language::stick_breaking(workspace_.plates(), inner.term.array, plate), e);
  return written;
}

}  // namespace kullback::language
