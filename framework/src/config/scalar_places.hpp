// Where each byte of a YAML scalar's value stands in the file: behind quotes, escapes, folded lines and indentation.
#pragma once

#include "config/source.hpp"

#include <string_view>
#include <vector>

namespace kullback::config {

class ScalarPlaces {
 public:
  /// `text` is the value of the scalar that begins at `place`. Verbatim: the source is the text itself, not YAML.
  ScalarPlaces(std::string_view text, const Place& place, bool verbatim = false);

  /// The place of text[begin, end); `begin` may be the end of the text.
  Place at(std::size_t begin, std::size_t end) const;

 private:
  void align(std::string_view text, std::size_t position);

  Place place_;
  std::size_t first_ = 0;                  // of the scalar in the source's text
  std::vector<std::size_t> offsets_;       // in the source's text, of each byte and of the end
  std::vector<std::size_t> line_offsets_;  // of the lines that the scalar spans, behind its first one
};

}  // namespace kullback::config
