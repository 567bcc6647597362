#include "config/source.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <system_error>
#include <utility>

namespace kullback::config {
namespace {

constexpr std::size_t kMostShown = 20;            // diagnostics of one report
constexpr std::size_t kMostLineCharacters = 100;  // of a source line shown below a diagnostic
constexpr std::size_t kMostQuotedBytes = 60;

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

std::size_t character_count(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return !is_continuation(c); }));
}

// The bytes of one line, and how it looks to a person: one entry a character, nothing that moves the cursor.
std::vector<std::string> printable_characters(std::string_view line) {
  std::vector<std::string> characters;
  while (!line.empty()) {
    const auto first = static_cast<unsigned char>(line[0]);
    std::size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    length = std::min(length, line.size());
    if (find_invalid_utf8(line.substr(0, length)) != std::string_view::npos) {
      characters.emplace_back("?");
      length = 1;
    } else if (first < 0x20 || first == 0x7F) {
      characters.emplace_back(" ");
    } else {
      characters.emplace_back(line.substr(0, length));
    }
    line.remove_prefix(length);
  }
  return characters;
}

std::string_view line_of(std::string_view text, int line) {
  for (int i = 0; i < line; ++i) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  text = text.substr(0, text.find('\n'));
  if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
  return text;
}

// Orders places for a report; places of one source stay together, those without one come last.
int compare(const Place& a, const Place& b) {
  if (!a.source || !b.source) return a.source ? -1 : b.source ? 1 : 0;
  const int names = a.source->name.compare(b.source->name);
  if (names != 0) return names;
  return a.line != b.line ? (a.line < b.line ? -1 : 1) : a.column < b.column ? -1 : a.column > b.column ? 1 : 0;
}

[[noreturn]] void cannot_read(const std::string& path, const std::string& reason) {
  throw ConfigError(fmt::format("error: cannot read {}: {}", cited(path), reason));
}

std::string system_message(int error) { return std::generic_category().message(error); }

std::shared_ptr<Source> read_file(const std::string& path, std::size_t most_bytes) {
  ByteReader file(path);
  auto source = std::make_shared<Source>();
  source->name = path;
  std::string& text = source->text;
  std::size_t used = 0;
  text.resize(std::min(most_bytes + 1, file.size() + 1));
  // The size may be wrong (it is 0 below /proc), so read until nothing comes.
  while (used <= most_bytes) {
    if (used == text.size()) text.resize(std::min(most_bytes + 1, 2 * used + 4096));
    const std::size_t count = file.read(text.data() + used, text.size() - used);
    if (count == 0) break;
    used += count;
  }
  if (used > most_bytes) cannot_read(path, fmt::format("it is larger than {} bytes", most_bytes));
  text.resize(used);
  return source;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

struct NumberShape {
  bool decimal = false;       // [+-] digits [. digits] [e [+-] digits], at least one digit in front of the exponent
  bool leading_zero = false;  // 010
  bool zero = true;           // every digit in front of the exponent is 0
};

NumberShape shape_of_number(std::string_view text) {
  NumberShape shape;
  std::size_t i = 0;
  const auto digits = [&] {
    const std::size_t first = i;
    for (; i < text.size() && is_digit(text[i]); ++i) shape.zero = shape.zero && text[i] == '0';
    return i - first;
  };
  if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
  const std::size_t first = i;
  const std::size_t whole = digits();
  std::size_t fraction = 0;
  if (i < text.size() && text[i] == '.') {
    ++i;
    fraction = digits();
  }
  if (whole + fraction == 0) return shape;
  const bool zero = shape.zero;
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    if (digits() == 0) return shape;
  }
  shape.zero = zero;
  shape.decimal = i == text.size();
  shape.leading_zero = whole > 1 && text[first] == '0';
  return shape;
}

}  // namespace

ByteReader::ByteReader(const std::string& path) : path_(path) {
  // Not blocking: opening a pipe must not wait for a writer.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) cannot_read(path, system_message(errno));
  struct stat status {};
  const int error = ::fstat(descriptor, &status) == 0 ? 0 : errno;
  if (error == 0 && S_ISREG(status.st_mode)) {
    descriptor_ = descriptor;
    size_ = static_cast<std::size_t>(std::max<off_t>(status.st_size, 0));
    return;
  }
  ::close(descriptor);
  cannot_read(path, error != 0                ? system_message(error)
                    : S_ISDIR(status.st_mode) ? std::string("it is a directory")
                                              : std::string("it is not a regular file"));
}

