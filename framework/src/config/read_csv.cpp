// Tables: libcsv cuts the cells, std::from_chars reads the numbers, one pass for numeric columns.
#include "config/data.hpp"

#include <csv.h>
#include <fmt/format.h>

#include <charconv>
#include <limits>
#include <set>
#include <utility>

namespace kullback::config {
namespace {

constexpr std::size_t kMostBytes = std::size_t{1} << 32;

bool is_missing(std::string_view cell) {
  return cell.empty() || cell == "NA" || cell == "nan" || cell == "NaN" || cell == "NAN";
}

enum class Cell { number, missing, infinite, text };

Cell read_cell(std::string_view cell, double& value) {
  const char* first = cell.data();
  const char* const last = first + cell.size();
  if (first != last && *first == '+' && last - first > 1 && first[1] != '-') ++first;
  const auto [end, error] = std::from_chars(first, last, value);
  if (end == last && first != last) {
    // Too large is as bad as infinite; what is too small to tell from 0 is not a number that anybody measured.
    if (error == std::errc::result_out_of_range || std::isinf(value)) return Cell::infinite;
    if (error == std::errc() && !std::isnan(value)) return Cell::number;
  }
  return is_missing(cell) ? Cell::missing : Cell::text;
}

// Where cell `cell` of record `record` stands; records are counted from 0 with the header, empty lines are none.
// Only for messages: the file is scanned again.
Place place_of_cell(const std::shared_ptr<const Source>& source, std::size_t record, std::size_t cell) {
  const std::string& text = source->text;
  std::size_t i = 0;
  const auto skip_empty_lines = [&] {
    while (i < text.size() && (text[i] == '\n' || text[i] == '\r')) ++i;
  };
  skip_empty_lines();
  std::size_t at_record = 0, at_cell = 0, begin = i;
  bool quoted = false;
  const auto found = [&] { return at_record == record && at_cell == cell; };
  for (; i < text.size(); ++i) {
    if (text[i] == '"') quoted = !quoted;
    if (quoted || (text[i] != ',' && text[i] != '\n' && text[i] != '\r')) continue;
    if (found() || (at_record == record && text[i] != ',')) break;
    if (text[i] == ',') {
      ++at_cell;
      begin = i + 1;
    } else {
      skip_empty_lines();
      ++at_record;
      at_cell = 0;
      begin = i--;
    }
  }
  if (!found()) begin = i;  // the row ends before it
  while (begin < i && text[begin] == ' ') ++begin;
  return place_at(source, begin, std::max<std::size_t>(1, i - begin));
}

class Reader {
 public:
  explicit Reader(const std::string& path) : source_(read_source(path, kMostBytes)) { table_.path = path; }

  Table run() {
    parse();
    if (table_.columns.empty())
      fail(Place{source_, 0, 0, 1}, "", "the file is empty: the first line holds the names of the columns");
    if (table_.rows == 0) fail(Place{source_, 0, 0, 1}, "", "no row follows the header");
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      if (table_.columns[c].numeric && columns_[c].infinite != kNone) refuse_infinite(c);
    }
    check_empty_lines();
    // Columns that turned out to be text only after some numbers: their cells once more.
    if (std::any_of(columns_.begin(), columns_.end(), [](const State& state) { return state.late; })) {
      again_ = true;
      record_ = cell_ = 0;
      parse();
    }
    return std::move(table_);
  }

 private:
  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();
  struct State {
    bool late = false;             // text behind numbers
    std::size_t infinite = kNone;  // the first record with an infinite number
  };

  void parse() {
    csv_parser parser;
    if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
      throw ConfigError("error: the CSV parser cannot be started");
    const std::unique_ptr<csv_parser, void (*)(csv_parser*)> guard(&parser, &csv_free);
    const std::string& text = source_->text;
    const std::size_t parsed = csv_parse(&parser, text.data(), text.size(), &Reader::on_cell, &Reader::on_record, this);
    if (failure_) std::rethrow_exception(failure_);
    if (parsed != text.size()) {
      if (csv_error(&parser) == CSV_ENOMEM) throw std::bad_alloc();
      fail(place_at(source_, parsed), "", "a quote inside a cell: put the whole cell in quotes and double the quote");
    }
    if (csv_fini(&parser, &Reader::on_cell, &Reader::on_record, this) != 0) {
      fail(place_at(source_, text.rfind('"')), "", "a quote is never closed");
    }
    if (failure_) std::rethrow_exception(failure_);
  }

