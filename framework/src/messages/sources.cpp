#include "messages/completion.hpp"
#include "messages/joint_blocks.hpp"
#include "messages/limits.hpp"
#include "messages/structural_zeros.hpp"
#include "model/model_error.hpp"

#include <kullback/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace kullback::messages {
namespace {

using model::Model;
using model::Statement;
using model::Term;
using model::Variable;

void read_by(const model::Selector& selector, std::vector<char>& read) {
  if (selector.variable >= 0) read[static_cast<std::size_t>(selector.variable)] = 1;
  for (const model::Selector& s : selector.of) read_by(s, read);
}

void read_by(const Term& term, std::vector<char>& read) {
  if (term.kind == Term::Kind::variable) read[static_cast<std::size_t>(term.variable)] = 1;
  for (const model::Selector& s : term.selectors) read_by(s, read);
  for (const Term& child : term.children) read_by(child, read);
}

std::vector<char> variables_read(const Model& model) {
  std::vector<char> read(model.variables.size());
  for (const Statement& statement : model.statements) {
    for (const Term& argument : statement.arguments) read_by(argument, read);
    read_by(statement.value, read);
    for (const auto* limit : {&statement.low, &statement.high})
      if (*limit) read_by(**limit, read);
  }
  return read;
}

bool serves(const Statement& statement, Index cell) {
  return statement.serves.empty() || statement.serves[static_cast<std::size_t>(cell)] != 0;
}

[[noreturn]] void refuse(const Variable& variable, const std::string& why) {
  model::refuse(model::of_variable(variable.name, why));
}

// The statement that gives a latent variable its family. All of them must agree.
const Statement* prior_of(const Model& model, const Variable& variable) {
  const Statement* prior = nullptr;
  for (const int s : variable.statements) {
    const Statement& statement = model.statements[static_cast<std::size_t>(s)];
    if (!statement.family) continue;
    if (prior && prior->family != statement.family)
      refuse(variable, fmt::format("its cells are {} and {}, and all components must be one family; express it by "
                                   "parameters (rate[k = 1]: 0)",
                                   prior->family->name(), statement.family->name()));
    prior = &statement;
  }
  return prior;
}

bool has_modifier(const Model& model, const Variable& variable, std::optional<Statement::Modifier> which = {}) {
  return std::any_of(variable.statements.begin(), variable.statements.end(), [&](int s) {
    const auto modifier = model.statements[static_cast<std::size_t>(s)].modifier;
    return which ? modifier == *which : modifier != Statement::Modifier::none;
  });
}

bool known_limits(const Model& model, const Variable& variable) {
  return std::all_of(variable.statements.begin(), variable.statements.end(),
                     [&](int s) { return has_known_limits(model.statements[static_cast<std::size_t>(s)]); });
}

// The model outlives its sources.
std::shared_ptr<const model::Array> borrowed(const model::Array& array) { return {std::shared_ptr<void>(), &array}; }

// Elements of a vector are factors of their own.
void split(Source& source) {
  source.plates = source.variable->dimensions();
  source.over.clear();
  source.cells *= source.elements;
  source.elements = 1;
}

// Events of several numbers of which some are given and others are not.
bool has_single_gaps(const Model& model, const Source& source) {
  const Statement* prior = prior_of(model, *source.variable);
  if (!prior || prior->layout.dimension == 1) return false;
  for (Index cell = 0; cell < source.cells; ++cell) {
    const Index empty = source.empty_at(cell);
    if (empty > 0 && empty < source.elements) return true;
  }
  return false;
}

// Which cells are members. `leaf`: empty cells are left out, unless some of their numbers are given.
void choose_members(const Model& model, Source& source, bool leaf) {
  source.member.assign(static_cast<std::size_t>(source.cells), -1);
  for (Index cell = 0; cell < source.cells; ++cell) {
    const Index empty = source.empty_at(cell);
    if (empty == 0 || (leaf && empty == source.elements)) continue;
    if (empty < source.elements) {
      source.partial = true;
      if (!can_complete(source))
        refuse(*source.variable,
               fmt::format("single empty entries of a vector are filled in for multivariate_normal, and it is {}: give "
                           "all of {} or none",
                           source.family->name(), cell_name(model, source, cell)));
    }
    source.member[static_cast<std::size_t>(cell)] = source.members();
    source.cell_of.push_back(cell);
  }
}

// No product of a factor for a value and one for its limit can have the value within the limit.
void refuse_unknown_limits(const Model& model, const Variable& variable) {
  for (const int s : variable.statements)
    if (!has_known_limits(model.statements[static_cast<std::size_t>(s)]))
      refuse(
          variable,
          "it is latent, and so are its limits: independent factors of q cannot keep one within the other; limits of "
          "a latent variable must be known, or write a difference (base + step, step truncated at 0)");
}

void make_cells(const Registry& registry, const Model& model, Source& source) {
  const Statement* prior = prior_of(model, *source.variable);
  if (!prior || prior->layout.dimension != 1 || source.variable->levels >= 0)
    refuse(*source.variable, "a discrete_grid is for one number a factor");
  split(source);
  source.family = &registry.family("discrete_grid");
  if (has_modifier(model, *source.variable)) {
    refuse_unknown_limits(model, *source.variable);
    limit_grid(model, source);
  }
}

void choose_family(const Registry& registry, const Model& model, Source& source) {
  const Variable& variable = *source.variable;
  const Statement* prior = prior_of(model, variable);
  if (!prior) refuse(variable, "it is latent but no distribution says what it is");
  source.family = prior->family;
  source.layout = prior->layout;
  if (has_modifier(model, variable)) {
    if (variable.levels >= 0 || prior->layout.dimension != 1) refuse(variable, "limits are for one number a value");
    refuse_unknown_limits(model, variable);
    split(source);
    return restrict(model, *prior, source);
  }
  if (!variable.over.empty() && prior->layout.dimension == 1 && source.elements > 1) {
    // A scalar family over a dimension: one factor of all elements where a family has their products, else one each.
    const std::vector<std::string> labels = child_labels(*prior);
    const bool quadratic = std::find(labels.begin(), labels.end(), "x2") != labels.end() &&
                           std::all_of(labels.begin(), labels.end(), [](const std::string& label) {
                             return label == "1" || label == "x" || label == "x2";
                           });
    Layout layout;
    const Distribution* together = quadratic ? family_with(registry, {"x", "x*x'"}, source.elements, layout) : nullptr;
    if (together) {
      source.family = together;
      source.layout = layout;
    } else {
      split(source);
    }
  }
  if (!can_be_updated(*prior)) {
    if (prior->layout.dimension == 1 && variable.levels < 0)
      throw NeedsGrids{{static_cast<int>(&variable - model.variables.data())}};
    refuse(variable, fmt::format("a factor that is a {} cannot be updated: it is no exponential family, or has a "
                                 "parameter that stays fixed",
                                 source.family->name()));
  }
  const auto* exponential = capability<ExponentialFamily>(*source.family, source.layout);
  source.statistics = exponential->statistics(source.layout);
  const Eigen::MatrixXd any = Eigen::MatrixXd::Constant(source.family->parameter_count(source.layout), 1, 0.5);
  const Support support = source.family->support(source.layout, any, 0, 0);
  source.two_valued = support.integer && support.low == 0 && support.high == 1 && source.elements == 1 &&
                      variable.levels < 0 && source.statistics.size() == 1 && source.has("x");
  source.matrix = source.layout.dimension == source.elements * source.elements && source.elements > 1;
}

// What the variable is to the engine.
void choose_kind(const Registry& registry, const Model& model, std::size_t v, bool read, bool put_on_grid,
                 Source& source) {
  const Variable& variable = *source.variable;
  check_within_limits(model, source);
  const model::Posterior* posterior = v < model.posteriors.size() ? &model.posteriors[v] : nullptr;
  const bool wants_grid = posterior && posterior->kind == model::Posterior::Kind::grid;
  source.grid = wants_grid || put_on_grid;
  if (put_on_grid && model.is_flat(static_cast<int>(v)))
    refuse(variable, fmt::format("a statement that reads it has no closed rule, and a flat prior has no grid: give it "
                                 "ends, {}: uniform(low = 0, high = 10), or a proper prior",
                                 variable.name));
  bool any_value = false, any_random = false, constant_values = true;
  for (const int s : variable.statements) {
    const Statement& statement = model.statements[static_cast<std::size_t>(s)];
    (statement.family ? any_random : any_value) = true;
    constant_values = constant_values && (statement.family || statement.value.kind == Term::Kind::constant);
    if (statement.family || statement.value.kind != Term::Kind::constant) continue;
    // Cells with a number of their own.
    const model::Array& value = statement.value.array;
    if (!value.dimensions.empty() && value.dimensions != source.known->dimensions) constant_values = false;
    if (!constant_values) continue;
    auto given = std::make_shared<model::Array>(*source.known);
    for (Index cell = 0; cell < source.cells; ++cell)
      if (serves(statement, cell))
        for (Index e = 0; e < source.elements; ++e) {
          const Index at = cell * source.elements + e;
          given->values[at] = value.values[value.dimensions.empty() ? 0 : at];
        }
    source.known = std::move(given);
  }
  if (any_value && !any_random) {
    source.kind = Source::Kind::derived;
  } else if (any_value && !constant_values) {
    refuse(variable,
           "some of its cells are random and others are computed from random variables: that is not there yet");
  } else if (posterior && posterior->kind == model::Posterior::Kind::fixed) {
    source.known = borrowed(posterior->value);
  } else if (any_random) {
    const bool censored = has_modifier(model, variable, Statement::Modifier::censored);
    const bool unread = variable.role == Variable::Role::observed && !read, leaf = unread && !censored;
    // Of a censored statement without a closed rule nobody needs the empty cells.
    source.integrated = unread && censored && (!known_limits(model, variable) || (put_on_grid && !wants_grid));
    if (source.integrated) source.grid = false;
    if (!source.integrated && !source.known->values.allFinite() && (!leaf || has_single_gaps(model, source))) {
      source.kind = Source::Kind::latent;
      if (source.grid)
        make_cells(registry, model, source);
      else
        choose_family(registry, model, source);
      choose_members(model, source, leaf);
    }
  }
}

}  // namespace

