#include "experiment/exact_prediction.hpp"

#include "experiment/gate.hpp"
#include "experiment/linear_form.hpp"
#include "experiment/one_number.hpp"
#include "language/terms.hpp"
#include "messages/restricted.hpp"

#include <kullback/capability.hpp>
#include <kullback/error.hpp>
#include <kullback/numerics.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace kullback::experiment {

using language::Dimensions;
using model::Model;
using model::Statement;
using model::Term;

namespace {

constexpr double kNone = -std::numeric_limits<double>::infinity();

// The variance that a parameter of that name means; nothing for other names.
std::optional<double> as_variance(const std::string& name, double x) {
  if (name == "variance") return x;
  if (name == "stddev") return x * x;
  if (name == "precision") return 1 / x;
  return std::nullopt;
}

// Moments and log density of one cell.
struct Cell {
  double mean = 0, variance = 0, log_density = 0;
};

class OneComponent {
 public:
  OneComponent(const Model& model, const Statement& statement, const std::vector<Factors>& factors,
               const language::Values& values, const Dimensions& cells)
      : statement_(statement), reader_(model, factors, values) {
    parameters_ = statement.family->parameterizations()[static_cast<std::size_t>(statement.parameterization)];
    for (const Term& argument : statement.arguments) {
      auto forms = reader_.read(argument, cells);
      if (!forms) return;
      arguments_.push_back(std::move(*forms));
    }
    for (const auto* limit : {&statement.low, &statement.high})
      if (*limit && (*limit)->kind != Term::Kind::constant) return;
    limits_ = truncation(model, statement, values);
    complete_ = true;
  }
  bool complete() const { return complete_; }

  std::optional<Cell> cell(std::size_t i, double point) {
    std::optional<LinearForm::Part> open;
    double spread = 0;  // of a mean that is itself normal
    std::size_t open_at = 0;
    Eigen::VectorXd given(static_cast<Index>(arguments_.size()));
    for (std::size_t k = 0; k < arguments_.size(); ++k) {
      const LinearForm& form = arguments_[k].cells[i];
      given[static_cast<Index>(k)] = form.constant;
      if (form.parts.empty()) continue;
      if (k == 0 && has_variance_form() && reader_.is_normal(form)) {
        const auto mean = reader_.mean(form), variance = reader_.variance(form);
        if (!mean || !variance) return std::nullopt;
        given[0] = *mean;
        spread = *variance;
      } else if (form.parts.size() == 1 && !open) {
        open = form.parts[0];
        open_at = k;
      } else {
        return std::nullopt;
      }
    }
    if (limits_ && spread > 0) {  // what is left of a normal does not add to the spread of its mean
      if (open) return std::nullopt;
      const auto nodes = nodes_of(statement_.family->make({{"mean", given[0]}, {"variance", spread}}));
      given[0] = 0;
      return nodes ? integrate(i, given, 0, 1, 0, &*nodes, point) : std::nullopt;
    }
    if (!open) return integrate(i, given, 0, 0, spread, nullptr, point);
    const Nodes* nodes = nodes_at(*open);
    return nodes ? integrate(i, given, static_cast<Index>(open_at), open->coefficient, spread, nodes, point)
                 : std::nullopt;
  }

 private:
  // (mean, variance), and the same with another word for the variance.
  bool has_variance_form() const {
    if (parameters_.size() != 2 || parameters_[0].name != "mean" || !as_variance(parameters_[1].name, 1)) return false;
    return variance_form() >= 0;
  }
  int variance_form() const {
    const auto sets = statement_.family->parameterizations();
    for (std::size_t s = 0; s < sets.size(); ++s)
      if (sets[s].size() == 2 && sets[s][0].name == "mean" && sets[s][1].name == "variance") return static_cast<int>(s);
    return -1;
  }

  const Nodes* nodes_at(const LinearForm::Part& part) {
    const auto at = reader_.place(part.variable, part.number);
    if (!at) return nullptr;
    const std::pair key{part.variable, at->member};
    auto found = nodes_.find(key);
    if (found == nodes_.end()) {
      const Members& all = at->factors->members;
      found = nodes_.emplace(key, nodes_of({all.family, all.layout, all.theta.col(at->member)})).first;
    }
    return found->second ? &*found->second : nullptr;
  }

