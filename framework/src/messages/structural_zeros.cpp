#include "messages/structural_zeros.hpp"

#include "messages/numeric_value.hpp"
#include "messages/polynomial.hpp"
#include "model/model_error.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kullback::messages {
namespace {

using model::Statement;
using model::Term;

// The argument that multiplies the logs of the elements and may be 0; null: there is none.
const Term* concentration_of(const Statement& statement) {
  const auto* conditional =
      statement.family && !statement.flat ? capability<Conditional>(*statement.family, statement.layout) : nullptr;
  if (!conditional) return nullptr;
  const auto parameters = statement.family->parameterizations()[static_cast<std::size_t>(statement.parameterization)];
  const auto table = conditional->table(statement.parameterization, statement.layout);
  for (std::size_t p = 0; p < parameters.size(); ++p)
    if (parameters[p].domain == Domain::non_negative && parameters[p].shape == Shape::vector &&
        std::any_of(table.begin(), table.end(),
                    [&](const kullback::Monomial& m) { return m.product == parameters[p].name + ".x * log_x"; }))
      return &statement.arguments[p];
  return nullptr;
}

bool has_zero(const Term& term) {
  return (term.kind == Term::Kind::constant && (term.array.values.array() == 0).any()) ||
         std::any_of(term.children.begin(), term.children.end(), has_zero);
}

}  // namespace

void find_structural_zeros(const model::Model& model, Sources& sources) {
  for (Source& source : sources) {
    if (source.kind != Source::Kind::latent || source.grid) continue;
    const model::Dimensions dimensions = source.variable->dimensions();
    model::Array logs{dimensions, {}};
    for (const int s : source.variable->statements) {
      const Statement& statement = model.statements[static_cast<std::size_t>(s)];
      const Term* concentration = concentration_of(statement);
      if (!concentration || !has_zero(*concentration)) continue;
      if (logs.values.size() == 0) logs.values = Eigen::VectorXd::Zero(model.cells(dimensions));
      TermValue value(model, sources, 1);  // where it has unknown factors, they are 1
      Position at(dimensions.size());
      for (Index i = 0; i < logs.values.size(); ++i) {
        if (!statement.serves.empty() && !statement.serves[static_cast<std::size_t>(i / source.elements)]) continue;
        set_position(model, dimensions, i, at);
        if (value.value(*concentration, at)[0] != 0) continue;
        if (concentration->kind != Term::Kind::constant)
          model::refuse(model::of_variable(source.variable->name,
                                           "some of its concentrations are 0 whatever the unknown number beside them "
                                           "is: structural zeros need known "
                                           "concentrations"));
        logs.values[i] = kLogOfZero;
      }
    }
    if (logs.values.size() == 0 || (logs.values.array() == 0).all()) continue;
    for (Index cell = 0; cell < source.cells; ++cell)
      if ((logs.values.segment(cell * source.elements, source.elements).array() != 0).all())
        model::refuse(model::of_variable(
            source.variable->name, fmt::format("all concentrations of {} are 0, and one at least must be positive",
                                               cell_name(model, source, cell))));
    source.zeros = std::make_shared<const model::Array>(std::move(logs));
  }
}

}  // namespace kullback::messages
