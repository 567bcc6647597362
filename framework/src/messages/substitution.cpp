#include "messages/substitution.hpp"

#include <kullback/error.hpp>
#include <kullback/labels.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace kullback::messages {
namespace {

using model::Selector;
using model::Term;

// The number of a constant without dimensions.
std::optional<double> number(const Term& term) {
  if (term.kind != Term::Kind::constant || !term.array.dimensions.empty()) return std::nullopt;
  return term.array.values[0];
}

Polynomial scaled(Polynomial p, double factor) {
  for (Monomial& m : p) m.coefficient *= factor;
  return p;
}

// The power of x that a label is; NaN: none.
double exponent_of(Text label) {
  return label == "x"        ? 1
         : label == "x2"     ? 2
         : label == "1/x"    ? -1
         : label == "1/x2"   ? -2
         : label == "sqrt_x" ? 0.5
                             : std::nan("");
}

// The square root of an expression, as the power that it is.
bool is_root(const Term& term) { return term.kind == Term::Kind::function && term.name == "sqrt"; }

}  // namespace

Environment Substitution::bind(Environment at, int plate, Reference to) const {
  at.emplace_back(plate, to);
  return at;
}

Reference Substitution::find(int plate, const Environment& at) const {
  for (std::size_t k = at.size(); k-- > 0;)
    if (at[k].first == plate) return at[k].second;
  throw UnsupportedError(fmt::format("a term varies over {}, which its statement does not have",
                                     model_.plates[static_cast<std::size_t>(plate)].name));
}

Reference Substitution::reference(const Selector& selector, int dimension, const Environment& at) {
  const Index levels = model_.plates[static_cast<std::size_t>(dimension)].size;
  switch (selector.kind) {
    case Selector::Kind::aligned:
      return find(selector.dimension, at);
    case Selector::Kind::fixed:
      return {-1, selector.level};
    case Selector::Kind::column: {
      Gate gate;
      bool varies = false;
      Index cell = 0;
      for (const int plate : selector.levels_over) {
        gate.references.push_back(find(plate, at));
        gate.shape.push_back(model_.plates[static_cast<std::size_t>(plate)].size);
        varies = varies || gate.references.back().axis >= 0;
        cell = cell * gate.shape.back() + gate.references.back().level;
      }
      if (!varies) return {-1, selector.levels[static_cast<std::size_t>(cell)]};
      gate.levels = selector.levels;
      return {algebra_.add_gate(std::move(gate), levels), 0};
    }
    case Selector::Kind::latent:
      break;
  }
  Gate gate;
  const Source& source = sources_[static_cast<std::size_t>(selector.variable)];
  gate.references = references(selector.of, source.variable->dimensions(), at);
  if (source.kind == Source::Kind::latent) {
    gate.source = selector.variable;
  } else {  // a known column behind a gate
    for (const int plate : source.known->dimensions)
      gate.shape.push_back(model_.plates[static_cast<std::size_t>(plate)].size);
    for (const double level : source.known->values)
      gate.levels.push_back(std::isnan(level) ? -1 : static_cast<int>(level));
  }
  return {algebra_.add_gate(std::move(gate), levels), 0};
}

std::vector<Reference> Substitution::references(const std::vector<Selector>& selectors,
                                                const model::Dimensions& dimensions, const Environment& at) {
  std::vector<Reference> out;
  for (std::size_t k = 0; k < selectors.size(); ++k) out.push_back(reference(selectors[k], dimensions[k], at));
  return out;
}

Polynomial Substitution::statistic(int index, Text label, std::vector<Reference> cells,
                                   std::vector<Reference> elements) {
  const Source& source = sources_[static_cast<std::size_t>(index)];
  if (const Pins::Grid* grid = pins_ ? pins_->find(index) : nullptr) return pinned(*grid, label, std::move(cells));
  if (source.two_valued && !source.has(label) && label_rows(label, 1) == 1) {
    const Eigen::RowVector2d x(0, 1);
    Eigen::MatrixXd f(1, 2);
    if (label_of_numbers(label, x, f) && f.allFinite())
      return add(constant(f(0, 0)), statistic(index, "x", std::move(cells), std::move(elements)), f(0, 1) - f(0, 0));
  }
  Atom atom;
  atom.source = holder(sources_, index);
  if (source.side_by_side) {
    const int times = label == "x2" || label == "x*x'" ? 2 : 1;
    atom.label = times == 2 ? "x*x'" : std::string(label);
    atom.cells = std::move(cells);
    for (int k = 0; k < times; ++k) {
      atom.of.push_back(index);
      atom.rows.insert(atom.rows.end(), elements.begin(), elements.end());
    }
    return {{1, {std::move(atom)}, {}}};
  }
  atom.label = source.leader < 0 ? std::string(label) : fmt::format("{}.{}", source.component, label);
  atom.cells = std::move(cells);
  if (label != "log_det" && label != "lgamma_sum") atom.rows = elements;
  if (label == "x2" && !source.has("x2") && source.has("x*x'") && !elements.empty()) {
    atom.label = "x*x'";
    atom.rows.insert(atom.rows.end(), elements.begin(), elements.end());
  }
  return {{1, {std::move(atom)}, {}}};
}