  // Argument `open` is given + coefficient * x at the nodes x.
  std::optional<Cell> integrate(std::size_t i, const Eigen::VectorXd& given, Index open, double coefficient,
                                double spread, const Nodes* nodes, double point) const {
    const Index n = nodes ? nodes->x.size() : 1;
    Eigen::MatrixXd columns = given.replicate(1, n);
    if (nodes) columns.row(open) += coefficient * nodes->x;
    int form = statement_.parameterization;
    if (spread > 0) {
      form = variance_form();
      for (Index j = 0; j < n; ++j) columns(1, j) = spread + *as_variance(parameters_[1].name, columns(1, j));
    }
    const Distribution& family = *statement_.family;
    Eigen::MatrixXd theta(family.parameter_count(statement_.layout), n);
    family.to_stored(form, statement_.layout, columns, theta);
    const auto* moments = capability<Moments>(family, statement_.layout);
    Eigen::MatrixXd mean(1, n), second(1, n);
    Eigen::RowVectorXd log_density(n);
    family.log_density(statement_.layout, theta, Points(Eigen::MatrixXd::Constant(1, n, point)), row(log_density));
    if (limits_) {
      if (!keep_between(static_cast<Index>(i), theta, nodes, point, mean, second, log_density)) return std::nullopt;
    } else if (!moments || !moments->expect(statement_.layout, theta, "x", mean) ||
               !moments->expect(statement_.layout, theta, "x2", second)) {
      return std::nullopt;
    }
    if (!nodes) return Cell{mean(0), second(0) - mean(0) * mean(0), log_density[0]};
    const Eigen::ArrayXd weight = nodes->log_weight.array().exp().transpose();
    const double m = (weight * mean.row(0).transpose().array()).sum();
    const Eigen::ArrayXd within = (second.array() - mean.array().square()).row(0).transpose();
    const Eigen::ArrayXd between = (mean.row(0).transpose().array() - m).square();
    const Eigen::RowVectorXd terms = log_density + nodes->log_weight;
    const auto density = log_integral(terms);
    return density ? std::optional(Cell{m, (weight * (within + between)).sum(), *density}) : std::nullopt;
  }

  // Of each column what lies within the limits. A node that counts for nothing may have nothing there.
  bool keep_between(Index cell, const Eigen::MatrixXd& theta, const Nodes* nodes, double point, Eigen::MatrixXd& mean,
                    Eigen::MatrixXd& second, Eigen::RowVectorXd& log_density) const {
    constexpr double kNothing = -70;
    for (Index n = 0; n < theta.cols(); ++n) {
      messages::Between left{0, 0, 0};
      const bool counts = !nodes || nodes->log_weight[n] > kNothing;
      try {
        if (counts)
          left = messages::between(*statement_.family, statement_.layout, theta.middleCols(n, 1), limits_->low[cell],
                                   limits_->high[cell]);
      } catch (const NumericalError&) {
        return false;
      }
      mean(0, n) = left.mean;
      second(0, n) = left.variance + left.mean * left.mean;
      log_density[n] = counts && limits_->contain(cell, point) ? log_density[n] - left.log_mass : kNone;
    }
    return true;
  }

