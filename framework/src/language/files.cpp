#include "language/files.hpp"

#include <utility>

namespace kullback::language {

std::filesystem::path Files::resolve(const config::Node& file) const {
  const std::filesystem::path given = file.string();
  if (!instead_.empty() && given.extension() != ".npy") return instead_;
  return folder_ / given;  // an absolute path stays as it is
}

bool Files::is_array(const config::Node& file) const {
  return std::filesystem::path(file.string()).extension() == ".npy";
}

std::string Files::name(const config::Node& file) const { return resolve(file).string(); }

template <class T, class Read>
const T& Files::cached(std::map<std::string, T>& cache, const config::Node& file, Read read) {
  const std::filesystem::path path = resolve(file);
  if (const auto found = cache.find(path.string()); found != cache.end()) return found->second;
  try {
    const T& value = cache.emplace(path.string(), read(path.string())).first->second;
    read_.push_back({file.string(), path});
    return value;
  } catch (const ConfigError& error) {
    throw ConfigError(std::string(error.what()) + "\n" +
                      config::render(file.place, file.path, "the data file is named here"));
  }
}

const config::Table& Files::table(const config::Node& file) { return cached(tables_, file, config::read_csv); }
const config::NumberArray& Files::array(const config::Node& file) {
  return cached(arrays_, file, config::read_npy_rows);
}

Eigen::VectorXd Files::take_array(const config::Node& file) {
  const config::NumberArray& array = this->array(file);
  auto& held = arrays_.at(resolve(file).string());
  if (array.values.size() != array.rows * array.columns) held = config::read_npy_rows(resolve(file).string());
  return std::exchange(held.values, Eigen::VectorXd());
}

}  // namespace kullback::language
