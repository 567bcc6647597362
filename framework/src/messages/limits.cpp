#include "messages/limits.hpp"

#include "messages/restricted.hpp"
#include "model/model_error.hpp"

#include <kullback/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace kullback::messages {
namespace {

using model::Model;
using model::Statement;
using model::Variable;

// A known array at a cell of these dimensions, some of which it may lack.
double number_at(const Model& model, const model::Array& array, const model::Dimensions& dimensions, Index cell) {
  std::vector<Index> position(dimensions.size());
  for (std::size_t k = dimensions.size(); k-- > 0;) {
    const Index size = model.plates[static_cast<std::size_t>(dimensions[k])].size;
    position[k] = cell % size;
    cell /= size;
  }
  Index at = 0;
  for (const int plate : array.dimensions) {
    const auto k =
        static_cast<std::size_t>(std::find(dimensions.begin(), dimensions.end(), plate) - dimensions.begin());
    at = at * model.plates[static_cast<std::size_t>(plate)].size + position[k];
  }
  return array.values[at];
}

// A limit that is known.
double limit_at(const Model& model, const Variable& variable, const std::optional<model::Term>& term, Index cell,
                double none) {
  if (!term) return none;
  return number_at(model, term->array, variable.dimensions(), cell);
}

// By all the variable's cells: serves counts those of its plates.
bool serves(const Model& model, const Statement& statement, const Variable& variable, Index cell) {
  return statement.serves.empty() || statement.serves[static_cast<std::size_t>(cell / model.cells(variable.over))] != 0;
}

std::string name_of(const Model& model, const Variable& variable, Index cell) {
  Source named;
  named.variable = &variable;
  named.plates = variable.dimensions();
  return cell_name(model, named, cell);
}

constexpr double kNoLimit = std::numeric_limits<double>::max();

// "below 0", "between 0 and 1"
std::string between_text(double low, double high) {
  return low == -kNoLimit   ? fmt::format("below {}", high)
         : high == kNoLimit ? fmt::format("above {}", low)
                            : fmt::format("between {} and {}", low, high);
}

// The limits of every cell, as finite numbers.
Eigen::Vector2d limits_at(const Model& model, const Statement& statement, const Variable& variable, Index cell) {
  const double low = limit_at(model, variable, statement.low, cell, -kNoLimit),
               high = limit_at(model, variable, statement.high, cell, kNoLimit);
  if (!(low < high))
    model::refuse(model::of_cell(model, statement, name_of(model, variable, cell),
                                 fmt::format("its limits are {} and {}: low must be a number below high", low, high)));
  return {std::clamp(low, -kNoLimit, kNoLimit), std::clamp(high, -kNoLimit, kNoLimit)};
}

// Those of the empty cells of a variable.
Eigen::MatrixXd limits_of_cells(const Model& model, const Source& source) {
  Eigen::MatrixXd limits = Eigen::Vector2d(-kNoLimit, kNoLimit).replicate(1, source.cells);
  for (const int s : source.variable->statements) {
    const Statement& from = model.statements[static_cast<std::size_t>(s)];
    if (from.modifier == Statement::Modifier::none || !has_known_limits(from)) continue;
    for (Index cell = 0; cell < source.cells; ++cell)
      if (serves(model, from, *source.variable, cell) && std::isnan(source.known->values[cell]))
        limits.col(cell) = limits_at(model, from, *source.variable, cell);
  }
  return limits;
}

Support whole_support(const Statement& statement) {
  const Eigen::MatrixXd any = Eigen::MatrixXd::Ones(statement.family->parameter_count(statement.layout), 1);
  return statement.family->support(statement.layout, any, 0, 0);
}

void own(Source& source, std::shared_ptr<const Distribution> family, std::vector<Statistic> statistics) {
  source.own_family = std::move(family);
  source.family = source.own_family.get();
  source.layout = {};
  source.statistics = std::move(statistics);
}

}  // namespace

std::vector<std::string> child_labels(const Statement& statement) {
  std::vector<std::string> labels;
  const auto* conditional = capability<Conditional>(*statement.family, statement.layout);
  if (!conditional) return labels;
  for (const Monomial& monomial : conditional->table(statement.parameterization, statement.layout)) {
    std::size_t begin = 0;
    while (begin < monomial.product.size()) {
      std::size_t end = monomial.product.find(" * ", begin);
      if (end == std::string::npos) end = monomial.product.size();
      const std::string factor = monomial.product.substr(begin, end - begin);
      if (factor.find('.') == std::string::npos && std::find(labels.begin(), labels.end(), factor) == labels.end())
        labels.push_back(factor);
      begin = end + 3;
    }
  }
  return labels;
}

bool has_known_arguments(const Statement& statement) {
  return std::all_of(statement.arguments.begin(), statement.arguments.end(),
                     [](const model::Term& term) { return term.kind == model::Term::Kind::constant; });
}

bool has_known_limits(const Statement& statement) {
  const auto known = [](const std::optional<model::Term>& limit) {
    return !limit || limit->kind == model::Term::Kind::constant;
  };
  return known(statement.low) && known(statement.high);
}

