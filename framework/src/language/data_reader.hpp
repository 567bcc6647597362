// The steps of reading `data:`: entries, sizes of plates, values.
#pragma once

#include "language/data.hpp"
#include "language/labels.hpp"

#include <optional>

namespace kullback::language {

/// `target: source` of data, understood but not read.
struct DataEntry {
  enum class Kind { expression, list, columns, array };
  Kind kind = Kind::expression;
  const config::Node* node = nullptr;
  config::Expression target;
  std::string name;
  Dimensions plates;  ///< of the target
  int over = -1, levels = -1;
  const config::Node* file = nullptr;   ///< its own, or the one for all
  const config::Node* value = nullptr;  ///< expressions and lists
  std::optional<config::Expression> expression;
  const config::Node* columns_node = nullptr;
  std::vector<std::string> columns;
  bool all_columns = false, standardize = false;
  int rows = -1;  ///< the plate that rows of its file run along
  Dimensions dimensions() const { return over < 0 ? plates : united(plates, {over}); }
  /// A label made of several columns, rather than an array of columns.
  bool tuple() const { return levels >= 0 && dimensions().size() <= 1; }
};

class DataReader {
 public:
  DataReader(const std::vector<PlateSource>& sources, Files& files, Workspace& workspace, const DataOptions& options)
      : sources_(sources), files_(files), w_(workspace), options_(options) {}

  DataResult run(const config::Node& data);

 private:
  // data_entries.cpp
  void read_entries(const config::Node& data);
  void read_entry(const config::Node& node, DataEntry& entry);
  void read_source(const config::Node& node, DataEntry& entry);
  void read_place(const config::Node& node, DataEntry& entry);
  void check_unread();
  bool is_column(const config::Node& node) const;
  bool reads_rows(const DataEntry& entry);
  bool mentions_column(const config::Expression& e, const config::Table& table) const;
  bool is_from_data(int plate) const;
  void complete_columns();
  void find_row_plates();
  // data_sizes.cpp
  void size_by_rows();
  void size_by_shape();
  void set_size(int plate, Index size, const DataEntry& entry, const std::string& what);
  void finish_plates(const config::Node& data);
  // data_labels.cpp
  void size_by_labels();
  void label_rows();
  void labels_to_levels(const config::Expression& at, int plate, Array& array) const;
  void note_reused_labels();
  // data_values.cpp
  bool can_be_read(const DataEntry& entry) const;
  void read_values(const DataEntry& entry);
  Array values_of(const DataEntry& entry);
  Array columns_of(const DataEntry& entry);
  Array levels_of(const DataEntry& entry);
  Array array_of(const DataEntry& entry);
  Array list_of(const DataEntry& entry);
  void fill_list(const config::Node& node, const DataEntry& entry, std::size_t depth, Index first, Array& array);
  Array onto_cells(const DataEntry& entry, Array over_rows, int rows);
  const config::Table::Column& column(const DataEntry& entry, const std::string& name);
  LabelColumns label_columns(const DataEntry& entry);
  void read_weight(std::size_t plate);
  Eigen::VectorXd weight_column(const config::Node& node, const model::Plate& plate);

  const std::vector<PlateSource>& sources_;
  Files& files_;
  Workspace& w_;
  const DataOptions& options_;
  const config::Node* file_ = nullptr;  // `file:`, for entries without their own
  std::vector<DataEntry> entries_;
  std::vector<config::Expression> unread_;  // of entries with another mistake
  DataResult result_;
};

}  // namespace kullback::language
