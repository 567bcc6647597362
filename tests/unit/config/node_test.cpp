#include "config/node.hpp"

#include "support.hpp"

#include <limits>

namespace kullback::config {
namespace {

Node parse(const std::string& text) { return parse_yaml(source_of(text)); }
std::string problem(const std::string& text) {
  return error_of([&] { parse(text); });
}
// Of getters.
template <typename Work>
std::string problem_of(const std::string& text, Work&& work) {
  const Node root = parse(text);
  return error_of([&] { work(root); });
}

TEST(Yaml, HasPathsAndPlacesForEverything) {
  const Node root = parse("model:\n  y[n]: normal(0, variance = 1)\ninference:\n  divergence: [kl, {alpha: 0.5}]\n");
  const Node& y = root.at("model").at("y[n]");
  EXPECT_EQ(y.text, "normal(0, variance = 1)");
  EXPECT_EQ(y.path, "model.y[n]");
  EXPECT_EQ(y.place.line, 1);
  EXPECT_EQ(y.place.column, 8);
  EXPECT_EQ(y.place.length, 23);
  EXPECT_EQ(y.key_place.column, 2);
  EXPECT_EQ(y.key_place.length, 4);
  const Node& alpha = root.at("inference").at("divergence").children()[1].at("alpha");
  EXPECT_EQ(alpha.path, "inference.divergence[1].alpha");
  EXPECT_EQ(alpha.number(), 0.5);
  EXPECT_EQ(alpha.place.column, 27);
}

TEST(Yaml, KeepsTheOrderOfKeysAndWhatWasQuoted) {
  const Node root = parse("b: '1'\na: 1\n");
  EXPECT_EQ(root.children()[0].key, "b");
  EXPECT_TRUE(root.children()[0].quoted);
  EXPECT_FALSE(root.children()[1].quoted);
}

TEST(Yaml, AnEmptyTextIsNothing) {
  EXPECT_EQ(parse("").kind, Node::Kind::null);
  EXPECT_EQ(parse("# only a comment\n").kind, Node::Kind::null);
}

TEST(Yaml, AnEmptyValueStandsAtItsKey) {
  const Node root = parse("a:\n\n\nb:\n");
  EXPECT_EQ(root.at("a").kind, Node::Kind::null);
  EXPECT_EQ(root.at("a").place.line, 0);
  EXPECT_EQ(root.at("b").place.line, 3);
  EXPECT_EQ(root.at("b").place.length, 1);
}

TEST(Yaml, AnEmptyEntryStandsAtItsDash) {
  const Node root = parse("a:\n  - 1\n  - # nothing\n  - 2\n");
  EXPECT_EQ(root.at("a").children()[1].place.line, 2);
  EXPECT_EQ(root.at("a").children()[1].place.column, 2);
}

TEST(Yaml, NullWordsAreNothing) {
  const Node root = parse("{a: ~, b: null}");
  EXPECT_EQ(root.at("a").kind, Node::Kind::null);
  EXPECT_EQ(root.at("b").place.column, 10);
  EXPECT_EQ(root.at("b").place.length, 4);
}

TEST(Yaml, WindowsLineEndsChangeNoColumn) {
  const Node root = parse("a: 1\r\nb:\r\n  c: 2\r\n");
  EXPECT_EQ(root.at("b").at("c").text, "2");
  EXPECT_EQ(root.at("b").at("c").place.line, 2);
  EXPECT_EQ(root.at("b").at("c").place.column, 5);
}

struct Case {
  const char* text;
  const char* message;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.text; }

class YamlRefuses : public testing::TestWithParam<Case> {};

TEST_P(YamlRefuses, WithOneClearMessage) { EXPECT_EQ(problem(GetParam().text), GetParam().message); }

INSTANTIATE_TEST_SUITE_P(
    Traps, YamlRefuses,
    testing::Values(
        Case{"model:\n  mu: 1\n  mu: 2\n",
             "f.yaml:3:3: error: model: 'mu' is given twice, first on line 2\n  3 |   mu: 2\n        ^^"},
        Case{"a: &x 1\nb: *x\n",
             "f.yaml:1:4: error: a: text that begins with '&' is an anchor, and anchors are not supported\n"
             "  1 | a: &x 1\n         ^\n"
             "f.yaml:2:4: error: b: aliases (*name) are not supported: write the value out\n"
             "  2 | b: *x\n         ^"},
        Case{"a: &a [1, *a]\n",
             "f.yaml:1:4: error: a: text that begins with '&' is an anchor, and anchors are not supported\n"
             "  1 | a: &a [1, *a]\n         ^\n"
             "f.yaml:1:11: error: a[1]: aliases (*name) are not supported: write the value out\n"
             "  1 | a: &a [1, *a]\n                ^"},
        Case{"a: *x\n",
             "f.yaml:1:4: error: text that begins with '*' is an alias, and aliases are not supported: put it in "
             "quotes\n"
             "  1 | a: *x\n         ^"},
        Case{
            "<<: {a: 1}\n",
            "f.yaml:1:1: error: merging with '<<' is not supported: write the entries out\n  1 | <<: {a: 1}\n      ^^"},
        Case{"a: !!str 1\n",
             "f.yaml:1:4: error: a: tags (!name) are not supported: remove it, or put the text in quotes\n"
             "  1 | a: !!str 1\n         ^"},
        Case{"a: 1\n---\nb: 2\n",
             "f.yaml:2:1: error: a second document begins here: one file holds one experiment\n  2 | ---\n      ^^^"},
        Case{"[1, 2]\nfoo\n",
             "f.yaml:2:1: error: this does not belong to what stands before it: check indentation and brackets\n"
             "  2 | foo\n      ^"},
        Case{",",
             "f.yaml:1:1: error: this does not belong to what stands before it: check indentation and brackets\n"
             "  1 | ,\n      ^"},
        Case{"a: \"abc\nb: 1\n",
             "f.yaml:1:4: error: a: the quote that begins here is never closed\n  1 | a: \"abc\n         ^"},
        Case{"a: 'abc\n",
             "f.yaml:1:4: error: a: the quote that begins here is never closed\n  1 | a: 'abc\n         ^"},
        Case{"a: [1,,2]\n",
             "f.yaml:1:7: error: a[1]: an entry is missing here: remove the comma or write null\n"
             "  1 | a: [1,,2]\n            ^"},
        Case{"a: {b: 1,, c: 2}\n",
             "f.yaml:1:10: error: a: a key is missing here\n  1 | a: {b: 1,, c: 2}\n               ^"},
        Case{": 1\n", "f.yaml:1:1: error: a key is missing here\n  1 | : 1\n      ^"},
        Case{"? [a]\n: b\n", "f.yaml:1:3: error: a key must be text, not a list or a map\n  1 | ? [a]\n        ^"},
        Case{"a: [1, 2\nb: 3\n",
             "f.yaml:1:4: error: the '[' that begins here is never closed\n  1 | a: [1, 2\n         ^"},
        Case{"a: {b: 1\n", "f.yaml:1:4: error: the '{' that begins here is never closed\n  1 | a: {b: 1\n         ^"},
        Case{"a: [1, 2]]\n", "f.yaml:1:10: error: this ']' closes nothing\n  1 | a: [1, 2]]\n               ^"},
        Case{"cases: {p: normal(0, variance = 1)}\n",
             "f.yaml:1:12: error: cases.p: the comma inside { } ended this expression: put it on its own line or in "
             "quotes\n  1 | cases: {p: normal(0, variance = 1)}\n                 ^^^^^^^^"},
        Case{
            "p: [normal(0, variance = 1)]\n",
            "f.yaml:1:5: error: p[0]: the comma inside [ ] ended this expression: put it on its own line or in quotes\n"
            "  1 | p: [normal(0, variance = 1)]\n          ^^^^^^^^"},
        Case{"d: {p: normal(mu[z], variance = 1)}\n",
             "f.yaml:1:17: error: the '[' inside { } ended this expression: put it on its own line or in quotes\n"
             "  1 | d: {p: normal(mu[z], variance = 1)}\n                      ^"},
        Case{"{y[n]: 1}\n",
             "f.yaml:1:3: error: the '[' inside { } ended this expression: put it on its own line or in quotes\n"
             "  1 | {y[n]: 1}\n        ^"},
        Case{"a: b: c\n",
             "f.yaml:1:5: error: a second ': ' in one value: put the text in quotes, or begin each entry in the same "
             "column\n  1 | a: b: c\n          ^"},
        Case{"a: 1\nb:2\n", "f.yaml:2:1: error: a space is missing behind the colon of 'b:2'\n  2 | b:2\n      ^^^"},
        Case{"a: 1\nhello\n", "f.yaml:2:1: error: expected 'name: value', got 'hello'\n  2 | hello\n      ^^^^^"},
        Case{"a:\n\tb: 1\n", "f.yaml:2:1: error: a tab in the indentation: use spaces\n  2 |  b: 1\n      ^"},
        Case{"a:\n    b: 1\n  c: 2\n",
             "f.yaml:3:3: error: this line does not fit: entries of one map or list begin in the same column\n"
             "  3 |   c: 2\n        ^"},
        Case{"a: \"x\" y\n",
             "f.yaml:1:8: error: unexpected text behind the value: put the whole value in quotes\n"
             "  1 | a: \"x\" y\n             ^"},
        Case{"a: - b\n",
             "f.yaml:1:4: error: a list cannot begin here: put its first '- ' on a line of its own, or the text in "
             "quotes\n  1 | a: - b\n         ^"},
        Case{"a: @x\n", "f.yaml:1:4: error: text cannot begin with '@': put it in quotes\n  1 | a: @x\n         ^"},
        Case{"a: %x\n", "f.yaml:1:4: error: text cannot begin with '%': put it in quotes\n  1 | a: %x\n         ^"},
        Case{"a: \"\\q\"\n",
             "f.yaml:1:7: error: unknown escape in double quotes: write \\\\ for a backslash, or use single quotes\n"
             "  1 | a: \"\\q\"\n            ^"},
        Case{"a: \"x\\N\"\n",
             "f.yaml:1:4: error: a: the escapes \\N and \\_ are not supported: write the character itself\n"
             "  1 | a: \"x\\N\"\n         ^^^^^"},
        Case{
            "p: [normal(0 , variance = 1)]\n",
            "f.yaml:1:5: error: p[0]: the comma inside [ ] ended this expression: put it on its own line or in quotes\n"
            "  1 | p: [normal(0 , variance = 1)]\n          ^^^^^^^^"},
        Case{"a: 1\rb: 2\n",
             "f.yaml:1:5: error: a carriage return without a line feed: end lines with a line feed\n"
             "  1 | a: 1 b: 2\n          ^"},
        Case{"a: \x04\n", "f.yaml:1:4: error: a control character (0x04): remove it\n  1 | a:  \n         ^"},
        Case{"a: \xFF\n", "f.yaml:1:4: error: byte 0xff (offset 3) is not UTF-8\n  1 | a: ?\n         ^"}));

TEST(Yaml, NulBytesAreRefused) {
  EXPECT_EQ(problem(std::string("a: \0b", 5)),
            "f.yaml:1:4: error: a control character (0x00): remove it\n"
            "  1 | a:  b\n         ^");
}

TEST(Yaml, DepthIsCapped) {
  for (const char* opening : {"- ", "[", "[a, ", "{a: "}) {
    std::string text, closing;
    for (int i = 0; i < 10000; ++i) text += opening;
    if (text[0] == '[') closing = std::string(10000, ']');
    if (text[0] == '{') closing = std::string(10000, '}');
    EXPECT_NE(problem(text + closing).find("error: nested deeper than 100\n"), std::string::npos) << opening;
  }
  for (const char* opening : {"[", "{", "? ", "[? ", "{a: [", "[]: ", "[[]: "}) {
    std::string text;
    for (int i = 0; i < 10000; ++i) text += opening;
    EXPECT_NE(problem(text), "(no error)") << opening;
  }
  std::string steps;
  for (int i = 0; i < 1000; ++i) steps += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
  EXPECT_EQ(problem(steps).substr(0, 45), "f.yaml:101:101: error: nested deeper than 100");
  EXPECT_NO_THROW(parse(std::string(100, '[') + std::string(100, ']')));
  EXPECT_NE(problem(std::string(101, '[') + std::string(101, ']')), "(no error)");
}

TEST(Yaml, TheNumberOfValuesIsCapped) {
  std::string text = "[0";
  for (int i = 1; i < 99999; ++i) text += ",0";
  EXPECT_NO_THROW(parse(text + "]"));
  EXPECT_NE(problem(text + ",0]").find("error: more than 100000 values in one file"), std::string::npos);
}

TEST(Yaml, TheSizeIsCapped) {
  EXPECT_NE(problem("a: " + std::string(1 << 20, 'x')).find("error: more than 1048576 bytes"), std::string::npos);
}

TEST(Yaml, AnAliasBombIsRefusedAtItsFirstAnchor) {
  std::string text = "a0: &a0 [x, x]\n";
  for (int i = 1; i < 40; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before + ", " + before + "]\n";
  }
  EXPECT_EQ(problem(text).substr(0, 17), "f.yaml:1:5: error");
}

TEST(Yaml, DeepTreesWithLongKeysKeepShortPaths) {
  std::string text, tail;
  for (int i = 0; i < 90; ++i) {
    text += "{" + std::string(150, 'k') + ": ";
    tail += "}";
  }
  const Node root = parse(text + "1" + tail);
  const Node* node = &root;
  while (!node->children().empty()) node = &node->children()[0];
  EXPECT_LE(node->path.size(), 243u);
}

TEST(Getters, ReadWhatIsThere) {
  const Node root = parse("{n: -1.5e3, p: 2, w: 7, big: 1e6, seed: 9223372036854775807, yes: true, no: false, s: abc}");
  EXPECT_EQ(root.at("n").number(), -1500);
  EXPECT_EQ(root.at("p").positive(), 2);
  EXPECT_EQ(root.at("w").whole(0, 7), 7);
  EXPECT_EQ(root.at("big").whole(1, 10000000), 1000000);
  EXPECT_EQ(root.at("seed").whole(0, std::numeric_limits<long long>::max()), std::numeric_limits<long long>::max());
  EXPECT_TRUE(root.at("yes").boolean());
  EXPECT_FALSE(root.at("no").boolean());
  EXPECT_EQ(root.at("s").string(), "abc");
}

TEST(Getters, SayWhatWasExpectedAndWhatWasThere) {
  const auto number = [](const Node& n) { n.at("a").number(); };
  EXPECT_EQ(problem_of("a: abc\n", number),
            "f.yaml:1:4: error: a: expected a number, got 'abc'\n  1 | a: abc\n         ^^^");
  EXPECT_EQ(problem_of("a: '1'\n", number),
            "f.yaml:1:4: error: a: expected a number, got text in quotes ('1'): remove the quotes\n"
            "  1 | a: '1'\n         ^^^");
  EXPECT_EQ(problem_of("a: 010\n", number),
            "f.yaml:1:4: error: a: expected a number, got '010': remove the leading zero\n  1 | a: 010\n         ^^^");
  EXPECT_EQ(problem_of("a: .nan\n", number),
            "f.yaml:1:4: error: a: expected a number, got '.nan': it must be finite\n  1 | a: .nan\n         ^^^^");
  EXPECT_EQ(problem_of("a: [1]\n", number),
            "f.yaml:1:4: error: a: expected a number, got a list\n  1 | a: [1]\n         ^");
  EXPECT_EQ(problem_of("a:\n", number), "f.yaml:1:1: error: a: expected a number, got nothing\n  1 | a:\n      ^");
  EXPECT_EQ(problem_of("a: -1\n", [](const Node& n) { n.at("a").positive(); }),
            "f.yaml:1:4: error: a: expected a positive number, got '-1'\n  1 | a: -1\n         ^^");
  EXPECT_EQ(problem_of("a: 1.5\n", [](const Node& n) { n.at("a").whole(1, 9); }),
            "f.yaml:1:4: error: a: expected a whole number from 1 to 9, got '1.5'\n  1 | a: 1.5\n         ^^^");
  EXPECT_EQ(problem_of("a: 0\n", [](const Node& n) { n.at("a").whole(1, std::numeric_limits<long long>::max()); }),
            "f.yaml:1:4: error: a: expected a whole number of at least 1, got '0'\n  1 | a: 0\n         ^");
  EXPECT_EQ(problem_of("a: yes\n", [](const Node& n) { n.at("a").boolean(); }),
            "f.yaml:1:4: error: a: expected true or false, got 'yes'\n  1 | a: yes\n         ^^^");
  EXPECT_EQ(problem_of("a: {b: 1}\n", [](const Node& n) { n.at("a").string(); }),
            "f.yaml:1:4: error: a: expected text, got a map\n  1 | a: {b: 1}\n         ^");
}

TEST(Getters, NameTheKeyThatIsMissingAtItsParent) {
  EXPECT_EQ(problem_of("model:\n  a: 1\n", [](const Node& n) { n.at("model").at("b"); }),
            "f.yaml:1:1: error: model: 'b' is missing\n  1 | model:\n      ^^^^^");
  EXPECT_EQ(problem_of("", [](const Node& n) { n.at("target"); }),
            "f.yaml:1:1: error: 'target' is missing\n  1 | \n      ^");
  EXPECT_EQ(problem_of("model: 3\n", [](const Node& n) { n.at("model").at("b"); }),
            "f.yaml:1:8: error: model: expected a map with 'b', got '3'\n  1 | model: 3\n             ^");
}

TEST(UnreadKeys, AreReportedWithASuggestionFromWhatWasAskedFor) {
  const Node root = parse("inference:\n  optimzer: x\n  seed: 1\n  zzz: {q: 1}\n");
  const Node& inference = root.at("inference");
  inference.find("optimizer");
  inference.find("seed");
  Diagnostics diagnostics;
  root.report_unread(diagnostics);
  EXPECT_EQ(error_of([&] { diagnostics.throw_if_any(); }),
            "f.yaml:2:3: error: inference: unknown key 'optimzer'; did you mean 'optimizer'?\n"
            "  2 |   optimzer: x\n        ^^^^^^^^\n"
            "f.yaml:4:3: error: inference: unknown key 'zzz'; known: optimizer, seed\n"
            "  4 |   zzz: {q: 1}\n        ^^^");
}

TEST(UnreadKeys, AreNoneWhenEverythingWasReadOrAccepted) {
  const Node root = parse("a: 1\nb: {c: [1, {d: 2}]}\n");
  root.at("a");
  root.at("b").accept();
  Diagnostics diagnostics;
  root.report_unread(diagnostics);
  EXPECT_TRUE(diagnostics.empty());
}

TEST(SetValue, ReplacesAndAdds) {
  Node root = parse("inference:\n  max_sweeps: 5\n  divergence: [a, b]\nmodel:\n  y[n]: 1\n");
  set_value(root, "inference.max_sweeps=100");
  set_value(root, "inference.divergence[1]={alpha: 0.5}");
  set_value(root, "inference.grid.cells=[1, 2]");
  set_value(root, "model.y[n]=normal(0, variance = 2)");
  set_value(root, "model.effect[d = x]=0");
  EXPECT_EQ(
      to_yaml(root),
      "inference:\n  max_sweeps: 100\n  divergence:\n    - a\n    -\n      alpha: 0.5\n  grid:\n    cells: [1, 2]\n"
      "model:\n  y[n]: normal(0, variance = 2)\n  effect[d = x]: 0\n");
  EXPECT_EQ(root.at("inference").at("divergence").children()[1].at("alpha").path, "inference.divergence[1].alpha");
}

TEST(SetValue, PlacesPointIntoTheArgument) {
  Node root = parse("inference:\n  max_sweeps: 5\n");
  set_value(root, "inference.max_sweeps=many");
  EXPECT_EQ(error_of([&] { root.at("inference").at("max_sweeps").whole(1, 9); }),
            "--set:1:22: error: inference.max_sweeps: expected a whole number from 1 to 9, got 'many'\n"
            "  1 | inference.max_sweeps=many\n                           ^^^^");
}

TEST(SetValue, RefusesWhatIsNoAssignment) {
  Node root = parse("a: 1\nl: [1]\n");
  EXPECT_EQ(error_of([&] { set_value(root, "a"); }),
            "--set:1:1: error: expected key=value, such as inference.max_sweeps=100\n  1 | a\n      ^");
  EXPECT_EQ(error_of([&] { set_value(root, "a.b=1"); }),
            "--set:1:3: error: a: 'a' has no keys: it is '1'\n  1 | a.b=1\n        ^");
  EXPECT_EQ(error_of([&] { set_value(root, "l[3]=1"); }),
            "--set:1:1: error: l: there is no entry 3: the list has 1, counted from 0\n  1 | l[3]=1\n      ^^^^");
  EXPECT_EQ(error_of([&] { set_value(root, "a..b=1"); }),
            "--set:1:3: error: a: a key is missing\n  1 | a..b=1\n        ^");
}

bool same(const Node& a, const Node& b) {
  if (a.kind != b.kind || a.text != b.text || a.key != b.key || a.path != b.path || a.quoted != b.quoted) return false;
  if (a.children().size() != b.children().size()) return false;
  for (std::size_t i = 0; i < a.children().size(); ++i) {
    if (!same(a.children()[i], b.children()[i])) return false;
  }
  return true;
}

TEST(ToYaml, RoundTrips) {
  for (const char* text :
       {"a: 1\nb: [1, 2, [3, 4]]\nc: {d: e, f: []}\ng: {}\n", "- - 1\n  - - a\n- {x: y}\n- null\n", "x", "'a: b'", "[]",
        "a: '010'\nb: \"x\\ny\\t\\\"z\\\\\"\nc: 'null'\nd: null\ne: ''\nf: '~'\n", "a: |\n  one\n  two\n",
        "y[n, m]: x[t-1] * 2\n'k: 2': 1\n\"#x\": 'a #b'\nz: a#b\n", "a: -x\nb: - 1\nc: -- 1\n",
        "a: 'x, y'\nb: ['x, y', z]\n", "? long key with spaces\n: v\n", "ü: ö\na: 'β[x]'\n",
        "a: x == y\nb: f(a, b = 'c')\n", "a: \"\\x85\\u2028\"\n", "c: [[mu[z], 1]]", "l: ['a', 1, -1, \"b c\"]",
        "l: [a, b\n  (c, d]\n", "list:\n  - normal(0, variance = 1)\n  - \"x\"\n"}) {
    Node node;
    try {
      node = parse(text);
    } catch (const ConfigError&) {
      continue;  // a few of these texts are refused
    }
    const std::string written = to_yaml(node);
    EXPECT_TRUE(same(parse(written), node)) << text << "->\n" << written;
    EXPECT_EQ(to_yaml(parse(written)), written);
  }
}

}  // namespace
}  // namespace kullback::config
