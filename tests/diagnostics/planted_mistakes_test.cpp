// Mistakes are planted into every model of configs/, one at a time and in pairs: each is found where it is, in the
// order of lines, and nothing is reported that merely follows.
#include "config/expression.hpp"
#include "config/node.hpp"
#include "language/read_model.hpp"
#include "support/members.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

namespace kullback {
namespace {

namespace fs = std::filesystem;
using config::Expression;
using config::Node;

constexpr const char* kFolder = KULLBACK_SOURCE_DIR "/configs";

struct Position {
  int line = 0, column = 0;  // counted from 1
  auto operator<=>(const Position&) const = default;
};

struct Message {
  Position at;
  std::string text;
};

// One mistake: which bytes of the text become what.
struct Planted {
  enum class Kind { name, family, parameter, missing, index, slot, bracket, entry, column };
  Kind kind = Kind::name;
  std::size_t offset = 0, length = 0;
  std::string instead;
  std::size_t reported = 0;     // the offset of what the message points at
  std::string statement;        // the path of what it is in
  std::size_t call = 0;         // parameters, families: the offset of their call's name
  std::string target, indexed;  // the name that its statement says something of; index: whose index it is
};

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::shared_ptr<const config::Source> source_of(const std::string& text) {
  return std::make_shared<const config::Source>(config::Source{"m.yaml", text});
}

std::string report_of(const std::string& text, language::ModelFile* file = nullptr) {
  return message_of<ConfigError>([&] {
    const Node root = config::parse_yaml(source_of(text));
    config::Diagnostics diagnostics;
    language::ModelFile read = language::read_model(root, registry(), kFolder, diagnostics);
    diagnostics.throw_if_any();
    if (file) *file = std::move(read);
  });
}

std::vector<Message> messages_of(const std::string& text) {
  std::vector<Message> messages;
  std::istringstream lines(report_of(text));
  const std::regex head("m\\.yaml:([0-9]+):([0-9]+): error: (.*)");
  std::smatch match;
  for (std::string line; std::getline(lines, line);)
    if (std::regex_match(line, match, head)) messages.push_back({{std::stoi(match[1]), std::stoi(match[2])}, match[3]});
  return messages;
}

Position position(const std::string& text, std::size_t offset) {
  const config::Place place = config::place_at(source_of(text), offset);
  return {place.line + 1, place.column + 1};
}

std::size_t offset_of(const std::string& text, const config::Place& place) {
  std::size_t offset = 0;
  for (int line = 0; line < place.line; ++line) offset = text.find('\n', offset) + 1;
  return offset + static_cast<std::size_t>(place.column);
}

// Everything that can be spoilt in one model.
class Sites {
 public:
  Sites(const std::string& text, const model::Model& model) : text_(text), model_(model) {
    const Node root = config::parse_yaml(source_of(text));
    for (const char* part : {"data", "model"})
      if (const Node* node = root.find(part))
        for (const Node& entry : node->children())
          if (entry.key != "file") add_entry(entry);
    for (const Node* node : {root.find("posterior"), root.find("inference")}) {
      if (node && node->key == "inference") node = node->find("initialize");
      for (std::size_t i = 0; node && i < node->children().size(); ++i)
        if (const Node& entry = node->children()[i]; entry.key != "joint")
          spoil(Planted::Kind::entry, entry.key_place, entry.key, entry);
    }
  }
  const std::vector<Planted>& planted() const { return planted_; }

 private:
  void add_entry(const Node& entry) {
    const Expression target = config::parse_target(entry.key, entry.key_place, entry.path);
    target_ = target.text;
    for (const Expression& slot : target.children) spoil(Planted::Kind::slot, slot.place, slot.text, entry);
    if (entry.kind == Node::Kind::map) {
      for (const Node& child : entry.children())
        if (child.key == "column" && child.text.find(' ') == std::string::npos)
          spoil(Planted::Kind::column, child.place, child.text, entry);
        else if (child.key == "levels" || child.key == "over")
          spoil(Planted::Kind::slot, child.place, child.text, entry);
      return;
    }
    if (entry.kind != Node::Kind::scalar || entry.quoted) return;
    try {
      add_expression(config::parse_expression(entry), entry, 0);
    } catch (const ConfigError&) {  // the name of a column
      return;
    }
    const std::size_t begin = offset_of(text_, entry.place);
    if (entry.text.ends_with(')') && text_.compare(begin, entry.text.size(), entry.text) == 0)
      planted_.push_back(
          {Planted::Kind::bracket, begin + entry.text.size() - 1, 1, "", begin, entry.path, 0, target_, ""});
  }