  const Statement& statement_;
  std::optional<Limits> limits_;
  LinearReader reader_;
  std::vector<Parameter> parameters_;
  std::vector<LinearForms> arguments_;
  std::map<std::pair<int, Index>, std::optional<Nodes>> nodes_;
  bool complete_ = false;
};

// E of the weights of the gate's levels, over `cells` and then the levels. They must be independent of what the
// components read.
std::optional<Eigen::MatrixXd> weights_of(const Model& model, const Gate& gate, const std::vector<Factors>& factors,
                                          const language::Values& known, const Dimensions& cells) {
  const model::Variable& z = model.variables[static_cast<std::size_t>(gate.variable())];
  const Statement& statement = model.statements[static_cast<std::size_t>(z.statements[0])];
  if (!statement.family || statement.arguments.size() != 1) return std::nullopt;
  const auto parameters = statement.family->parameterizations()[static_cast<std::size_t>(statement.parameterization)];
  if (parameters[0].domain != Domain::simplex) return std::nullopt;
  const Gate inner(model, statement, factors);
  if (!inner.plain() || inner.variable() >= 0) return std::nullopt;
  for (int v : inner.read())
    if (gate.read().contains(v) && model.variables[static_cast<std::size_t>(v)].role == model::Variable::Role::latent)
      return std::nullopt;
  Dimensions over = cells;
  over.push_back(z.levels);
  LinearReader reader(model, factors, known);
  const auto forms = reader.read(statement.arguments[0], over);
  if (!forms) return std::nullopt;
  const Index levels = model.plates[static_cast<std::size_t>(z.levels)].size;
  Eigen::MatrixXd weights(levels, static_cast<Index>(forms->cells.size()) / levels);
  for (Index i = 0; i < weights.size(); ++i) {
    const auto mean = reader.mean(forms->cells[static_cast<std::size_t>(i)]);
    if (!mean) return std::nullopt;
    weights.data()[i] = *mean;
  }
  return weights;
}

// Adds a component: its moments about 0 for now.
void add(ExactPrediction& sum, Index c, double weight, const Cell& cell) {
  sum.mean(0, c) += weight * cell.mean;
  sum.variance(0, c) += weight * (cell.variance + cell.mean * cell.mean);
  const double terms[] = {sum.log_density[c], std::log(weight) + cell.log_density};
  sum.log_density[c] = log_sum_exp(terms, 2);
}

// Of a categorical: E of its probabilities.
bool add_probabilities(const Model& model, const Statement& statement, const std::vector<Factors>& factors,
                       const language::Values& values, const Dimensions& cells, const Eigen::RowVectorXd& weight,
                       ExactPrediction& sum) {
  LinearReader reader(model, factors, values);
  const auto forms = reader.read(statement.arguments[0], cells);
  if (!forms) return false;
  for (std::size_t i = 0; i < forms->cells.size(); ++i) {
    const auto mean = reader.mean(forms->cells[i]);
    if (!mean) return false;
    const Index c = static_cast<Index>(i) / sum.mean.rows();
    sum.mean.data()[i] += weight[c] * *mean;
  }
  return true;
}

}  // namespace

std::optional<ExactPrediction> predict_exactly(const Model& model, const Statement& statement,
                                               const std::vector<Factors>& factors, const language::Values& known,
                                               const Eigen::MatrixXd& points) {
  const model::Variable& y = model.variables[static_cast<std::size_t>(statement.variable)];
  const bool categorical = y.levels >= 0;
  if (statement.layout.dimension != 1) return std::nullopt;
  const Gate gate(model, statement, factors);
  if (!gate.plain()) return std::nullopt;
  const Dimensions cells = categorical ? y.plates : y.dimensions();
  const Index n = points.cols();
  Index levels = 1;
  Eigen::MatrixXd weights = Eigen::MatrixXd::Ones(1, n);
  if (gate.variable() >= 0) {
    const auto found = weights_of(model, gate, factors, known, cells);
    if (!found) return std::nullopt;
    weights = *found;
    levels = weights.rows();
  }
  const Index rows = categorical ? model.plates[static_cast<std::size_t>(y.levels)].size : 1;
  ExactPrediction sum{Eigen::MatrixXd::Zero(rows, n), Eigen::MatrixXd::Zero(1, n),
                      Eigen::RowVectorXd::Constant(n, kNone)};
  language::Values values = known;
  for (Index k = 0; k < levels; ++k) {
    if (gate.variable() >= 0)
      values[static_cast<std::size_t>(gate.variable())].values.setConstant(static_cast<double>(k));
    if (categorical) {
      Dimensions over = cells;
      over.push_back(y.levels);
      if (!add_probabilities(model, statement, factors, values, over, weights.row(k), sum)) return std::nullopt;
      continue;
    }
    OneComponent component(model, statement, factors, values, cells);
    if (!component.complete()) return std::nullopt;
    for (Index c = 0; c < n; ++c) {
      if (weights(k, c) <= 0) continue;
      const auto cell = component.cell(static_cast<std::size_t>(c), points(0, c));
      if (!cell) return std::nullopt;
      add(sum, c, weights(k, c), *cell);
    }
  }
  if (categorical) {
    sum.variance.resize(0, 0);
    for (Index c = 0; c < n; ++c) sum.log_density[c] = std::log(sum.mean(static_cast<Index>(points(0, c)), c));
  } else {
    sum.variance = (sum.variance.array() - sum.mean.array().square()).max(0);
  }
  return sum;
}

}  // namespace kullback::experiment
