// Entries of `data:`, and what they say about the plates.
#include "language/data_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kullback::language {

using config::Expression;
using config::Node;

DataResult read_data(const Node* data, const std::vector<PlateSource>& plates, Files& files, Workspace& workspace,
                     const DataOptions& options) {
  DataReader reader(plates, files, workspace, options);
  static const Node kNoData = [] {
    Node none;
    none.kind = Node::Kind::map;
    none.path = "data";
    return none;
  }();
  return reader.run(data ? *data : kNoData);
}

DataResult DataReader::run(const Node& data) {
  if (data.kind != Node::Kind::map) {
    data.accept();
    config::fail(data, "data is a map of names to sources: {y[n]: column}");
  }
  file_ = data.find("file");
  if (file_ && !w_.keep_mistakes([&] {
        files_.is_array(*file_) ? static_cast<void>(files_.array(*file_)) : static_cast<void>(files_.table(*file_));
      })) {
    // What follows from a file that cannot be read would only repeat the message.
    data.accept();
    for (const Node& node : data.children())
      if (node.key != "file")
        w_.keep_mistakes([&] { w_.broken.push_back(config::parse_target(node.key, node.key_place, node.path).text); });
    for (const Plate& plate : w_.model.plates)
      if (plate.size == 0) w_.broken.push_back(plate.name);
    return result_;
  }
  w_.row_statistics.values = options_.row_statistics;
  w_.row_statistics.replay = options_.replay;
  for (std::size_t p = 0; p < sources_.size(); ++p) {
    Plate& plate = w_.model.plates[p];
    if (!sources_[p].from_data) continue;
    if (const auto size = options_.sizes.find(plate.name); size != options_.sizes.end()) plate.size = size->second;
    if (const auto labels = options_.labels.find(plate.name); labels != options_.labels.end()) {
      plate.labels = labels->second;
      plate.size = static_cast<Index>(plate.labels.size());
    }
  }
  read_entries(data);
  complete_columns();
  find_row_plates();
  size_by_rows();
  size_by_shape();
  label_rows();
  size_by_labels();
  finish_plates(data);
  note_reused_labels();
  result_.row_plates = w_.row_plates;
  for (std::size_t p = 0; p < sources_.size(); ++p)
    if (sources_[p].weight && !options_.replay) w_.keep_mistakes([&] { read_weight(p); });
  for (const DataEntry& entry : entries_) {
    const bool readable = can_be_read(entry);
    if (readable && w_.keep_mistakes([&] { read_values(entry); })) continue;
    w_.broken.push_back(entry.name);
    if (!readable && entry.expression) unread_.push_back(*entry.expression);
  }
  check_unread();
  return result_;
}

void DataReader::read_entries(const Node& data) {
  for (const Node& node : data.children()) {
    if (node.key == "file") continue;
    data.find(node.key);
    DataEntry entry;
    if (w_.keep_mistakes([&] { read_entry(node, entry); })) {
      entries_.push_back(std::move(entry));
      continue;
    }
    node.accept();
    w_.broken.push_back(entry.name.empty() ? leading_name(node.key) : entry.name);
    if (entry.kind == DataEntry::Kind::columns && entry.file)
      for (const std::string& name : entry.columns) w_.keep_mistakes([&] { column(entry, name); });
    if (entry.expression) unread_.push_back(std::move(*entry.expression));
  }
}

// The whole name of a column, whatever characters it has ("petal length (cm)"). When old data are read again, a name
// that stands for nothing else was one.
bool DataReader::is_column(const Node& node) const {
  if (!file_ || files_.is_array(*file_) || node.kind != Node::Kind::scalar) return false;
  if (files_.table(*file_).find(node.string())) return true;
  if (!options_.replay) return false;
  try {
    const Expression e = config::parse_expression(node);
    return e.kind == Expression::Kind::reference && e.children.empty() &&
           std::none_of(entries_.begin(), entries_.end(), [&](const DataEntry& other) { return other.name == e.text; });
  } catch (const ConfigError&) {
    return true;
  }
}

