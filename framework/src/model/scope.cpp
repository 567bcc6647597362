#include "model/scope.hpp"

#include "config/data.hpp"
#include "model/evaluate.hpp"

#include <fmt/format.h>

#include <cmath>

namespace kullback::model {

using config::Node;

Scope::Scope(const Registry& registry, std::filesystem::path folder)
    : registry_(registry), folder_(std::move(folder)) {}

const Named* Scope::find(const std::string& name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? nullptr : &found->second;
}

std::vector<std::string> Scope::names() const {
  std::vector<std::string> names;
  for (const auto& [name, value] : values_) names.push_back(name);
  return names;
}

std::filesystem::path Scope::resolve(const Node& file) {
  const std::string& given = file.string();
  const std::filesystem::path path = folder_ / given;  // an absolute path stays as it is
  for (const InputFile& known : files_)
    if (known.path == path) return path;
  files_.push_back({given, path});
  return path;
}

namespace {

// The columns of a table as one matrix, one row an observation.
Named columns_of(const config::Table& table, const std::vector<std::string>& names, const Node& place) {
  Eigen::MatrixXd matrix(table.rows, static_cast<Index>(names.size()));
  for (std::size_t c = 0; c < names.size(); ++c) {
    const config::Table::Column* column = table.find(names[c]);
    if (!column) {
      std::vector<std::string> known;
      for (const auto& each : table.columns) known.push_back(each.name);
      config::fail(place, fmt::format("{} has no column '{}'; {}", table.path, names[c], suggestion(names[c], known)));
    }
    if (!column->numeric) config::fail(place, fmt::format("column '{}' of {} is not numeric", names[c], table.path));
    matrix.col(static_cast<Index>(c)) = Eigen::Map<const Eigen::VectorXd>(column->numbers.data(), table.rows);
  }
  for (Index r = 0; r < matrix.rows(); ++r)
    for (Index c = 0; c < matrix.cols(); ++c)
      if (!std::isfinite(matrix(r, c)))
        config::fail(place, fmt::format("{}: row {} of column '{}' is empty; a known target needs every cell",
                                        table.path, r + 1, names[static_cast<std::size_t>(c)]));
  return {matrix, names};
}

void standardize(Eigen::MatrixXd& matrix, const Named& named, const Node& place) {
  for (Index c = 0; c < matrix.cols(); ++c) {
    auto column = matrix.col(c).array();
    column -= column.mean();
    const double scale = std::sqrt(column.square().sum() / static_cast<double>(std::max<Index>(1, matrix.rows() - 1)));
    if (!(scale > 0))
      config::fail(place, fmt::format("column '{}' cannot be standardized: all its values are equal",
                                      named.coordinates[static_cast<std::size_t>(c)]));
    column /= scale;
  }
}

Value simplest(const Eigen::MatrixXd& matrix) {
  if (matrix.cols() == 1) return Eigen::VectorXd(matrix.col(0));
  return matrix;
}

}  // namespace

Named Scope::read_file(const Node& file, const Node& entry) {
  const std::filesystem::path path = resolve(file);
  const std::string extension = path.extension().string();
  try {
    if (extension == ".mtx") {
      return {std::make_shared<const SparseMatrix>(config::read_matrix_market(path.string())), {}};
    }
    if (extension == ".npy") return {simplest(config::read_npy(path.string())), {}};
    const config::Table table = config::read_csv(path.string());
    std::vector<std::string> names;
    if (const Node* column = entry.find("column")) names.push_back(column->string());
    const Node* columns = entry.find("columns");
    if (columns && columns->kind == Node::Kind::list) {
      for (const Node& name : columns->children()) names.push_back(name.string());
    } else if (columns ? columns->string() == "all" : names.empty()) {
      for (const auto& column : table.columns) names.push_back(column.name);
    } else if (columns) {
      names.push_back(columns->string());
    }
    Named named = columns_of(table, names, columns ? *columns : entry.find("column") ? *entry.find("column") : file);
    auto& matrix = std::get<Eigen::MatrixXd>(named.value);
    if (const Node* flag = entry.find("standardize"); flag && flag->boolean()) standardize(matrix, named, *flag);
    named.value = simplest(matrix);
    return named;
  } catch (const ConfigError& error) {
    // A message that already stands in the experiment file needs no second place; one about the data file's own text
    // says where it was asked for.
    const std::string what = error.what();
    if (what.rfind(file.place.source->name + ":", 0) == 0) throw;
    throw ConfigError(what + "\n" + config::render(file.place, file.path, "the data file is named here"));
  }
}

Named Scope::read_source(const Node& entry) {
  if (entry.kind == Node::Kind::map) {
    if (const Node* file = entry.find("file")) return read_file(*file, entry);
    if (const Node* value = entry.find("value")) return evaluate_expression(*this, config::parse_expression(*value));
    if (default_file_) return read_file(*default_file_, entry);
    config::fail(entry.key_place, entry.path, "a data entry needs 'file' or 'value'");
  }
  if (entry.kind == Node::Kind::list) {
    entry.accept();
    std::vector<double> numbers;
    for (const Node& child : entry.children()) numbers.push_back(child.number());
    return {Eigen::VectorXd(Eigen::Map<const Eigen::VectorXd>(numbers.data(), static_cast<Index>(numbers.size()))), {}};
  }
  return evaluate_expression(*this, config::parse_expression(entry));
}

void Scope::read_data(const Node& data) {
  if (data.kind != Node::Kind::map) config::fail(data, "data must be a map of names to sources");
  if (const Node* file = data.find("file")) {
    const config::Table table = config::read_csv(resolve(*file).string());
    for (const auto& column : table.columns)
      if (column.numeric)
        values_[column.name] = {Eigen::VectorXd(Eigen::Map<const Eigen::VectorXd>(column.numbers.data(), table.rows)),
                                {column.name}};
    default_file_ = file;
  }
  for (const Node& entry : data.children()) {
    if (entry.key == "file") continue;
    data.find(entry.key);  // marks it as read
    const config::Expression target = config::parse_target(entry.key, entry.key_place, entry.path);
    Named named = read_source(entry);
    if (named.coordinates.empty()) named.coordinates = {target.text};
    values_[target.text] = std::move(named);
  }
  default_file_ = nullptr;
}

}  // namespace kullback::model
