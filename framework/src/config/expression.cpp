// The grammar of expressions in Boost.Spirit X3, over tokens. It is instantiated here and nowhere else.
#include "config/expression.hpp"

#include "config/expression_problems.hpp"
#include "config/scalar_places.hpp"

#include <fmt/format.h>
#include <boost/spirit/home/x3.hpp>

#include <utility>

namespace kullback::config {
namespace {

namespace x3 = boost::spirit::x3;
using Kind = Expression::Kind;

// An expression while it is parsed: places are still offsets. What is underlined (mark) is only the name of a reference
// or call.
struct Draft {
  Kind kind = Kind::number;
  double number = 0;
  std::string text;
  std::vector<Draft> children;
  std::size_t begin = 0, end = 0;
  std::size_t mark_begin = 0, mark_end = 0;
};

// Terminals: one token each.

struct SymbolParser : x3::parser<SymbolParser> {
  using attribute_type = Token;
  static constexpr bool has_attribute = true;
  constexpr SymbolParser(std::string_view symbols, std::string_view expected) : symbols(symbols), expected(expected) {}
  std::string_view symbols, expected;

  template <typename Iterator, typename Context, typename RuleContext, typename Attribute>
  bool parse(Iterator& first, const Iterator& last, const Context&, RuleContext&, Attribute& attribute) const {
    if (first == last || !is_symbol(*first, symbols)) return false;
    x3::traits::move_to(Token(*first), attribute);
    ++first;
    return true;
  }
};

struct KindParser : x3::parser<KindParser> {
  using attribute_type = Token;
  static constexpr bool has_attribute = true;
  constexpr KindParser(Token::Kind kind, std::string_view expected, bool whole = false)
      : kind(kind), expected(expected), whole(whole) {}
  Token::Kind kind;
  std::string_view expected;
  bool whole;

  template <typename Iterator, typename Context, typename RuleContext, typename Attribute>
  bool parse(Iterator& first, const Iterator& last, const Context&, RuleContext&, Attribute& attribute) const {
    constexpr double kMostWhole = 1e9;
    if (first == last || first->kind != kind) return false;
    if (whole && !(first->number == std::floor(first->number) && first->number <= kMostWhole)) return false;
    x3::traits::move_to(Token(*first), attribute);
    ++first;
    return true;
  }
};

}  // namespace
}  // namespace kullback::config

namespace boost::spirit::x3 {
// An action hides what it is attached to.
template <typename Subject, typename Action>
struct get_info<action<Subject, Action>> {
  using result_type = std::string;
  std::string operator()(const action<Subject, Action>& parser) const { return what(parser.subject); }
};
template <>
struct get_info<kullback::config::SymbolParser> {
  using result_type = std::string;
  std::string operator()(const kullback::config::SymbolParser& parser) const { return std::string(parser.expected); }
};
template <>
struct get_info<kullback::config::KindParser> {
  using result_type = std::string;
  std::string operator()(const kullback::config::KindParser& parser) const { return std::string(parser.expected); }
};
}  // namespace boost::spirit::x3

