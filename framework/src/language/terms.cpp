#include "language/terms.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace kullback::language {

using config::Expression;
using model::Term;

namespace {

// Text that stands where operators of that binding are around it.
std::string enclosed(const Written& part, int binding) {
  return part.binding < binding ? "(" + part.text + ")" : part.text;
}

bool is_constant(const Term& term) { return term.kind == Term::Kind::constant; }

Term make(Term::Kind kind, Dimensions dimensions, std::vector<Term> children, const Expression& at) {
  Term term;
  term.kind = kind;
  term.dimensions = std::move(dimensions);
  term.children = std::move(children);
  term.place = at.place;
  term.path = at.path;
  return term;
}

// Data that are finite stay so, or the operation is to blame.
template <class F>
auto finite(bool& bad, F f) {
  return [&bad, f](auto... x) {
    const double value = f(x...);
    bad = bad || ((std::isfinite(x) && ...) && !std::isfinite(value));
    return value;
  };
}

Array evaluate(const Expression& e, const std::vector<Plate>& plates, const Array& a, const Array& b) {
  bool bad = false;
  Array result = apply(plates, a, b, finite(bad, [&](double x, double y) { return operator_value(e.text, x, y); }));
  if (bad) fail(e, e.text == "/" ? "division by zero" : fmt::format("'{}' gives a number that is not finite", e.text));
  return result;
}

Term::Kind kind_of(const std::string& op) {
  switch (op[0]) {
    case '+':
      return Term::Kind::add;
    case '-':
      return Term::Kind::subtract;
    case '*':
      return Term::Kind::multiply;
    case '/':
      return Term::Kind::divide;
    case '^':
      return Term::Kind::power;
    default:
      return Term::Kind::compare;
  }
}

}  // namespace

double operator_value(const std::string& op, double a, double b) {
  if (op == "+") return a + b;
  if (op == "-") return a - b;
  if (op == "*") return a * b;
  if (op == "/") return a / b;
  if (op == "^") return std::pow(a, b);
  const bool holds = op == "<"    ? a < b
                     : op == "<=" ? a <= b
                     : op == ">"  ? a > b
                     : op == ">=" ? a >= b
                     : op == "==" ? a == b
                                  : a != b;
  return std::isnan(a) || std::isnan(b) ? std::numeric_limits<double>::quiet_NaN() : holds;
}

std::string operator_text(const Term& term) {
  switch (term.kind) {
    case Term::Kind::add:
      return "+";
    case Term::Kind::subtract:
      return "-";
    case Term::Kind::multiply:
      return "*";
    case Term::Kind::divide:
      return "/";
    case Term::Kind::power:
      return "^";
    default:
      return term.name;
  }
}

const std::vector<std::string>& functions() {
  static const std::vector<std::string> names = {"exp", "log",  "sqrt", "sin",  "cos",         "logistic",
                                                 "sum", "mean", "dot",  "size", "standardize", "stick_breaking"};
  return names;
}

Term constant(Array array, const Expression& at) {
  Term term = make(Term::Kind::constant, array.dimensions, {}, at);
  term.array = std::move(array);
  return term;
}

Written Terms::resolve(const Expression& e) {
  switch (e.kind) {
    case Expression::Kind::number:
      return number(e);
    case Expression::Kind::reference:
      return reference(e, false);
    case Expression::Kind::unary:
      return negated(e);
    case Expression::Kind::binary:
      return kind_of(e.text) == Term::Kind::compare ? comparison(e) : binary(e);
    case Expression::Kind::call:
      return call(e);
    case Expression::Kind::list:
      return list(e, 0);
    case Expression::Kind::string:
      fail(e, fmt::format("text ('{}') has no meaning here; labels are compared (kind == \"{}\") or picked ([k = {}])",
                          e.text, e.text, e.text));
    default:
      fail(e, "this has no meaning here");
  }
}

Written Terms::number(const Expression& e) {
  return {constant({{}, Eigen::VectorXd::Constant(1, e.number)}, e), fmt::format("{}", e.number), e.number < 0 ? 3 : 4};
}

// What a list, inside that many others, lies along.
int Terms::list_dimension(const Expression& e, std::size_t depth) const {
  if (depth >= context_.list_dimensions.size())
    fail(e, depth == 0
                ? "a list lies along `over`, and there is none here: add over = k, or give the numbers under data "
                  "(values[k]: [1, 2, 3]) and read them by name"
                : fmt::format("this list is nested {} deep, and there is no dimension for that", depth + 1));
  const int along = context_.list_dimensions[depth];
  const Plate& plate = workspace_.plate(along);
  if (static_cast<Index>(e.children.size()) != plate.size)
    fail(e, fmt::format("{} has {}, but the list has {}", plate.name, counted(plate.size, "level"),
                        counted(static_cast<Index>(e.children.size()), "element")));
  return along;
}

