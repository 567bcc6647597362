// Thousands of damaged documents and expressions: each is read or refused with a ConfigError, nothing else ever
// happens.
#include "config/expression.hpp"
#include "config/node.hpp"

#include "support.hpp"

#include <random>

namespace kullback::config {
namespace {

const char* const kDocuments[] = {
    "plates: {n: data, k: 6, d: 2}\ndata:\n  y[n]: {file: faithful.csv, columns: [eruptions, waiting], over: "
    "d}\nmodel:\n"
    "  mu[k]:     multivariate_normal(mean = 0, precision = 0.01, over = d)\n  y[n]:      normal(mu[z], precision = "
    "2)\n"
    "inference:\n  divergence: [reverse_kl, {alpha: 0.5}]\n  seed: 1\n",
    "a: |\n  text\n   more\nb: >-\n  folded\n\n  again\nc: \"quo\\ted \\u00e4\"\nd: 'it''s'\n? key\n: - 1\n  - [x, {y: "
    "z}]\n",
    "- {target: \"normal(0, variance = 1)\", q: ~}\n- []\n- {}\n-\n- # nothing\n  - - deep\n"};
const char* const kExpressions[] = {"normal(sum(A * x[t-1, l], over = l), precision = 1e-4, over = k)",
                                    "a[in_class] + b[in_school[in_class], c = 'slope one'] * -x^-2",
                                    "[(1-q)^2, 2*q*(1-q), q^2]", "before * (x <= change) + after * (x > change)"};
const char* const kPieces[] = {"[",           "]",
                               "{",           "}",
                               "(",           ")",
                               ",",           ":",
                               ": ",          "- ",
                               "? ",          "\n",
                               "\n  ",        "\t",
                               "'",           "\"",
                               "\\",          "#",
                               " #",          "&a",
                               "*a",          "!",
                               "|",           ">",
                               "%",           "@",
                               "---\n",       "...\n",
                               "<<",          "~",
                               "null",        "=",
                               "==",          "^",
                               "-",           "+",
                               "1e",          "0x",
                               ".",           "..",
                               "\r",          "\r\n",
                               "\xC3\xA9",    "\xFF",
                               "\x04",        "\xE2\x88\x92",
                               "0",           "9",
                               "a",           "_",
                               "[[[[[[[[",    "((((((((",
                               "--------",    "^^",
                               "\xEF\xBB\xBF"};

// std::mt19937 gives the same numbers everywhere; the distributions of <random> do not.
class Mutator {
 public:
  explicit Mutator(unsigned seed) : random_(seed) {}
  std::string operator()(std::string text) {
    for (std::size_t n = below(8) + 1; n > 0; --n) {
      const std::size_t at = below(text.size() + 1);
      switch (below(4)) {
        case 0:
          text.insert(at, kPieces[below(std::size(kPieces))]);
          break;
        case 1:
          text.erase(at, below(5) + 1);
          break;
        case 2:
          if (at < text.size()) text[at] = static_cast<char>(below(256));
          break;
        default:
          text.insert(at, text.substr(below(text.size() + 1), below(20)));
          break;
      }
    }
    return text;
  }

 private:
  std::size_t below(std::size_t n) { return random_() % n; }
  std::mt19937 random_;
};

bool same(const Node& a, const Node& b) {
  if (a.kind != b.kind || a.text != b.text || a.key != b.key || a.children().size() != b.children().size())
    return false;
  for (std::size_t i = 0; i < a.children().size(); ++i) {
    if (!same(a.children()[i], b.children()[i])) return false;
  }
  return true;
}

void check_place(const Place& place) {
  ASSERT_GE(place.line, 0);
  ASSERT_GE(place.column, 0);
  ASSERT_GE(place.length, 1);
}
void read_all(const Node& node) {
  check_place(node.place);
  check_place(node.key_place);
  if (node.kind == Node::Kind::scalar) {
    try {
      parse_expression(node);
    } catch (const ConfigError&) {
    }
  }
  for (const Node& child : node.children()) read_all(child);
}

TEST(Mutations, OfDocumentsAreReadOrRefusedAndRoundTrip) {
  Mutator mutate(1);
  int read = 0;
  for (int i = 0; i < 6000; ++i) {
    const std::string text = mutate(kDocuments[static_cast<std::size_t>(i) % std::size(kDocuments)]);
    try {
      const Node root = parse_yaml(source_of(text));
      ++read;
      read_all(root);
      const std::string written = to_yaml(root);
      try {
        ASSERT_TRUE(same(parse_yaml(source_of(written)), root)) << text << "\n->\n" << written;
      } catch (const ConfigError& error) {
        FAIL() << error.what() << "\n" << text << "\n->\n" << written;
      }
    } catch (const ConfigError& error) {
      ASSERT_EQ(find_invalid_utf8(error.what()), std::string::npos) << text;
    }
  }
  EXPECT_GT(read, 600);  // mutations are mild enough to test reading, too
}

TEST(Mutations, OfExpressionsAreReadOrRefused) {
  Mutator mutate(2);
  int read = 0;
  for (int i = 0; i < 20000; ++i) {
    const std::string text = mutate(kExpressions[static_cast<std::size_t>(i) % std::size(kExpressions)]);
    try {
      parse_expression(source_of(text), "");
      ++read;
    } catch (const ConfigError& error) {
      ASSERT_EQ(std::string(error.what()).find("boost"), std::string::npos) << error.what();
    }
  }
  EXPECT_GT(read, 1000);
}

TEST(Mutations, OfAssignmentsAreTakenOrRefused) {
  Mutator mutate(3);
  for (int i = 0; i < 5000; ++i) {
    Node root = parse_yaml(source_of(kDocuments[0]));
    try {
      set_value(root, mutate("inference.divergence[1].alpha={alpha: [0.5, 'x']}"));
      read_all(root);
      to_yaml(root);
    } catch (const ConfigError&) {
    }
  }
}

}  // namespace
}  // namespace kullback::config
