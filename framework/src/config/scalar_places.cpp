#include "config/scalar_places.hpp"

namespace kullback::config {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

std::size_t escape_length(char kind) {
  switch (kind) {
    case 'x':
      return 4;
    case 'u':
      return 6;
    case 'U':
      return 10;
    default:
      return 2;
  }
}

}  // namespace

ScalarPlaces::ScalarPlaces(std::string_view text, const Place& place, bool verbatim) : place_(place) {
  offsets_.reserve(text.size() + 1);
  if (!place.source) {
    offsets_.assign(text.size() + 1, 0);
    return;
  }
  const std::string_view source = place.source->text;
  for (int line = 0; line < place.line; ++line) {
    const std::size_t end = source.find('\n', first_);
    if (end == std::string_view::npos) break;
    first_ = end + 1;
  }
  first_ = std::min(first_ + static_cast<std::size_t>(place.column), source.size());
  if (verbatim) {
    for (std::size_t i = 0; i <= text.size(); ++i) offsets_.push_back(std::min(first_ + i, source.size()));
  } else {
    align(text, first_);
  }
  for (std::size_t i = first_; i < offsets_.back(); ++i) {
    if (source[i] == '\n') line_offsets_.push_back(i + 1);
  }
}

// Value and source agree in everything but white space, escapes and doubled quotes, so one pass over both is enough.
void ScalarPlaces::align(std::string_view text, std::size_t position) {
  const std::string_view source = place_.source->text;
  const char style = position < source.size() ? source[position] : '\0';
  if (style == '"' || style == '\'') {
    ++position;
  } else if (style == '|' || style == '>') {
    position = std::min(source.find('\n', position), source.size());
  }
  for (const char c : text) {
    if (is_continuation(c) && (position >= source.size() || source[position] != c)) {
      offsets_.push_back(offsets_.empty() ? position
                                          : offsets_.back());  // of a character that was written as an escape
      continue;
    }
    if (!is_space(c)) {
      while (position < source.size()) {
        const bool line_continued = style == '"' && source[position] == '\\' && position + 1 < source.size() &&
                                    (source[position + 1] == '\n' || source[position + 1] == '\r');
        if (!is_space(source[position]) && !line_continued) break;
        ++position;
      }
    }
    offsets_.push_back(position);
    if (position >= source.size()) continue;
    if (style == '"' && source[position] == '\\' && position + 1 < source.size()) {
      position = std::min(position + escape_length(source[position + 1]), source.size());
    } else if (source[position] == c) {
      position += style == '\'' && c == '\'' ? 2 : 1;
    }
  }
  offsets_.push_back(std::min(position, source.size()));
}

Place ScalarPlaces::at(std::size_t begin, std::size_t end) const {
  Place place = place_;
  if (!place.source) return place;
  const std::size_t first = offsets_[std::min(begin, offsets_.size() - 1)];
  const std::size_t last = offsets_[std::min(end, offsets_.size() - 1)];
  const auto line = std::upper_bound(line_offsets_.begin(), line_offsets_.end(), first);
  const auto lines = static_cast<int>(line - line_offsets_.begin());
  place.line += lines;
  place.column = lines == 0 ? place_.column + static_cast<int>(first - first_) : static_cast<int>(first - *(line - 1));
  place.length = last > first ? static_cast<int>(last - first) : 1;
  return place;
}

}  // namespace kullback::config