void DataReader::read_entry(const Node& node, DataEntry& entry) {
  entry.node = &node;
  w_.independently(
      [&] {
        entry.target = config::parse_target(node.key, node.key_place, node.path);
        entry.name = entry.target.text;
        for (const DataEntry& other : entries_)
          if (other.name == entry.name) fail(entry.target, fmt::format("'{}' is read twice", entry.name));
        if (w_.find_plate(entry.name) >= 0)
          fail(entry.target, fmt::format("{} is a plate: give the data another name", entry.name));
        w_.for_each(entry.target.children, [&](const Expression& slot) {
          if (slot.kind == Expression::Kind::label)
            fail(slot, fmt::format("data are read for all of {}: write {}[{}]", slot.text, entry.name, slot.text));
          const int plate = w_.need_plate(slot, slot.text);
          if (contains(entry.plates, plate)) fail(slot, fmt::format("{} stands twice", slot.text));
          entry.plates.push_back(plate);
        });
      },
      [&] { read_source(node, entry); });
}

// Names in expressions that are not computed, since something else is wrong with their entries.
void DataReader::check_unread() {
  const bool table = file_ && !files_.is_array(*file_);
  const Columns columns{table ? &files_.table(*file_) : nullptr, -1};
  Terms terms(w_, {{}, {}, "", table ? &columns : nullptr, false});
  for (const Expression& e : unread_) terms.check_names(e);
}

namespace {

void check_key(const Node& key, const Node& entry) {
  static const std::vector<std::string> kKeys = {"file", "column", "columns", "over", "levels", "value", "standardize"};
  if (std::find(kKeys.begin(), kKeys.end(), key.key) == kKeys.end())
    config::fail(key.key_place, entry.path, fmt::format("unknown key '{}'; {}", key.key, suggestion(key.key, kKeys)));
}

}  // namespace

void DataReader::read_source(const Node& node, DataEntry& entry) {
  entry.file = file_;
  if (node.kind != Node::Kind::map) {
    entry.value = &node;
    if (node.kind == Node::Kind::list) {
      node.accept();
      entry.kind = DataEntry::Kind::list;
    } else if (is_column(node)) {
      entry.kind = DataEntry::Kind::columns;
      entry.columns_node = &node;
      entry.columns = {node.text};
    } else {
      entry.expression = config::parse_expression(node);
      const Expression& e = *entry.expression;
      const bool name = e.kind == Expression::Kind::reference && e.children.empty() && e.text != "pi";
      if (name && !file_ && w_.find_plate(e.text) < 0 && !w_.is_broken(e.text) &&
          std::none_of(entries_.begin(), entries_.end(), [&](const DataEntry& other) { return other.name == e.text; }))
        fail(e, fmt::format("'{}' is not defined: a column needs its file (file: x.csv under data, or {{file: x.csv, "
                            "column: {}}})",
                            e.text, e.text));
    }
    return;
  }
  const auto plate = [&](const char* key, int& to) {
    const Node* name = node.find(key);
    if (!name) return;
    const Expression reference = config::parse_expression(*name);
    to = w_.need_plate(reference, reference.text);
  };
  const bool keys_known =
      w_.keep_mistakes([&] { w_.for_each(node.children(), [&](const Node& child) { check_key(child, node); }); });
  w_.independently([&] { plate("over", entry.over); }, [&] { plate("levels", entry.levels); },
                   [&] {
                     if (const Node* flag = node.find("standardize")) entry.standardize = flag->boolean();
                   },
                   [&] {
                     // What a misspelt key would have said is not missing.
                     if (keys_known || node.find("value") || node.find("column") || node.find("columns"))
                       read_place(node, entry);
                   });
  if (!keys_known) throw FollowsFromMistake();
}

