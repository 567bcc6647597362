#include "messages/statement.hpp"

#include "messages/limits.hpp"
#include "messages/restricted.hpp"

#include <kullback/error.hpp>
#include <kullback/labels.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace kullback::messages {
namespace {

bool is_number(Text label) { return label == "1" || label == "log_det" || label == "lgamma_sum"; }

std::shared_ptr<Known> indicator(std::vector<Index> shape, Index count) {
  auto known = std::make_shared<Known>();
  known->shape = std::move(shape);
  known->values = Eigen::VectorXd::Ones(count);
  known->indicator = true;
  return known;
}

}  // namespace

StatementPolynomial::StatementPolynomial(const model::Model& model, const Sources& sources,
                                         const model::Statement& statement, KnownCache& cache, const Pins* pins)
    : model_(model),
      sources_(sources),
      statement_(statement),
      source_(sources[static_cast<std::size_t>(statement.variable)]),
      algebra_(sources),
      substitution_(model, sources, algebra_, cache, pins) {
  const model::Variable& variable = *source_.variable;
  parameters_ = statement.family->parameterizations()[static_cast<std::size_t>(statement.parameterization)];
  vectors_ = has_vectors(statement);
  plates_ = variable.plates;
  if (!vectors_)
    plates_ = variable.dimensions();
  else
    inside_ = inside_of(variable);
  for (const int plate : plates_) {
    cell_axes_.push_back(algebra_.add_axis(model.plates[static_cast<std::size_t>(plate)].size));
    cells_.emplace_back(plate, Reference{cell_axes_.back(), 0});
  }
  conditional_ = capability<Conditional>(*statement.family, statement.layout);
}

std::vector<StatementPolynomial::Factor> StatementPolynomial::parse(const std::string& product) const {
  std::vector<Factor> factors;
  for (std::size_t begin = 0; begin < product.size();) {
    const std::size_t end = std::min(product.find(" * ", begin), product.size());
    const std::string text = product.substr(begin, end - begin);
    begin = end + 3;
    Factor f;
    f.label = text;
    Shape shape =
        source_.matrix || (vectors_ && statement_.layout.dimension == model_.cells(inside_) * model_.cells(inside_) &&
                           statement_.layout.dimension > 1)
            ? Shape::matrix
        : vectors_ && statement_.layout.dimension > 1 ? Shape::vector
                                                      : Shape::scalar;
    for (std::size_t p = 0; p < parameters_.size(); ++p)
      if (text.starts_with(parameters_[p].name + ".")) {
        f.argument = static_cast<int>(p);
        f.label = text.substr(parameters_[p].name.size() + 1);
        shape = parameters_[p].shape;
      }
    for (std::size_t p = 0; p < parameters_.size(); ++p) {
      const auto at = f.label.find(parameters_[p].name + ")");
      if (at == std::string::npos || at == 0 || Text("(+-").find(f.label[at - 1]) == Text::npos) continue;
      f.parameter = static_cast<int>(p);
      f.label = f.label.substr(0, at) + "c)";
      break;
    }
    f.groups = is_number(f.label) || f.parameter >= 0 ? 0
               : f.label == "cell"                    ? 1
               : f.label == "x*x'"                    ? 2
                                                      : static_cast<int>(shape);
    if (f.label != "1") factors.push_back(std::move(f));
  }
  int vectors = 0, matrices = 0;
  for (const Factor& f : factors) (f.groups == 1 ? vectors : f.groups == 2 ? matrices : vectors) += f.groups > 0;
  if (vectors > 0 && matrices > 0) {
    if (vectors != 2 || matrices != 1)
      throw UnsupportedError(fmt::format("the table of {} has the product {}, which says no contraction",
                                         statement_.family->name(), product));
    bool first = true;
    for (Factor& f : factors)
      if (f.groups == 1) f.second = !std::exchange(first, false);
  }
  return factors;
}

std::vector<Reference> StatementPolynomial::elements(int group) const {
  std::vector<Reference> out;
  for (const int axis : group_axes_[group]) out.push_back({axis, 0});
  return out;
}

Environment StatementPolynomial::at_group(int group) const {
  Environment at = cells_;
  for (std::size_t k = 0; k < inside_.size(); ++k) at.emplace_back(inside_[k], Reference{group_axes_[group][k], 0});
  return at;
}