ByteReader::~ByteReader() { ::close(descriptor_); }

std::size_t ByteReader::read(char* to, std::size_t count) {
  std::size_t used = 0;
  while (used < count) {
    const ssize_t got = ::read(descriptor_, to + used, count - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) cannot_read(path_, system_message(errno));
    if (got == 0) break;
    used += static_cast<std::size_t>(got);
  }
  return used;
}

std::size_t find_invalid_utf8(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    // Most text is ASCII: eight bytes at a time.
    std::uint64_t word = 0;
    while (i + sizeof word <= text.size()) {
      std::memcpy(&word, text.data() + i, sizeof word);
      if ((word & 0x8080808080808080u) != 0) break;
      i += sizeof word;
    }
    if (i >= text.size()) break;
    const auto byte = [&](std::size_t k) {
      return i + k < text.size() ? static_cast<unsigned char>(text[i + k]) : static_cast<unsigned char>(0);
    };
    const unsigned char first = byte(0);
    if (first < 0x80) {
      ++i;
      continue;
    }
    std::size_t length = 0;
    unsigned char low = 0x80, high = 0xBF;  // of the second byte [Unicode 15, table 3-7]
    if (first >= 0xC2 && first <= 0xDF) {
      length = 2;
    } else if (first >= 0xE0 && first <= 0xEF) {
      length = 3;
      if (first == 0xE0) low = 0xA0;
      if (first == 0xED) high = 0x9F;
    } else if (first >= 0xF0 && first <= 0xF4) {
      length = 4;
      if (first == 0xF0) low = 0x90;
      if (first == 0xF4) high = 0x8F;
    } else {
      return i;
    }
    if (byte(1) < low || byte(1) > high) return i;
    for (std::size_t k = 2; k < length; ++k) {
      if ((byte(k) & 0xC0) != 0x80) return i;
    }
    i += length;
  }
  return std::string_view::npos;
}

std::string cited(std::string_view text) {
  std::string result = "'";
  const std::vector<std::string> characters = printable_characters(text.substr(0, 4 * kMostQuotedBytes));
  std::size_t used = 0;
  for (const std::string& character : characters) {
    used += character.size();
    if (used > kMostQuotedBytes) return result + "...'";
    result += character;
  }
  return result + "'";
}

Place place_at(std::shared_ptr<const Source> source, std::size_t offset, std::size_t length) {
  const std::string_view before = std::string_view(source->text).substr(0, offset);
  const std::size_t line_end = before.rfind('\n');
  Place place;
  place.line = static_cast<int>(std::count(before.begin(), before.end(), '\n'));
  place.column = static_cast<int>(line_end == std::string_view::npos ? before.size() : before.size() - line_end - 1);
  place.length = static_cast<int>(length);
  place.source = std::move(source);
  return place;
}

std::string render(const Place& place, std::string_view path, std::string_view message) {
  const std::string what = path.empty() ? std::string(message) : fmt::format("{}: {}", path, message);
  if (!place.source) return "error: " + what;

  const std::string_view line = line_of(place.source->text, place.line);
  const std::size_t column = std::min(line.size(), static_cast<std::size_t>(std::max(place.column, 0)));
  const std::size_t first = character_count(line.substr(0, column));
  const std::vector<std::string> characters = printable_characters(line);
  const std::size_t length = std::max<std::size_t>(
      1, character_count(line.substr(column, static_cast<std::size_t>(std::max(place.length, 1)))));

  // A long line: a window with the caret at a third of it.
  std::size_t begin = 0, end = characters.size();
  std::string left, right;
  if (characters.size() > kMostLineCharacters) {
    begin = first > kMostLineCharacters / 3 ? first - kMostLineCharacters / 3 : 0;
    begin = std::min(begin, characters.size() - kMostLineCharacters);
    end = begin + kMostLineCharacters;
    if (begin > 0) left = "...";
    if (end < characters.size()) right = "...";
  }
  std::string shown;
  for (std::size_t i = begin; i < end; ++i) shown += characters[i];
  const std::size_t carets = std::min(length, std::max<std::size_t>(1, end - std::min(first, end)));

  const std::string gutter = fmt::format("{:>3} | ", place.line + 1);
  return fmt::format("{}:{}:{}: error: {}\n{}{}{}{}\n{}{}", place.source->name, place.line + 1, first + 1, what, gutter,
                     left, shown, right, std::string(gutter.size() + left.size() + first - begin, ' '),
                     std::string(carets, '^'));
}

