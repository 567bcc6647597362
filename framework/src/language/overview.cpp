#include "language/overview.hpp"

#include "language/arrays.hpp"
#include "language/families.hpp"
#include "language/terms.hpp"

#include <kullback/capability.hpp>
#include <kullback/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

namespace kullback::language {

using model::Model;
using model::Statement;
using model::Term;
using model::Variable;

namespace {

struct Prior {
  Eigen::MatrixXd mean;    // a column; square for a matrix
  Eigen::VectorXd stddev;  // empty where it has none
};

class Overview {
 public:
  explicit Overview(const ModelFile& file) : file_(file), m_(file.model) {}

  std::string text() {
    names();
    plates();
    lines_.emplace_back();
    for (const Statement& statement : m_.statements) this->statement(statement);
    unread();
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
    std::string text = dimensions.empty() || (sizes.size() == 1 && sizes[0] == "1")
                           ? "1 cell"
                           : fmt::format("{} cells", fmt::join(sizes, " × "));
    if (const Empty empty = empty_cells(x.data.values); empty.count > 0)
      text += fmt::format(", {} empty -> latent", empty.count);
    return text;
  }

  // The cells that the statement serves; those of the whole variable where it is the only one.
  std::string served_text(const Statement& statement, const Variable& x) const {
    if (statement.serves.empty() || x.statements.size() < 2) return cells_text(x);
    const auto served = std::count(statement.serves.begin(), statement.serves.end(), 1);
    return fmt::format("{} of {}", served, cells_text(x));
  }

  void names() {
    std::vector<std::string> observed, constants;
    for (const Variable& x : m_.variables) {
      if (x.role == Variable::Role::observed) observed.push_back(fmt::format("{} ({})", x.name, cells_text(x)));
      if (x.role == Variable::Role::constant) constants.push_back(x.name);
    }
    std::string line =
        fmt::format("observed: {}", observed.empty() ? "nothing" : fmt::format("{}", fmt::join(observed, ", ")));
    if (!constants.empty()) line += fmt::format("; constants: {}", fmt::join(constants, ", "));
    lines_.push_back(std::move(line));
  }

  void plates() {
    for (std::size_t p = 0; p < m_.plates.size(); ++p) {
      const Plate& plate = m_.plates[p];
      if (plate.second_name_of >= 0) {
        if (plate.name.back() != '\'')
          lines_.push_back(fmt::format("{}: a second name of {}", plate.name, this->plate(plate.second_name_of).name));
        continue;
      }
      std::string line = fmt::format("{}: {} level{}", plate.name, plate.size, plate.size == 1 ? "" : "s");
      if (!plate.labels.empty()) {
        line += plate.size == 1 ? fmt::format(", '{}'", plate.labels[0])
                                : fmt::format(", '{}'{}'{}'", plate.labels.front(), plate.size == 2 ? ", " : "..",
                                              plate.labels.back());
        for (const LabelNote& note : file_.labels)
          if (note.plate == static_cast<int>(p)) line += fmt::format(" ({} order; from {})", note.order, note.columns);
      }
      if (plate.weight.size()) {
        line += fmt::format(", weights summing to {:.6g}", plate.weight.sum());
        for (const Variable& x : m_.variables)
          if (x.role == Variable::Role::latent && contains(x.plates, static_cast<int>(p)))
            notes_.push_back(fmt::format("{} is weighted: identical rows share one q({})", plate.name, x.name));
      }
      lines_.push_back(std::move(line));
    }
  }

  void statement(const Statement& statement) {
    const Variable& x = variable(statement.variable);
    std::string line = statement.echo + "   " + served_text(statement, x);
    if (!statement.family) {
      if (x.role == Variable::Role::report) line = statement.echo + "   report, 10,000 draws of q, ± standard error";
      lines_.push_back(std::move(line));
      return;
    }
    if (x.role == Variable::Role::latent) {
      const Index factors = statement.serves.empty() ? cells(m_.plates, x.plates)
                                                     : std::count(statement.serves.begin(), statement.serves.end(), 1),
                  size = cells(m_.plates, x.over) * (x.matrix ? cells(m_.plates, x.over) : 1);
      if (size > 1)
        line += fmt::format("; {} factor{} of {} dimensions", factors, factors == 1 ? "" : "s", size);
      else if (factors > 1)
        line += fmt::format("; {} factors", factors);
      if (x.over.empty()) note_factors(x);
      if (static_cast<std::size_t>(statement.variable) < m_.posteriors.size() &&
          m_.posteriors[static_cast<std::size_t>(statement.variable)].kind == model::Posterior::Kind::grid)
        line += "; on a grid";
    }
    line += x.role == Variable::Role::observed ? range(x) : prior(statement);
    lines_.push_back(std::move(line));
  }

