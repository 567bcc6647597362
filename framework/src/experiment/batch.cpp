#include "experiment/batch.hpp"

#include "config/data.hpp"
#include "parallel/parallel.hpp"

#include <kullback/error.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace kullback::experiment {

namespace {

constexpr Index kGrain = 512;

bool refers(const config::Expression& expression, const std::vector<std::string>& names) {
  if (expression.kind == config::Expression::Kind::reference &&
      std::find(names.begin(), names.end(), expression.text) != names.end())
    return true;
  return std::any_of(expression.children.begin(), expression.children.end(),
                     [&](const config::Expression& child) { return refers(child, names); });
}

// The members of one side, a column a row of the table, or one that serves all.
Members read_side(const Registry& registry, const Columns& columns, const std::string& name, const std::string& text) {
  const auto source = std::make_shared<const config::Source>(config::Source{name, text});
  const config::Expression expression = config::parse_expression(source, "");
  const Index rows = refers(expression, columns.names) ? columns.values.rows() : 1;
  const auto member = [&](model::Scope& scope, Index row) {
    for (std::size_t k = 0; k < columns.names.size(); ++k)
      scope.set(columns.names[k], columns.values(row, static_cast<Index>(k)));
    try {
      return model::evaluate_distribution(scope, expression).members;
    } catch (const ConfigError& error) {
      throw ConfigError(fmt::format("{}\n  in row {} of the table", error.what(), row + 1));
    }
  };
  model::Scope first_scope(registry, {});
  const Members first = member(first_scope, 0);
  Members all{first.family, first.layout, Eigen::MatrixXd(first.theta.rows(), rows)};
  parallel::for_chunks(rows, kGrain, [&](Index, Index begin, Index end) {
    model::Scope scope(registry, {});
    for (Index n = begin; n < end; ++n) {
      const Members one = member(scope, n);
      if (one.family != all.family || !identical(one.layout, all.layout))
        throw ConfigError(fmt::format("{}: row {} of the table has another family or shape than row 1", name, n + 1));
      all.theta.col(n) = one.theta.col(0);
    }
  });
  return all;
}

}  // namespace

Columns read_columns(const std::string& path) {
  Columns out;
  if (path.ends_with(".npy")) {
    out.values = config::read_npy(path);
    for (Index k = 0; k < out.values.cols(); ++k) out.names.push_back(fmt::format("c{}", k + 1));
  } else {
    const config::Table table = config::read_csv(path);
    out.values.resize(table.rows, 0);
    for (const auto& column : table.columns) {
      if (!column.numeric) continue;
      out.values.conservativeResize(Eigen::NoChange, out.values.cols() + 1);
      out.values.rightCols(1) = Eigen::Map<const Eigen::VectorXd>(column.numbers.data(), table.rows);
      out.names.push_back(column.name);
    }
  }
  for (Index k = 0; k < out.values.cols(); ++k)
    for (Index n = 0; n < out.values.rows(); ++n)
      if (std::isnan(out.values(n, k)))
        throw ConfigError(fmt::format("{}: error: row {} of column '{}' is empty", path, n + 1,
                                      out.names[static_cast<std::size_t>(k)]));
  if (out.values.rows() == 0) throw ConfigError(fmt::format("{}: error: the table has no rows", path));
  return out;
}

BatchValues compare_columns(const Registry& registry, const Columns& columns, const std::string& p,
                            const std::string& q, const std::vector<std::string>& words,
                            const EvaluateOptions& options) {
  const Members a = read_side(registry, columns, "P", p), b = read_side(registry, columns, "Q", q);
  const Index rows = columns.values.rows(), count = static_cast<Index>(words.size());
  BatchValues out{words, Eigen::MatrixXd(rows, count), Eigen::MatrixXd(rows, count), {}};
  for (Index k = 0; k < count; ++k) {
    const Direction direction = direction_of(registry, words[static_cast<std::size_t>(k)]);
    std::vector<Method> method(static_cast<std::size_t>(rows));
    evaluate_batch(registry, *direction.divergence, side(direction.reversed ? b : a), side(direction.reversed ? a : b),
                   Row(out.value.col(k).data(), rows), Row(out.error.col(k).data(), rows), method, options);
    out.method.push_back(std::move(method));
  }
  return out;
}

std::string to_csv(const BatchValues& values) {
  fmt::memory_buffer out;
  const auto add = std::back_inserter(out);
  for (std::size_t k = 0; k < values.words.size(); ++k)
    fmt::format_to(add, "{0}{1},{1}_error,{1}_method", k ? "," : "", values.words[k]);
  fmt::format_to(add, "\n");
  for (Index n = 0; n < values.value.rows(); ++n) {
    for (Index k = 0; k < values.value.cols(); ++k)
      fmt::format_to(add, "{}{},{},{}", k ? "," : "", values.value(n, k), values.error(n, k),
                     to_text(values.method[static_cast<std::size_t>(k)][static_cast<std::size_t>(n)]));
    fmt::format_to(add, "\n");
  }
  return fmt::to_string(out);
}

Eigen::MatrixXd to_array(const BatchValues& values) {
  Eigen::MatrixXd out(values.value.rows(), 2 * values.value.cols());
  for (Index k = 0; k < values.value.cols(); ++k) {
    out.col(2 * k) = values.value.col(k);
    out.col(2 * k + 1) = values.error.col(k);
  }
  return out;
}

}  // namespace kullback::experiment