Written Terms::list(const Expression& e, std::size_t depth) {
  const auto element = [&](const Expression& child) {
    return child.kind == Expression::Kind::list ? list(child, depth + 1) : resolve(child);
  };
  int along = -1;
  if (!context_.frame_known || !workspace_.keep_mistakes([&] { along = list_dimension(e, depth); })) {
    workspace_.for_each(e.children, element);
    throw FollowsFromMistake();
  }
  const Plate& plate = workspace_.plate(along);
  std::vector<Term> parts;
  std::vector<std::string> texts;
  Dimensions dimensions = {along};
  bool known = true;
  workspace_.for_each(e.children, [&](const Expression& child) {
    Written part = element(child);
    dimensions = united(dimensions, part.term.dimensions);
    if (contains(part.term.dimensions, along))
      fail(child, fmt::format("the list lies along {}, and its element varies over {} too", plate.name, plate.name));
    known = known && is_constant(part.term);
    texts.push_back(std::move(part.text));
    parts.push_back(std::move(part.term));
  });
  constexpr std::size_t kMostShown = 6;
  if (texts.size() > kMostShown) texts.erase(texts.begin() + kMostShown, texts.end()), texts.emplace_back("...");
  Written written{{}, fmt::format("[{}]", fmt::join(texts, ", ")), 4};
  if (!known) {
    written.term = make(Term::Kind::list, dimensions, std::move(parts), e);
    written.term.reduced = along;
    return written;
  }
  std::vector<Array> arrays;
  for (Term& part : parts) arrays.push_back(std::move(part.array));
  written.term = constant(stacked(workspace_.plates(), arrays, along), e);
  return written;
}

Written Terms::negated(const Expression& e) {
  Written inner = resolve(e.children[0]);
  Written written{{}, "-" + enclosed(inner, 3), 3};
  if (is_constant(inner.term)) {
    written.term = constant(apply(inner.term.array, [](double x) { return -x; }), e);
  } else {
    const Dimensions dimensions = inner.term.dimensions;
    written.term = make(Term::Kind::negate, dimensions, {std::move(inner.term)}, e);
  }
  return written;
}

Written Terms::binary(const Expression& e) {
  Written a, b;
  workspace_.independently([&] { a = resolve(e.children[0]); }, [&] { b = resolve(e.children[1]); });
  const int binding = e.text == "^" ? 4 : e.text == "*" || e.text == "/" ? 2 : 1;
  // The right side of - and / binds tighter than the left.
  const int right = e.text == "-" || e.text == "/" ? binding + 1 : binding;
  const std::string op = e.text == "*" ? "·" : e.text == "^" || e.text == "/" ? e.text : " " + e.text + " ";
  Written written{{}, enclosed(a, binding) + op + enclosed(b, right), e.text == "^" ? 3 : binding};
  if (is_constant(a.term) && is_constant(b.term)) {
    written.term = constant(evaluate(e, workspace_.plates(), a.term.array, b.term.array), e);
  } else {
    const Dimensions dimensions = united(a.term.dimensions, b.term.dimensions);
    written.term = make(kind_of(e.text), dimensions, {std::move(a.term), std::move(b.term)}, e);
  }
  return written;
}

// A column of text beside a text, in quotes.
std::optional<Written> Terms::comparison_of_text(const Expression& e) {
  const auto text_column = [&](const Expression& side) -> const config::Table::Column* {
    if (!context_.columns || side.kind != Expression::Kind::reference || !side.children.empty()) return nullptr;
    const auto* found = context_.columns->table->find(side.text);
    return found && !found->numeric ? found : nullptr;
  };
  const Expression* column = &e.children[0];
  const Expression* text = &e.children[1];
  if (!text_column(*column)) std::swap(column, text);
  const auto* found = text_column(*column);
  if (!found || (e.text != "==" && e.text != "!=")) return std::nullopt;
  if (text->kind == Expression::Kind::reference && text->children.empty() && workspace_.find_variable(text->text) < 0 &&
      !context_.columns->table->find(text->text))
    fail(*text, fmt::format("a text beside a column stands in quotes: {} {} \"{}\"", column->text, e.text, text->text));
  if (text->kind != Expression::Kind::string) return std::nullopt;
  Array equal{{context_.columns->rows}, Eigen::VectorXd(static_cast<Index>(found->labels.size()))};
  for (std::size_t i = 0; i < found->labels.size(); ++i)
    equal.values[static_cast<Index>(i)] = (found->labels[i] == text->text) == (e.text == "==");
  return Written{constant(std::move(equal), e), fmt::format("{} {} {}", column->text, e.text, text->text), 0};
}