Polynomial Substitution::variable(const Term& term, Text label, const Environment& at) {
  const Source& source = sources_[static_cast<std::size_t>(term.variable)];
  const std::vector<Reference> all = references(term.selectors, source.variable->dimensions(), at);
  switch (source.kind) {
    case Source::Kind::known:
      return known(source.known, label, all);
    case Source::Kind::derived:
      return derived(term.variable, label, all);
    case Source::Kind::latent:
      break;
  }
  const auto split = all.begin() + static_cast<std::ptrdiff_t>(source.plates.size());
  const Polynomial read = statistic(term.variable, label, {all.begin(), split}, {split, all.end()});
  if (label != "log_x" || !source.zeros) return read;
  return add(read, known(source.zeros, "x", all));
}

Polynomial Substitution::derived(int index, Text label, const std::vector<Reference>& references) {
  const model::Variable& variable = *sources_[static_cast<std::size_t>(index)].variable;
  Polynomial sum;
  for (const int s : variable.statements) {
    const model::Statement& statement = model_.statements[static_cast<std::size_t>(s)];
    Environment at;
    for (std::size_t k = 0; k < statement.frame.size(); ++k) at.emplace_back(statement.frame[k], references[k]);
    Polynomial part = expand(statement.value, label, at);
    if (!statement.serves.empty() && variable.statements.size() > 1) {
      auto mask = std::make_shared<Known>();
      for (const int plate : variable.plates)
        mask->shape.push_back(model_.plates[static_cast<std::size_t>(plate)].size);
      mask->values.resize(static_cast<Index>(statement.serves.size()));
      for (std::size_t cell = 0; cell < statement.serves.size(); ++cell)
        mask->values[static_cast<Index>(cell)] = statement.serves[cell] ? 1 : 0;
      mask->indicator = true;
      part = algebra_.multiply(
          known_factor(std::move(mask),
                       {references.begin(), references.begin() + static_cast<std::ptrdiff_t>(variable.plates.size())}),
          part);
    }
    sum = add(std::move(sum), part);
  }
  return sum;
}

Polynomial Substitution::power(const Term& term, Text label, const Environment& at) {
  const auto exponent = is_root(term) ? 0.5 : number(term.children[1]);
  const Term& base = term.children[0];
  if (!exponent) no_rule(label, "a power with an exponent that is not a number");
  const double c = *exponent;
  if (label == "log_x") return scaled(expand(base, "log_x", at), c);
  const double wanted = c * exponent_of(label);
  if (wanted == 0) return constant(1);
  if (wanted == 0.5) return expand(base, "sqrt_x", at);
  if (wanted > 0 && wanted <= 4 && wanted == std::floor(wanted)) {
    Polynomial product = expand(base, "x", at);
    for (int k = 1; k < static_cast<int>(wanted); ++k) product = algebra_.multiply(product, expand(base, "x", at));
    return product;
  }
  if (wanted == -1 || wanted == -2) {
    const Polynomial inverse = expand(base, "1/x", at);
    return wanted == -1 ? inverse : algebra_.multiply(inverse, expand(base, "1/x", at));
  }
  no_rule(label, fmt::format("a power with exponent {:g}", c));
}

Polynomial Substitution::logarithm(const Term& term, const Environment& at) {
  switch (term.kind) {
    case Term::Kind::multiply:
      return add(expand(term.children[0], "log_x", at), expand(term.children[1], "log_x", at));
    case Term::Kind::divide:
      return add(expand(term.children[0], "log_x", at), expand(term.children[1], "log_x", at), -1);
    case Term::Kind::power:
      return power(term, "log_x", at);
    case Term::Kind::subtract:
      if (number(term.children[0]) == 1.0) return expand(term.children[1], "log_1mx", at);
      break;
    case Term::Kind::function:
      if (term.name == "exp") return expand(term.children[0], "x", at);
      if (is_root(term)) return power(term, "log_x", at);
      if (term.name == "stick_breaking") return log_of_sticks(term, at);
      break;
    default:
      break;
  }
  no_rule(
      "log_x",
      "a sum, and only products have a log of their own: pick one of several by an index (rate[k]), or say a product");
}