PlacedError::PlacedError(const Place& place, std::string path, std::string message)
    : ConfigError(render(place, path, message)), place_(place), path_(std::move(path)), message_(std::move(message)) {}

PlacedError::~PlacedError() = default;

void Diagnostics::error(const Place& place, std::string path, std::string message) {
  entries_.push_back({place, std::move(path), std::move(message), {}});
}

void Diagnostics::error(const ConfigError& thrown) {
  if (const auto* placed = dynamic_cast<const PlacedError*>(&thrown))
    error(placed->place(), placed->path(), placed->message());
  else
    entries_.push_back({{}, {}, {}, thrown.what()});
}

void Diagnostics::throw_if_any() const {
  if (entries_.empty()) return;
  std::vector<const Entry*> order;
  for (const Entry& entry : entries_) order.push_back(&entry);
  std::stable_sort(order.begin(), order.end(),
                   [](const Entry* a, const Entry* b) { return compare(a->place, b->place) < 0; });
  // The same thing found twice is said once.
  order.erase(std::unique(order.begin(), order.end(),
                          [](const Entry* a, const Entry* b) {
                            return compare(a->place, b->place) == 0 && a->path == b->path && a->message == b->message &&
                                   a->rendered == b->rendered;
                          }),
              order.end());
  std::string report;
  for (std::size_t i = 0; i < std::min(order.size(), kMostShown); ++i) {
    if (i > 0) report += '\n';
    const Entry& entry = *order[i];
    report += entry.rendered.empty() ? render(entry.place, entry.path, entry.message) : entry.rendered;
  }
  if (order.size() > kMostShown) report += fmt::format("\n... and {} more", order.size() - kMostShown);
  throw ConfigError(report);
}

void fail(const Place& place, std::string_view path, std::string_view message) {
  throw PlacedError(place, std::string(path), std::string(message));
}

std::shared_ptr<const Source> read_bytes(const std::string& path, std::size_t most_bytes) {
  return read_file(path, most_bytes);
}

std::shared_ptr<const Source> read_source(const std::string& path, std::size_t most_bytes) {
  std::shared_ptr<Source> source = read_file(path, most_bytes);
  std::string& text = source->text;
  const std::size_t invalid = find_invalid_utf8(text);
  const std::size_t null = text.find('\0');
  if (null < invalid) fail(place_at(source, null), "", fmt::format("a NUL byte (offset {}): this is not text", null));
  if (invalid != std::string::npos) {
    fail(place_at(source, invalid), "",
         fmt::format("byte 0x{:02x} (offset {}) is not UTF-8: save the file as UTF-8",
                     static_cast<unsigned char>(text[invalid]), invalid));
  }
  if (std::string_view(text).starts_with(kByteOrderMark)) text.erase(0, kByteOrderMark.size());
  return source;
}

bool parse_number(std::string_view text, double& value) {
  const NumberShape shape = shape_of_number(text);
  if (!shape.decimal || shape.leading_zero) return false;
  if (text.front() == '+') text.remove_prefix(1);
  double parsed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parsed);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(parsed)) return false;
  if (parsed == 0 && !shape.zero) return false;
  value = parsed;
  return true;
}

std::string number_problem(std::string_view text) {
  const NumberShape shape = shape_of_number(text);
  if (shape.decimal && shape.leading_zero) return cited(text) + ": remove the leading zero";
  if (shape.decimal) {
    const std::size_t exponent = text.find_first_of("eE");
    const bool small = exponent != std::string_view::npos ? text.substr(exponent + 1).starts_with('-')
                                                          : text.find_first_of("123456789") > text.find('.');
    return cited(text) + (small ? ": it is too small and would become 0" : ": it is too large");
  }
  std::string lower(text.substr(0, 16));
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const char* word : {".nan", "nan", ".inf", "inf", "+.inf", "-.inf", "+inf", "-inf", "infinity", "-infinity"}) {
    if (lower == word) return cited(text) + ": it must be finite";
  }
  if (lower.starts_with("0x") || lower.starts_with("0o")) return cited(text) + ": write it in decimal";
  return cited(text);
}

}  // namespace kullback::config