  // Prior mean and standard deviation, where the parameters are known.
  std::optional<Prior> known_prior(const Statement& statement) const {
    if (statement.modifier != Statement::Modifier::none || statement.flat) return std::nullopt;
    const Event event = event_of(*statement.family);
    if (event == Event::levels || event == Event::structural) return std::nullopt;
    const Dimensions over = variable(statement.variable).over;
    const Index d = event == Event::scalar ? 1 : plate(over[0]).size;
    const std::optional<Arguments> arguments = known_arguments(statement, event == Event::scalar, d);
    if (!arguments) return std::nullopt;
    try {
      const Members prior = statement.family->make(*arguments);
      const auto* moments = capability<Moments>(*prior.family, prior.layout);
      const Index rows = prior.layout.dimension;
      Prior result{Eigen::MatrixXd(rows, 1), {}};
      Eigen::MatrixXd second(rows, 1);
      if (!moments || !moments->expect(prior.layout, prior.theta, "x", result.mean)) return std::nullopt;
      if (event == Event::matrix)
        result.mean = result.mean.reshaped(d, d).eval();
      else if (moments->expect(prior.layout, prior.theta, "x2", second))
        result.stddev = (second.array() - result.mean.array().square()).max(0).sqrt();
      return result;
    } catch (const Error&) {
      return std::nullopt;
    }
  }

  // The arguments as one member's, where they are known and the same for all members.
  static std::optional<Arguments> known_arguments(const Statement& statement, bool scalar, Index d) {
    const auto parameters = statement.family->parameterizations()[static_cast<std::size_t>(statement.parameterization)];
    Arguments arguments;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const Term& term = statement.arguments[i];
      if (term.kind != Term::Kind::constant) return std::nullopt;
      const Eigen::VectorXd& values = term.array.values;
      const Shape shape = scalar ? Shape::scalar : parameters[i].shape;
      const Index rows = shape == Shape::scalar ? 1 : shape == Shape::vector ? d : d * d;
      if (rows == 1 && (values.array() != values[0]).any()) return std::nullopt;
      if (rows > 1 && values.size() != 1 && values.size() != rows) return std::nullopt;
      if (rows == 1)
        arguments.push_back({parameters[i].name, values[0]});
      else if (shape == Shape::vector)
        arguments.push_back({parameters[i].name,
                             values.size() == 1 ? Eigen::VectorXd(Eigen::VectorXd::Constant(d, values[0])) : values});
      else
        arguments.push_back({parameters[i].name, Eigen::MatrixXd(values.reshaped(d, d))});
    }
    return arguments;
  }

  std::string prior(const Statement& statement) {
    const std::optional<Prior> prior = known_prior(statement);
    if (!prior) return "";
    const Variable& x = variable(statement.variable);
    if (prior->mean.cols() > 1) return matrix_mean(x, prior->mean);
    const double mean = prior->mean(0);
    if (prior->stddev.size() == 0) return fmt::format("; prior mean {:.6g}", mean);
    const double stddev = prior->stddev[0];
    if ((prior->mean.array() != mean).any() || (prior->stddev.array() != stddev).any()) return "";
    if (!std::isfinite(stddev)) return fmt::format("; prior mean {:.6g}, no finite variance", mean);
    return fmt::format("; prior {:.6g} ± {:.6g}{}", mean, stddev, beside_data(statement.variable, mean, stddev));
  }

  static std::string matrix_mean(const Variable& x, const Eigen::MatrixXd& mean) {
    const Index d = mean.rows();
    if (!mean.isApprox(mean(0, 0) * Eigen::MatrixXd::Identity(d, d), 1e-12)) return "";
    return fmt::format("; E[{}] = {:.6g} × identity({})", x.name, mean(0, 0), d);
  }

  struct Range {
    double low = std::numeric_limits<double>::infinity(), high = -low;
    bool known() const { return low <= high; }
  };
  static Range range_of(const Variable& x) {
    Range range;
    for (double value : x.data.values)
      if (!std::isnan(value)) range.low = std::min(range.low, value), range.high = std::max(range.high, value);
    return range;
  }