Polynomial StatementPolynomial::child(const Factor& f) {
  std::vector<Reference> cells;
  for (const int axis : cell_axes_) cells.push_back({axis, 0});
  if (f.label == "cell") return constant(1);  // its group is the axis of a gate, which says the level
  if (source_.kind == Source::Kind::latent) {
    std::vector<Reference> elements_read;
    for (int g = f.second ? 1 : 0, n = 0; n < f.groups; ++n, ++g)
      for (const Reference& r : elements(g)) elements_read.push_back(r);
    if (f.label == "x*x'") {
      const std::vector<Reference> first = elements(0), second = elements(1);
      return algebra_.multiply(substitution_.statistic(statement_.variable, "x", cells, first),
                               substitution_.statistic(statement_.variable, "x", cells, second));
    }
    if (!vectors_ && source_.plates.size() < cells.size()) {  // a scalar family over the elements of one factor
      const auto split = cells.begin() + static_cast<std::ptrdiff_t>(source_.plates.size());
      elements_read.assign(split, cells.end());
      cells.erase(split, cells.end());
    }
    return substitution_.statistic(statement_.variable, f.label, std::move(cells), std::move(elements_read));
  }
  const auto read = [&](Text label, int group) {
    std::vector<Reference> all = cells;
    if (vectors_ && statement_.layout.dimension > 1)
      for (const Reference& r : elements(group)) all.push_back(r);
    return substitution_.known(source_.known, label, all);
  };
  if (f.label == "x*x'") return algebra_.multiply(read("x", 0), read("x", 1));
  if (f.groups == 2 || f.label == "log_det") throw NoRule{statement_.variable, "an observed matrix"};
  return read(f.label, f.second ? 1 : 0);
}

Polynomial StatementPolynomial::argument(const Factor& f) {
  const model::Term& term = statement_.arguments[static_cast<std::size_t>(f.argument)];
  const Shape shape = parameters_[static_cast<std::size_t>(f.argument)].shape;
  if (f.label == "lgamma_sum") return sum_of(term, "lgamma_x");
  if (shape == Shape::matrix) {
    const int rows = inside_.front();
    Environment at = at_group(0);
    for (const int axis : group_axes_[1]) at.emplace_back(statement_.matrix_dimension, Reference{axis, 0});
    return substitution_.expand_matrix(term, f.label, at, rows, statement_.matrix_dimension);
  }
  if (f.label == "x*x'")
    return algebra_.multiply(substitution_.expand(term, "x", at_group(0)),
                             substitution_.expand(term, "x", at_group(1)));
  if (f.groups == 1) return substitution_.expand(term, f.label, at_group(f.second ? 1 : 0));
  return substitution_.expand(term, f.label, cells_);
}

Polynomial StatementPolynomial::factor(const Factor& f) {
  if (f.parameter >= 0) return parametric(f);
  return f.argument < 0 ? child(f) : argument(f);
}

// Weights of plates, and the cells that the statement leaves out: those of other statements, and empty ones that nobody
// reads.
Polynomial StatementPolynomial::masks() {
  const model::Variable& variable = *source_.variable;
  Polynomial product = constant(1);
  const auto shape_of = [&](const model::Dimensions& dimensions) {
    std::vector<Index> shape;
    for (const int plate : dimensions) shape.push_back(model_.plates[static_cast<std::size_t>(plate)].size);
    return shape;
  };
  const auto references = [&](std::size_t count) {
    std::vector<Reference> out;
    for (std::size_t k = 0; k < count; ++k) out.push_back({cell_axes_[k], 0});
    return out;
  };
  for (std::size_t k = 0; k < variable.plates.size(); ++k) {
    const model::Plate& plate = model_.plates[static_cast<std::size_t>(variable.plates[k])];
    if (plate.weight.size() == 0) continue;
    auto weight = std::make_shared<Known>();
    weight->shape = {plate.size};
    weight->values = plate.weight;
    product = algebra_.multiply(product, known_factor(std::move(weight), {Reference{cell_axes_[k], 0}}));
  }
  if (std::find(statement_.serves.begin(), statement_.serves.end(), 0) != statement_.serves.end()) {
    auto mask = indicator(shape_of(variable.plates), source_.cells);
    for (std::size_t cell = 0; cell < statement_.serves.size(); ++cell)
      mask->values[static_cast<Index>(cell)] = statement_.serves[cell] ? 1 : 0;
    product = algebra_.multiply(product, known_factor(std::move(mask), references(variable.plates.size())));
  }
  if (source_.kind == Source::Kind::known && source_.known->values.hasNaN()) {
    const Index cells = model_.cells(plates_), numbers = source_.known->values.size() / cells;
    auto mask = indicator(shape_of(plates_), cells);
    for (Index cell = 0; cell < cells; ++cell)
      mask->values[cell] = source_.known->values.segment(cell * numbers, numbers).hasNaN() ? 0 : 1;
    product = algebra_.multiply(product, known_factor(std::move(mask), references(cell_axes_.size())));
  } else if (source_.partial) {
    auto mask = indicator(shape_of(variable.plates), source_.cells);
    for (Index cell = 0; cell < source_.cells; ++cell) mask->values[cell] = source_.left_out(cell) ? 0 : 1;
    product = algebra_.multiply(product, known_factor(std::move(mask), references(variable.plates.size())));
  }
  return product;
}

