// Calls of families: parameterizations, shapes and domains of their arguments.
#include "core/parameters.hpp"
#include "language/argument_checks.hpp"
#include "language/known_arguments.hpp"
#include "language/statements.hpp"

#include <kullback/capability.hpp>
#include <kullback/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace kullback::language {

using config::Expression;
using model::Statement;
using model::Term;
using model::Variable;

namespace {

void rename(model::Selector& selector, int from, int to) {
  if (selector.kind == model::Selector::Kind::aligned && selector.dimension == from) selector.dimension = to;
  for (int& plate : selector.levels_over)
    if (plate == from) plate = to;
  for (model::Selector& inner : selector.of) rename(inner, from, to);
}

void rename(Term& term, int from, int to) {
  for (Dimensions* dimensions : {&term.dimensions, &term.array.dimensions})
    for (int& plate : *dimensions)
      if (plate == from) plate = to;
  for (model::Selector& selector : term.selectors) rename(selector, from, to);
  for (Term& child : term.children) rename(child, from, to);
}

class Resolver {
 public:
  Resolver(const Draft& draft, int variable, Workspace& w, std::vector<std::string>& notes)
      : draft_(draft), variable_(variable), w_(w), notes_(notes) {}

  Statement run() {
    Statement statement;
    statement.variable = variable_;
    statement.family = draft_.family;
    statement.modifier = draft_.modifier;
    std::vector<const Expression*> arguments;
    if (!w_.keep_mistakes(
            [&] { statement.parameterization = find_arguments(*draft_.family, *draft_.call, arguments); }))
      mistaken_call();
    const auto parameters = draft_.family->parameterizations()[static_cast<std::size_t>(statement.parameterization)];
    const Variable& x = w_.variable(variable_);
    plates_ = x.plates;
    over_ = draft_.event == Event::levels ? draft_.over : x.over.empty() ? -1 : x.over[0];
    if (draft_.event == Event::matrix ||
        std::any_of(parameters.begin(), parameters.end(), [](const Parameter& p) { return p.shape == Shape::matrix; }))
      statement.matrix_dimension = w_.matrix_plate(over_);
    matrix_ = statement.matrix_dimension;
    if (draft_.event == Event::levels && !w_.keep_mistakes([&] { resolve_levels(*arguments[0]); })) mistaken_call();

    std::vector<std::string> texts;
    std::string limits;
    w_.independently(
        [&] {
          w_.for_each(parameters, [&](const Parameter& p) {
            const Expression& e = *arguments[static_cast<std::size_t>(&p - parameters.data())];
            Written written = argument(e, p);
            check_values(written.term, p, e);
            texts.push_back(fmt::format("{} = {}", p.name, written.text));
            statement.arguments.push_back(std::move(written.term));
          });
        },
        [&] {
          if (draft_.modifier != Statement::Modifier::none) limits = resolve_limits(statement);
        });
    const Index d = over_ < 0 ? 1 : w_.plate(over_).size;
    statement.layout = event_layout(*draft_.family, statement.parameterization, draft_.event == Event::scalar ? 1 : d);
    check_together(statement, parameters);
    std::string text = fmt::format("{}({})", draft_.family->name(), fmt::join(texts, ", "));
    if (draft_.modifier != Statement::Modifier::none) text = fmt::format("{}({}{})", modifier(), text, limits);
    statement.frame = w_.variable(variable_).dimensions();
    if (is_unit_uniform(statement)) text += make_beta(statement);
    state_as_kept(w_.plates(), statement);
    statement.echo = fmt::format("{} ~ {}", target_text(w_, w_.variable(variable_), draft_.fixed), text);
    return statement;
  }

 private:
  Dimensions frame_of(Shape shape) const {
    Dimensions frame = plates_;
    if (over_ >= 0 && (shape != Shape::scalar || draft_.event == Event::scalar)) frame.push_back(over_);
    if (shape == Shape::matrix) frame.push_back(matrix_);
    return frame;
  }

  Written resolve(const Expression& e, Shape shape) {
    TermContext context{frame_of(shape), {}, fmt::format("{}(...)", draft_.family->name()), nullptr};
    if (context.frame.size() > plates_.size())
      context.list_dimensions.assign(context.frame.begin() + static_cast<Index>(plates_.size()), context.frame.end());
    return Terms(w_, context).resolve(e);
  }

  std::string target() const { return target_text(w_, w_.variable(variable_), draft_.fixed); }