  std::string range(const Variable& x) const {
    const Range range = range_of(x);
    return x.levels < 0 && range.known() ? fmt::format("; data {:.6g} to {:.6g}", range.low, range.high) : "";
  }

  // True where the term is the variable, or a sum that it is a part of as it is.
  static bool adds(const Term& term, int variable) {
    if (term.kind == Term::Kind::variable) return term.variable == variable;
    if (term.kind != Term::Kind::add && term.kind != Term::Kind::subtract) return false;
    return std::any_of(term.children.begin(), term.children.end(),
                       [&](const Term& child) { return adds(child, variable); });
  }

  // " (y: 7 to 42)" where the variable is a mean of data y, or a part of one; a note where the two do not fit.
  std::string beside_data(int v, double mean, double stddev) {
    constexpr double kFar = 5, kVague = 1000;
    for (const Statement& statement : m_.statements) {
      const Variable& y = variable(statement.variable);
      if (!statement.family || y.role != Variable::Role::observed || y.levels >= 0) continue;
      const auto parameters =
          statement.family->parameterizations()[static_cast<std::size_t>(statement.parameterization)];
      const Range range = range_of(y);
      if (parameters[0].domain != Domain::real || !range.known() || !adds(statement.arguments[0], v)) continue;
      const std::string prior = fmt::format("{}: its prior, {:.6g} ± {:.6g},", variable(v).name, mean, stddev);
      const std::string data =
          fmt::format("{}, whose mean it is{} ({:.6g} to {:.6g})", y.name,
                      statement.arguments[0].kind == Term::Kind::variable ? "" : " a part of", range.low, range.high);
      const double away = std::max({0.0, range.low - mean, mean - range.high});
      if (statement.arguments[0].kind == Term::Kind::variable && away > kFar * stddev)
        notes_.push_back(fmt::format("{} is far from {}", prior, data));
      if (range.high > range.low && stddev > kVague * (range.high - range.low))
        notes_.push_back(
            fmt::format("{} is over {:.0f} times as wide as {}: the bound pays for that", prior, kVague, data));
      return fmt::format(" ({}: {:.6g} to {:.6g})", y.name, range.low, range.high);
    }
    return "";
  }

  // A sum over plates of a variable: one factor a cell loses what its cells have in common.
  void note_factors(const Variable& x) {
    std::set<int> reduced;
    const std::function<void(const Term&)> visit = [&](const Term& term) {
      if (term.kind == Term::Kind::dot ||
          (term.kind == Term::Kind::sum && term.children[0].kind == Term::Kind::multiply)) {
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
      notes_.push_back(fmt::format("{}: {} factors; correlations are not represented; over = {} keeps them", x.name,
                                   cells(m_.plates, x.plates), plate(p).name));
  }

  // What rests on no data stays what it was.
  void unread() {
    std::vector<int> read;
    for (const Statement& statement : m_.statements) {
      for (const Term& argument : statement.arguments) variables_of(argument, read);
      for (const auto& limit : {statement.low, statement.high})
        if (limit) variables_of(*limit, read);
      variables_of(statement.value, read);
    }
    for (std::size_t v = 0; v < m_.variables.size(); ++v)
      if (m_.variables[v].role == Variable::Role::latent && m_.posteriors[v].kind != model::Posterior::Kind::fixed &&
          std::find(read.begin(), read.end(), static_cast<int>(v)) == read.end())
        notes_.push_back(fmt::format("{}: nothing reads it, so that its posterior is what its statement says",
                                     m_.variables[v].name));
  }

  void order() {
    std::vector<std::string> names;
    for (int v : m_.order) names.push_back(variable(v).name);
    if (names.empty())
      for (const Variable& x : m_.variables)
        if (x.role == Variable::Role::latent) names.push_back(x.name);
    if (names.empty()) return;
    lines_.emplace_back();
    lines_.push_back(fmt::format("order of a sweep: {} ({})", fmt::join(names, ", "), file_.order_from));
  }

  const ModelFile& file_;
  const Model& m_;
  std::vector<std::string> lines_, notes_;
};

}  // namespace

std::string overview(const ModelFile& file) { return Overview(file).text(); }

}  // namespace kullback::language
