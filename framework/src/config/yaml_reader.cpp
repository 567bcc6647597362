// parse_yaml: yaml-cpp's events, as they come, become our own tree. No YAML::Node exists at any time, so that duplicate
// keys, anchors, depth and size are seen while reading and nothing has to be walked that an alias could make infinite.
#include "config/node.hpp"
#include "config/yaml_errors.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <sstream>
#include <unordered_map>
#include <utility>

namespace kullback::config {
namespace {

constexpr std::size_t kMostBytes = std::size_t{1} << 20;
constexpr std::size_t kMostNodes = 100000;
constexpr std::size_t kMostDepth = 100;
constexpr std::size_t kMostKeyBytes = 200;

// Thrown through the parser when a second document starts: the parser would call for documents for ever on ",".
struct SecondDocument {
  YAML::Mark mark;
};

class Builder : public YAML::EventHandler {
 public:
  explicit Builder(std::shared_ptr<const Source> source) : source_(std::move(source)), text_(source_->text) {
    root_.place = root_.key_place = Place{source_, 0, 0, 1};
  }

  Node take() { return std::move(root_); }
  const Diagnostics& diagnostics() const { return diagnostics_; }

  /// Where the innermost bracket that is still open stands; npos if there is none.
  std::size_t open_bracket() const {
    for (auto frame = stack_.rbegin(); frame != stack_.rend(); ++frame) {
      if (frame->flow && (at(frame->offset) == '[' || at(frame->offset) == '{')) return frame->offset;
    }
    return std::string::npos;
  }
  /// Behind the last thing that was understood.
  std::size_t last_offset() const { return last_; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (started_) throw SecondDocument{mark};
    started_ = true;
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (anchor != 0) refuse_anchor(mark);
    const std::string_view word = null_word(mark);
    if (!word.empty()) last_ = offset_of(mark) + word.size();
    if (expects_key()) {
      if (word.empty()) {
        diagnostics_.error(place_of(mark, 1), stack_.back().node->path, "a key is missing here");
      }
      set_key(std::string(word), place_of(mark, std::max<std::size_t>(1, word.size())), offset_of(mark));
      return;
    }
    if (!word.empty()) {
      add(Node::Kind::null, place_of(mark, word.size()));
      return;
    }
    // The mark of an empty value is that of whatever comes next.
    if (stack_.empty()) {
      add(Node::Kind::null, Place{source_, 0, 0, 1});
    } else if (Frame& frame = stack_.back(); frame.node->kind == Node::Kind::map) {
      if (!frame.flow && frame.key_offset == offset_of(mark)) report_missing_colon(frame);
      add(Node::Kind::null, frame.key_place);
    } else if (frame.flow) {
      const Place place = place_of(mark, 1);
      diagnostics_.error(place, path(), "an entry is missing here: remove the comma or write null");
      add(Node::Kind::null, place);
    } else {
      add(Node::Kind::null, place_at(source_, dash_before(offset_of(mark))));
    }
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    diagnostics_.error(place_of(mark, 1), path(), "aliases (*name) are not supported: write the value out");
    if (expects_key()) {
      set_key("", place_of(mark, 1), offset_of(mark));
    } else {
      add(Node::Kind::null, place_of(mark, 1));
    }
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    if (anchor != 0) refuse_anchor(mark);
    const std::size_t offset = offset_of(mark);
    const char first = at(offset);
    if (anchor == 0 && ((tag != "?" && tag != "!" && !tag.empty()) || first == '!')) refuse_tag(mark);
    const bool quoted = tag == "!";
    std::size_t length = 1;
    last_ = offset + 1;
    if (first == '"' || first == '\'') {
      const std::size_t end = closing_quote(text_, offset);
      if (end == std::string::npos) {
        diagnostics_.error(place_of(mark, 1), path(), "the quote that begins here is never closed");
      } else {
        length = end + 1 - offset;
        last_ = end + 1;
      }
    } else if (!quoted && text_.substr(offset, value.size()) == value) {
      length = std::max<std::size_t>(1, value.size());
      last_ = offset + length;
      if (!stack_.empty() && stack_.back().flow && next_is_comma(last_) && has_open_parenthesis(value)) {
        diagnostics_.error(place_of(mark, length), path(),
                           fmt::format("the comma inside {} ended this expression: put it on its own line or in quotes",
                                       stack_.back().node->kind == Node::Kind::map ? "{ }" : "[ ]"));
      }
    } else if (!quoted) {
      length = line_rest(offset);
    }
    // yaml-cpp makes single bytes of \N and \_.
    if (find_invalid_utf8(value) != std::string::npos) {
      diagnostics_.error(place_of(mark, length), path(),
                         "the escapes \\N and \\_ are not supported: write the character itself");
    }
    if (expects_key()) {
      if (value == "<<" && !quoted) {
        diagnostics_.error(place_of(mark, 2), path(), "merging with '<<' is not supported: write the entries out");
      }
      set_key(value, place_of(mark, length), offset);
      return;
    }
    Node& node = add(Node::Kind::scalar, place_of(mark, length));
    node.text = value;
    node.quoted = quoted;
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    start(Node::Kind::list, mark, tag, anchor, style);
  }
  void OnSequenceEnd() override { stack_.pop_back(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    start(Node::Kind::map, mark, tag, anchor, style);
  }
  void OnMapEnd() override { stack_.pop_back(); }

 private:
  // Pointers stay good: a parent's children grow only when its last child is complete.
  struct Frame {
    Node* node = nullptr;
    bool flow = false;
    bool has_key = false;
    std::size_t offset = 0;
    std::string key;
    Place key_place;
    std::size_t key_offset = 0;
    std::unordered_map<std::string, int> lines;  // of the keys so far
  };

  char at(std::size_t offset) const { return offset < text_.size() ? text_[offset] : '\0'; }
  static std::size_t offset_of(const YAML::Mark& mark) { return static_cast<std::size_t>(std::max(mark.pos, 0)); }
  Place place_of(const YAML::Mark& mark, std::size_t length) const {
    return Place{source_, mark.line, mark.column, static_cast<int>(length)};
  }
  bool next_is_comma(std::size_t offset) const {
    return at(std::min(text_.find_first_not_of(" \t", offset), text_.size())) == ',';
  }
  bool expects_key() const {
    return !stack_.empty() && stack_.back().node->kind == Node::Kind::map && !stack_.back().has_key;
  }
  // Of the value that comes next.
  std::string path() const {
    if (stack_.empty()) return "";
    const Frame& frame = stack_.back();
    if (frame.node->kind == Node::Kind::list) return child_path(frame.node->path, frame.node->children().size());
    return frame.has_key ? child_path(frame.node->path, frame.key) : frame.node->path;
  }
  std::size_t line_rest(std::size_t offset) const {
    std::size_t end = std::min(text_.find_first_of("\r\n", offset), text_.size());
    while (end > offset + 1 && (text_[end - 1] == ' ' || text_[end - 1] == '\t')) --end;
    return std::max<std::size_t>(1, end - offset);
  }
  // "~" or "null" if the mark of a null stands on it.
  std::string_view null_word(const YAML::Mark& mark) const {
    const std::string_view rest = text_.substr(std::min(offset_of(mark), text_.size()));
    for (const std::string_view word : {"~", "null", "Null", "NULL"}) {
      if (!rest.starts_with(word)) continue;
      const char next = rest.size() > word.size() ? rest[word.size()] : '\n';
      if (std::string_view(" \t\r\n,]}:").find(next) != std::string_view::npos) return word;
    }
    return {};
  }
  // The dash of an empty entry of a block list, searched backwards from what comes next.
  std::size_t dash_before(std::size_t offset) const {
    for (std::size_t i = std::min(offset, text_.size()); i-- > 0;) {
      const char next = at(i + 1);
      if (text_[i] != '-' || !(next == ' ' || next == '\t' || next == '\r' || next == '\n' || next == '\0')) continue;
      const std::size_t line = text_.rfind('\n', i);
      const std::size_t first = text_.find_first_not_of(" \t", line == std::string_view::npos ? 0 : line + 1);
      if (first <= i && text_[first] == '-') return i;
    }
    return offset;
  }

  void refuse_anchor(const YAML::Mark& mark) {
    diagnostics_.error(place_of(mark, 1), path(),
                       at(offset_of(mark)) == '&'
                           ? "text that begins with '&' is an anchor, and anchors are not supported"
                           : "anchors (&name) are not supported");
  }
  void refuse_tag(const YAML::Mark& mark) {
    diagnostics_.error(place_of(mark, 1), path(),
                       "tags (!name) are not supported: remove it, or put the text in quotes");
  }
  void report_missing_colon(const Frame& frame) {
    const std::size_t colon = frame.key.find(':');
    if (colon != std::string::npos && colon > 0) {
      diagnostics_.error(frame.key_place, frame.node->path,
                         fmt::format("a space is missing behind the colon of {}", cited(frame.key)));
    } else {
      diagnostics_.error(frame.key_place, frame.node->path,
                         fmt::format("expected 'name: value', got {}", cited(frame.key)));
    }
  }

  void set_key(const std::string& key, const Place& place, std::size_t offset) {
    Frame& frame = stack_.back();
    if (key.size() > kMostKeyBytes) {
      fail(place, frame.node->path,
           fmt::format("a key of {} bytes: at most {} are allowed", key.size(), kMostKeyBytes));
    }
    const auto [first, fresh] = frame.lines.emplace(key, place.line);
    if (!fresh) {
      diagnostics_.error(place, frame.node->path,
                         fmt::format("{} is given twice, first on line {}", cited(key), first->second + 1));
    }
    frame.key = key;
    frame.key_place = place;
    frame.key_offset = offset;
    frame.has_key = true;
  }

  Node& add(Node::Kind kind, const Place& place) {
    if (++count_ > kMostNodes) fail(place, "", fmt::format("more than {} values in one file", kMostNodes));
    Node* node = &root_;
    std::string path = this->path();
    if (!stack_.empty()) {
      node = &stack_.back().node->mutable_children().emplace_back();
    }
    node->kind = kind;
    node->path = std::move(path);
    node->place = node->key_place = place;
    if (!stack_.empty() && stack_.back().has_key) {
      node->key = stack_.back().key;
      node->key_place = stack_.back().key_place;
      stack_.back().has_key = false;
    }
    return *node;
  }

  void start(Node::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
             YAML::EmitterStyle::value style) {
    if (anchor != 0) {
      refuse_anchor(mark);
    } else if ((tag != "?" && !tag.empty()) || at(offset_of(mark)) == '!') {
      refuse_tag(mark);
    }
    if (expects_key()) {
      const std::size_t open = offset_of(mark);
      const char bracket = at(open);
      // The parser takes the last bracket that is open at the end for a key.
      const bool unclosed = (bracket == '[' || bracket == '{') && closing_bracket(text_, open) == std::string::npos;
      fail(place_of(mark, 1), stack_.back().node->path,
           unclosed ? fmt::format("the '{}' that begins here is never closed", bracket)
                    : "a key must be text, not a list or a map");
    }
    if (stack_.size() >= kMostDepth) fail(place_of(mark, 1), "", fmt::format("nested deeper than {}", kMostDepth));
    Frame frame;
    frame.node = &add(kind, place_of(mark, 1));
    frame.flow = style == YAML::EmitterStyle::Flow;
    frame.offset = offset_of(mark);
    last_ = frame.offset + (frame.flow ? 1 : 0);
    stack_.push_back(std::move(frame));
  }

  std::shared_ptr<const Source> source_;
  std::string_view text_;
  Node root_;
  std::vector<Frame> stack_;
  Diagnostics diagnostics_;
  std::size_t count_ = 0;
  std::size_t last_ = 0;
  bool started_ = false;
};

void check_characters(const std::shared_ptr<const Source>& source) {
  const std::string& text = source->text;
  if (text.size() > kMostBytes) {
    fail(Place{source, 0, 0, 1}, "",
         fmt::format("more than {} bytes: large data stands in a file of its own", kMostBytes));
  }
  const std::size_t invalid = find_invalid_utf8(text);
  if (invalid != std::string::npos) {
    fail(place_at(source, invalid), "",
         fmt::format("byte 0x{:02x} (offset {}) is not UTF-8", static_cast<unsigned char>(text[invalid]), invalid));
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    // yaml-cpp takes 0x04 for the end of the text.
    if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F) {
      fail(place_at(source, i), "", fmt::format("a control character (0x{:02x}): remove it", c));
    }
    if (c == '\r' && (i + 1 == text.size() || text[i + 1] != '\n')) {
      fail(place_at(source, i), "", "a carriage return without a line feed: end lines with a line feed");
    }
    if (c == 0xEF && std::string_view(text).substr(i).starts_with("\xEF\xBB\xBF")) {
      fail(place_at(source, i, 3), "", "a byte order mark: remove it");
    }
  }
}

}  // namespace

Node parse_yaml(std::shared_ptr<const Source> source) {
  check_characters(source);
  Builder builder(source);
  std::istringstream stream(source->text);
  try {
    YAML::Parser parser(stream);
    // Ends at the second document by exception, so two calls are enough to see everything.
    if (parser.HandleNextDocument(builder)) parser.HandleNextDocument(builder);
  } catch (const SecondDocument& second) {
    builder.diagnostics().throw_if_any();
    const auto offset = static_cast<std::size_t>(second.mark.pos);
    const bool marked = std::string_view(source->text).substr(std::min(offset, source->text.size())).starts_with("---");
    fail(Place{source, second.mark.line, second.mark.column, marked ? 3 : 1}, "",
         marked ? "a second document begins here: one file holds one experiment"
                : "this does not belong to what stands before it: check indentation and brackets");
  } catch (const YAML::Exception& error) {
    // What was seen before the syntax error is most often its cause.
    builder.diagnostics().throw_if_any();
    fail_syntax(source,
                {error.msg, error.mark.line, error.mark.column, static_cast<std::size_t>(std::max(error.mark.pos, 0)),
                 builder.open_bracket(), builder.last_offset()});
  }
  builder.diagnostics().throw_if_any();
  return builder.take();
}

}  // namespace kullback::config