  // libcsv is C: no exception may pass through it.
  static void on_cell(void* data, std::size_t length, void* self) {
    auto* reader = static_cast<Reader*>(self);
    if (reader->failure_) return;
    try {
      reader->cell(std::string_view(static_cast<const char*>(data), length));
    } catch (...) {
      reader->failure_ = std::current_exception();
    }
  }
  static void on_record(int, void* self) {
    auto* reader = static_cast<Reader*>(self);
    if (reader->failure_) return;
    try {
      reader->record();
    } catch (...) {
      reader->failure_ = std::current_exception();
    }
  }

  void cell(std::string_view cell) {
    const std::size_t c = cell_++;
    if (record_ == 0) {
      if (!again_) header(cell);
      return;
    }
    if (c >= columns_.size()) return;  // counted, and refused at the end of the record
    Table::Column& column = table_.columns[c];
    if (again_) {
      if (columns_[c].late) column.labels.emplace_back(cell);
      return;
    }
    if (!column.numeric) {
      if (!columns_[c].late) column.labels.emplace_back(cell);
      return;
    }
    double value = std::numeric_limits<double>::quiet_NaN();
    switch (read_cell(cell, value)) {
      case Cell::number:
        column.numbers.push_back(value);
        break;
      case Cell::infinite:
        if (columns_[c].infinite == kNone) columns_[c].infinite = record_;
        [[fallthrough]];
      case Cell::missing:
        column.numbers.push_back(std::numeric_limits<double>::quiet_NaN());
        break;
      case Cell::text:
        column.numeric = false;
        columns_[c].late = record_ > 1;
        column.numbers = {};
        if (record_ == 1) column.labels.emplace_back(cell);
        break;
    }
  }

  void header(std::string_view name) {
    const std::size_t c = cell_ - 1;
    if (name.empty()) fail(place_of_cell(source_, 0, c), "", fmt::format("column {} has no name in the header", c + 1));
    if (!names_.emplace(name).second) {
      fail(place_of_cell(source_, 0, c), "", fmt::format("two columns are named {}", cited(name)));
    }
    table_.columns.emplace_back().name = std::string(name);
    columns_.emplace_back();
  }

  void record() {
    if (record_ == 0 && !again_) {
      const std::string& name = table_.columns.front().name;
      const std::size_t other = name.find_first_of(";\t|");
      if (columns_.size() == 1 && other != std::string::npos) {
        fail(place_of_cell(source_, 0, 0), "",
             fmt::format("one column named {}: columns are separated by commas, not by '{}'", cited(name),
                         name[other] == '\t' ? std::string("tab") : std::string(1, name[other])));
      }
    } else if (cell_ != columns_.size()) {
      fail(place_of_cell(source_, record_, std::min(cell_, columns_.size())), "",
           fmt::format("this row has {} cell{}, the header has {}", cell_, cell_ == 1 ? "" : "s", columns_.size()));
    } else if (!again_) {
      ++table_.rows;
    }
    ++record_;
    cell_ = 0;
  }

  [[noreturn]] void refuse_infinite(std::size_t c) const {
    const Place place = place_of_cell(source_, columns_[c].infinite, c);
    fail(place, "", fmt::format("column {} has a number that is not finite", cited(table_.columns[c].name)));
  }

  // In a file of one column an empty line could be a missing value; rows are never dropped silently.
  void check_empty_lines() const {
    if (columns_.size() != 1) return;
    const std::string& text = source_->text;
    const std::size_t last = text.find_last_not_of("\r\n");
    bool empty = false, quoted = false;
    for (std::size_t i = 0; i < last; ++i) {
      if (text[i] == '"') quoted = !quoted;
      if (text[i] == '\n' && !quoted) {
        if (empty)
          fail(place_at(source_, i), "", "an empty line in a file of one column: write NA for a missing value");
        empty = true;
      } else if (text[i] != '\r') {
        empty = false;
      }
    }
  }

  std::shared_ptr<const Source> source_;
  Table table_;
  std::vector<State> columns_;
  std::set<std::string, std::less<>> names_;
  std::size_t record_ = 0, cell_ = 0;
  bool again_ = false;
  std::exception_ptr failure_;
};

}  // namespace

const Table::Column* Table::find(std::string_view name) const {
  for (const Column& column : columns) {
    if (column.name == name) return &column;
  }
  return nullptr;
}

Table read_csv(const std::string& path) { return Reader(path).run(); }

}  // namespace kullback::config
