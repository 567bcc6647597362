#include "language/overview.hpp"

#include "language/arrays.hpp"
#include "language/families.hpp"
#include "language/terms.hpp"

#include <kullback/capability.hpp>
#include <kullback/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace kullback::language {

using model::Model;
using model::Statement;
using model::Term;
using model::Variable;

namespace {

class Overview {
 public:
  explicit Overview(const ModelFile& file) : file_(file), m_(file.model) {}

  std::string text() {
    names();
    plates();
    lines_.emplace_back();
    for (const Statement& statement : m_.statements) this->statement(statement);
    if (notes_.size() + file_.notes.size()) lines_.emplace_back();
    lines_.insert(lines_.end(), file_.notes.begin(), file_.notes.end());
    lines_.insert(lines_.end(), notes_.begin(), notes_.end());
    order();
    return fmt::format("{}\n", fmt::join(lines_, "\n"));
  }

 private:
  const Plate& plate(int p) const { return m_.plates[static_cast<std::size_t>(p)]; }
  const Variable& variable(int v) const { return m_.variables[static_cast<std::size_t>(v)]; }

  // "178 × 13 cells, 12 empty -> latent"
  std::string cells_text(const Variable& x) const {
    const Dimensions dimensions = x.dimensions();
    std::vector<std::string> sizes;
    for (int p : dimensions) sizes.push_back(fmt::format("{}", plate(p).size));
    if (x.matrix) sizes.push_back(sizes.back());
    std::string text = dimensions.empty() ? "1 cell" : fmt::format("{} cells", fmt::join(sizes, " × "));
    if (const Empty empty = empty_cells(x.data.values); empty.count > 0) text += fmt::format(", {} empty -> latent", empty.count);
    return text;
  }

  void names() {
    std::vector<std::string> observed, constants;
    for (const Variable& x : m_.variables) {
      if (x.role == Variable::Role::observed) observed.push_back(fmt::format("{} ({})", x.name, cells_text(x)));
      if (x.role == Variable::Role::constant) constants.push_back(x.name);
    }
    std::string line = fmt::format("observed: {}", observed.empty() ? "nothing" : fmt::format("{}", fmt::join(observed, ", ")));
    if (!constants.empty()) line += fmt::format("; constants: {}", fmt::join(constants, ", "));
    lines_.push_back(std::move(line));
  }

  void plates() {
    for (std::size_t p = 0; p < m_.plates.size(); ++p) {
      const Plate& plate = m_.plates[p];
      if (plate.second_name_of >= 0) {
        if (plate.name.back() != '\'') lines_.push_back(fmt::format("{}: a second name of {}", plate.name, this->plate(plate.second_name_of).name));
        continue;
      }
      std::string line = fmt::format("{}: {} level{}", plate.name, plate.size, plate.size == 1 ? "" : "s");
      if (!plate.labels.empty()) {
        line += plate.size == 1 ? fmt::format(", '{}'", plate.labels[0]) : fmt::format(", '{}'{}'{}'", plate.labels.front(), plate.size == 2 ? ", " : "..", plate.labels.back());
        for (const LabelNote& note : file_.labels)
          if (note.plate == static_cast<int>(p)) line += fmt::format(" ({} order; from {})", note.numeric ? "numeric" : "text", note.columns);
      }
      if (plate.weight.size()) {
        line += fmt::format(", weights summing to {}", plate.weight.sum());
        for (const Variable& x : m_.variables)
          if (x.role == Variable::Role::latent && contains(x.plates, static_cast<int>(p)))
            notes_.push_back(fmt::format("{} is weighted: identical rows share one q({})", plate.name, x.name));
      }
      lines_.push_back(std::move(line));
    }
  }

  void statement(const Statement& statement) {
    const Variable& x = variable(statement.variable);
    std::string line = statement.echo + "   " + cells_text(x);
    if (!statement.family) {
      if (x.role == Variable::Role::report) line = statement.echo + "   report, 10,000 draws of q, ± standard error";
      lines_.push_back(std::move(line));
      return;
    }
    if (x.role == Variable::Role::latent) {
      const Index factors = cells(m_.plates, x.plates), size = cells(m_.plates, x.over) * (x.matrix ? cells(m_.plates, x.over) : 1);
      if (size > 1) line += fmt::format("; {} factor{} of {} dimensions", factors, factors == 1 ? "" : "s", size);
      else if (factors > 1) line += fmt::format("; {} factors", factors);
      if (x.over.empty()) note_factors(x);
      if (static_cast<std::size_t>(statement.variable) < m_.posteriors.size() && m_.posteriors[static_cast<std::size_t>(statement.variable)].kind == model::Posterior::Kind::grid) line += "; on a grid";
    }
    line += x.role == Variable::Role::observed ? range(x) : prior(statement);
    lines_.push_back(std::move(line));
  }

