// The data files of an experiment, each read once.
#pragma once

#include "config/data.hpp"
#include "config/node.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace kullback::language {

/// A file as the experiment names it and where it lies.
struct InputFile {
  std::string name;
  std::filesystem::path path;
};

class Files {
 public:
  /// Relative names are taken from `folder`. `instead` stands for every CSV file whose columns run along rows (new data
  /// for an old model).
  explicit Files(std::filesystem::path folder, std::string instead = {})
      : folder_(std::move(folder)), instead_(std::move(instead)) {}

  bool is_array(const config::Node& file) const;
  /// Errors of the file's own text also say where it was asked for.
  const config::Table& table(const config::Node& file);
  /// Rows and columns; its values may have been taken.
  const config::NumberArray& array(const config::Node& file);
  /// The values, row after row, which the cache gives up: another who wants them has the file read again.
  Eigen::VectorXd take_array(const config::Node& file);
  /// What the file is called in messages.
  std::string name(const config::Node& file) const;
  const std::vector<InputFile>& read() const { return read_; }

 private:
  std::filesystem::path resolve(const config::Node& file) const;
  template <class T, class Read>
  const T& cached(std::map<std::string, T>& cache, const config::Node& file, Read read);

  std::filesystem::path folder_;
  std::string instead_;
  std::map<std::string, config::Table> tables_;
  std::map<std::string, config::NumberArray> arrays_;
  std::vector<InputFile> read_;
};

}  // namespace kullback::language