  // The plate whose levels a categorical has: `over`, or the one dimension of its weights that the target lacks.
  void resolve_levels(const Expression& weights) {
    Variable& x = w_.variable(variable_);
    const Written written = resolve(weights, Shape::vector);
    const Dimensions more = without(written.term.dimensions, frame_of(Shape::vector));
    if (over_ < 0) {
      if (more.empty())
        fail(weights,
             fmt::format("{} over which levels? give weights over a plate, or add over = k", draft_.family->name()));
      if (more.size() > 1)
        fail(weights,
             fmt::format(
                 "the weights vary over {}: index all but the plate of the levels, or say which it is (over = {})",
                 w_.names(more), w_.plate(more[0]).name));
      over_ = more[0];
    }
    if (x.levels >= 0 && !w_.same_levels(x.levels, over_))
      fail(weights, fmt::format("{} holds levels of {}, but its weights are over {}", x.name, w_.plate(x.levels).name,
                                w_.plate(over_).name));
    if (x.levels < 0 && x.role == Variable::Role::observed)
      fail(draft_.target,
           fmt::format("{} is one of the levels of {}, but its data are numbers: read them with `levels: {}`", x.name,
                       w_.plate(over_).name, w_.plate(over_).name));
    x.levels = over_;
  }

  Written argument(const Expression& e, const Parameter& p) {
    Written written = resolve(e, p.shape);
    if (p.shape == Shape::matrix) as_matrix(written, e, p);
    check_dimensions(w_, written.term, frame_of(p.shape), target());
    return written;
  }

  // A matrix lies over d and a second name of it; a number is that number times the identity.
  void as_matrix(Written& written, const Expression& e, const Parameter& p) {
    const std::string d = w_.plate(over_).name;
    for (int plate : without(written.term.dimensions, frame_of(Shape::matrix)))
      if (w_.same_levels(plate, over_) && !contains(written.term.dimensions, matrix_))
        rename(written.term, plate, matrix_);
    const bool first = contains(written.term.dimensions, over_), second = contains(written.term.dimensions, matrix_);
    if (first && second) return;
    if (const Dimensions more = without(written.term.dimensions, frame_of(Shape::matrix)); first && !more.empty())
      fail(e, fmt::format("{} needs {} × {} numbers, and this is over {} and {}: the second dimension of a matrix is a "
                          "second name of {} (plates: {{{}: {}}})",
                          p.name, d, d, d, w_.names(more), d, w_.plate(more[0]).name, d));
    if (first || second)
      fail(e, fmt::format(
                  "{} needs {} × {} numbers, and this has one a level of {}: use normal(..., over = {}) for a diagonal",
                  p.name, d, d, d, d));
    const Index size = w_.plate(over_).size;
    Eigen::MatrixXd identity = Eigen::MatrixXd::Identity(size, size);
    Term unit = constant({{over_, matrix_}, identity.reshaped()}, e);
    if (written.term.kind == Term::Kind::constant) {
      written.term = constant(apply(w_.plates(), written.term.array, unit.array, std::multiplies<>()), e);
    } else {
      Term product;
      product.kind = Term::Kind::multiply;
      product.dimensions = united(written.term.dimensions, unit.dimensions);
      product.place = e.place;
      product.path = e.path;
      product.children = {std::move(written.term), std::move(unit)};
      written.term = std::move(product);
    }
    if (size > 1)
      notes_.push_back(
          fmt::format("{}: {} = {} read as {} × identity({})", target(), p.name, written.text, written.text, size));
    written.text += fmt::format(" × identity({})", size);
  }

  // Numbers must lie in the parameter's domain; a variable that is the whole argument must have its support there.
  void check_values(const Term& term, const Parameter& p, const Expression& e) {
    if (term.kind == Term::Kind::constant) {
      if (p.shape == Shape::matrix) return check_definite(w_, over_, matrix_, term.array, p, e);
      try {
        for (double value : term.array.values) check_domain(p, value);
      } catch (const DomainError& error) {
        fail(e, error.what());
      }
      if (p.domain == Domain::simplex) check_simplex(w_, over_, term.array, p, e);
      return;
    }
    if (term.kind == Term::Kind::list && p.domain == Domain::simplex) check_unknown_simplex(w_, over_, term, p, e);
    if (term.kind != Term::Kind::variable) return;
    const Variable& x = w_.variable(term.variable);
    if (x.role != Variable::Role::latent || p.domain == Domain::real) return;
    for (int s : x.statements) {
      const Statement& statement = w_.model.statements[static_cast<std::size_t>(s)];
      if (!statement.family || statement.modifier != Statement::Modifier::none || statement.layout.dimension != 1)
        continue;
      const auto member = any_member(*statement.family, statement.parameterization, 1);
      if (!member || event_of(*statement.family) != Event::scalar) continue;
      const Support support = statement.family->support(member->layout, member->theta, 0, 0);
      const bool low = support.low < 0, high = p.domain == Domain::unit_interval && support.high > 1;
      if ((low || high) && !std::isfinite(low ? support.low : support.high))
        fail(e, fmt::format("{} must be {}, but {} is {} and can be {}: give {} a prior with the right support", p.name,
                            p.domain == Domain::unit_interval ? "in [0, 1]" : to_text(p.domain), x.name,
                            statement.family->name(), low ? "negative" : "above 1", x.name));
    }
  }

