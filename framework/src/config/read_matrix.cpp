// Arrays and sparse matrices from files.
#include "config/data.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstring>
#include <limits>
#include <utility>

namespace kullback::config {
namespace {

constexpr std::size_t kMostBytes = std::size_t{1} << 33;
constexpr long long kMostSide = 1000000000;

// .npy files.

[[noreturn]] void refuse(const std::string& path, std::string_view reason) {
  throw ConfigError(fmt::format("{}: error: {}", path, reason));
}

// The text behind 'key': in the header, a Python dictionary that numpy writes in one way only.
std::string_view entry(const std::string& path, std::string_view header, std::string_view key) {
  const std::string quoted_key = fmt::format("'{}':", key);
  const std::size_t at = header.find(quoted_key);
  if (at == std::string_view::npos) refuse(path, fmt::format("not a .npy file: its header has no '{}'", key));
  std::string_view rest = header.substr(at + quoted_key.size());
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  return rest;
}

std::vector<long long> shape_of(const std::string& path, std::string_view text) {
  std::vector<long long> shape;
  if (!text.starts_with('(')) refuse(path, "not a .npy file: its shape cannot be read");
  text.remove_prefix(1);
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(" ,"), text.size()));
    if (text.starts_with(')')) return shape;
    long long side = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), side);
    if (error != std::errc() || side < 0) refuse(path, "not a .npy file: its shape cannot be read");
    if (side > kMostSide) refuse(path, fmt::format("a side of {} is too long", side));
    shape.push_back(side);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  }
}

// The numbers behind the header, from a buffer at a time: nothing is held twice.
template <typename Number>
void read_numbers(ByteReader& file, bool fortran, NumberArray& array) {
  constexpr Index kBuffer = 1 << 16;
  const Index count = array.values.size();
  std::vector<Number> buffer(static_cast<std::size_t>(std::min(kBuffer, count)));
  Index row = 0, column = 0;
  for (Index at = 0; at < count; at += kBuffer) {
    const Index now = std::min(kBuffer, count - at);
    const std::size_t bytes = static_cast<std::size_t>(now) * sizeof(Number);
    // A file that shrinks while it is read: what is missing is seen as not finite.
    if (file.read(reinterpret_cast<char*>(buffer.data()), bytes) != bytes) {
      array.values.tail(count - at).setConstant(std::numeric_limits<double>::quiet_NaN());
      return;
    }
    for (Index i = 0; i < now; ++i) {
      const auto value = static_cast<double>(buffer[static_cast<std::size_t>(i)]);
      if (!fortran) {
        array.values[at + i] = value;
        continue;
      }
      array.values[row * array.columns + column] = value;
      if (++row == array.rows) {
        row = 0;
        ++column;
      }
    }
  }
}

// Matrix Market files.

struct Entry {
  int row, column;
  double value;
};

class MarketReader {
 public:
  explicit MarketReader(const std::string& path)
      : source_(read_bytes(path, kMostBytes)),
        position_(source_->text.data()),
        end_(position_ + source_->text.size()) {}

  SparseMatrix run() {
    header();
    skip_comments();
    sizes();
    entries();
    return matrix();
  }

 private:
  [[noreturn]] void fail_here(const char* at, std::string_view message) const {
    const std::string& text = source_->text;
    const auto offset = static_cast<std::size_t>(at - text.data());
    const std::size_t length =
        std::min(text.find_first_of(" \t\r\n", offset), text.size()) - std::min(offset, text.size());
    fail(place_at(source_, offset, std::max<std::size_t>(1, length)), "", message);
  }

  static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
  void skip_blanks() {
    while (position_ != end_ && is_blank(*position_)) ++position_;
  }
  bool at_line_end() const { return position_ == end_ || *position_ == '\n'; }
  void next_line() {
    if (position_ != end_) ++position_;
  }