  // Prior mean and standard deviation, where the parameters are known.
  std::string prior(const Statement& statement) const {
    if (statement.modifier != Statement::Modifier::none) return "";
    const auto parameters = statement.family->parameterizations()[static_cast<std::size_t>(statement.parameterization)];
    const Event event = event_of(*statement.family);
    if (event != Event::scalar && event != Event::matrix && event != Event::vector) return "";
    const Dimensions over = variable(statement.variable).over;
    const Index d = event == Event::scalar ? 1 : plate(over[0]).size;
    Arguments arguments;
    bool equal = true;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const Term& term = statement.arguments[i];
      if (term.kind != Term::Kind::constant) return "";
      const Eigen::VectorXd& values = term.array.values;
      const Index rows = event == Event::scalar || parameters[i].shape == Shape::scalar ? 1 : parameters[i].shape == Shape::vector ? d : d * d;
      equal = equal && (values.array() == values[0]).all();
      if (rows == 1) arguments.push_back({parameters[i].name, values[0]});
      else if (values.size() != 1 && values.size() != rows) return "";
      else if (rows == d && parameters[i].shape == Shape::vector) arguments.push_back({parameters[i].name, values.size() == 1 ? Eigen::VectorXd(Eigen::VectorXd::Constant(d, values[0])) : values});
      else arguments.push_back({parameters[i].name, Eigen::MatrixXd(values.reshaped(d, d))});
    }
    if (event == Event::scalar && !equal) return "";
    try {
      const Members prior = statement.family->make(arguments);
      const auto* moments = capability<Moments>(*prior.family, prior.layout);
      const Index rows = prior.layout.dimension;
      Eigen::MatrixXd mean(rows, 1), second(rows, 1);
      if (!moments || !moments->expect(prior.layout, prior.theta, "x", mean)) return "";
      if (event == Event::matrix) return matrix_mean(statement, mean.reshaped(d, d));
      if (!moments->expect(prior.layout, prior.theta, "x2", second)) return fmt::format("; prior mean {:.6g}", mean(0));
      if ((mean.array() != mean(0)).any() || (second.array() != second(0)).any()) return "";
      const double variance = second(0) - mean(0) * mean(0);
      return std::isfinite(variance) ? fmt::format("; prior {:.6g} ± {:.6g}", mean(0), std::sqrt(std::max(variance, 0.0))) : fmt::format("; prior mean {:.6g}, no finite variance", mean(0));
    } catch (const Error&) {
      return "";
    }
  }

  std::string matrix_mean(const Statement& statement, const Eigen::MatrixXd& mean) const {
    const Index d = mean.rows();
    if (!mean.isApprox(mean(0, 0) * Eigen::MatrixXd::Identity(d, d), 1e-12)) return "";
    return fmt::format("; E[{}] = {:.6g} × identity({})", variable(statement.variable).name, mean(0, 0), d);
  }

  std::string range(const Variable& x) const {
    if (x.levels >= 0) return "";
    double low = std::numeric_limits<double>::infinity(), high = -low;
    for (double value : x.data.values)
      if (!std::isnan(value)) low = std::min(low, value), high = std::max(high, value);
    return low <= high ? fmt::format("; data {:.6g} to {:.6g}", low, high) : "";
  }

  // A sum over plates of a variable: one factor a cell loses what its cells have in common.
  void note_factors(const Variable& x) {
    std::set<int> reduced;
    const std::function<void(const Term&)> visit = [&](const Term& term) {
      if (term.kind == Term::Kind::dot || (term.kind == Term::Kind::sum && term.children[0].kind == Term::Kind::multiply)) {
        std::vector<int> read;
        variables_of(term, read);
        for (int v : read)
          if (&variable(v) == &x && contains(x.plates, term.reduced)) reduced.insert(term.reduced);
      }
      for (const Term& child : term.children) visit(child);
    };
    for (const Statement& statement : m_.statements) {
      for (const Term& argument : statement.arguments) visit(argument);
      visit(statement.value);
    }
    for (int p : reduced)
      notes_.push_back(fmt::format("{}: {} factors; correlations are not represented; over = {} keeps them", x.name, cells(m_.plates, x.plates), plate(p).name));
  }

  void order() {
    std::vector<std::string> names;
    for (int v : m_.order) names.push_back(variable(v).name);
    if (names.empty())
      for (const Variable& x : m_.variables)
        if (x.role == Variable::Role::latent) names.push_back(x.name);
    if (names.empty()) return;
    lines_.emplace_back();
    lines_.push_back(fmt::format("order of a sweep: {} ({})", fmt::join(names, ", "), m_.order.empty() ? "as the file states them" : "inference.schedule"));
  }

  const ModelFile& file_;
  const Model& m_;
  std::vector<std::string> lines_, notes_;
};

}  // namespace

std::string overview(const ModelFile& file) { return Overview(file).text(); }

}  // namespace kullback::language
