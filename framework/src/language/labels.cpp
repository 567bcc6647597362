#include "language/labels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <unordered_map>

namespace kullback::language {

namespace {

constexpr double kEmpty = std::numeric_limits<double>::quiet_NaN();

bool is_empty(const config::Table::Column& column, Index row) {
  const auto r = static_cast<std::size_t>(row);
  return column.numeric ? std::isnan(column.numbers[r]) : column.labels[r].empty() || column.labels[r] == "NA";
}

std::string text_of(const config::Table::Column& column, Index row) {
  const auto r = static_cast<std::size_t>(row);
  return column.numeric ? fmt::format("{}", column.numbers[r]) : column.labels[r];
}

Index rows_of(const LabelColumns& columns) {
  return static_cast<Index>(columns[0]->numeric ? columns[0]->numbers.size() : columns[0]->labels.size());
}

bool all_numeric(std::span<const LabelColumns> sources) {
  return std::all_of(sources.begin(), sources.end(), [](const LabelColumns& columns) {
    return std::all_of(columns.begin(), columns.end(), [](const auto* column) { return column->numeric; });
  });
}

// The distinct values of numeric columns in order; small whole numbers, the usual case, without sorting.
std::vector<double> distinct(std::span<const LabelColumns> sources) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  bool whole = true;
  std::size_t count = 0;
  for (const LabelColumns& columns : sources)
    for (double x : columns[0]->numbers) {
      if (std::isnan(x)) continue;
      low = std::min(low, x);
      high = std::max(high, x);
      whole = whole && x == std::floor(x);
      ++count;
    }
  std::vector<double> values;
  if (whole && count > 0 && high - low < 4.0 * static_cast<double>(count) + 64) {
    std::vector<char> seen(static_cast<std::size_t>(high - low) + 1, 0);
    for (const LabelColumns& columns : sources)
      for (double x : columns[0]->numbers)
        if (!std::isnan(x)) seen[static_cast<std::size_t>(x - low)] = 1;
    for (std::size_t i = 0; i < seen.size(); ++i)
      if (seen[i]) values.push_back(low + static_cast<double>(i));
    return values;
  }
  for (const LabelColumns& columns : sources)
    for (double x : columns[0]->numbers)
      if (!std::isnan(x)) values.push_back(x);
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

}  // namespace

std::string label_of_row(const LabelColumns& columns, Index row) {
  std::string label;
  for (const auto* column : columns) {
    if (is_empty(*column, row)) return {};
    label += (label.empty() ? "" : ", ") + text_of(*column, row);
  }
  return label;
}

std::vector<std::string> sorted_labels(std::span<const LabelColumns> sources, bool& numeric) {
  numeric = all_numeric(sources);
  std::vector<std::string> labels;
  if (numeric && sources[0].size() == 1) {
    for (double value : distinct(sources)) labels.push_back(fmt::format("{}", value));
    return labels;
  }
  // Part by part: numbers as numbers, text as text.
  using Part = std::pair<double, std::string>;
  std::set<std::vector<Part>> keys;
  for (const LabelColumns& columns : sources)
    for (Index r = 0; r < rows_of(columns); ++r) {
      if (label_of_row(columns, r).empty()) continue;
      std::vector<Part> key;
      for (std::size_t c = 0; c < columns.size(); ++c) {
        const bool number =
            std::all_of(sources.begin(), sources.end(), [&](const LabelColumns& s) { return s[c]->numeric; });
        key.emplace_back(number ? columns[c]->numbers[static_cast<std::size_t>(r)] : 0, text_of(*columns[c], r));
      }
      keys.insert(std::move(key));
    }
  for (const auto& key : keys) {
    std::string label;
    for (const Part& part : key) label += (label.empty() ? "" : ", ") + part.second;
    labels.push_back(std::move(label));
  }
  return labels;
}

Eigen::VectorXd levels_of_rows(const LabelColumns& columns, Index rows, const Plate& plate, Index& first_unknown) {
  Eigen::VectorXd levels(rows);
  first_unknown = -1;
  const auto unknown = [&](Index r) {
    if (first_unknown < 0) first_unknown = r;
    return kEmpty;
  };
  if (plate.labels.empty()) {  // 1, 2, 3, ...
    for (Index r = 0; r < rows; ++r) {
      if (columns.size() == 1 && columns[0]->numeric) {
        const double x = columns[0]->numbers[static_cast<std::size_t>(r)];
        levels[r] = std::isnan(x) || (x == std::floor(x) && x >= 1 && x <= static_cast<double>(plate.size))
                        ? x - 1
                        : unknown(r);
      } else {
        levels[r] = label_of_row(columns, r).empty() ? kEmpty : unknown(r);
      }
    }
    return levels;
  }
  std::unordered_map<std::string, double> by_text;
  for (std::size_t i = 0; i < plate.labels.size(); ++i) by_text.emplace(plate.labels[i], static_cast<double>(i));
  std::unordered_map<double, double> by_number;  // labels are written once a value, not once a row
  for (Index r = 0; r < rows; ++r) {
    const bool number = columns.size() == 1 && columns[0]->numeric;
    const double x = number ? columns[0]->numbers[static_cast<std::size_t>(r)] : 0;
    if (number && std::isnan(x)) {
      levels[r] = kEmpty;
      continue;
    }
    if (number)
      if (const auto found = by_number.find(x); found != by_number.end()) {
        levels[r] = found->second;
        continue;
      }
    const std::string text = label_of_row(columns, r);
    const auto found = by_text.find(text);
    levels[r] = text.empty() ? kEmpty : found == by_text.end() ? unknown(r) : found->second;
    if (number) by_number.emplace(x, levels[r]);
  }
  return levels;
}

}  // namespace kullback::language