  void add_expression(const Expression& e, const Node& entry, std::size_t call) {
    if (e.kind == Expression::Kind::reference) {
      const model::Variable* variable = model_.find(e.text);
      if (variable || entry.path.starts_with("data")) spoil(Planted::Kind::name, e.place, e.text, entry);
      if (variable) add_indices(e, *variable, entry);
      return;
    }
    if (e.kind == Expression::Kind::call) {
      call = offset_of(text_, e.place);
      spoil(Planted::Kind::family, e.place, e.text, entry, call);
      const bool family = registry().find_family(e.text) && e.text != "truncated";
      for (const Expression& argument : e.children) {
        const Expression& value = argument.children[0];
        if (argument.text == "over") {
          spoil(Planted::Kind::slot, value.place, value.text, entry);
          continue;
        }
        if (family && !argument.text.empty()) {
          spoil(Planted::Kind::parameter, argument.place, argument.text, entry, call);
          if (&argument != &e.children.front()) drop(argument, entry, call);
        }
        add_expression(value, entry, call);
      }
      return;
    }
    for (const Expression& child : e.children) add_expression(child, entry, call);
  }

  void add_indices(const Expression& e, const model::Variable& variable, const Node& entry) {
    const model::Dimensions dimensions = variable.dimensions();
    for (std::size_t i = 0; i < e.children.size() && i < dimensions.size(); ++i) {
      const Expression& index = e.children[i];
      if (index.kind != Expression::Kind::reference) return;  // a picked plate moves the others
      spoil(Planted::Kind::name, index.place, index.text, entry);
      if (!index.children.empty()) continue;
      for (std::size_t p = 0; p < model_.plates.size(); ++p) {
        const model::Plate& other = model_.plates[p];
        if (root(static_cast<int>(p)) == root(dimensions[i]) || other.name.ends_with('\'')) continue;
        const std::size_t offset = offset_of(text_, index.place);
        planted_.push_back(
            {Planted::Kind::index, offset, index.text.size(), other.name, offset, entry.path, 0, target_, e.text});
        break;
      }
    }
  }

  int root(int plate) const {
    const int of = model_.plates[static_cast<std::size_t>(plate)].second_name_of;
    return of < 0 ? plate : root(of);
  }

  // A letter too many.
  void spoil(Planted::Kind kind, const config::Place& place, const std::string& name, const Node& entry,
             std::size_t call = 0) {
    const std::size_t offset = offset_of(text_, place);
    if (text_.compare(offset, name.size(), name) == 0 && name != "pi")
      planted_.push_back({kind, offset, name.size(), name + "q", offset, entry.path, call, target_, ""});
  }

  // An argument and the comma before it; the message is at the call.
  void drop(const Expression& argument, const Node& entry, std::size_t call) {
    const std::size_t begin = text_.rfind(',', offset_of(text_, argument.place));
    std::size_t end = begin + 1;
    for (int depth = 0; depth > 0 || (text_[end] != ',' && text_[end] != ')'); ++end)
      depth += text_[end] == '(' || text_[end] == '[' ? 1 : text_[end] == ')' || text_[end] == ']' ? -1 : 0;
    planted_.push_back({Planted::Kind::missing, begin, end - begin, "", call, entry.path, call, target_, ""});
  }

