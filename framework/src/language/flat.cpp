#include "language/flat.hpp"

#include "language/flat_use.hpp"
#include "language/posterior.hpp"

#include <kullback/capability.hpp>
#include <kullback/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace kullback::language {

using config::Expression;
using config::Node;
using model::Statement;

namespace {

// Where the variable can lie, as far as its use says: a logarithm or an inverse has positive numbers.
Domain domain_of(const Use& use) {
  const auto asked = [&](const char* label) { return use.labels.count(label) > 0; };
  if (use.domain != Domain::real || asked("log_1mx"))
    return use.domain == Domain::real ? Domain::unit_interval : use.domain;
  return asked("log_x") || asked("1/x") || asked("1/x2") || asked("sqrt_x") ? Domain::positive : Domain::real;
}

bool covers(const Support& support, Domain domain) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (support.integer) return false;
  switch (domain) {
    case Domain::real:
      return support.low == -kInfinity && support.high == kInfinity;
    case Domain::positive:
    case Domain::non_negative:
      return support.low == 0 && support.high == kInfinity;
    case Domain::unit_interval:
    case Domain::simplex:
      return support.low == 0 && support.high == 1;
    default:
      return false;
  }
}

// How many statistics the family has beside those asked for; -1 where it does not serve.
Index spare(const Distribution& family, Event event, const Use& use, Index d) {
  if (event_of(family) != event) return -1;
  const auto member = any_member(family, 0, d);
  const auto* exponential = member ? capability<ExponentialFamily>(family, member->layout) : nullptr;
  // The density 1 is a limit of its members where natural parameters 0 are: nothing else varies over the support.
  if (!exponential || exponential->fixed_rows(member->layout) > 0 || exponential->has_base_measure(member->layout))
    return -1;
  const auto fixed = fixed_support(family, 0, d);
  if (event != Event::matrix && (!fixed || fixed->moves || !covers(fixed->support, domain_of(use)))) return -1;
  std::set<std::string> has;
  for (const Statistic& s : exponential->statistics(member->layout)) has.insert(s.label);
  const bool all = std::includes(has.begin(), has.end(), use.labels.begin(), use.labels.end());
  return all ? static_cast<Index>(has.size() - use.labels.size()) : -1;
}

const Distribution* family_for(const Use& use, Event event, Index d, const Registry& registry) {
  const Distribution* best = nullptr;
  Index least = std::numeric_limits<Index>::max();
  for (const std::string& name : registry.families()) {
    const Distribution& family = registry.family(name);
    const Index more = spare(family, event, use, d);
    if (more >= 0 && more < least) best = &family, least = more;
  }
  return best;
}

// The grid that `posterior` gives the variable; its mistakes are reported where it is read.
std::optional<model::Posterior> grid_of(const Node* posterior, const std::string& name, const Workspace& w) {
  if (!posterior || posterior->kind != Node::Kind::map) return std::nullopt;
  for (const Node& node : posterior->children()) {
    if (node.key != name || node.kind != Node::Kind::scalar || node.text.rfind("discrete_grid", 0) != 0) continue;
    model::Posterior grid;
    try {
      read_grid(config::parse_expression(node), grid, w);
    } catch (const ConfigError&) {
      throw FollowsFromMistake();
    }
    if (!grid.low || !grid.high)
      config::fail(
          node, fmt::format("the prior of {} is flat, and a grid of it ends where it is told to: discrete_grid(low = "
                            "0, high = 10)",
                            name));
    return grid;
  }
  return std::nullopt;
}

