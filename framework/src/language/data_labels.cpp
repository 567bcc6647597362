// Labels that come from columns: of groups, of the rows themselves, and labels that mean different things in different
// groups.
#include "language/data_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace kullback::language {

using config::Expression;

void DataReader::size_by_labels() {
  for (std::size_t p = 0; p < sources_.size(); ++p) {
    Plate& plate = w_.model.plates[p];
    if (!sources_[p].from_data || plate.size > 0) continue;
    std::vector<LabelColumns> columns;
    std::vector<std::string> names;
    bool clean = true;
    for (const DataEntry& entry : entries_) {
      if (entry.levels < 0 || w_.root(entry.levels) != static_cast<int>(p) || entry.kind != DataEntry::Kind::columns ||
          options_.known.count(entry.name))
        continue;
      clean = w_.keep_mistakes([&] {
        if (entry.tuple()) {
          columns.push_back(label_columns(entry));
        } else {
          for (const std::string& name : entry.columns) columns.push_back({&column(entry, name)});
        }
        for (const std::string& name : entry.columns) names.push_back(name);
        if (columns.back().size() != columns.front().size())
          fail(entry.target,
               fmt::format("the labels of {} come from {} here and from {} above", plate.name,
                           counted(static_cast<Index>(columns.back().size()), "column"), columns.front().size()));
      }) && clean;
    }
    if (columns.empty() || !clean) continue;
    bool numeric = false;
    plate.labels = sorted_labels(columns, numeric);
    result_.labels.push_back(
        {static_cast<int>(p), numeric ? "numeric" : "text", fmt::format("{}", fmt::join(names, ", "))});
    plate.size = static_cast<Index>(plate.labels.size());
  }
}

// `name[v]: {column: name, levels: v}` where the rows run along v: every row has a label of its own.
void DataReader::label_rows() {
  for (const DataEntry& entry : entries_) {
    const int p = entry.levels < 0 ? -1 : w_.root(entry.levels);
    if (p < 0 || entry.rows < 0 || w_.root(entry.rows) != p || !entry.tuple() || !is_from_data(p)) continue;
    Plate& plate = w_.model.plates[static_cast<std::size_t>(p)];
    const bool good = w_.keep_mistakes([&] {
      const LabelColumns columns = label_columns(entry);
      std::map<std::string, Index> rows;
      std::vector<std::string> labels;
      for (Index r = 0; r < plate.size; ++r) {
        labels.push_back(label_of_row(columns, r));
        const auto [first, is_new] = rows.emplace(labels.back(), r);
        if (labels.back().empty()) fail(entry.target, fmt::format("row {} has no label for {}", r + 1, plate.name));
        if (!is_new)
          fail(entry.target,
               fmt::format("rows {} and {} are both '{}': labels of the rows themselves differ; for groups of rows "
                           "give the rows another plate",
                           first->second + 1, r + 1, labels.back()));
      }
      plate.labels = std::move(labels);
      result_.labels.push_back({p, "row", fmt::format("{}", fmt::join(entry.columns, ", "))});
    });
    if (!good) w_.broken.push_back(entry.name);
  }
}

// A number for each cell, which is a label; levels instead of them.
void DataReader::labels_to_levels(const Expression& at, int plate, Array& array) const {
  Expression label = at;
  label.kind = Expression::Kind::number;
  std::map<double, double> levels;
  for (double& value : array.values) {
    if (std::isnan(value)) continue;
    const auto found = levels.find(value);
    if (found == levels.end()) {
      label.number = value;
      levels[value] = static_cast<double>(w_.level(plate, label));
    }
    value = levels[value];
  }
}

namespace {

// The labels 1, 2, ... start anew inside every group: how many groups have the first of them, 0 where the labels do
// anything else.
Index groups_that_count(const config::Table::Column& inner, const LabelColumns& outer) {
  if (!inner.numeric) return 0;
  std::map<std::string, std::set<double>> groups;
  for (std::size_t r = 0; r < inner.numbers.size(); ++r)
    if (!std::isnan(inner.numbers[r])) groups[label_of_row(outer, static_cast<Index>(r))].insert(inner.numbers[r]);
  if (groups.size() < 2) return 0;
  const double first = *groups.begin()->second.begin();
  std::size_t most = 0;
  for (const auto& [group, labels] : groups) {
    double expected = first;
    for (double label : labels)
      if (label != expected++) return 0;
    most = std::max(most, labels.size());
  }
  // More labels than groups is the rule for crossed factors, not for groups in groups.
  return most > 1 && most <= groups.size() ? static_cast<Index>(groups.size()) : 0;
}

std::string plural(const std::string& name) {
  if (name.ends_with('s') || name.ends_with('x') || name.ends_with("ch")) return name + "es";
  const bool vowel = name.size() > 1 && std::string("aeiou").find(name[name.size() - 2]) != std::string::npos;
  return name.ends_with('y') && !vowel ? name.substr(0, name.size() - 1) + "ies" : name + "s";
}

}  // namespace

// "class '1' occurs in 12 schools": the same class, or one in each?
void DataReader::note_reused_labels() {
  const auto labels_rows = [&](const DataEntry& entry) {
    return entry.levels >= 0 && entry.tuple() && entry.columns.size() == 1 && entry.rows >= 0 &&
           !w_.is_broken(entry.name) && entry.kind == DataEntry::Kind::columns && is_from_data(entry.levels) &&
           !w_.same_levels(entry.levels, entry.rows);
  };
  for (const DataEntry& inner : entries_) {
    if (!labels_rows(inner) || options_.replay) continue;
    for (const DataEntry& outer : entries_) {
      if (!labels_rows(outer) || w_.same_levels(inner.levels, outer.levels) ||
          files_.name(*inner.file) != files_.name(*outer.file))
        continue;
      const config::Table::Column& column = this->column(inner, inner.columns[0]);
      const Index groups = groups_that_count(column, label_columns(outer));
      if (groups == 0) continue;
      const Plate& plate = w_.plate(inner.levels);
      result_.notes.push_back(fmt::format("{} '{}' occurs in {} {}: columns: [{}, {}] if these differ", plate.name,
                                          plate.labels[0], groups, plural(w_.plate(outer.levels).name),
                                          outer.columns[0], inner.columns[0]));
    }
  }
}

}  // namespace kullback::language