  const std::string& text_;
  const model::Model& model_;
  std::string target_;
  std::vector<Planted> planted_;
};

void replace(std::string& text, const Planted& p) { text.replace(p.offset, p.length, p.instead); }

bool inside(const Planted& a, const Planted& b) {
  return a.offset < b.offset + b.length && b.offset < a.offset + a.length;
}

// Whether each of the two is found in spite of the other.
bool independent(const Planted& a, const Planted& b) {
  using Kind = Planted::Kind;
  if (inside(a, b)) return false;
  if (a.statement == b.statement) {
    if (a.kind == Kind::bracket || b.kind == Kind::bracket) return false;
    // Of one call: what its family is says which parameters it has, and a wrong one which are missing.
    const auto of_call = [](const Planted& p) {
      return p.kind == Kind::family || p.kind == Kind::parameter || p.kind == Kind::missing;
    };
    if (of_call(a) && of_call(b) && a.call == b.call && (a.kind != Kind::parameter || b.kind != Kind::parameter))
      return false;
  }
  // What dimensions a variable has is known where it has no mistake of its own.
  for (const auto& [index, other] : {std::pair(&a, &b), std::pair(&b, &a)})
    if (index->kind == Kind::index &&
        (other->target == index->indexed || other->statement.starts_with("data") || other->kind == Kind::slot ||
         (other->statement == index->statement && other->kind == Kind::name && other->offset < index->offset)))
      return false;
  return true;
}

// Beside the files of configs/: what these have none of.
const std::map<std::string, std::string> kMore = {{"limits", R"(plates: {n: data, k: 3, l: k, c: [one, two]}
data:
  file: data/stackloss.csv
  y[n]: stack.loss
  acid[n]: {column: Acid.Conc.}
  loss[n]: log(acid) - mean(log(acid), over = n)
  table[k, l]: [[1, 2, 3], [4, 5, 6], [7, 8, 10]]
model:
  base: truncated(normal(0, stddev = 10), low = 0, high = 100)
  rate: gamma(shape = 2, rate = 1)
  half: truncated(exponential(rate), low = 0.5)
  weights: dirichlet([1, 2, 3], over = k)
  z[n]: categorical(weights)
  a[k = 1]: 0
  a[k]: normal(base, precision = rate)
  b[c]: normal(0, stddev = 1)
  mean[n]: a[z] + b[c = one] * loss + b[c = two] * (acid > 80) - sum(a, over = k) / size(k)
  y[n]: censored(normal(mean + half * loss, variance = 4), low = 10)
posterior:
  half: discrete_grid
inference:
  initialize:
    a: random
)"},
                                                  {"vectors", R"(plates: {n: data, m: 3, k: 2}
data:
  file: data/stackloss.csv
  x[n, m]: {columns: [Air.Flow, Water.Temp, Acid.Conc.], standardize: true}
model:
  alpha[k]: gamma(shape = 0.1, rate = 0.1)
  W[m]: normal(0, precision = alpha, over = k)
  S: wishart(degrees_of_freedom = 4, scale = 1, over = k)
  X[n]: multivariate_normal(0, precision = S, over = k)
  tau[m]: gamma(shape = 0.1, rate = 0.1)
  x[n, m]: normal(dot(W, X), precision = tau)
  ratio[m]: sqrt(1 / tau[m]) * exp(0.5) - log(tau[m])
inference:
  initialize:
    W: random
    X: random
)"}};

std::string text_of(const std::string& name) {
  const auto found = kMore.find(name);
  return found == kMore.end() ? read(fs::path(kFolder) / (name + ".yaml")) : found->second;
}

std::vector<std::string> models() {
  std::vector<std::string> names;
  for (const auto& [name, text] : kMore) names.push_back(name);
  for (const auto& entry : fs::directory_iterator(kFolder))
    if (entry.path().extension() == ".yaml" && read(entry.path()).find("\nmodel:") != std::string::npos)
      names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

class PlantedMistakes : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    text_ = text_of(GetParam());
    language::ModelFile file;
    ASSERT_EQ(report_of(text_, &file), "");
    sites_ = Sites(text_, file.model).planted();
    ASSERT_GT(sites_.size(), 5u);
  }

  // Where the message of the first one is, when the other one is planted, too.
  Position expected(const std::string& spoilt, const Planted& p, const Planted* other) const {
    std::size_t offset = p.reported;
    if (other && other->offset < offset) offset += other->instead.size() - other->length;
    return position(spoilt, offset);
  }

  static bool found(const std::vector<Message>& messages, const Planted& p, const Position& at) {
    return std::any_of(messages.begin(), messages.end(), [&](const Message& m) {
      return p.kind == Planted::Kind::bracket ? m.at.line == at.line : m.at == at;
    });
  }

  std::string text_;
  std::vector<Planted> sites_;
};

std::string shown(const std::string& text, const std::vector<Message>& messages) {
  std::string all = text + "\n";
  for (const Message& m : messages) all += fmt::format("{}:{}: {}\n", m.at.line, m.at.column, m.text);
  return all;
}

const std::regex kRemedy("did you mean|known: |takes |needs? |write |use |give |add |expected |only |name it|index is");

TEST_P(PlantedMistakes, AreFoundOneByOneAndNothingElseIs) {
  for (const Planted& p : sites_) {
    std::string spoilt = text_;
    replace(spoilt, p);
    const std::vector<Message> messages = messages_of(spoilt);
    EXPECT_EQ(messages.size(), 1u) << shown(spoilt, messages);
    EXPECT_TRUE(found(messages, p, expected(spoilt, p, nullptr))) << shown(spoilt, messages);
    for (const Message& m : messages) EXPECT_TRUE(std::regex_search(m.text, kRemedy)) << m.text << "\n" << spoilt;
  }
}

TEST_P(PlantedMistakes, AreFoundInPairs) {
  constexpr std::size_t kPairs = 600;
  std::size_t pairs = 0, step = 1;
  const std::size_t all = sites_.size() * (sites_.size() - 1) / 2;
  while (all / step > kPairs) ++step;
  std::size_t number = 0;
  for (std::size_t i = 0; i < sites_.size(); ++i)
    for (std::size_t j = i + 1; j < sites_.size(); ++j) {
      if (number++ % step != 0 || !independent(sites_[i], sites_[j])) continue;
      const auto& [first, second] =
          std::minmax(sites_[i], sites_[j], [](const Planted& a, const Planted& b) { return a.offset < b.offset; });
      std::string spoilt = text_;
      replace(spoilt, second);
      replace(spoilt, first);
      const std::vector<Message> messages = messages_of(spoilt);
      EXPECT_EQ(messages.size(), 2u) << shown(spoilt, messages);
      EXPECT_TRUE(found(messages, first, expected(spoilt, first, nullptr))) << shown(spoilt, messages);
      EXPECT_TRUE(found(messages, second, expected(spoilt, second, &first))) << shown(spoilt, messages);
      EXPECT_TRUE(std::is_sorted(messages.begin(), messages.end(),
                                 [](const Message& a, const Message& b) { return a.at < b.at; }));
      ++pairs;
    }
  EXPECT_GT(pairs, 5u);
}

// Without a plate, what is wrong stands where it is named.
TEST_P(PlantedMistakes, OfAPlateThatIsNotThereAreWhereItIsNamed) {
  const Node root = config::parse_yaml(source_of(text_));
  const Node* plates = root.find("plates");
  ASSERT_NE(plates, nullptr);
  for (const Node& plate : plates->children()) {
    std::string spoilt = text_;
    spoilt.replace(offset_of(text_, plate.key_place), plate.key.size(), plate.key + "q");
    const std::vector<Message> messages = messages_of(spoilt);
    EXPECT_FALSE(messages.empty()) << spoilt;
    for (const Message& m : messages)
      EXPECT_TRUE(
          std::regex_search(m.text, std::regex("'" + plate.key + "' is (not a|neither a) plate|" + plate.key + "q")))
          << shown(spoilt, messages);
  }
}

INSTANTIATE_TEST_SUITE_P(Configs, PlantedMistakes, testing::ValuesIn(models()), [](const auto& info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace kullback