void choose(Draft& draft, const std::vector<Draft>& drafts, const Node* posterior, Workspace& w) {
  const std::string& name = draft.target.text;
  if (const auto grid = grid_of(posterior, name, w)) {
    draft.family = &w.registry.family("uniform");
    draft.flat_low = *grid->low;
    draft.flat_high = *grid->high;
    return;
  }
  const Use use = use_of(draft, drafts);
  if (use.mistaken || (!use.first && !w.diagnostics.empty())) throw FollowsFromMistake();
  if (!use.first) fail(*draft.call, fmt::format("nothing reads {}: a flat prior without data has no posterior", name));
  draft.event = use.matrix                                                    ? Event::matrix
                : use.domain == Domain::simplex && use.shape == Shape::vector ? Event::vector
                                                                              : Event::scalar;
  if (draft.event != Event::scalar && draft.over < 0)
    fail(*draft.call, fmt::format("{} has several coordinates: flat(over = d) with the name of their plate", name));
  const Index d = draft.over < 0 ? 1 : w.plate(draft.over).size;
  draft.family = use.unknown ? nullptr : family_for(use, draft.event, d, w.registry);
  if (draft.family) return;
  const Draft& reader = use.unknown ? *use.unknown : *use.first;
  fail(*draft.call,
       fmt::format("no family of q has all that {} asks of {} where its prior is flat: give it ends, {}: uniform(low = "
                   "0, high = 10), or a proper prior",
                   reader.target.text, name, name));
}

// The family's parameters where its natural parameters are 0, if there it has a finite integral.
std::optional<Eigen::VectorXd> at_zero(const Distribution& family, const Layout& layout) {
  const auto& exponential = *capability<ExponentialFamily>(family, layout);
  Index rows = 0;
  for (const Statistic& s : exponential.statistics(layout)) rows += s.rows;
  const Eigen::MatrixXd eta = Eigen::MatrixXd::Zero(rows, 1);
  if (!exponential.in_domain(layout, eta, 0)) return std::nullopt;
  Eigen::MatrixXd theta(family.parameter_count(layout), 1);
  exponential.convert(layout, eta, theta, false);
  return theta.col(0);
}

}  // namespace

void read_flat(Draft& draft, Workspace& w) {
  const Expression& e = draft.expression;
  draft.flat = true;
  draft.call = &e;
  w.for_each(e.children, [](const Expression& argument) {
    if (argument.text != "over")
      fail(argument, "flat has no parameters: flat(), or flat(over = d) for one factor of all of d");
  });
  const int v = w.find_variable(draft.target.text);
  if (v >= 0) fail(e, fmt::format("{} has data, and flat() is a prior: give it a distribution", draft.target.text));
}

void choose_flat_families(std::vector<Draft>& drafts, const Node* posterior, Workspace& w) {
  for (Draft& draft : drafts)
    if (draft.flat && !w.is_broken(draft.target.text) && !w.keep_mistakes([&] { choose(draft, drafts, posterior, w); }))
      w.broken.push_back(draft.target.text);
}

Statement resolve_flat(const Draft& draft, int variable, Workspace& w, std::vector<std::string>& notes) {
  const model::Variable& x = w.variable(variable);
  Statement statement;
  statement.variable = variable;
  statement.family = draft.family;
  statement.frame = x.dimensions();
  if (draft.event == Event::matrix) statement.matrix_dimension = w.matrix_plate(draft.over);
  const Index d = draft.event == Event::scalar ? 1 : w.plate(draft.over).size;
  statement.layout = event_layout(*draft.family, 0, d);
  const auto state = [&](double value) {
    statement.arguments.push_back(constant({{}, Eigen::VectorXd::Constant(1, value)}, *draft.call));
    return fmt::format("{}", value);
  };
  const std::string target = target_text(w, x, draft.fixed), family(draft.family->name());
  const auto parameters = draft.family->parameterizations()[0];
  std::vector<std::string> texts;
  if (draft.flat_low) {
    texts = {"low = " + state(*draft.flat_low), "high = " + state(*draft.flat_high)};
  } else if (const auto theta = at_zero(*draft.family, statement.layout)) {
    for (std::size_t i = 0; i < parameters.size(); ++i)
      texts.push_back(fmt::format("{} = {}", parameters[i].name, state((*theta)[static_cast<Index>(i)])));
  }
  statement.flat = texts.empty();
  statement.echo = statement.flat ? fmt::format("{} ~ flat, q {}", target, family)
                                  : fmt::format("{} ~ flat = {}({})", target, family, fmt::join(texts, ", "));
  if (statement.flat)
    notes.push_back(fmt::format(
        "{}: its prior is flat (improper): the bound is no evidence, and compares runs of this model only", target));
  return statement;
}

}  // namespace kullback::language
