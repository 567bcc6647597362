// Numbers on grids that a statement reads as known, node by node: what it then reads of data and of them is one more
// known array, with an axis over the nodes. A pinned number is a gate: its node decides.
#include "messages/numeric_value.hpp"
#include "messages/substitution.hpp"
#include "model/model_error.hpp"
#include "parallel/parallel.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace kullback::messages {
namespace {

using model::Term;

constexpr double kTooLarge = 1e60;  // products of five such numbers are still numbers
constexpr Index kCells = 256;       // a chunk

bool is_latent(const model::Selector& selector) { return selector.kind == model::Selector::Kind::latent; }

bool is_evaluated(const std::string& function) {
  return function == "exp" || function == "log" || function == "sqrt" || function == "logistic";
}

}  // namespace

const Pins::Grid* Pins::find(int source) const {
  const auto found = std::find_if(grids.begin(), grids.end(), [&](const Grid& g) { return g.source == source; });
  return found == grids.end() ? nullptr : &*found;
}

int Substitution::node_axis(const Pins::Grid& grid, std::vector<Reference> cells) {
  Gate gate;
  gate.source = grid.source;
  gate.references = std::move(cells);
  return algebra_.add_gate(std::move(gate), grid.nodes.rows());
}

// `reduced`: inside a sum, whose position is not told. `axis`: of the nodes of what was read before, or -1.
bool Substitution::reads_one(const Term& term, const Environment& at, bool reduced, int& axis) {
  if (std::any_of(term.selectors.begin(), term.selectors.end(), is_latent)) return false;
  if (term.kind == Term::Kind::function && !is_evaluated(term.name)) return false;
  if (term.kind == Term::Kind::sum || term.kind == Term::Kind::dot) {
    const Environment inner = bind(at, term.reduced, {-1, 0});
    return std::all_of(term.children.begin(), term.children.end(),
                       [&](const Term& child) { return reads_one(child, inner, true, axis); });
  }
  if (term.kind != Term::Kind::variable)
    return std::all_of(term.children.begin(), term.children.end(),
                       [&](const Term& child) { return reads_one(child, at, reduced, axis); });
  const Source& source = sources_[static_cast<std::size_t>(term.variable)];
  if (source.kind == Source::Kind::known) return true;
  const Pins::Grid* grid = pins_->find(term.variable);
  if (source.kind == Source::Kind::latent && (!grid || (reduced && !term.selectors.empty()))) return false;
  const std::vector<Reference> all = references(term.selectors, source.variable->dimensions(), at);
  if (grid) {
    const int here = node_axis(*grid, all), before = std::exchange(axis, here);
    return before < 0 || before == here;
  }
  for (const int s : source.variable->statements) {
    const model::Statement& statement = model_.statements[static_cast<std::size_t>(s)];
    Environment inner;
    for (std::size_t k = 0; k < statement.frame.size(); ++k) inner.emplace_back(statement.frame[k], all[k]);
    if (!reads_one(statement.value, inner, reduced, axis)) return false;
  }
  return true;
}

std::optional<Polynomial> Substitution::at_nodes(const Term& term, Text label, const Environment& at) {
  if (!pins_ || term.kind == Term::Kind::variable) return std::nullopt;
  int axis = -1;
  if (!reads_one(term, at, false, axis) || axis < 0) return std::nullopt;
  const Pins::Grid& grid = *pins_->find(algebra_.gate_at(axis)->source);
  std::vector<Index> shape;
  std::vector<Reference> cells = {{axis, 0}};
  for (const int plate : term.dimensions) {
    shape.push_back(model_.plates[static_cast<std::size_t>(plate)].size);
    cells.push_back(find(plate, at));
  }
  AlongNodes& numbers = along_[{&term, std::string(label)}];
  if (!numbers.known) numbers = along_nodes(grid, values_at(term, grid), label, std::move(shape));
  return read_along(numbers, std::move(cells));
}

Eigen::MatrixXd Substitution::values_at(const Term& term, const Pins::Grid& grid) const {
  Eigen::MatrixXd values(model_.cells(term.dimensions), grid.nodes.rows());
  parallel::for_chunks(values.rows(), kCells, [&](Index, Index begin, Index end) {
    TermValue value(model_, sources_, grid.nodes.rows());
    value.stand(grid.source, grid.nodes);
    Position at(term.dimensions.size());
    for (Index cell = begin; cell < end; ++cell) {
      set_position(model_, term.dimensions, cell, at);
      values.row(cell) = value.value(term, at).matrix().transpose();
    }
  });
  return values;
}

// The number itself.
Polynomial Substitution::pinned(const Pins::Grid& grid, Text label, std::vector<Reference> cells) {
  const Source& source = sources_[static_cast<std::size_t>(grid.source)];
  const Reference node{node_axis(grid, cells), 0};
  if (grid.nodes.cols() == 1) return read_along(along_nodes(grid, grid.nodes.transpose(), label, {}), {node});
  std::vector<Index> shape;
  for (const int plate : source.plates) shape.push_back(model_.plates[static_cast<std::size_t>(plate)].size);
  cells.insert(cells.begin(), node);
  return read_along(along_nodes(grid, grid.nodes(Eigen::all, source.member).transpose(), label, std::move(shape)),
                    std::move(cells));
}

Polynomial Substitution::read_along(const AlongNodes& numbers, std::vector<Reference> cells) {
  if (numbers.too_large) too_large_ = add(std::move(too_large_), known_factor(numbers.too_large, cells));
  return known_factor(numbers.known, std::move(cells));
}

Substitution::AlongNodes Substitution::along_nodes(const Pins::Grid& grid, Eigen::MatrixXd values, Text label,
                                                   std::vector<Index> shape) const {
  shape.insert(shape.begin(), grid.nodes.rows());
  auto known = std::make_shared<Known>();
  known->shape = shape;
  known->values = values.reshaped();
  if (label != "x") {
    const Eigen::Map<const Eigen::MatrixXd> x(values.data(), 1, values.size());
    Eigen::Map<Eigen::MatrixXd> value(known->values.data(), 1, known->values.size());
    if (!label_of_numbers(label, x, value)) throw NoRule{grid.source, fmt::format("{} of a known number", label)};
    make_logs_finite(label, known->values);
  }
  const auto numbers = known->values.array();
  known->indicator = ((numbers == 0) || (numbers == 1)).all();
  if ((numbers.abs() <= kTooLarge).all()) return {std::move(known), nullptr};
  auto large = std::make_shared<Known>();
  large->values = Eigen::VectorXd::Zero(known->values.size());
  for (Index i = 0; i < known->values.size(); ++i) {
    double& x = known->values[i];
    if (x == kLogOfZero || std::abs(x) <= kTooLarge) continue;
    if (pins_->search) {
      x = std::nan("");
    } else if (std::isnan(x)) {
      const Index node = i / (known->values.size() / grid.nodes.rows());
      const std::string& name = sources_[static_cast<std::size_t>(grid.source)].variable->name;
      throw model::ModelError<NumericalError>(model::of_variable(
          name, fmt::format("what a statement reads of it is not a number at {:.6g}, which its grid reaches: give it a "
                            "range, posterior: {{{}: discrete_grid(low = 0)}}",
                            grid.nodes(node, 0), name)));
    } else {
      large->values[i] = 1;
      x = 0;
    }
  }
  large->shape = std::move(shape);
  return {std::move(known), large->values.isZero(0) ? nullptr : std::move(large)};
}

}  // namespace kullback::messages