std::vector<Index> Source::latent_cells() const {
  std::vector<Index> ascending = cell_of;
  std::sort(ascending.begin(), ascending.end());
  return ascending;
}

std::vector<Index> Source::members_by_cell() const {
  std::vector<Index> members;
  for (const Index m : member)
    if (m >= 0) members.push_back(m);
  return members;
}

bool has_vectors(const Statement& statement) {
  const auto parameters = statement.family->parameterizations()[static_cast<std::size_t>(statement.parameterization)];
  return std::any_of(parameters.begin(), parameters.end(), [](const Parameter& p) { return p.shape != Shape::scalar; });
}

model::Dimensions inside_of(const Variable& variable) {
  return variable.over.empty() && variable.levels >= 0 ? model::Dimensions{variable.levels} : variable.over;
}

bool can_be_updated(const Statement& statement) {
  const auto* exponential = capability<ExponentialFamily>(*statement.family, statement.layout);
  return exponential && exponential->fixed_rows(statement.layout) == 0;
}

bool Source::has(Text label) const { return row(label) >= 0; }

Index Source::row(Text label) const {
  Index row = 0;
  for (const Statistic& s : statistics) {
    if (s.label == label) return row;
    row += s.rows;
  }
  return -1;
}

const Distribution* family_with(const Registry& registry, const std::vector<std::string>& labels, Index dimension,
                                Layout& layout) {
  for (const std::string& name : registry.families()) {
    const Distribution& family = registry.family(name);
    try {
      layout = family.open({}, {dimension, {}});
    } catch (const Error&) {  // it needs more than a dimension
      continue;
    }
    const auto* exponential = capability<ExponentialFamily>(family, layout);
    if (!exponential || layout.dimension != dimension) continue;
    std::vector<std::string> has;
    for (const Statistic& s : exponential->statistics(layout)) has.push_back(s.label);
    if (has == labels) return &family;
  }
  return nullptr;
}

