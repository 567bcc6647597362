#include "language/known_arguments.hpp"

#include "language/arrays.hpp"

#include <kullback/capability.hpp>

#include <algorithm>

namespace kullback::language {
namespace {

bool all_numbers(const Distribution& family) {
  const auto sets = family.parameterizations();
  return std::all_of(sets.begin(), sets.end(), [](const auto& set) {
    return std::all_of(set.begin(), set.end(), [](const Parameter& p) { return p.shape == Shape::scalar; });
  });
}

}  // namespace

void state_as_kept(const std::vector<model::Plate>& plates, model::Statement& statement) {
  const Distribution& family = *statement.family;
  const int given = statement.parameterization, kept = family.stored_form(given);
  const auto* conditional = capability<Conditional>(family, statement.layout);
  if (given == kept || !conditional || !all_numbers(family) || !conditional->table(given, statement.layout).empty() ||
      conditional->table(kept, statement.layout).empty())
    return;
  Dimensions dimensions;
  for (const model::Term& term : statement.arguments) {
    if (term.kind != model::Term::Kind::constant) return;
    dimensions = united(dimensions, term.array.dimensions);
  }
  const Index count = cells(plates, dimensions);
  Eigen::MatrixXd numbers(static_cast<Index>(statement.arguments.size()), count);
  for (Index i = 0; i < numbers.rows(); ++i)
    numbers.row(i) =
        spread(plates, statement.arguments[static_cast<std::size_t>(i)].array, dimensions).values.transpose();
  const auto parameters = family.parameterizations()[static_cast<std::size_t>(kept)];
  Eigen::MatrixXd theta(static_cast<Index>(parameters.size()), count);
  family.to_stored(given, statement.layout, numbers, theta);
  statement.arguments.resize(parameters.size(), statement.arguments.front());
  for (Index i = 0; i < theta.rows(); ++i) {
    model::Term& term = statement.arguments[static_cast<std::size_t>(i)];
    term.array = {dimensions, theta.row(i).transpose()};
    term.dimensions = dimensions;
  }
  statement.parameterization = kept;
}

}  // namespace kullback::language