// E of the value itself.
Polynomial Substitution::value(const Term& term, const Environment& at) {
  const auto child = [&](std::size_t k) { return expand(term.children[k], "x", at); };
  switch (term.kind) {
    case Term::Kind::negate:
      return scaled(child(0), -1);
    case Term::Kind::add:
      return add(child(0), child(1));
    case Term::Kind::subtract:
      return add(child(0), child(1), -1);
    case Term::Kind::multiply:
      return algebra_.multiply(child(0), child(1));
    case Term::Kind::divide:
      return algebra_.multiply(child(0), expand(term.children[1], "1/x", at));
    case Term::Kind::power:
      return power(term, "x", at);
    case Term::Kind::function:
      if (term.name == "exp") return expand(term.children[0], "exp_x", at);
      if (term.name == "log") return expand(term.children[0], "log_x", at);
      if (is_root(term)) return power(term, "x", at);
      no_rule("x", term.name + "(...)");
    case Term::Kind::sum:
    case Term::Kind::dot: {
      const Index size = model_.plates[static_cast<std::size_t>(term.reduced)].size;
      // A sum over one level is what stands there: two of them, squared, meet at the same number.
      const int axis = size == 1 ? -1 : algebra_.add_axis(size);
      const Environment inner = bind(at, term.reduced, {axis, 0});
      Polynomial sum = expand(term.children[0], "x", inner);
      if (term.kind == Term::Kind::dot) sum = algebra_.multiply(sum, expand(term.children[1], "x", inner));
      if (axis >= 0)
        for (Monomial& m : sum) m.axes.push_back(axis);
      return sum;
    }
    default:
      no_rule("x", "an expression");
  }
}

Polynomial Substitution::expand(const Term& term, Text label, const Environment& at) {
  if (label == "1") return constant(1);
  if (term.kind == Term::Kind::constant) {
    std::vector<Reference> references;
    for (const int plate : term.array.dimensions) references.push_back(find(plate, at));
    // Terms are parts of the model: their arrays live as long as it does.
    return known(std::shared_ptr<const model::Array>(std::shared_ptr<void>(), &term.array), label, references);
  }
  if (auto known = at_nodes(term, label, at)) return std::move(*known);
  if (term.kind == Term::Kind::compare) return comparison(term, label, at);
  if (label == "x2" && term.kind != Term::Kind::power && !is_root(term)) {
    const Polynomial once = expand(term, "x", at);
    return algebra_.multiply(once, expand(term, "x", at));
  }
  if (term.kind == Term::Kind::variable) return variable(term, label, at);
  if (term.kind == Term::Kind::list) return listed(term, label, at);
  if (label == "x") return value(term, at);
  if (label == "log_x") return logarithm(term, at);
  const bool multiplicative = label == "1/x" || label == "sqrt_x" || label == "1/x2";
  switch (term.kind) {
    case Term::Kind::multiply:
      if (multiplicative)
        return algebra_.multiply(expand(term.children[0], label, at), expand(term.children[1], label, at));
      break;
    case Term::Kind::divide:
      if (label == "1/x" || label == "1/x2")
        return algebra_.multiply(expand(term.children[0], label, at),
                                 expand(term.children[1], label == "1/x" ? "x" : "x2", at));
      break;
    case Term::Kind::power:
      return power(term, label, at);
    case Term::Kind::negate:
      if (label == "1/x") return scaled(expand(term.children[0], "1/x", at), -1);
      break;
    case Term::Kind::subtract:
      if (label == "log_1mx" && number(term.children[0]) == 1.0) return expand(term.children[1], "log_x", at);
      break;
    case Term::Kind::add:
      if (label == "exp_x")
        return algebra_.multiply(expand(term.children[0], label, at), expand(term.children[1], label, at));
      break;
    case Term::Kind::function:
      if (is_root(term)) return power(term, label, at);
      if (term.name == "exp" && label == "1/x") return expand(term.children[0], "exp_-x", at);
      if (term.name == "log" && label == "exp_x") return expand(term.children[0], "x", at);
      break;
    default:
      break;
  }
  no_rule(label, "an expression");
}

}  // namespace kullback::messages