std::shared_ptr<const Model> with_discarded(std::shared_ptr<const Model> given) {
  const Model& model = *given;
  const auto adds = [](const Statement& s) {
    return s.modifier == Statement::Modifier::truncated && !has_known_arguments(s) && has_known_limits(s) &&
           !child_labels(s).empty();
  };
  if (std::none_of(model.statements.begin(), model.statements.end(), adds)) return given;
  auto changed = std::make_shared<Model>(model);
  Model& out = *changed;
  for (std::size_t s = 0; s < model.statements.size(); ++s) {
    const Statement& statement = model.statements[s];
    if (!adds(statement)) continue;
    const Variable& of = model.variables[static_cast<std::size_t>(statement.variable)];
    Variable discarded;
    discarded.name = of.name + " (discarded)";
    discarded.plates = of.dimensions();
    discarded.place = of.place;
    discarded.statements = {static_cast<int>(out.statements.size())};
    Statement copy = statement;
    copy.variable = static_cast<int>(out.variables.size());
    if (!statement.serves.empty()) {
      copy.serves.clear();
      for (Index cell = 0; cell < model.cells(of.dimensions()); ++cell)
        copy.serves.push_back(serves(model, statement, of, cell) ? 1 : 0);
    }
    out.variables.push_back(std::move(discarded));
    out.statements.push_back(std::move(copy));
  }
  out.posteriors.resize(out.variables.size());
  out.initializations.resize(out.variables.size());
  return changed;
}

void restrict(const Model& model, const Statement& statement, Source& source) {
  const Variable& variable = *source.variable;
  std::vector<std::string> labels;
  for (const int s : variable.statements)
    for (const std::string& label : child_labels(model.statements[static_cast<std::size_t>(s)]))
      if (label != "1" && std::find(labels.begin(), labels.end(), label) == labels.end()) labels.push_back(label);
  const auto family = std::make_shared<Restricted>(statement.family->name(), labels, whole_support(statement));
  own(source, family, family->statistics({}));
  source.limits = limits_of_cells(model, source);
}

void limit_grid(const Model& model, Source& source) { source.within = limits_of_cells(model, source); }

void make_discarded(const Model& model, const Sources& sources, Source& source) {
  const Statement& statement = model.statements[static_cast<std::size_t>(source.variable->statements.front())];
  const std::string of = source.variable->name.substr(0, source.variable->name.rfind(" ("));
  const Source& values = sources[static_cast<std::size_t>(model.find(of) - model.variables.data())];
  source.kind = Source::Kind::latent;
  source.discarded = true;
  std::vector<std::string> labels = child_labels(statement);
  std::erase(labels, "1");
  const auto family = std::make_shared<Discarded>(statement.family->name(), labels, whole_support(statement));
  own(source, family, family->statistics({}));
  source.limits = Eigen::MatrixXd::Zero(2, source.cells);
  source.member.assign(static_cast<std::size_t>(source.cells), -1);
  for (Index cell = 0; cell < source.cells; ++cell) {
    // One number a cell here; the values' source may have several.
    if (!serves(model, statement, *source.variable, cell)) continue;
    const Index of_values = cell * values.cells / source.cells;
    if (std::isnan(values.known->values[cell]) && values.left_out(of_values)) continue;
    source.limits.col(cell) = limits_at(model, statement, *source.variable, cell);
    source.member[static_cast<std::size_t>(cell)] = source.members();
    source.cell_of.push_back(cell);
  }
}

void check_within_limits(const Model& model, const Source& source) {
  for (const int s : source.variable->statements) {
    const Statement& statement = model.statements[static_cast<std::size_t>(s)];
    if (statement.modifier != Statement::Modifier::truncated || !has_known_limits(statement)) continue;
    const Eigen::VectorXd& values = source.known->values;
    for (Index cell = 0; cell < values.size(); ++cell) {
      if (std::isnan(values[cell]) || !serves(model, statement, *source.variable, cell)) continue;
      const Eigen::Vector2d limits = limits_at(model, statement, *source.variable, cell);
      if (!(values[cell] >= limits[0] && values[cell] <= limits[1]))
        model::refuse(model::of_statement(
            model, statement,
            fmt::format("{} is {}, and a truncated value lies {}", name_of(model, *source.variable, cell), values[cell],
                        between_text(limits[0], limits[1]))));
    }
  }
}

model::Array log_masses(const Model& model, const Statement& statement, const Variable& variable) {
  model::Array out{variable.dimensions(), Eigen::VectorXd::Zero(model.cells(variable.dimensions()))};
  const auto parameters = static_cast<Index>(statement.arguments.size());
  Eigen::MatrixXd given(parameters, 1), theta(statement.family->parameter_count(statement.layout), 1), last_given;
  Eigen::Vector2d last_limits;
  double last = 0;
  for (Index cell = 0; cell < out.values.size(); ++cell) {
    if (!serves(model, statement, variable, cell)) continue;
    for (Index p = 0; p < parameters; ++p)
      given(p, 0) = number_at(model, statement.arguments[static_cast<std::size_t>(p)].array, out.dimensions, cell);
    const Eigen::Vector2d limits = limits_at(model, statement, variable, cell);
    if (last_given.size() == 0 || given != last_given || limits != last_limits) {
      statement.family->to_stored(statement.parameterization, statement.layout, given, theta);
      try {
        last = log_mass_between(*statement.family, statement.layout, theta, limits[0], limits[1]);
      } catch (const NumericalError&) {
        model::refuse(model::of_cell(
            model, statement, name_of(model, variable, cell),
            fmt::format("{} has no probability {}", statement.family->name(), between_text(limits[0], limits[1]))));
      }
      last_given = given, last_limits = limits;
    }
    out.values[cell] = last;
  }
  return out;
}

}  // namespace kullback::messages
