// Text that a person wrote, places in it, and what is wrong there.
#pragma once

#include <kullback/error.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace kullback::config {

/// A file (or a command-line argument) and its text. Shared by every place that points into it.
struct Source {
  std::string name;  ///< as printed in diagnostics: the path as given, "--set", "P", ...
  std::string text;
};

/// A place: zero-based line and column (in bytes), and how many bytes the caret underlines.
struct Place {
  std::shared_ptr<const Source> source;
  int line = 0, column = 0;
  int length = 1;
};

/// "file:9:14: error: path: message", the source line, and a caret below. Without a source just "error: path: message".
/// Columns and carets are counted in characters of UTF-8; long lines are shown around the caret.
std::string render(const Place& place, std::string_view path, std::string_view message);

/// One mistake at one place, as `fail` throws it.
class PlacedError : public ConfigError {
 public:
  PlacedError(const Place& place, std::string path, std::string message);
  ~PlacedError() override;
  const Place& place() const { return place_; }
  const std::string& path() const { return path_; }
  const std::string& message() const { return message_; }

 private:
  Place place_;
  std::string path_, message_;
};

/// Collects what is wrong, so that one reading reports everything (up to 20), in order of place.
class Diagnostics {
 public:
  void error(const Place& place, std::string path, std::string message);
  /// A mistake that was thrown; one without a place stands below the others.
  void error(const ConfigError& thrown);
  bool empty() const { return entries_.empty(); }
  /// Throws one ConfigError that holds every entry, if there is any.
  void throw_if_any() const;

 private:
  struct Entry {
    Place place;
    std::string path, message;
    std::string rendered;  // of a mistake that was thrown without a place
  };
  std::vector<Entry> entries_;
};

/// Throws a PlacedError with this one entry.
[[noreturn]] void fail(const Place& place, std::string_view path, std::string_view message);

/// Reads a whole regular file of at most `most_bytes`; checks that it is UTF-8 without NUL, and drops a byte order
/// mark. Throws ConfigError ("cannot read 'x': No such file or directory").
std::shared_ptr<const Source> read_source(const std::string& path, std::size_t most_bytes = std::size_t{1} << 20);

/// The same for bytes that need not be text.
std::shared_ptr<const Source> read_bytes(const std::string& path, std::size_t most_bytes);

/// A regular file that is read piece by piece. Throws as read_source does.
class ByteReader {
 public:
  explicit ByteReader(const std::string& path);
  ~ByteReader();
  ByteReader(const ByteReader&) = delete;
  ByteReader& operator=(const ByteReader&) = delete;
  /// What the file system says; less or more may come.
  std::size_t size() const { return size_; }
  /// The next `count` bytes; fewer at the end.
  std::size_t read(char* to, std::size_t count);

 private:
  std::string path_;
  int descriptor_ = -1;
  std::size_t size_ = 0;
};

/// The place of the byte at `offset` of the source's text, of `length` bytes.
Place place_at(std::shared_ptr<const Source> source, std::size_t offset, std::size_t length = 1);

/// The offset of the first byte that is not UTF-8 (no surrogates, nothing overlong); npos if all of it is.
std::size_t find_invalid_utf8(std::string_view text);

/// A finite double from the whole of `text`: decimal or scientific, no "0x", no "010", no "1e400", no "1e-400".
bool parse_number(std::string_view text, double& value);

/// Why parse_number refuses `text`, as the end of a sentence ("'010': remove the leading zero").
std::string number_problem(std::string_view text);

/// 'text' in quotes, on one line, shortened if it is long: what a message cites.
std::string cited(std::string_view text);

}  // namespace kullback::config
