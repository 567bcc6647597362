// The numbers of `data:` entries.
#include "config/source.hpp"
#include "language/data_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace kullback::language {

using config::Expression;
using config::Node;

namespace {

constexpr double kEmpty = std::numeric_limits<double>::quiet_NaN();

// "NA", "nan", "." or nothing in a list: an empty cell.
bool is_empty(const Node& node) {
  return node.kind == Node::Kind::null ||
         (node.kind == Node::Kind::scalar && (node.text == "NA" || node.text == "nan" || node.text == ".nan"));
}

}  // namespace

const config::Table::Column& DataReader::column(const DataEntry& entry, const std::string& name) {
  const config::Table& table = files_.table(*entry.file);
  if (const auto* found = table.find(name)) return *found;
  std::vector<std::string> known;
  for (const auto& each : table.columns) known.push_back(each.name);
  const Node* at = entry.columns_node;
  if (at && at->kind == Node::Kind::list)
    for (const Node& child : at->children())
      if (child.text == name) at = &child;
  config::fail(at ? at->place : entry.target.place, entry.node->path,
               fmt::format("{} has no column '{}'; {}", files_.name(*entry.file), name, suggestion(name, known)));
}

LabelColumns DataReader::label_columns(const DataEntry& entry) {
  LabelColumns columns;
  for (const std::string& name : entry.columns) columns.push_back(&column(entry, name));
  return columns;
}

bool DataReader::can_be_read(const DataEntry& entry) const {
  Dimensions plates = entry.dimensions();
  if (entry.levels >= 0) plates.push_back(entry.levels);
  return !w_.is_broken(entry.name) &&
         std::none_of(plates.begin(), plates.end(), [&](int p) { return w_.is_broken(w_.plate(p).name); });
}

void DataReader::read_values(const DataEntry& entry) {
  const auto given = options_.known.find(entry.name);
  model::Variable variable;
  variable.name = entry.name;
  variable.role = model::Variable::Role::constant;
  variable.plates = entry.plates;
  if (entry.over >= 0 && !contains(entry.plates, entry.over)) variable.over = {entry.over};
  variable.levels = entry.levels;
  variable.place = entry.target.place;
  variable.data = given == options_.known.end() ? values_of(entry) : Array{entry.dimensions(), given->second};
  w_.model.variables.push_back(std::move(variable));
}

Array DataReader::values_of(const DataEntry& entry) {
  const Dimensions dimensions = entry.dimensions();
  Array array;
  switch (entry.kind) {
    case DataEntry::Kind::columns:
      array = entry.levels >= 0 ? levels_of(entry) : columns_of(entry);
      break;
    case DataEntry::Kind::array:
      array = array_of(entry);
      break;
    case DataEntry::Kind::list:
      array = list_of(entry);
      break;
    case DataEntry::Kind::expression: {
      Columns columns;
      const bool table = file_ && !files_.is_array(*file_);  // of its columns nothing is read where there are no rows
      if (table) columns = {&files_.table(*file_), entry.rows};
      Terms terms(w_, {dimensions, dimensions, "", table ? &columns : nullptr});
      const Written written = terms.resolve(*entry.expression);
      array = written.term.array;
      if (entry.rows >= 0 && !contains(dimensions, entry.rows) && contains(array.dimensions, entry.rows))
        array = onto_cells(entry, std::move(array), entry.rows);
      check_dimensions(w_, constant(array, *entry.expression), dimensions, entry.node->key);
      if (entry.levels >= 0) labels_to_levels(*entry.expression, entry.levels, array);
      break;
    }
  }
  if (array.dimensions != dimensions) array = spread(w_.plates(), array, dimensions);
  if (entry.standardize) {
    if (entry.levels >= 0) fail(entry.target, "levels cannot be standardized");
    if (dimensions.empty()) fail(entry.target, "one number cannot be standardized");
    std::optional<Array> scaled = standardized(w_, array, dimensions[0], entry.node->path);
    if (!scaled)
      fail(entry.target, fmt::format("{} cannot be standardized: all values of {} are equal", entry.name,
                                     entry.columns.size() == 1 ? entry.columns[0] : "one of its columns"));
    array = std::move(*scaled);
  }
  return array;
}

