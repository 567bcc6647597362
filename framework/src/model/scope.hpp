// The names an expression may use: data that the file defines, beside the registry's families.
#pragma once

#include "config/expression.hpp"
#include "config/node.hpp"

#include <kullback/registry.hpp>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace kullback::model {

/// A value and the names of the coordinates it came from ("eruptions", "waiting"), where it has any.
struct Named {
  Value value;
  std::vector<std::string> coordinates;
};

/// What an experiment's expressions see. Filled from the file's `data:`, then read only.
class Scope {
 public:
  /// Relative paths of data files are taken from `folder`, the experiment file's.
  Scope(const Registry& registry, std::filesystem::path folder);

  const Registry& registry() const { return registry_; }
  const Named* find(const std::string& name) const;
  std::vector<std::string> names() const;
  /// A number by name: one row of a table.
  void set(const std::string& name, double value) { values_[name] = {value, {}}; }

  /// Reads `data:`: each entry `name: source` is a list, an expression, `{file: x.csv, column: c}`,
  /// `{file: x.csv, columns: [a, b]}`, `{file: x.mtx}` or `{file: x.npy}`; `standardize: true` centers and scales
  /// columns; an entry `file: x.csv` makes its columns available by bare name. Throws ConfigError.
  void read_data(const config::Node& data);

  /// Every file that was read, as given and resolved: for the record of a run.
  struct InputFile {
    std::string name;
    std::filesystem::path path;
  };
  const std::vector<InputFile>& files() const { return files_; }

 private:
  Named read_source(const config::Node& entry);
  Named read_file(const config::Node& file, const config::Node& entry);
  std::filesystem::path resolve(const config::Node& file);

  const Registry& registry_;
  std::filesystem::path folder_;
  std::map<std::string, Named> values_;
  std::vector<InputFile> files_;
  const config::Node* default_file_ = nullptr;  // `file:` of data, while it is read
};

}  // namespace kullback::model