Written Terms::comparison(const Expression& e) {
  const Workspace& w = workspace_;
  const auto side = [&](const Expression& mine, const Expression& other) -> Written {
    if (is_level(mine)) return reference(mine, true);
    if (!is_level(other)) return resolve(mine);
    // A label beside a level: its number. Its name needs no quotes, whatever else is called so.
    const int plate = w.variable(w.find_variable(other.text)).levels;
    const auto& labels = w.plate(plate).labels;
    const bool bare = mine.kind == Expression::Kind::reference && mine.children.empty();
    const bool named =
        bare && (w.find_variable(mine.text) < 0 || std::find(labels.begin(), labels.end(), mine.text) != labels.end());
    if (mine.kind != Expression::Kind::number && mine.kind != Expression::Kind::string && !named)
      fail(mine, fmt::format("{} holds a level of {}: compare it with a label ({} == {}) or with another level of {}",
                             other.text, w.plate(plate).name, other.text, w.label_text(plate, 0), w.plate(plate).name));
    const Index level = w.level(plate, mine);
    return {constant({{}, Eigen::VectorXd::Constant(1, static_cast<double>(level))}, mine), w.label_text(plate, level),
            4};
  };
  const Expression& left = e.children[0];
  const Expression& right = e.children[1];
  if (std::optional<Written> text = comparison_of_text(e)) return std::move(*text);
  if (is_level(left) && is_level(right)) {
    const int a = w.variable(w.find_variable(left.text)).levels, b = w.variable(w.find_variable(right.text)).levels;
    if (!w.same_levels(a, b))
      fail(e, fmt::format("{} holds levels of {}, {} of {}: they cannot be compared", left.text, w.plate(a).name,
                          right.text, w.plate(b).name));
  }
  if ((is_level(left) || is_level(right)) && e.text != "==" && e.text != "!=")
    fail(e, fmt::format("levels have no order: they are equal or not (== or !=), got {}", e.text));
  Written a, b;
  w.independently([&] { a = side(left, right); }, [&] { b = side(right, left); });
  Written written{{}, fmt::format("{} {} {}", enclosed(a, 1), e.text, enclosed(b, 1)), 0};
  if (is_constant(a.term) && is_constant(b.term)) {
    written.term = constant(evaluate(e, w.plates(), a.term.array, b.term.array), e);
  } else {
    const Dimensions dimensions = united(a.term.dimensions, b.term.dimensions);
    written.term = make(Term::Kind::compare, dimensions, {std::move(a.term), std::move(b.term)}, e);
    written.term.name = e.text;
  }
  return written;
}

namespace {

// The smallest part of the term that varies over the plate is what should be indexed.
const Term& smallest_part(const Term& term, int plate) {
  for (const Term& child : term.children)
    if (contains(child.dimensions, plate)) return smallest_part(child, plate);
  return term;
}

}  // namespace

void check_dimensions(const Workspace& w, const Term& term, const Dimensions& frame, const std::string& target) {
  std::vector<std::pair<const Term*, Dimensions>> parts;
  for (const int plate : without(term.dimensions, frame)) {
    const Term* part = &smallest_part(term, plate);
    if (parts.empty() || parts.back().first != part) parts.push_back({part, {}});
    parts.back().second.push_back(plate);
  }
  const std::string name = target.substr(0, target.find('['));
  w.for_each(parts, [&](const auto& part) {
    const auto& [at, more] = part;
    const std::string names = w.names(more);
    const std::string widened = target == name ? fmt::format("{}[{}]", name, names)
                                               : fmt::format("{}, {}]", target.substr(0, target.size() - 1), names);
    config::fail(at->place, at->path,
                 fmt::format("the right-hand side varies over {}, which {} does not; index it, sum over it (sum(..., "
                             "over = {})), or add the plate{} ({})",
                             names, name, w.plate(more[0]).name, more.size() > 1 ? "s" : "", widened));
  });
}

}  // namespace kullback::language
