// Labels of matrices: of a latent one, of a known one, and of numbers times one.
#include "messages/substitution.hpp"

#include <kullback/labels.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace kullback::messages {
namespace {

using model::Term;

bool contains(const model::Dimensions& dimensions, int plate) {
  return std::find(dimensions.begin(), dimensions.end(), plate) != dimensions.end();
}

}  // namespace

bool Substitution::is_matrix(const Term& term, int rows, int columns) const {
  if (contains(term.dimensions, rows) && contains(term.dimensions, columns)) return true;
  if (term.kind == Term::Kind::variable && sources_[static_cast<std::size_t>(term.variable)].matrix) return true;
  return std::any_of(term.children.begin(), term.children.end(),
                     [&](const Term& child) { return is_matrix(child, rows, columns); });
}

Polynomial Substitution::expand_matrix(const Term& term, Text label, const Environment& at, int rows, int columns) {
  if (term.kind == Term::Kind::variable) {
    const Source& source = sources_[static_cast<std::size_t>(term.variable)];
    if (source.kind == Source::Kind::latent) {
      std::vector<Reference> cells;
      for (std::size_t k = 0; k < source.plates.size(); ++k)
        cells.push_back(reference(term.selectors[k], source.plates[k], at));
      return statistic(term.variable, label, std::move(cells), {find(rows, at), find(columns, at)});
    }
    if (source.kind == Source::Kind::derived && source.variable->statements.size() == 1 && source.plates.empty())
      return expand_matrix(model_.statements[static_cast<std::size_t>(source.variable->statements.front())].value,
                           label, at, rows, columns);
    no_rule(label, source.variable->name);
  }
  if (term.kind == Term::Kind::multiply || term.kind == Term::Kind::divide) {
    const std::size_t matrix = is_matrix(term.children[0], rows, columns) ? 0 : 1;
    const bool divided = term.kind == Term::Kind::divide;
    if (divided && matrix == 1) no_rule(label, "a number divided by a matrix");
    const Polynomial inner = expand_matrix(term.children[matrix], label, at, rows, columns);
    const Term& factor = term.children[1 - matrix];
    if (label == "log_det") {
      const double size = static_cast<double>(model_.plates[static_cast<std::size_t>(rows)].size);
      return add(inner, expand(factor, "log_x", at), divided ? -size : size);
    }
    return algebra_.multiply(expand(factor, (label == "inverse") == divided ? "x" : "1/x", at), inner);
  }
  if (term.kind != Term::Kind::constant) no_rule(label, "an expression of matrices");
  // Rows and columns last.
  const Index size = model_.plates[static_cast<std::size_t>(rows)].size;
  const model::Array& array = term.array;
  std::vector<Reference> references;
  std::vector<Index> strides, shape, all;
  for (const int plate : array.dimensions) all.push_back(model_.plates[static_cast<std::size_t>(plate)].size);
  const std::vector<Index> dense = dense_strides(all);
  Index row_stride = 0, column_stride = 0, count = 1;
  for (std::size_t k = 0; k < all.size(); ++k) {
    const int plate = array.dimensions[k];
    if (plate == rows) {
      row_stride = dense[k];
    } else if (plate == columns) {
      column_stride = dense[k];
    } else {
      references.push_back(find(plate, at));
      strides.push_back(dense[k]);
      shape.push_back(all[k]);
      count *= all[k];
    }
  }
  if (row_stride == 0 || column_stride == 0) no_rule(label, "an array that is no matrix");
  const Index numbers = label == "log_det" ? 1 : size * size;
  auto result = std::make_shared<Known>();
  result->values.resize(count * numbers);
  Sizes sizes(shape.begin(), shape.end());
  std::vector<int> axes;
  for (std::size_t k = 0; k < shape.size(); ++k) axes.push_back(static_cast<int>(k));
  Index cell = 0;
  for_cells<1>(sizes, axes, {strides.data()}, [&](const Index* offset) {
    Eigen::MatrixXd matrix(size * size, 1), value(numbers, 1);
    for (Index j = 0; j < size; ++j)
      for (Index i = 0; i < size; ++i)
        matrix(j * size + i, 0) = array.values[offset[0] + i * row_stride + j * column_stride];
    if (!evaluate_label(label, matrix, value)) no_rule(label, "a known matrix");
    result->values.segment(cell++ * numbers, numbers) = value.col(0);
  });
  result->shape = shape;
  if (numbers > 1) {
    result->shape.insert(result->shape.end(), {size, size});
    references.push_back(find(columns, at));
    references.push_back(find(rows, at));
  }
  return known_factor(std::move(result), std::move(references));
}

}  // namespace kullback::messages