// Where the numbers stand.
void DataReader::read_place(const Node& node, DataEntry& entry) {
  if (const Node* file = node.find("file")) entry.file = file;
  if (const Node* value = node.find("value")) {
    entry.value = value;
    if (value->kind == Node::Kind::list) {
      value->accept();
      entry.kind = DataEntry::Kind::list;
    } else {
      entry.expression = config::parse_expression(*value);
    }
    return;
  }
  const Node* column = node.find("column");
  const Node* columns = node.find("columns");
  if (!entry.file)
    config::fail(node.key_place, node.path,
                 "which file? give it here (file: x.csv) or once for all data (file: x.csv under data)");
  if (files_.is_array(*entry.file)) {
    entry.kind = DataEntry::Kind::array;
    return;
  }
  entry.kind = DataEntry::Kind::columns;
  if (column && columns) config::fail(columns->key_place, columns->path, "give either 'column' or 'columns'");
  entry.columns_node = column ? column : columns;
  if (!entry.columns_node) {
    const config::Table& table = files_.table(*entry.file);
    if (table.columns.size() != 1)
      config::fail(node.key_place, node.path,
                   fmt::format("which column of {}? it has {}", files_.name(*entry.file),
                               counted(static_cast<Index>(table.columns.size()), "column")));
    entry.columns = {table.columns[0].name};
  } else if (entry.columns_node->kind == Node::Kind::list) {
    entry.columns_node->accept();
    for (const Node& name : entry.columns_node->children()) entry.columns.push_back(name.string());
    if (entry.columns.empty()) config::fail(*columns, "the list of columns is empty");
  } else if (columns && columns->string() == "all") {
    entry.all_columns = true;
  } else {
    entry.columns.push_back(entry.columns_node->string());
  }
}

bool DataReader::is_from_data(int plate) const {
  const auto root = static_cast<std::size_t>(w_.root(plate));
  return root < sources_.size() && sources_[root].from_data;
}

// `columns: all`: every column of the file; and every column that is named must be there.
void DataReader::complete_columns() {
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    bool lacks = false;
    const bool good = w_.keep_mistakes([&] {
      if (entry->kind != DataEntry::Kind::columns || options_.known.count(entry->name)) return;
      const config::Table& table = files_.table(*entry->file);
      if (entry->all_columns)
        for (const auto& each : table.columns) entry->columns.push_back(each.name);
      w_.for_each(entry->columns, [&](const std::string& name) {
        lacks = lacks || (options_.replay && !table.find(name));
        if (!lacks) column(*entry, name);
      });
    });
    if (good && !lacks) {
      ++entry;
      continue;
    }
    (lacks ? result_.lacking : w_.broken).push_back(entry->name);
    entry = entries_.erase(entry);
  }
}

bool DataReader::mentions_column(const Expression& e, const config::Table& table) const {
  if (e.kind == Expression::Kind::reference && table.find(e.text)) return true;
  return std::any_of(e.children.begin(), e.children.end(),
                     [&](const Expression& child) { return mentions_column(child, table); });
}

bool DataReader::reads_rows(const DataEntry& entry) {
  if (options_.known.count(entry.name)) return false;
  if (entry.kind == DataEntry::Kind::columns) return true;
  return entry.kind == DataEntry::Kind::expression && file_ && !files_.is_array(*file_) &&
         mentions_column(*entry.expression, files_.table(*file_));
}

// The plate that the rows of an entry's file run along is the first one of its target. But where that plate gets its
// levels from columns of the same file, the entry is nested: a column that is constant inside the plate's cells.
void DataReader::find_row_plates() {
  const auto nested = [&](const DataEntry& entry, int plate) {
    return is_from_data(plate) && std::any_of(entries_.begin(), entries_.end(), [&](const DataEntry& other) {
             return other.levels >= 0 && w_.same_levels(other.levels, plate) && reads_rows(other) &&
                    files_.name(*other.file) == files_.name(*entry.file) &&
                    !(other.plates.size() > 0 && w_.same_levels(other.plates[0], plate));
           });
  };
  for (DataEntry& entry : entries_)
    if (reads_rows(entry) && !entry.plates.empty() && !nested(entry, entry.plates[0])) entry.rows = entry.plates[0];
  for (DataEntry& entry : entries_) {
    if (!reads_rows(entry) || entry.rows >= 0) continue;
    for (const DataEntry& other : entries_)
      if (other.rows >= 0 && files_.name(*other.file) == files_.name(*entry.file)) entry.rows = other.rows;
    if (entry.rows < 0) {
      w_.broken.push_back(entry.name);
      w_.diagnostics.error(
          entry.target.place, entry.node->path,
          fmt::format("which plate do the rows of {} run along? no entry reads a column of it over one",
                      files_.name(*entry.file)));
    }
  }
}

}  // namespace kullback::language
