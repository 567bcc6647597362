#include "config/tokens.hpp"

#include "config/source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace kullback::config {
namespace {

constexpr std::size_t kMostBytes = std::size_t{64} << 10;
constexpr std::size_t kMostDepth = 100;
constexpr std::size_t kMostOperators = 1000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_word(char c) { return is_letter(c) || is_digit(c) || c == '_' || !is_ascii(c); }

std::size_t character_length(char first) {
  const auto byte = static_cast<unsigned char>(first);
  return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

// What word processors make of plain characters.
constexpr std::array<std::pair<std::string_view, std::string_view>, 14> kTypographic = {{{"−", "-"},
                                                                                         {"–", "-"},
                                                                                         {"×", "*"},
                                                                                         {"·", "*"},
                                                                                         {"÷", "/"},
                                                                                         {"≤", "<="},
                                                                                         {"≥", ">="},
                                                                                         {"≠", "!="},
                                                                                         {"‘", "'"},
                                                                                         {"’", "'"},
                                                                                         {"“", "\""},
                                                                                         {"”", "\""},
                                                                                         {"\u00A0", "a plain space"},
                                                                                         {"√", "sqrt( )"}}};

std::string_view plain_form(std::string_view character) {
  for (const auto& [typographic, plain] : kTypographic) {
    if (character == typographic) return plain;
  }
  return {};
}

constexpr std::array<std::string_view, 25> kGreek = {
    "alpha", "beta",    "gamma", "delta", "epsilon", "zeta",  "eta", "theta",   "iota", "kappa", "lambda", "mu",   "nu",
    "xi",    "omicron", "pi",    "rho",   "sigma",   "sigma", "tau", "upsilon", "phi",  "chi",   "psi",    "omega"};

// A name that the grammar takes: letters of other alphabets are spelled out or become _.
std::string plain_name(std::string_view word) {
  std::string name;
  for (std::size_t i = 0; i < word.size(); i += character_length(word[i])) {
    const char c = word[i];
    if (is_letter(c) || is_digit(c) || c == '_') {
      name += c;
      continue;
    }
    const auto first = static_cast<unsigned char>(c);
    const auto second = static_cast<unsigned char>(i + 1 < word.size() ? word[i + 1] : 0);
    const unsigned code = (first & 0x1Fu) << 6 | (second & 0x3Fu);
    if (character_length(c) == 2 && code >= 0x3B1 && code <= 0x3C9) {
      name += kGreek[code - 0x3B1];
    } else if (character_length(c) == 2 && code >= 0x391 && code <= 0x3A9) {
      std::string capital(kGreek[code - 0x391]);
      capital[0] = static_cast<char>(capital[0] - 'a' + 'A');
      name += capital;
    } else if (code == 0xB5 && character_length(c) == 2) {
      name += "mu";
    } else if ((code == 0xB2 || code == 0xB3) && character_length(c) == 2) {
      name += code == 0xB2 ? "2" : "3";
    } else {
      name += '_';
    }
  }
  return name.empty() || !is_letter(name[0]) ? "v" + name : name;
}

class Tokenizer {
 public:
  explicit Tokenizer(std::string_view text) : text_(text) {}

  std::vector<Token> run() {
    if (text_.size() > kMostBytes) {
      fail(0, 1, fmt::format("an expression of {} bytes: at most {} are allowed", text_.size(), kMostBytes));
    }
    while (position_ < text_.size()) {
      const char c = text_[position_];
      if (is_space(c)) {
        ++position_;
      } else if (is_letter(c) || c == '_' || !is_ascii(c)) {
        name();
      } else if (is_digit(c) || (c == '.' && is_digit(at(position_ + 1)))) {
        number();
      } else if (c == '\'' || c == '"') {
        string();
      } else {
        symbol();
      }
    }
    if (levels_.size() > 1) {
      const Level& open = levels_.back();
      fail(text_.size(), text_.size(),
           fmt::format("expected '{}' at the end: {}", closing(open.bracket), is_open(open)));
    }
    add(Token::Kind::end, text_.size(), "");
    return std::move(tokens_);
  }

 private:
  // What stands around the next token: in each bracket, how many signs and powers and how many operators.
  struct Level {
    char bracket = '\0';
    std::size_t begin = 0;
    std::size_t chain = 0;
    std::size_t operators = 0;
  };

  [[noreturn]] static void fail(std::size_t begin, std::size_t end, std::string message) {
    throw ExpressionError{begin, end, std::move(message)};
  }
  char at(std::size_t i) const { return i < text_.size() ? text_[i] : '\0'; }
  static char closing(char bracket) { return bracket == '(' ? ')' : ']'; }
  // A few characters behind the bracket tell which one it is.
  std::string is_open(const Level& level) const {
    std::size_t first = level.begin;
    while (first > 0 && is_word(text_[first - 1]) && level.begin - first < 30) --first;
    while (first < level.begin && !is_ascii(text_[first])) ++first;
    return fmt::format("{} is open", cited(text_.substr(first, level.begin + 1 - first)));
  }

  void add(Token::Kind kind, std::size_t end, std::string text, double number = 0) {
    tokens_.push_back({kind, std::move(text), number, position_, end});
    position_ = end;
  }

  // Whether a '-' here is a sign.
  bool expects_operand() const {
    return tokens_.empty() ||
           (tokens_.back().kind == Token::Kind::symbol && tokens_.back().text != ")" && tokens_.back().text != "]");
  }

  void name() {
    const std::size_t length = character_length(text_[position_]);
    const std::string_view character = text_.substr(position_, length);
    if (const std::string_view plain = plain_form(character); !plain.empty()) {
      fail(position_, position_ + length, fmt::format("{}: use {}", cited(character), plain));
    }
    std::size_t end = position_;
    bool plain = is_letter(text_[position_]);
    while (end < text_.size() && (is_word(text_[end]) || (text_[end] == '.' && is_word(at(end + 1))))) {
      const std::size_t next = character_length(text_[end]);
      if (!plain_form(text_.substr(end, next)).empty()) break;
      plain = plain && is_ascii(text_[end]) && text_[end] != '.';
      end += next;
    }
    const std::string_view word = text_.substr(position_, end - position_);
    if (!plain && word[0] == '_' && std::all_of(word.begin(), word.end(), is_ascii)) {
      fail(position_, end, fmt::format("{}: a name begins with a letter", cited(word)));
    }
    if (!plain) {
      fail(position_, end,
           fmt::format("{}: use letters, digits and _ : {}{}", cited(word), plain_name(word),
                       word.find('.') == word.npos ? "" : fmt::format("; a column by {{column: {}}}", word)));
    }
    add(Token::Kind::name, end, std::string(word));
  }

  void number() {
    std::size_t end = position_;
    const auto digits = [&] {
      while (is_digit(at(end)) || at(end) == '.') ++end;
    };
    digits();
    const bool exponent = at(end) == 'e' || at(end) == 'E';
    if (exponent && (is_digit(at(end + 1)) || ((at(end + 1) == '-' || at(end + 1) == '+') && is_digit(at(end + 2))))) {
      end += 2;
      while (is_digit(at(end))) ++end;
    }
    const std::size_t number_end = end;
    while (is_word(at(end))) ++end;
    const std::string_view word = text_.substr(position_, end - position_);
    if (end > number_end) {
      const std::string_view factor = text_.substr(number_end, end - number_end);
      const bool hexadecimal = word.starts_with("0x") || word.starts_with("0X");
      fail(position_, end,
           hexadecimal ? fmt::format("expected a number, got {}", number_problem(word))
                       : fmt::format("{}: write a product with *, as in {} * {}", cited(word),
                                     text_.substr(position_, number_end - position_), factor.substr(0, 60)));
    }
    double value = 0;
    if (!parse_number(word, value))
      fail(position_, end, fmt::format("expected a number, got {}", number_problem(word)));
    add(Token::Kind::number, end, std::string(word), value);
  }

  void string() {
    const std::size_t end = text_.find(text_[position_], position_ + 1);
    if (end == std::string_view::npos) {
      fail(position_, position_ + 1, fmt::format("the {} that begins here is never closed", text_[position_]));
    }
    add(Token::Kind::string, end + 1, std::string(text_.substr(position_ + 1, end - position_ - 1)));
  }

  void symbol() {
    const char c = text_[position_];
    if (text_.substr(position_, 2) == "**") fail(position_, position_ + 2, "write a power with ^");
    const bool two = at(position_ + 1) == '=' && (c == '<' || c == '>' || c == '=' || c == '!');
    if (!two && std::string_view("()[],=+-*/^<>").find(c) == std::string_view::npos) refuse_character();
    measure(c, two);
    add(Token::Kind::symbol, position_ + (two ? 2 : 1), std::string(text_.substr(position_, two ? 2 : 1)));
  }

  [[noreturn]] void refuse_character() const {
    const char c = text_[position_];
    std::string message = fmt::format("unexpected {}", cited(text_.substr(position_, 1)));
    if (c == '{' || c == '}') message += ": a list is written [a, b]";
    if (c == ':' && levels_.back().bracket == '[') {
      message =
          "only an earlier cell of a plate may be named (x[t-1]), no slice; read a shifted column for anything else";
    }
    if (c == '!') message += ": 'not equal' is written !=";
    if (c == '~') message += ": a random variable is written name: distribution(...)";
    fail(position_, position_ + 1, std::move(message));
  }

  // Keeps account of brackets and of everything that makes the parser or the tree deep.
  void measure(char c, bool comparison) {
    if (c == '(' || c == '[') {
      levels_.push_back({c, position_});
    } else if (c == ')' || c == ']') {
      const Level& open = levels_.back();
      if (levels_.size() == 1) fail(position_, position_ + 1, fmt::format("this '{}' closes nothing", c));
      if (closing(open.bracket) != c) {
        fail(position_, position_ + 1,
             fmt::format("expected '{}', got '{}': {}", closing(open.bracket), c, is_open(open)));
      }
      levels_.pop_back();
    } else if (c == ',' || (c == '=' && !comparison)) {
      levels_.back().chain = levels_.back().operators = 0;
    } else if (c == '^' || (c == '-' && expects_operand())) {
      ++levels_.back().chain;
    } else {
      levels_.back().chain = 0;
      ++levels_.back().operators;
    }
    std::size_t depth = levels_.size() - 1, operators = 0;
    for (const Level& level : levels_) {
      depth += level.chain;
      operators += level.operators;
    }
    if (depth > kMostDepth) fail(position_, position_ + 1, fmt::format("nested deeper than {}", kMostDepth));
    if (operators > kMostOperators) {
      fail(position_, position_ + 1,
           fmt::format("more than {} operators: give a part a name of its own", kMostOperators));
    }
  }

  std::string_view text_;
  std::size_t position_ = 0;
  std::vector<Token> tokens_;
  std::vector<Level> levels_ = {Level{}};
};

}  // namespace

std::vector<Token> tokenize(std::string_view text) { return Tokenizer(text).run(); }

}  // namespace kullback::config
