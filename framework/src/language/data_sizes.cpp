// What the shapes of data say about the sizes of plates.
#include "language/data_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace kullback::language {

using config::Node;

void DataReader::set_size(int plate, Index size, const DataEntry& entry, const std::string& what) {
  Plate& root = w_.model.plates[static_cast<std::size_t>(w_.root(plate))];
  if (root.size == 0 && is_from_data(plate)) root.size = size;
  if (root.size != size)
    fail(entry.target, fmt::format("{} has {}, but {}", w_.plate(plate).name, counted(root.size, "level"), what));
}

void DataReader::size_by_rows() {
  for (const DataEntry& entry : entries_) {
    if (entry.rows < 0) continue;
    const bool good = w_.keep_mistakes([&] {
      const Index rows = files_.table(*entry.file).rows;
      set_size(entry.rows, rows, entry, fmt::format("{} has {}", files_.name(*entry.file), counted(rows, "row")));
      if (!contains(w_.row_plates, w_.root(entry.rows))) w_.row_plates.push_back(w_.root(entry.rows));
    });
    if (!good) w_.broken.push_back(entry.name);
  }
  // New rows are of the groups that there were: a plate whose levels other rows name has none, if any other plate has.
  const auto named_by_rows = [&](int plate) {
    return std::any_of(entries_.begin(), entries_.end(), [&](const DataEntry& entry) {
      return entry.levels >= 0 && w_.root(entry.levels) == plate && entry.rows >= 0 && w_.root(entry.rows) != plate;
    });
  };
  Dimensions rows;
  std::copy_if(w_.row_plates.begin(), w_.row_plates.end(), std::back_inserter(rows),
               [&](int plate) { return !named_by_rows(plate); });
  if (!rows.empty()) w_.row_plates = rows;
}

// Columns, arrays and lists: their shapes.
void DataReader::size_by_shape() {
  for (const DataEntry& entry : entries_) {
    if (w_.is_broken(entry.name) || options_.known.count(entry.name)) continue;
    const Dimensions dimensions = entry.dimensions();
    const bool good = w_.keep_mistakes([&] {
      if (entry.kind == DataEntry::Kind::columns && !entry.tuple()) {
        const bool wide = entry.columns.size() > 1 || dimensions.size() > 1;
        if (!wide) return;
        if (dimensions.size() != 2)
          fail(entry.target, fmt::format("{} columns need a dimension beside {}: write {}[{}, m], or over: m",
                                         entry.columns.size(), dimensions.empty() ? "the rows" : w_.names(dimensions),
                                         entry.name, dimensions.empty() ? "n" : w_.names(dimensions)));
        const auto count = static_cast<Index>(entry.columns.size());
        Plate& plate = w_.model.plates[static_cast<std::size_t>(w_.root(dimensions[1]))];
        const bool open = plate.size == 0 && is_from_data(dimensions[1]);
        set_size(dimensions[1], count, entry,
                 entry.all_columns ? fmt::format("{} has {} ('{}' to '{}'): name those to read (columns: [{}, ...])",
                                                 files_.name(*entry.file), counted(count, "column"),
                                                 entry.columns.front(), entry.columns.back(), entry.columns[0])
                                   : fmt::format("{} are read", counted(count, "column")));
        if (open) plate.labels = entry.columns;
      }
      if (entry.kind == DataEntry::Kind::array) {
        const config::NumberArray& array = files_.array(*entry.file);
        const std::string shape = array.columns == 1 ? fmt::format("{} numbers", array.rows)
                                                     : fmt::format("{} × {} numbers", array.rows, array.columns);
        if (dimensions.empty() || dimensions.size() > 2 || (dimensions.size() == 1 && array.columns != 1))
          fail(entry.target,
               fmt::format(
                   "{} has {}, and {} has {}", files_.name(*entry.file), shape, entry.name,
                   dimensions.empty() ? "no dimension" : counted(static_cast<Index>(dimensions.size()), "dimension")));
        set_size(dimensions[0], array.rows, entry, fmt::format("{} has {}", files_.name(*entry.file), shape));
        if (dimensions.size() == 2)
          set_size(dimensions[1], array.columns, entry, fmt::format("{} has {}", files_.name(*entry.file), shape));
      }
      if (entry.kind == DataEntry::Kind::list) {
        const Node* node = entry.value;
        for (const int plate : dimensions) {
          if (node->kind != Node::Kind::list || node->children().empty()) break;
          const auto count = static_cast<Index>(node->children().size());
          set_size(plate, count, entry, fmt::format("the list has {}", counted(count, "element")));
          node = &node->children()[0];
        }
      }
    });
    if (!good) w_.broken.push_back(entry.name);
  }
}

// Second names take over the size; a plate that is still without one is an error.
void DataReader::finish_plates(const Node& data) {
  for (std::size_t p = 0; p < sources_.size(); ++p) {
    Plate& plate = w_.model.plates[p];
    if (plate.second_name_of >= 0) {
      const Plate& root = w_.plate(w_.root(static_cast<int>(p)));
      plate.size = root.size;
      plate.labels = root.labels;
    }
    if (plate.size > 0) continue;
    // A plate over which an entry with a mistake of its own is read needs no second message.
    const bool excused =
        w_.is_broken(plate.name) || std::any_of(data.children().begin(), data.children().end(), [&](const Node& node) {
          return std::any_of(w_.broken.begin(), w_.broken.end(),
                             [&](const std::string& name) { return node.key.rfind(name, 0) == 0; });
        });
    const std::string given = plate.second_name_of >= 0 ? "" : plate.name;
    if (!excused && !given.empty() && !options_.replay)
      w_.diagnostics.error(
          plate.place, "plates." + plate.name,
          fmt::format("the size of {} comes from the data, but nothing is read over {} and no column has `levels: {}`",
                      plate.name, plate.name, plate.name));
    w_.broken.push_back(plate.name);
  }
}

}  // namespace kullback::language