Array DataReader::columns_of(const DataEntry& entry) {
  const Index rows = files_.table(*entry.file).rows;
  const auto width = static_cast<Index>(entry.columns.size());
  const Dimensions dimensions = entry.dimensions();
  Array array{{entry.rows}, Eigen::VectorXd(rows * width)};
  for (Index c = 0; c < width; ++c) {
    const config::Table::Column& column = this->column(entry, entry.columns[static_cast<std::size_t>(c)]);
    if (!column.numeric) {
      const std::string& first = column.labels[0];
      fail(entry.target,
           fmt::format(
               "column '{}' of {} is text (row 1: '{}'): its labels need `levels:`, or compare them ({} == \"{}\")",
               column.name, files_.name(*entry.file), first, column.name, first));
    }
    for (Index r = 0; r < rows; ++r) array.values[r * width + c] = column.numbers[static_cast<std::size_t>(r)];
  }
  if (dimensions.size() > 1) array.dimensions.push_back(dimensions[1]);
  if (!contains(dimensions, entry.rows)) return onto_cells(entry, std::move(array), entry.rows);
  return array;
}

Array DataReader::levels_of(const DataEntry& entry) {
  const Index rows = files_.table(*entry.file).rows;
  const Plate& plate = w_.plate(entry.levels);
  const Dimensions dimensions = entry.dimensions();
  const auto levels = [&](const LabelColumns& columns) {
    Index unknown = -1;
    Eigen::VectorXd values = levels_of_rows(columns, rows, plate, unknown);
    if (unknown < 0) return values;
    const std::string label = label_of_row(columns, unknown);
    double number = 0;
    const std::string known = !plate.labels.empty() ? suggestion(label, plate.labels)
                              : config::parse_number(label, number)
                                  ? fmt::format("its labels are 1 to {}", plate.size)
                                  : fmt::format(
                                        "its size is {0} by something else that is read over it: list its "
                                        "labels in that order ({1}: [{2}, ...])",
                                        plate.size, plate.name, label);
    fail(entry.target, fmt::format("row {} of {} has '{}', which is not a label of {}; {}", unknown + 1,
                                   files_.name(*entry.file), label, plate.name, known));
  };
  Array array{{entry.rows}, {}};
  if (entry.tuple()) {
    array.values = levels(label_columns(entry));
  } else {
    const auto width = static_cast<Index>(entry.columns.size());
    array.dimensions.push_back(dimensions[1]);
    array.values.resize(rows * width);
    for (Index c = 0; c < width; ++c) {
      const Eigen::VectorXd values = levels({&column(entry, entry.columns[static_cast<std::size_t>(c)])});
      for (Index r = 0; r < rows; ++r) array.values[r * width + c] = values[r];
    }
  }
  return contains(dimensions, entry.rows) ? array : onto_cells(entry, std::move(array), entry.rows);
}

Array DataReader::array_of(const DataEntry& entry) {
  Array array{entry.dimensions(), files_.take_array(*entry.file)};
  if (entry.levels < 0) return array;
  const Plate& plate = w_.plate(entry.levels);
  for (double& value : array.values) {
    if (value != std::floor(value) || value < 1 || value > static_cast<double>(plate.size))
      fail(entry.target, fmt::format("levels in an array are whole numbers from 1 to {}, got {}", plate.size, value));
    value -= 1;
  }
  return array;
}

void DataReader::fill_list(const Node& node, const DataEntry& entry, std::size_t depth, Index first, Array& array) {
  if (depth == array.dimensions.size()) {
    double& value = array.values[first];
    if (is_empty(node)) {
      value = kEmpty;
    } else if (entry.levels >= 0) {
      value = static_cast<double>(w_.level(entry.levels, node));
    } else {
      value = node.number();
    }
    return;
  }
  const Plate& plate = w_.plate(array.dimensions[depth]);
  if (node.kind != Node::Kind::list)
    config::fail(node, fmt::format("expected a list over {}, got {}", plate.name, node.description()));
  if (static_cast<Index>(node.children().size()) != plate.size)
    config::fail(node, fmt::format("{} has {}, but the list has {}", plate.name, counted(plate.size, "level"),
                                   counted(static_cast<Index>(node.children().size()), "element")));
  Index stride = 1;
  for (std::size_t d = depth + 1; d < array.dimensions.size(); ++d) stride *= w_.plate(array.dimensions[d]).size;
  w_.for_each(node.children(), [&](const Node& child) {
    fill_list(child, entry, depth + 1, first + (&child - node.children().data()) * stride, array);
  });
}

Array DataReader::list_of(const DataEntry& entry) {
  Array array{entry.dimensions(), {}};
  array.values.resize(cells(w_.plates(), array.dimensions));
  if (array.dimensions.empty())
    config::fail(entry.value->place, entry.node->path,
                 fmt::format("a list lies along a plate: write {}[k] with the plate's name for k", entry.name));
  fill_list(*entry.value, entry, 0, 0, array);
  return array;
}