namespace kullback::config {
namespace {

// Building.

template <Kind kind>
struct FromToken {
  template <typename Context>
  void operator()(Context& context) const {
    const Token& token = x3::_attr(context);
    Draft& draft = x3::_val(context);
    draft.kind = kind;
    draft.number = token.number;
    if (kind != Kind::number) draft.text = token.text;
    draft.begin = draft.mark_begin = token.begin;
    draft.end = draft.mark_end = token.end;
  }
};

struct Set {
  template <typename Context>
  void operator()(Context& context) const {
    x3::_val(context) = std::move(x3::_attr(context));
  }
};

struct Append {
  template <typename Context>
  void operator()(Context& context) const {
    Draft& draft = x3::_val(context);
    draft.end = x3::_attr(context).end;
    draft.children.push_back(std::move(x3::_attr(context)));
  }
};

// "+ b" behind "a": the tail has the operator and its right side.
struct Fold {
  template <typename Context>
  void operator()(Context& context) const {
    Draft& left = x3::_val(context);
    Draft binary = std::move(x3::_attr(context));
    binary.kind = Kind::binary;
    binary.begin = binary.mark_begin = left.begin;
    binary.mark_end = binary.end;
    binary.children.insert(binary.children.begin(), std::move(left));
    left = std::move(binary);
  }
};

// The last bracket widens what came before it.
struct Close {
  template <typename Context>
  void operator()(Context& context) const {
    Draft& draft = x3::_val(context);
    draft.end = x3::_attr(context).end;
    if (draft.kind == Kind::list) draft.mark_end = draft.end;
  }
};

// ( e ): the parentheses belong to what is underlined, unless it is a name.
struct Group {
  template <typename Context>
  void operator()(Context& context) const {
    Draft& draft = x3::_val(context);
    draft.end = x3::_attr(context).end;
    if (draft.kind == Kind::binary || draft.kind == Kind::unary) {
      draft.mark_begin = draft.begin;
      draft.mark_end = draft.end;
    }
  }
};
struct GroupBegin {
  template <typename Context>
  void operator()(Context& context) const {
    x3::_val(context).begin = x3::_attr(context).begin;
  }
};
struct GroupInside {
  template <typename Context>
  void operator()(Context& context) const {
    const std::size_t begin = x3::_val(context).begin;
    x3::_val(context) = std::move(x3::_attr(context));
    x3::_val(context).begin = begin;
  }
};

struct Only {  // the one child of an argument, sign or label
  template <typename Context>
  void operator()(Context& context) const {
    Draft& draft = x3::_val(context);
    Draft& child = x3::_attr(context);
    if (draft.kind == Kind::argument && draft.text.empty()) {
      draft.begin = child.begin;
      draft.mark_begin = child.mark_begin;
      draft.mark_end = child.mark_end;
    }
    draft.end = child.end;
    if (draft.kind == Kind::unary || draft.kind == Kind::label) draft.mark_end = draft.end;
    draft.children.push_back(std::move(child));
  }
};

struct PositionalArgument {
  template <typename Context>
  void operator()(Context& context) const {
    x3::_val(context) = Draft();
    x3::_val(context).kind = Kind::argument;
    Only()(context);
  }
};

template <int sign>
struct Shift {  // t-1
  template <typename Context>
  void operator()(Context& context) const {
    Draft& draft = x3::_val(context);
    draft.number = sign * x3::_attr(context).number;
    draft.end = draft.mark_end = x3::_attr(context).end;
  }
};

// Grammar.

constexpr SymbolParser symbol(std::string_view text, std::string_view expected) { return {text, expected}; }
constexpr SymbolParser symbol(std::string_view text) { return {text, text}; }
constexpr SymbolParser comparison_token{kComparisons, "a comparison"};
constexpr KindParser name_token{Token::Kind::name, "a name"};
constexpr KindParser number_token{Token::Kind::number, "a number"};
constexpr KindParser whole_token{Token::Kind::number, kShift, true};
constexpr KindParser string_token{Token::Kind::string, "text in quotes"};

// Every rule is declared here and defined below by BOOST_SPIRIT_DEFINE: a rule defined in place would make the parser's
// context type grow with each level, and compilation would not end.
const x3::rule<struct ExpressionId, Draft> expression = kExpression;
const x3::rule<struct ComparisonTailId, Draft> comparison_tail = "a comparison";
const x3::rule<struct SumId, Draft> sum = kExpression;
const x3::rule<struct SumTailId, Draft> sum_tail = "a term";
const x3::rule<struct ProductId, Draft> product = kExpression;
const x3::rule<struct ProductTailId, Draft> product_tail = "a factor";
const x3::rule<struct UnaryId, Draft> unary = kExpression;
const x3::rule<struct SignedId, Draft> with_sign = kExpression;
const x3::rule<struct PowerTailId, Draft> power_tail = "an exponent";
const x3::rule<struct PrimaryId, Draft> primary = kExpression;
const x3::rule<struct NumberId, Draft> number = "a number";
const x3::rule<struct StringId, Draft> string = "text in quotes";
const x3::rule<struct ListId, Draft> list = "a list";
const x3::rule<struct GroupId, Draft> group = "parentheses";
const x3::rule<struct CallId, Draft> call = "a call";
const x3::rule<struct ArgumentId, Draft> argument = kExpression;
const x3::rule<struct ArgumentNameId, Draft> argument_name = "a name";
const x3::rule<struct ReferenceId, Draft> reference = "a name";
const x3::rule<struct BareNameId, Draft> bare_name = "a name";
const x3::rule<struct IndexId, Draft> index = kIndex;
const x3::rule<struct ShiftedId, Draft> shifted = kIndex;
const x3::rule<struct LabelId, Draft> label = kIndex;
const x3::rule<struct LevelId, Draft> level = kIndex;
const x3::rule<struct LabelNameId, Draft> label_name = "a name";
const x3::rule<struct LabelValueId, Draft> label_value = kLabel;
const x3::rule<struct WholeId, Draft> whole = kShift;
const x3::rule<struct TargetId, Draft> target = "a name";
const x3::rule<struct SlotId, Draft> slot = kSlot;

const auto expression_def = sum[Set()] >> -comparison_tail[Fold()];
const auto comparison_tail_def = comparison_token[FromToken<Kind::binary>()] > sum[Append()];
const auto sum_def = product[Set()] >> *sum_tail[Fold()];
const auto sum_tail_def = symbol("+ -")[FromToken<Kind::binary>()] > product[Append()];
const auto product_def = unary[Set()] >> *product_tail[Fold()];
const auto product_tail_def = symbol("* /")[FromToken<Kind::binary>()] > unary[Append()];
const auto unary_def = with_sign[Set()] | (primary[Set()] >> -power_tail[Fold()]);
const auto with_sign_def = symbol("-")[FromToken<Kind::unary>()] > unary[Only()];
const auto power_tail_def = symbol("^")[FromToken<Kind::binary>()] > unary[Append()];
const auto primary_def = number[Set()] | string[Set()] | list[Set()] | group[Set()] | call[Set()] | reference[Set()];

const auto number_def = number_token[FromToken<Kind::number>()];
const auto string_def = string_token[FromToken<Kind::string>()];
const auto list_def = symbol("[")[FromToken<Kind::list>()] > expression[Append()] >
                      *(symbol(",") > expression[Append()]) > symbol("]", kEndOfList)[Close()];
const auto group_def = symbol("(")[GroupBegin()] > expression[GroupInside()] >
                       symbol(")", "an operator or ')'")[Group()];
const auto call_def = name_token[FromToken<Kind::call>()] >> symbol("(") >
                      -(argument[Append()] >> *(symbol(",") > argument[Append()])) > symbol(")", "',' or ')'")[Close()];
const auto argument_def = (argument_name[Set()] > expression[Only()]) | expression[PositionalArgument()];
const auto argument_name_def = name_token[FromToken<Kind::argument>()] >> symbol("=");

const auto reference_def = name_token[FromToken<Kind::reference>()] >>
                           -(symbol("[") > index[Append()] > *(symbol(",") > index[Append()]) >
                             symbol("]", kEndOfIndices)[Close()]);
const auto bare_name_def = name_token[FromToken<Kind::reference>()];
const auto index_def = label[Set()] | shifted[Set()] | reference[Set()] | level[Set()];
const auto shifted_def = name_token[FromToken<Kind::shift>()] >>
                         ((symbol("-") > whole_token[Shift<-1>()]) | (symbol("+") > whole_token[Shift<1>()]));
// A number alone: whoever knows the plate says how it is written.
const auto level_def = whole_token[FromToken<Kind::number>()] >> &symbol("] ,");
const auto label_def = label_name[Set()] > label_value[Only()];
const auto label_name_def = name_token[FromToken<Kind::label>()] >> symbol("=");
const auto label_value_def = whole[Set()] | string[Set()] | bare_name[Set()];
const auto whole_def = whole_token[FromToken<Kind::number>()];

const auto target_def = name_token[FromToken<Kind::reference>()] >>
                        -(symbol("[") > slot[Append()] > *(symbol(",") > slot[Append()]) >
                          symbol("]", kEndOfSlots)[Close()]);
const auto slot_def = label[Set()] | bare_name[Set()];

BOOST_SPIRIT_DEFINE(expression, comparison_tail, sum, sum_tail, product, product_tail, unary, with_sign, power_tail)
BOOST_SPIRIT_DEFINE(primary, number, string, list, group, call, argument, argument_name)
BOOST_SPIRIT_DEFINE(reference, bare_name, index, shifted, level, label, label_name, label_value, whole, target, slot)

[[noreturn]] void fail_at(const Tokens& tokens, std::size_t i, const std::string& expected) {
  throw ExpressionError{tokens[i].begin, tokens[i].end, problem_at(tokens, i, expected)};
}

template <typename Grammar>
Draft parse(const Grammar& grammar, std::string_view text, const std::string& expected_behind) {
  const Tokens tokens = tokenize(text);
  auto first = tokens.begin();
  const auto last = tokens.end() - 1;
  Draft draft;
  try {
    if (!x3::parse(first, last, grammar, draft)) fail_at(tokens, 0, grammar.name);
  } catch (const x3::expectation_failure<Tokens::const_iterator>& failure) {
    fail_at(tokens, static_cast<std::size_t>(failure.where() - tokens.begin()), failure.which());
  }
  if (first != last) fail_at(tokens, static_cast<std::size_t>(first - tokens.begin()), expected_behind);
  return draft;
}

Expression finish(Draft&& draft, const ScalarPlaces& places, const std::string& path) {
  Expression result;
  result.kind = draft.kind;
  result.number = draft.number;
  result.text = std::move(draft.text);
  result.place = places.at(draft.mark_begin, draft.mark_end);
  result.path = path;
  result.children.reserve(draft.children.size());
  for (Draft& child : draft.children) result.children.push_back(finish(std::move(child), places, path));
  return result;
}

template <typename Grammar>
Expression parse_at(const Grammar& grammar, const std::string& text, const ScalarPlaces& places,
                    const std::string& path, const std::string& expected_behind) {
  try {
    Expression result = finish(parse(grammar, text, expected_behind), places, path);
    result.written = text;
    return result;
  } catch (const ExpressionError& error) {
    fail(places.at(error.begin, error.end), path, error.message);
  }
}

}  // namespace

Expression parse_expression(const Node& scalar) {
  if (scalar.kind != Node::Kind::scalar) {
    fail(scalar, fmt::format("expected an expression, got {}", scalar.description()));
  }
  const std::string& text = scalar.string();
  return parse_at(expression, text, ScalarPlaces(text, scalar.place), scalar.path, "an operator");
}

Expression parse_expression(std::shared_ptr<const Source> source, std::string path) {
  const std::string& text = source->text;
  const ScalarPlaces places(text, Place{source, 0, 0, 1}, true);
  return parse_at(expression, text, places, path, "an operator");
}

Expression parse_target(const std::string& text, const Place& place, const std::string& path) {
  if (text.rfind("for ", 0) == 0 || text.rfind("for(", 0) == 0)
    fail(place, path, "there are no loops: a statement holds for all cells of its plates (x[n]: ...)");
  return parse_at(target, text, ScalarPlaces(text, place), path, "nothing more");
}

}  // namespace kullback::config