  // What numbers are only wrong together (low above high): the family itself says, where all of them are known.
  void check_together(const Statement& statement, const std::vector<Parameter>& parameters) {
    Arguments arguments;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const Term& term = statement.arguments[i];
      if (term.kind != Term::Kind::constant || term.array.values.size() == 0) return;
      const Dimensions event = without(frame_of(parameters[i].shape), plates_);
      const bool many = draft_.event != Event::scalar && parameters[i].shape != Shape::scalar;
      const Array all =
          many ? spread(w_.plates(), term.array, united(without(term.dimensions, event), event)) : term.array;
      const Index d = many ? w_.plate(over_).size : 1;
      if (!many)
        arguments.push_back({parameters[i].name, all.values[0]});
      else if (parameters[i].shape == Shape::vector)
        arguments.push_back({parameters[i].name, Eigen::VectorXd(all.values.head(d))});
      else
        arguments.push_back({parameters[i].name, Eigen::MatrixXd(all.values.head(d * d).reshaped(d, d))});
    }
    try {
      draft_.family->make(arguments);
    } catch (const DomainError& error) {
      fail(argument_place(*draft_.call, error.argument()), error.what());
    }
  }

  // uniform(0, 1) is beta(1, 1), whose factor can be updated.
  bool is_unit_uniform(const Statement& statement) const {
    const auto all = [&](std::size_t i, double number) {
      const Term& term = statement.arguments[i];
      return term.kind == Term::Kind::constant && (term.array.values.array() == number).all();
    };
    return draft_.family->name() == "uniform" && draft_.modifier == Statement::Modifier::none &&
           w_.variable(variable_).role == Variable::Role::latent && all(0, 0) && all(1, 1);
  }

  std::string make_beta(Statement& statement) const {
    const Distribution* beta = w_.registry.find_family("beta");
    if (!beta) return "";
    statement.family = beta;
    statement.parameterization = 0;
    statement.layout = event_layout(*beta, 0, 1);
    for (Term& argument : statement.arguments)
      argument.array = {{}, Eigen::VectorXd::Ones(1)}, argument.dimensions = {};
    return " = beta(1, 1)";
  }

  // Limits that the file gives: the low one is below the high one.
  void check_limits(const Statement& statement) {
    if (!statement.low || !statement.high || statement.low->kind != Term::Kind::constant ||
        statement.high->kind != Term::Kind::constant)
      return;
    const Array& low = statement.low->array;
    const Array& high = statement.high->array;
    const Dimensions both = united(low.dimensions, high.dimensions);
    const Array lows = spread(w_.plates(), low, both), highs = spread(w_.plates(), high, both);
    for (Index i = 0; i < lows.values.size(); ++i)
      if (!(lows.values[i] < highs.values[i]))
        fail(*draft_.high,
             fmt::format("low must be below high, got low = {} and high = {}{}", lows.values[i], highs.values[i],
                         both.empty() ? "" : fmt::format(" where {}", w_.cell_text(both, i))));
  }

  // All that can be said where the parameters of the call are not known.
  [[noreturn]] void mistaken_call() const {
    Terms terms(w_, {plates_, {}, fmt::format("{}(...)", draft_.family->name()), nullptr});
    terms.check(*draft_.call);
    for (const Expression* limit : {draft_.low, draft_.high})
      if (limit) terms.check(*limit);
    throw FollowsFromMistake();
  }

  const char* modifier() const { return draft_.modifier == Statement::Modifier::truncated ? "truncated" : "censored"; }

  // ", low = a, high = b"
  std::string resolve_limits(Statement& statement) {
    if (draft_.event != Event::scalar)
      fail(*draft_.call,
           fmt::format("only families of one number are {}, and {} is not one", modifier(), draft_.family->name()));
    if (draft_.modifier == Statement::Modifier::censored && w_.variable(variable_).role != Variable::Role::observed)
      fail(draft_.expression,
           fmt::format("censored(...) is for data with empty cells, and {} has no data", w_.variable(variable_).name));
    std::string text;
    const auto limit = [&](const char* name, const Expression* e, std::optional<Term>& to) {
      if (!e) return;
      Written written = resolve(*e, Shape::scalar);
      check_dimensions(w_, written.term, frame_of(Shape::scalar), target());
      text += fmt::format(", {} = {}", name, written.text);
      to = std::move(written.term);
    };
    w_.independently([&] { limit("low", draft_.low, statement.low); },
                     [&] { limit("high", draft_.high, statement.high); });
    check_limits(statement);
    return text;
  }

  const Draft& draft_;
  int variable_;
  Workspace& w_;
  std::vector<std::string>& notes_;
  Dimensions plates_;
  int over_ = -1, matrix_ = -1;
};

}  // namespace

Statement resolve_random(const Draft& draft, int variable, Workspace& workspace, std::vector<std::string>& notes) {
  return Resolver(draft, variable, workspace, notes).run();
}

}  // namespace kullback::language
