// Whether two levels are equal, as a table over the axes of their gates.
#include "messages/numeric_value.hpp"
#include "messages/substitution.hpp"

namespace kullback::messages {

using model::Selector;
using model::Term;

// Of a level and a label, or of two levels; a level is latent or known. Numbers that are compared have no table.
Polynomial Substitution::comparison(const Term& term, Text label, const Environment& at) {
  std::vector<Index> shape;
  std::vector<Reference> axes;
  Eigen::ArrayXd sides[2];
  for (std::size_t i = 0; i < 2; ++i) {
    const Term& side = term.children[i];
    if (side.kind == Term::Kind::constant && side.array.dimensions.empty()) {
      sides[i] = side.array.values;
      continue;
    }
    if (side.kind != Term::Kind::variable) no_rule(label, "a comparison");
    const int levels = model_.variables[static_cast<std::size_t>(side.variable)].levels;
    if (levels < 0) no_rule(label, "a comparison");
    Selector selector;
    selector.kind = Selector::Kind::latent;
    selector.variable = side.variable;
    selector.of = side.selectors;
    axes.push_back(reference(selector, levels, at));
    shape.push_back(model_.plates[static_cast<std::size_t>(levels)].size);
    sides[i] = Eigen::ArrayXd::LinSpaced(shape.back(), 0, static_cast<double>(shape.back() - 1));
  }
  const Index rows = sides[0].size(), columns = sides[1].size();  // the last dimension runs fastest
  const Eigen::ArrayXd first = sides[0].transpose().replicate(columns, 1).reshaped();
  model::Array holds{{}, compare(term.name, first, sides[1].replicate(rows, 1))};
  auto table = std::make_shared<Known>();
  table->shape = std::move(shape);
  table->values = label_of(holds.values, label);
  table->indicator = label == "x" || label == "x2";
  return known_factor(std::move(table), std::move(axes));
}

}  // namespace kullback::messages