// Whoever reads along a gate's axis is multiplied by the gate.
Polynomial StatementPolynomial::attach_gates(const Polynomial& polynomial) {
  Polynomial out;
  for (const Monomial& monomial : polynomial) {
    const Gate* missing = nullptr;
    int at = -1;
    for (std::size_t g = 0; g < algebra_.gates().size() && !missing; ++g) {
      const Gate& gate = algebra_.gates()[g];
      bool read = false, attached = false;
      for (const Atom& atom : monomial.atoms) {
        const bool here = atom.gate == static_cast<int>(g) || (gate.source >= 0 && atom.source == gate.source &&
                                                               atom.label == "cell" && atom.cells == gate.references);
        if (here && !atom.rows.empty() && atom.rows[0].axis == gate.axis) {
          attached = true;
          continue;
        }
        for (const auto* references : {&atom.cells, &atom.rows})
          for (const Reference& r : *references) read = read || r.axis == gate.axis;
      }
      if (read && !attached) {
        missing = &gate;
        at = static_cast<int>(g);
      }
    }
    if (!missing) {
      out.push_back(monomial);
      continue;
    }
    Atom atom;
    atom.cells = missing->references;
    atom.rows = {{missing->axis, 0}};
    if (missing->source >= 0) {
      atom.source = missing->source;
      atom.label = "cell";
    } else {
      atom.gate = at;
    }
    out = add(std::move(out), attach_gates(algebra_.multiply({monomial}, {{1, {atom}, {}}})));
  }
  return out;
}

Polynomial StatementPolynomial::too_large() {
  if (substitution_.too_large().empty()) return {};
  Polynomial mask = masks();
  for (Monomial& m : mask) m.axes = cell_axes_;
  return attach_gates(algebra_.multiply(mask, substitution_.too_large()));
}

Polynomial StatementPolynomial::make() {
  if (statement_.flat) return {};
  if (!has_known_limits(statement_)) throw NoRule{-1, "limits that are known numbers"};
  if (source_.integrated) throw NoRule{-1, "the probability of its empty cells"};
  if (!conditional_) throw NoRule{statement_.variable, fmt::format("{} has none yet", statement_.family->name())};
  const std::vector<kullback::Monomial> table =
      without_gammas(conditional_->table(statement_.parameterization, statement_.layout));
  if (table.empty())
    throw NoRule{statement_.variable, fmt::format("{} with these parameters has none yet", statement_.family->name())};
  if (vectors_) {
    // A level of the child is an element of the argument: the axis is that of a gate.
    const bool levels =
        std::any_of(table.begin(), table.end(), [](const auto& m) { return m.product.starts_with("cell"); });
    for (const int plate : inside_) {
      const Index size = model_.plates[static_cast<std::size_t>(plate)].size;
      for (int g = 0; g < 2; ++g) {
        if (!levels || g > 0) {
          group_axes_[g].push_back(algebra_.add_axis(size));
          continue;
        }
        Gate gate;
        for (const int axis : cell_axes_) gate.references.push_back({axis, 0});
        if (source_.kind == Source::Kind::latent) {
          gate.source = statement_.variable;
        } else {
          for (const int p : plates_) gate.shape.push_back(model_.plates[static_cast<std::size_t>(p)].size);
          for (const double level : source_.known->values)
            gate.levels.push_back(std::isnan(level) ? -1 : static_cast<int>(level));
        }
        group_axes_[g].push_back(algebra_.add_gate(std::move(gate), size));
      }
    }
  }
  Polynomial mask = masks();
  for (Monomial& m : mask) m.axes = cell_axes_;
  Polynomial sum;
  for (const kullback::Monomial& monomial : table) {
    const std::vector<Factor> factors = parse(monomial.product);
    Polynomial product = mask;
    for (Monomial& m : product) m.coefficient *= monomial.coefficient;
    int groups = 0;
    for (const Factor& f : factors) groups = std::max(groups, f.groups);
    for (int g = 0; g < groups; ++g)
      for (Monomial& m : product)
        for (const int axis : group_axes_[g])
          if (!algebra_.gate_at(axis)) m.axes.push_back(axis);
    for (const Factor& f : factors) product = algebra_.multiply(product, factor(f));
    const bool of_child = std::any_of(factors.begin(), factors.end(), [](const Factor& f) { return f.argument < 0; });
    if (source_.discarded && !of_child)  // as often as something was discarded
      product = algebra_.multiply(product, child({-1, std::string(Discarded::kCount), -1, 0, false}));
    sum = add(std::move(sum), attach_gates(product));
  }
  drop_contracted(sum);
  if (statement_.modifier == model::Statement::Modifier::truncated && has_known_arguments(statement_)) {
    std::vector<Reference> cells;
    for (const int axis : cell_axes_) cells.push_back({axis, 0});
    const Polynomial mass = computed(log_masses(model_, statement_, *source_.variable), "x", cells);
    sum = add(std::move(sum), algebra_.multiply(mask, mass), -1);
  }
  return sum;
}

}  // namespace kullback::messages
