#include "config/expression.hpp"

#include "support.hpp"

#include <fmt/format.h>

namespace kullback::config {
namespace {

Expression parse(const std::string& text) { return parse_expression(source_of(text, "P"), ""); }
std::string problem(const std::string& text) {
  return error_of([&] { parse(text); });
}

// The tree with everything in parentheses.
std::string shape(const Expression& e) {
  std::string list;
  for (const Expression& child : e.children) list += (list.empty() ? "" : " ") + shape(child);
  switch (e.kind) {
    case Expression::Kind::number:
      return fmt::format("{}", e.number);
    case Expression::Kind::string:
      return "\"" + e.text + "\"";
    case Expression::Kind::list:
      return "[" + list + "]";
    case Expression::Kind::reference:
      return list.empty() ? e.text : e.text + "[" + list + "]";
    case Expression::Kind::call:
      return e.text + "(" + list + ")";
    case Expression::Kind::argument:
      return e.text.empty() ? list : e.text + ":" + list;
    case Expression::Kind::unary:
    case Expression::Kind::binary:
      return "(" + e.text + " " + list + ")";
    case Expression::Kind::shift:
      return fmt::format("<{}{:+}>", e.text, e.number);
    case Expression::Kind::label:
      return "<" + e.text + "=" + list + ">";
  }
  return "?";
}

std::string underlined(const Expression& e) {
  const std::string& text = e.place.source->text;
  std::size_t first = 0;
  for (int line = 0; line < e.place.line; ++line) first = text.find('\n', first) + 1;
  return text.substr(first + static_cast<std::size_t>(e.place.column), static_cast<std::size_t>(e.place.length));
}

struct Reading {
  const char* text;
  const char* tree;
};
void PrintTo(const Reading& r, std::ostream* out) { *out << r.text; }
class Grammar : public testing::TestWithParam<Reading> {};
TEST_P(Grammar, ReadsAs) { EXPECT_EQ(shape(parse(GetParam().text)), GetParam().tree); }

INSTANTIATE_TEST_SUITE_P(Precedence, Grammar,
                         testing::Values(Reading{"1 + 2 * 3", "(+ 1 (* 2 3))"}, Reading{"a - b - c", "(- (- a b) c)"},
                                         Reading{"a / b * c", "(* (/ a b) c)"}, Reading{"-x^2", "(- (^ x 2))"},
                                         Reading{"2^-1", "(^ 2 (- 1))"}, Reading{"a^b^c", "(^ a (^ b c))"},
                                         Reading{"--a", "(- (- a))"}, Reading{"a * -b", "(* a (- b))"},
                                         Reading{"-a * b", "(* (- a) b)"},
                                         Reading{"a + b < c * d", "(< (+ a b) (* c d))"}, Reading{"a==b", "(== a b)"},
                                         Reading{"a>=-1", "(>= a (- 1))"}, Reading{"(a + b) * c", "(* (+ a b) c)"},
                                         Reading{"(a < b) * c", "(* (< a b) c)"}, Reading{"((a))", "a"},
                                         Reading{" a ", "a"}));
INSTANTIATE_TEST_SUITE_P(Primaries, Grammar,
                         testing::Values(Reading{"1e-4", "0.0001"}, Reading{".5", "0.5"}, Reading{"'a b'", "\"a b\""},
                                         Reading{"\"it's\"", "\"it's\""}, Reading{"[1, [2, x]]", "[1 [2 x]]"},
                                         Reading{"f()", "f()"}, Reading{"w[mu[z], 2]", "w[mu[z] 2]"},
                                         Reading{"normal(0, variance = 1)", "normal(0 variance:1)"},
                                         Reading{"normal(mean = [0, 0], covariance = [[1, 0.9], [0.9, 1]])",
                                                 "normal(mean:[0 0] covariance:[[1 0.9] [0.9 1]])"},
                                         Reading{"factorized(normal, normal)", "factorized(normal normal)"},
                                         Reading{"f(a == b, c = d == e)", "f((== a b) c:(== d e))"}));
INSTANTIATE_TEST_SUITE_P(
    Indices, Grammar,
    testing::Values(Reading{"mu[z]", "mu[z]"}, Reading{"eta[z[from], z[to]]", "eta[z[from] z[to]]"},
                    Reading{"x[t-1, l]", "x[<t-1> l]"}, Reading{"x[t + 2]", "x[<t+2>]"},
                    Reading{"A[z[t-1]]", "A[z[<t-1>]]"}, Reading{"mu[k = 1]", "mu[<k=1>]"},
                    Reading{"b[in_school[in_class], c = slope]", "b[in_school[in_class] <c=slope>]"},
                    Reading{"a[c = 'x y']", "a[<c=\"x y\">]"}));
// From the models of the language's own description.
INSTANTIATE_TEST_SUITE_P(
    Models, Grammar,
    testing::Values(Reading{"dirichlet(0.1, over = topic)", "dirichlet(0.1 over:topic)"},
                    Reading{"normal(sum(A * x[t-1, l], over = l), precision = 1, over = k)",
                            "normal(sum((* A x[<t-1> l]) over:l) precision:1 over:k)"},
                    Reading{"a[in_class] + b[in_school[in_class], c = slope] * x",
                            "(+ a[in_class] (* b[in_school[in_class] <c=slope>] x))"},
                    Reading{"censored(weibull(shape, log_rate = risk), low = limit)",
                            "censored(weibull(shape log_rate:risk) low:limit)"},
                    Reading{"before * (x <= change) + after * (x > change)",
                            "(+ (* before (<= x change)) (* after (> x change)))"},
                    Reading{"uniform(low = -1.3, high = 1.1)", "uniform(low:(- 1.3) high:1.1)"},
                    Reading{"1 / sqrt(tau)", "(/ 1 sqrt(tau))"},
                    Reading{"factor(0.8 * (z[left] == z[right]))", "factor((* 0.8 (== z[left] z[right])))"},
                    Reading{"[(1-q)^2, 2*q*(1-q), q^2]", "[(^ (- 1 q) 2) (* (* 2 q) (- 1 q)) (^ q 2)]"},
                    Reading{"age - mean(age, over = n)", "(- age mean(age over:n))"}));

struct Mistake {
  const char* text;
  const char* message;  // behind "P:"
};
void PrintTo(const Mistake& m, std::ostream* out) { *out << m.text; }
class Mistakes : public testing::TestWithParam<Mistake> {};
TEST_P(Mistakes, GetOneExactMessage) {
  const std::string message = problem(GetParam().text);
  EXPECT_EQ(message.substr(0, message.find('\n')), std::string("P:") + GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Structure, Mistakes,
    testing::Values(
        Mistake{"", "1:1: error: expected an expression"}, Mistake{"  ", "1:3: error: expected an expression"},
        Mistake{"a +", "1:4: error: expected an expression after '+'"},
        Mistake{"a + * b", "1:5: error: expected an expression after '+', got '*'"},
        Mistake{"f(a,)", "1:5: error: expected an expression after ',', got ')'"},
        Mistake{"f(,a)", "1:3: error: expected ',' or ')' after '(', got ','"},
        Mistake{"[]", "1:2: error: expected an expression after '[', got ']'"},
        Mistake{"()", "1:2: error: expected an expression after '(', got ')'"},
        Mistake{"f(a = )", "1:7: error: expected an expression after '=', got ')'"},
        Mistake{"a b", "1:3: error: expected an operator after 'a', got 'b'"},
        Mistake{"f(mu tau)", "1:6: error: expected ',' or ')' after 'mu', got 'tau'"},
        Mistake{"[1 2]", "1:4: error: expected an operator, ',' or ']' after '1', got '2'"},
        Mistake{"(1 2)", "1:4: error: expected an operator or ')' after '1', got '2'"},
        Mistake{"f(a)(b)", "1:5: error: expected an operator after ')', got '('"},
        Mistake{"normal(0, 1", "1:12: error: expected ')' at the end: 'normal(' is open"},
        Mistake{"mu[z + f(1", "1:11: error: expected ')' at the end: 'f(' is open"},
        Mistake{"f(a]", "1:4: error: expected ')', got ']': 'f(' is open"},
        Mistake{"a)", "1:2: error: this ')' closes nothing"},
        Mistake{"a = b", "1:3: error: '=' only follows the name of an argument or plate; a comparison is written =="},
        Mistake{"a < b < c", "1:7: error: comparisons do not chain: put one of them in parentheses"},
        Mistake{"f(a < b < c)", "1:9: error: comparisons do not chain: put one of them in parentheses"},
        Mistake{"+a", "1:1: error: expected an expression, got '+'"},
        Mistake{"a ** b", "1:3: error: write a power with ^"}));
INSTANTIATE_TEST_SUITE_P(
    Index, Mistakes,
    testing::Values(
        Mistake{"x[2*t]",
                "1:3: error: only an earlier cell of a plate may be named (x[t-1]); read a shifted "
                "column for anything else"},
        Mistake{"x[t*2]",
                "1:4: error: only an earlier cell of a plate may be named (x[t-1]); read a shifted column "
                "for anything else"},
        Mistake{"x[t-s]",
                "1:5: error: only an earlier cell of a plate may be named (x[t-1]); read a shifted column "
                "for anything else"},
        Mistake{"x[t-1.5]",
                "1:5: error: only an earlier cell of a plate may be named (x[t-1]); read a shifted column "
                "for anything else"},
        Mistake{
            "x[a:b]",
            "1:4: error: only an earlier cell of a plate may be named (x[t-1]), no slice; read a shifted column for "
            "anything else"},
        Mistake{"x[]", "1:3: error: expected an index after '[', got ']'"},
        Mistake{"x[k = ]",
                "1:7: error: expected a label (a whole number, a name or text in quotes) after '=', got ']'"},
        Mistake{"x[k = 1.5]",
                "1:7: error: expected a label (a whole number, a name or text in quotes) after '=', got '1.5'"}));
INSTANTIATE_TEST_SUITE_P(
    Characters, Mistakes,
    testing::Values(
        Mistake{"tau.c", "1:1: error: 'tau.c': use letters, digits and _ : tau_c; a column by {column: tau.c}"},
        Mistake{"1 + μ", "1:5: error: 'μ': use letters, digits and _ : mu"},
        Mistake{"σ² * Σ_x", "1:1: error: 'σ²': use letters, digits and _ : sigma2"},
        Mistake{"größe", "1:1: error: 'größe': use letters, digits and _ : gr__e"},
        Mistake{"_x", "1:1: error: '_x': a name begins with a letter"}, Mistake{"a − b", "1:3: error: '−': use -"},
        Mistake{"a ≤ b", "1:3: error: '≤': use <="}, Mistake{"f(“a”)", "1:3: error: '“': use \""},
        Mistake{"2x", "1:1: error: '2x': write a product with *, as in 2 * x"},
        Mistake{"1e5x", "1:1: error: '1e5x': write a product with *, as in 1e5 * x"},
        Mistake{"0x10", "1:1: error: expected a number, got '0x10': write it in decimal"},
        Mistake{"a + 010", "1:5: error: expected a number, got '010': remove the leading zero"},
        Mistake{"1e400", "1:1: error: expected a number, got '1e400': it is too large"},
        Mistake{"1.2.3", "1:1: error: expected a number, got '1.2.3'"},
        Mistake{"'abc", "1:1: error: the ' that begins here is never closed"},
        Mistake{"{a}", "1:1: error: unexpected '{': a list is written [a, b]"},
        Mistake{"y ~ normal(0)", "1:3: error: unexpected '~': a random variable is written name: distribution(...)"},
        Mistake{"a ! b", "1:3: error: unexpected '!': 'not equal' is written !="},
        Mistake{"a & b", "1:3: error: unexpected '&'"}));

TEST(ExpressionErrors, ShowTheLineAndACaretOfTheTokensLength) {
  EXPECT_EQ(problem("normal(0, variance = tau.c)"),
            "P:1:22: error: 'tau.c': use letters, digits and _ : tau_c; a column by {column: tau.c}\n"
            "  1 | normal(0, variance = tau.c)\n"
            "                           ^^^^^");
}

TEST(ExpressionPlaces, CoverNamesOfCallsAndReferencesAndTheWholeOfTheRest) {
  const Expression e = parse("normal(mu[z] + 1, variance = -(2 * x))");
  EXPECT_EQ(underlined(e), "normal");
  EXPECT_EQ(underlined(e.children[0]), "mu[z] + 1");
  EXPECT_EQ(underlined(e.children[0].children[0].children[0]), "mu");
  EXPECT_EQ(underlined(e.children[0].children[0].children[0].children[0]), "z");
  EXPECT_EQ(underlined(e.children[1]), "variance");
  EXPECT_EQ(underlined(e.children[1].children[0]), "-(2 * x)");
  EXPECT_EQ(underlined(e.children[1].children[0].children[0]), "(2 * x)");
  const Expression list = parse("f([1, 'two'], x[t-1, k = 3])");
  EXPECT_EQ(underlined(list.children[0].children[0]), "[1, 'two']");
  EXPECT_EQ(underlined(list.children[0].children[0].children[1]), "'two'");
  EXPECT_EQ(underlined(list.children[1].children[0].children[0]), "t-1");
  EXPECT_EQ(underlined(list.children[1].children[0].children[1]), "k = 3");
}

// Where 'lamda' stands in a file, however the scalar around it is written.
std::string place_of_lamda(const std::string& yaml) {
  const Node root = parse_yaml(source_of(yaml));
  const Expression e = parse_expression(root.at("y"));
  const Expression& lamda = e.children.back().children[0];
  return fmt::format("{}:{} {}", lamda.place.line + 1, lamda.place.column + 1, underlined(lamda));
}

TEST(ExpressionPlaces, AreExactInsideEveryKindOfScalar) {
  EXPECT_EQ(place_of_lamda("y: f(0, p = lamda)\n"), "1:13 lamda");
  EXPECT_EQ(place_of_lamda("y: 'f(0, p = lamda)'\n"), "1:14 lamda");
  EXPECT_EQ(place_of_lamda("y: \"f(0, p = lamda)\"\n"), "1:14 lamda");
  EXPECT_EQ(place_of_lamda("y: 'f(''a'', p = lamda)'\n"), "1:18 lamda");
  EXPECT_EQ(place_of_lamda("y: \"f(\\\"a\\x62\\\", p = lamda)\"\n"), "1:22 lamda");
  EXPECT_EQ(place_of_lamda("y: \"f('\\u00e4', p = lamda)\"\n"), "1:21 lamda");
  EXPECT_EQ(place_of_lamda("y: f(0,\n     p = lamda)\n"), "2:10 lamda");
  EXPECT_EQ(place_of_lamda("y: f(0,\r\n     p = lamda)\r\n"), "2:10 lamda");
  EXPECT_EQ(place_of_lamda("y: 'f(0,\n\n\n     p = lamda)'\n"), "4:10 lamda");
  EXPECT_EQ(place_of_lamda("y: \"f(0, \\\n     p = lamda)\"\n"), "2:10 lamda");
  EXPECT_EQ(place_of_lamda("y: |\n  f(0,\n    p = lamda)\n"), "3:9 lamda");
  EXPECT_EQ(place_of_lamda("y: >-\n  f(0,\n  p = lamda)\n"), "3:7 lamda");
  EXPECT_EQ(place_of_lamda("ä: 1\ny: f('ö', p = lamda)\n"), "2:16 lamda");
}

TEST(ExpressionErrors, NameThePathAndPlaceInTheFile) {
  const Node root = parse_yaml(source_of("model:\n  y[n]: \"normal(mu[z], precision = )\"\n"));
  EXPECT_EQ(error_of([&] { parse_expression(root.at("model").at("y[n]")); }),
            "f.yaml:2:36: error: model.y[n]: expected an expression after '=', got ')'\n"
            "  2 |   y[n]: \"normal(mu[z], precision = )\"\n"
            "                                         ^");
}

TEST(ExpressionErrors, AtTheEndStandBehindTheText) {
  const Node root = parse_yaml(source_of("y: normal(0, variance = 1\nz: 1\n"));
  EXPECT_EQ(error_of([&] { parse_expression(root.at("y")); }),
            "f.yaml:1:26: error: y: expected ')' at the end: 'normal(' is open\n"
            "  1 | y: normal(0, variance = 1\n"
            "                               ^");
}

TEST(ExpressionErrors, SayWhatStoodThereInsteadOfAnExpression) {
  const Node root = parse_yaml(source_of("a: [1, 2]\nb:\n"));
  EXPECT_EQ(first_line_of([&] { parse_expression(root.at("a")); }),
            "f.yaml:1:4: error: a: expected an expression, got a list");
  EXPECT_EQ(first_line_of([&] { parse_expression(root.at("b")); }),
            "f.yaml:2:1: error: b: expected an expression, got nothing");
}

TEST(Expression, KeepsWhatWasWritten) { EXPECT_EQ(parse("a  +b").written, "a  +b"); }

TEST(ExpressionLimits, DepthIsCapped) {
  const auto wrapped = [](std::size_t n, const std::string& open, const std::string& close) {
    std::string text;
    for (std::size_t i = 0; i < n; ++i) text += open;
    text += "a";
    for (std::size_t i = 0; i < n; ++i) text += close;
    return text;
  };
  const std::pair<const char*, const char*> cases[] = {{"(", ")"}, {"[", "]"}, {"f(", ")"},    {"x[", "]"},
                                                       {"-", ""},  {"2^", ""}, {"f(b = ", ")"}};
  for (const auto& [open, close] : cases) {
    EXPECT_EQ(problem(wrapped(100, open, close)), "(no error)") << open;
    EXPECT_NE(problem(wrapped(101, open, close)).find("error: nested deeper than 100"), std::string::npos) << open;
    EXPECT_NE(problem(wrapped(9000, open, close)).find("error: nested deeper than 100"), std::string::npos) << open;
  }
  EXPECT_NE(problem(wrapped(51, "-(", ")")).find("error: nested deeper than 100"), std::string::npos);
  EXPECT_NE(problem(wrapped(51, "2^(", ")")).find("error: nested deeper than 100"), std::string::npos);
}

TEST(ExpressionLimits, LengthOfAChainIsCappedButNotOfAList) {
  std::string sum = "a";
  for (int i = 0; i < 1000; ++i) sum += "+a";
  EXPECT_EQ(problem(sum), "(no error)");
  EXPECT_NE(problem(sum + "*a").find("error: more than 1000 operators: give a part a name of its own"),
            std::string::npos);
  std::string list = "[-1";
  for (int i = 0; i < 5000; ++i) list += ",-1 + 2";
  EXPECT_EQ(problem(list + "]"), "(no error)");
}

TEST(ExpressionLimits, BytesAreCapped) {
  EXPECT_NE(problem(std::string(70000, 'a')).find("error: an expression of 70000 bytes: at most 65536 are allowed"),
            std::string::npos);
}

std::string target(const std::string& text) {
  const auto source = source_of(text + ": 1");
  return shape(parse_target(text, Place{source, 0, 0, static_cast<int>(text.size())}, "model"));
}

TEST(Target, IsANameWithSlots) {
  EXPECT_EQ(target("mu"), "mu");
  EXPECT_EQ(target("y[n, m]"), "y[n m]");
  EXPECT_EQ(target("effect[disease = other]"), "effect[<disease=other>]");
  EXPECT_EQ(target("z[t = 1]"), "z[<t=1>]");
}

TEST(Target, MistakesAreNamedAtTheirPlace) {
  const auto first_line = [](const std::string& text) { return first_line_of([&] { target(text); }); };
  EXPECT_EQ(first_line("mu[1]"), "f.yaml:1:4: error: model: which plate? write mu[k = 1] with the plate's name for k");
  EXPECT_EQ(first_line("mu[k"), "f.yaml:1:5: error: model: expected ']' at the end: 'mu[' is open");
  EXPECT_EQ(first_line("mu + 1"), "f.yaml:1:4: error: model: expected nothing more after 'mu', got '+'");
  EXPECT_EQ(first_line("x[t-1]"), "f.yaml:1:4: error: model: expected ']' or ',' after 't', got '-'");
  EXPECT_EQ(first_line("tau.c"),
            "f.yaml:1:1: error: model: 'tau.c': use letters, digits and _ : tau_c; a column by {column: tau.c}");
  EXPECT_EQ(first_line("1"), "f.yaml:1:1: error: model: expected a name, got '1'");
}

}  // namespace
}  // namespace kullback::config