Sources find_sources(const Registry& registry, const Model& model, std::size_t first_discarded,
                     std::span<const int> put_on_grids) {
  const std::vector<char> read = variables_read(model);
  Sources sources;
  model::Kept kept;
  for (std::size_t v = 0; v < model.variables.size(); ++v) {
    const Variable& variable = model.variables[v];
    Source source;
    source.variable = &variable;
    source.plates = variable.plates;
    source.over = variable.over;
    source.cells = model.cells(variable.plates);
    source.elements = model.cells(variable.over);
    source.known = borrowed(variable.data);
    if (variable.data.values.size() == 0)
      source.known = std::make_shared<model::Array>(model::Array{
          variable.dimensions(),
          Eigen::VectorXd::Constant(source.cells * source.elements, std::numeric_limits<double>::quiet_NaN())});
    kept.run([&] {
      if (v >= first_discarded) {
        if (!kept.any()) make_discarded(model, sources, source);
        return;
      }
      const bool put_on_grid =
          std::find(put_on_grids.begin(), put_on_grids.end(), static_cast<int>(v)) != put_on_grids.end();
      choose_kind(registry, model, v, read[v], put_on_grid, source);
    });
    sources.push_back(std::move(source));
  }
  kept.throw_if_any();
  find_structural_zeros(model, sources);
  for (std::size_t j = 0; j < model.joint.size(); ++j)
    kept.run([&] { join(registry, model, static_cast<int>(j), sources); });
  kept.throw_if_any();
  return sources;
}

std::string cell_name(const Model& model, const Source& source, Index cell) {
  if (source.plates.empty()) return source.variable->name;
  std::string name;
  for (std::size_t k = source.plates.size(); k-- > 0;) {
    const model::Plate& plate = model.plates[static_cast<std::size_t>(source.plates[k])];
    const Index at = cell % plate.size;
    cell /= plate.size;
    const std::string label =
        plate.labels.empty() ? fmt::format("{}", at + 1) : plate.labels[static_cast<std::size_t>(at)];
    name = name.empty() ? label : label + ", " + name;
  }
  return fmt::format("{}[{}]", source.variable->name, name);
}

}  // namespace kullback::messages