  void header() {
    const char* line_end =
        static_cast<const char*>(std::memchr(position_, '\n', static_cast<std::size_t>(end_ - position_)));
    std::vector<std::string> words;
    const char* const stop = line_end == nullptr ? end_ : line_end;
    while (position_ != stop && words.size() < 6) {
      skip_blanks();
      const char* first = position_;
      while (position_ != stop && !is_blank(*position_)) ++position_;
      if (position_ == first) continue;
      std::string word(first, position_);
      std::transform(word.begin(), word.end(), word.begin(),
                     [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      words.push_back(std::move(word));
    }
    const char* const start = source_->text.data();
    if (words.size() != 5 || words[0] != "%%matrixmarket" || words[1] != "matrix") {
      fail_here(start, "not a Matrix Market file: it begins with '%%MatrixMarket matrix coordinate real symmetric'");
    }
    const auto one_of = [&](const std::string& word, std::initializer_list<const char*> known, std::string_view list) {
      for (const char* each : known) {
        if (word == each) return;
      }
      fail_here(start, fmt::format("{} is not supported: expected {}", cited(word), list));
    };
    one_of(words[2], {"coordinate"}, "coordinate");
    one_of(words[3], {"real", "double", "integer", "pattern"}, "real, integer or pattern");
    one_of(words[4], {"general", "symmetric"}, "general or symmetric");
    pattern_ = words[3] == "pattern";
    symmetric_ = words[4] == "symmetric";
    skip_blanks();
    next_line();
  }

  void skip_comments() {
    while (position_ != end_) {
      const char* const line = position_;
      skip_blanks();
      if (position_ != end_ && *position_ == '%') {
        while (!at_line_end()) ++position_;
      }
      if (!at_line_end()) {
        position_ = line;
        return;
      }
      next_line();
    }
  }

  // A whole number that begins here; digits only, as fast as they come.
  long long whole(std::string_view what, long long least, long long most) {
    skip_blanks();
    const char* const first = position_;
    long long value = 0;
    while (position_ != end_ && *position_ >= '0' && *position_ <= '9' && value <= most) {
      value = 10 * value + (*position_ - '0');
      ++position_;
    }
    const bool complete = position_ == end_ || is_blank(*position_) || *position_ == '\n';
    if (position_ == first || !complete || value < least || value > most) refuse_whole(first, what, least, most);
    return value;
  }
  [[noreturn]] void refuse_whole(const char* first, std::string_view what, long long least, long long most) const {
    if (first == end_) fail_here(first, fmt::format("the file ends where {} should stand", what));
    fail_here(first, fmt::format("expected {}, a whole number from {} to {}", what, least, most));
  }

  void finish_line() {
    skip_blanks();
    if (!at_line_end()) fail_here(position_, "unexpected text at the end of the line");
    next_line();
  }

  void sizes() {
    size_line_ = position_;
    rows_ = whole("the number of rows", 1, std::numeric_limits<int>::max() - 1);
    columns_ = whole("the number of columns", 1, std::numeric_limits<int>::max() - 1);
    count_ = whole("the number of entries", 0, std::numeric_limits<int>::max());
    finish_line();
    if (symmetric_ && rows_ != columns_) {
      fail_here(size_line_, fmt::format("a symmetric matrix is square, not {} x {}", rows_, columns_));
    }
    // A wrong size must not ask for more memory than a file of this length can be about: an entry takes four bytes, and
    // a row without entries is rare.
    const auto bytes = static_cast<long long>(source_->text.size());
    if (count_ > bytes / 4 + 1) {
      fail_here(size_line_, fmt::format("{} entries are announced, but the file is too short for them", count_));
    }
    if (rows_ > 1000000 + 16 * bytes)
      fail_here(size_line_, fmt::format("{} rows, but only {} bytes of entries", rows_, bytes));
  }

  void entries() {
    entries_.reserve(static_cast<std::size_t>(count_));
    for (long long k = 0; k < count_; ++k) {
      skip_blanks();
      while (position_ != end_ && *position_ == '\n') {
        next_line();
        skip_blanks();
      }
      if (position_ == end_) {
        fail_here(end_, fmt::format("the file ends after {} of {} entries", k, count_));
      }
      const auto row = static_cast<int>(whole("a row", 1, rows_) - 1);
      const auto column = static_cast<int>(whole("a column", 1, columns_) - 1);
      double value = 1;
      if (!pattern_) {
        skip_blanks();
        const char* first = position_;
        if (first != end_ && *first == '+') ++first;
        const auto [end, error] = std::from_chars(first, end_, value);
        const bool complete = end == end_ || is_blank(*end) || *end == '\n';
        if (error != std::errc() || !complete) {
          fail_here(position_, at_line_end() ? "a value is missing at the end of the line" : "expected a number");
        }
        if (!std::isfinite(value)) fail_here(position_, "a number that is not finite");
        position_ = end;
      }
      finish_line();
      entries_.push_back({row, column, value});
    }
    while (position_ != end_ && (is_blank(*position_) || *position_ == '\n')) ++position_;
    if (position_ != end_) fail_here(position_, fmt::format("more than the {} entries that are announced", count_));
  }

  // Counting sort by column, then by row: linear, and the columns of each row come out in order.
  SparseMatrix matrix() {
    const auto rows = static_cast<std::size_t>(rows_), columns = static_cast<std::size_t>(columns_);
    std::vector<long long> column_start(columns + 1, 0);
    const auto each = [&](const auto& use) {
      for (const Entry& entry : entries_) {
        use(entry.row, entry.column, entry.value);
        if (symmetric_ && entry.row != entry.column) use(entry.column, entry.row, entry.value);
      }
    };
    each([&](int, int column, double) { ++column_start[static_cast<std::size_t>(column) + 1]; });
    for (std::size_t j = 0; j < columns; ++j) column_start[j + 1] += column_start[j];
    const long long total = column_start[columns];
    if (total > std::numeric_limits<int>::max()) fail_here(size_line_, fmt::format("{} entries are too many", total));
    std::vector<std::pair<int, double>> by_column(static_cast<std::size_t>(total));
    std::vector<long long> next(column_start.begin(), column_start.end() - 1);
    each([&](int row, int column, double value) {
      by_column[static_cast<std::size_t>(next[static_cast<std::size_t>(column)]++)] = {row, value};
    });

    SparseMatrix result(static_cast<Index>(rows_), static_cast<Index>(columns_));
    result.resizeNonZeros(static_cast<Index>(total));
    int* const outer = result.outerIndexPtr();
    std::fill(outer, outer + rows + 1, 0);
    for (const auto& [row, value] : by_column) ++outer[row + 1];
    for (std::size_t i = 0; i < rows; ++i) outer[i + 1] += outer[i];
    std::vector<int> position(outer, outer + rows);
    for (std::size_t j = 0; j < columns; ++j) {
      for (long long k = column_start[j]; k < column_start[j + 1]; ++k) {
        const auto& [row, value] = by_column[static_cast<std::size_t>(k)];
        const int at = position[static_cast<std::size_t>(row)]++;
        if (at > outer[row] && result.innerIndexPtr()[at - 1] == static_cast<int>(j))
          refuse_twice(row, static_cast<int>(j));
        result.innerIndexPtr()[at] = static_cast<int>(j);
        result.valuePtr()[at] = value;
      }
    }
    return result;
  }

  // Finds the line again: it is only wanted here.
  [[noreturn]] void refuse_twice(int row, int column) {
    position_ = size_line_;
    const auto line = [&] {
      while (!at_line_end()) ++position_;
      while (position_ != end_ && (is_blank(*position_) || *position_ == '\n')) ++position_;
    };
    int seen = 0;
    for (const Entry& entry : entries_) {
      line();
      const bool same = entry.row == row && entry.column == column;
      const bool mirrored = symmetric_ && entry.row == column && entry.column == row;
      if ((same || mirrored) && ++seen == 2) break;
    }
    fail_here(position_, fmt::format("entry ({}, {}) is given twice{}", row + 1, column + 1,
                                     symmetric_ ? " (of a symmetric matrix one triangle is written)" : ""));
  }

  std::shared_ptr<const Source> source_;
  const char* position_;
  const char* const end_;
  const char* size_line_ = nullptr;
  bool pattern_ = false, symmetric_ = false;
  long long rows_ = 0, columns_ = 0, count_ = 0;
  std::vector<Entry> entries_;
};

}  // namespace

NumberArray read_npy_rows(const std::string& path) {
  // https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
  ByteReader file(path);
  if (file.size() > kMostBytes) refuse(path, fmt::format("it is larger than {} bytes", kMostBytes));
  std::string start(12, '\0');
  start.resize(file.read(start.data(), start.size()));
  if (!start.starts_with("\x93NUMPY") || start.size() < 12) refuse(path, "not a .npy file");
  const auto byte = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(start[i])); };
  const std::size_t version = byte(6);
  if (version < 1 || version > 3) refuse(path, fmt::format("version {} of the .npy format is not supported", version));
  const std::size_t first = version == 1 ? 10 : 12;
  std::size_t length = byte(8) | byte(9) << 8;
  if (version > 1) length |= byte(10) << 16 | byte(11) << 24;
  if (length < 2 || first + length > file.size()) refuse(path, "the file ends inside its header");
  std::string header = start.substr(first);
  const std::size_t had = header.size();
  header.resize(length);
  if (file.read(header.data() + had, length - had) != length - had) refuse(path, "the file ends inside its header");

  const std::string_view order = entry(path, header, "fortran_order");
  const bool fortran = order.starts_with("True");
  if (!fortran && !order.starts_with("False")) refuse(path, "not a .npy file: its order cannot be read");
  const std::string_view type_text = entry(path, header, "descr").substr(0, 5);
  const std::string type(type_text.size() == 5 && type_text[0] == '\'' ? type_text.substr(1, 3)
                                                                       : std::string_view("?"));
  const bool wide = type == "<f8" || type == "<i8";
  if (!wide && type != "<f4" && type != "<i4") {
    refuse(path,
           "its numbers are not float64, float32, int64 or int32 in little endian: convert with .astype('float64')");
  }
  const std::vector<long long> shape = shape_of(path, entry(path, header, "shape"));
  if (shape.empty() || shape.size() > 2) {
    refuse(path, fmt::format("an array of {} dimensions: expected 1 or 2", shape.size()));
  }
  NumberArray array{static_cast<Index>(shape[0]), static_cast<Index>(shape.size() == 2 ? shape[1] : 1), {}};
  const std::size_t count = static_cast<std::size_t>(array.rows) * static_cast<std::size_t>(array.columns);
  const std::size_t available = file.size() - first - length;
  const std::size_t size = wide ? 8 : 4;
  if (available % size != 0 || available / size != count) {
    refuse(path, fmt::format("{} x {} numbers need {} bytes, the file has {}", array.rows, array.columns, count * size,
                             available));
  }
  array.values.resize(static_cast<Index>(count));
  if (type == "<f8")
    read_numbers<double>(file, fortran, array);
  else if (type == "<f4")
    read_numbers<float>(file, fortran, array);
  else if (type == "<i8")
    read_numbers<std::int64_t>(file, fortran, array);
  else
    read_numbers<std::int32_t>(file, fortran, array);
  for (Index i = 0; i < array.values.size(); ++i)
    if (!std::isfinite(array.values[i]))
      refuse(path, fmt::format("entry [{}, {}] is not finite", i / array.columns, i % array.columns));
  return array;
}

Eigen::MatrixXd read_npy(const std::string& path) {
  using Rows = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const NumberArray array = read_npy_rows(path);
  return Eigen::Map<const Rows>(array.values.data(), array.rows, array.columns);
}

SparseMatrix read_matrix_market(const std::string& path) { return MarketReader(path).run(); }

}  // namespace kullback::config