// A column of rows read on the cells they belong to: it must be constant inside each.
Array DataReader::onto_cells(const DataEntry& entry, Array over_rows, int rows) {
  const int cell_plate = entry.plates.empty() ? -1 : entry.plates[0];
  for (const DataEntry& other : entries_) {
    if (cell_plate < 0 || other.levels < 0 || !w_.same_levels(other.levels, cell_plate) || other.rows != rows ||
        !other.tuple())
      continue;
    Index unknown = -1;
    const Eigen::VectorXd cell =
        levels_of_rows(label_columns(other), w_.plate(rows).size, w_.plate(cell_plate), unknown);
    const Dimensions rest = without(over_rows.dimensions, {rows});
    over_rows = spread(w_.plates(), over_rows, united({rows}, rest));
    const Index width = cells(w_.plates(), rest);
    Array result{united({cell_plate}, rest), Eigen::VectorXd::Constant(w_.plate(cell_plate).size * width, kEmpty)};
    std::vector<Index> from(static_cast<std::size_t>(w_.plate(cell_plate).size), -1);
    for (Index r = 0; r < cell.size(); ++r) {
      if (std::isnan(cell[r])) continue;
      const auto c = static_cast<Index>(cell[r]);
      Index& first = from[static_cast<std::size_t>(c)];
      for (Index i = 0; i < width; ++i) {
        const double value = over_rows.values[r * width + i];
        double& kept = result.values[c * width + i];
        if (first >= 0 && kept != value && !(std::isnan(kept) && std::isnan(value)))
          fail(entry.target,
               fmt::format(
                   "{} is not constant inside {} = {}: rows {} and {} differ{}", entry.name, w_.plate(cell_plate).name,
                   w_.label_text(cell_plate, c), first + 1, r + 1,
                   entry.levels < 0 || !entry.tuple()
                       ? ""
                       : fmt::format("; if a label of {} means another one in each {}, read both: columns: [{}, {}]",
                                     w_.plate(cell_plate).name, w_.plate(entry.levels).name, entry.columns[0],
                                     fmt::join(other.columns, ", "))));
        kept = value;
      }
      if (first < 0) first = r;
    }
    return result;
  }
  fail(entry.target, fmt::format("{} varies over the rows ({}), which {} does not have", entry.node->key,
                                 w_.plate(rows).name, entry.name));
}

// A column of the file, as many numbers as the plate has levels.
Eigen::VectorXd DataReader::weight_column(const Node& node, const Plate& plate) {
  const std::string& name = node.string();
  if (!file_ || files_.is_array(*file_))
    config::fail(node,
                 "a weight is a column of the file given under data (file: x.csv), or a list there over the plate");
  const config::Table& table = files_.table(*file_);
  const auto* column = table.find(name);
  if (!column || !column->numeric) {
    std::vector<std::string> known;
    for (const auto& each : table.columns) known.push_back(each.name);
    config::fail(node, column ? fmt::format("column '{}' of {} is text: a weight is a number", name, table.path)
                              : fmt::format("{} has no column '{}'; {}", table.path, name, suggestion(name, known)));
  }
  if (table.rows != plate.size)
    config::fail(node,
                 fmt::format("{} has {}, but {} has {}", plate.name, counted(plate.size, "level"), table.path,
                             counted(table.rows, "row")));
  return Eigen::Map<const Eigen::VectorXd>(column->numbers.data(), plate.size);
}

void DataReader::read_weight(std::size_t p) {
  const Node& node = *sources_[p].weight;
  Plate& plate = w_.model.plates[p];
  const std::string& name = node.string();
  if (w_.is_broken(plate.name) || w_.is_broken(name)) return;
  const auto list = std::find_if(entries_.begin(), entries_.end(), [&](const DataEntry& entry) {
    return entry.name == name && entry.kind == DataEntry::Kind::list &&
           entry.dimensions() == Dimensions{static_cast<int>(p)};
  });
  plate.weight = list != entries_.end() ? list_of(*list).values : weight_column(node, plate);
  for (Index r = 0; r < plate.size; ++r)
    if (!(plate.weight[r] >= 0))
      config::fail(node,
                   fmt::format("row {} of '{}' is {}: a weight is 0 or more", r + 1, name,
                               std::isnan(plate.weight[r]) ? "empty" : fmt::format("{}", plate.weight[r])));
}

}  // namespace kullback::language
