#include "language/posterior.hpp"

#include "language/families.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kullback::language {

using config::Expression;
using config::Node;
using model::Initialization;
using model::Posterior;
using model::Variable;

namespace {

// The latent variable of that name (or one with empty cells), for a message at `place`.
int latent_named(const std::string& name, const config::Place& place, const std::string& path, const Workspace& w) {
  const int v = w.find_variable(name);
  if (v < 0) {
    if (w.is_broken(name)) throw FollowsFromMistake();
    std::vector<std::string> known;
    for (const Variable& variable : w.model.variables)
      if (variable.role == Variable::Role::latent) known.push_back(variable.name);
    config::fail(place, path, fmt::format("'{}' is not a variable of the model; {}", name, suggestion(name, known)));
  }
  if (w.is_broken(name)) throw FollowsFromMistake();
  const Variable& variable = w.variable(v);
  const bool has_latent = variable.role == Variable::Role::latent ||
                          (variable.role == Variable::Role::observed && empty_cells(variable.data.values).count > 0);
  if (!has_latent)
    config::fail(place, path,
                 fmt::format("{} has no factor of q: it is {}", name,
                             variable.role == Variable::Role::observed   ? "observed"
                             : variable.role == Variable::Role::constant ? "a constant"
                                                                         : "deterministic"));
  return v;
}

double number_argument(const Expression& argument) {
  const Expression& value = argument.children[0];
  if (value.kind == Expression::Kind::unary && value.children[0].kind == Expression::Kind::number)
    return -value.children[0].number;
  if (value.kind != Expression::Kind::number) fail(value, fmt::format("{} must be a number", argument.text));
  return value.number;
}

}  // namespace

void read_grid(const Expression& e, Posterior& posterior, const Workspace& w) {
  posterior.kind = Posterior::Kind::grid;
  w.for_each(e.children, [&](const Expression& argument) {
    const double value = number_argument(argument);
    if (argument.text == "cells") {
      if (value != std::floor(value) || value < 2 || value > 1e6)
        fail(argument.children[0], fmt::format("cells must be a whole number from 2 to 1000000, got {}", value));
      posterior.cells = static_cast<Index>(value);
    } else if (argument.text == "low") {
      posterior.low = value;
    } else if (argument.text == "high") {
      posterior.high = value;
    } else {
      fail(argument,
           fmt::format("discrete_grid has no argument '{}' here: it takes cells, low and high", argument.text));
    }
  });
  if (posterior.low && posterior.high && !(*posterior.low < *posterior.high))
    fail(e, fmt::format("low must be below high, got {} and {}", *posterior.low, *posterior.high));
}

namespace {

Array numbers(const Node& node, const Dimensions& dimensions, const Workspace& w);
Array shaped(const Node& node, Array array, const Dimensions& dimensions, const Workspace& w);

void fill_levels(const Node& node, int plate, const Workspace& w, std::vector<double>& values) {
  if (node.kind != Node::Kind::list) return values.push_back(static_cast<double>(w.level(plate, node)));
  node.accept();
  w.for_each(node.children(), [&](const Node& child) { fill_levels(child, plate, w, values); });
}

// Numbers, or labels of a categorical; one for all cells, or one a cell. They must be possible.
void read_fixed(const Node& node, int v, Posterior& posterior, const Workspace& w) {
  const Variable& variable = w.variable(v);
  posterior.kind = Posterior::Kind::fixed;
  if (variable.levels >= 0) {
    std::vector<double> levels;
    fill_levels(node, variable.levels, w, levels);
    posterior.value = {{}, Eigen::Map<const Eigen::VectorXd>(levels.data(), static_cast<Index>(levels.size()))};
    posterior.value = shaped(node, std::move(posterior.value), variable.dimensions(), w);
  } else {
    posterior.value = numbers(node, variable.dimensions(), w);
  }
  posterior.value = spread(w.plates(), posterior.value, variable.dimensions());
  const Index size = variable.levels >= 0 ? 1 : cells(w.plates(), variable.over);
  for (int s : variable.statements) {
    const model::Statement& statement = w.model.statements[static_cast<std::size_t>(s)];
    if (!statement.family || variable.levels >= 0) continue;
    const auto support = fixed_support(*statement.family, statement.parameterization, statement.layout.dimension);
    for (Index i = 0; support && i < posterior.value.values.size(); ++i) {
      const bool serves = statement.serves.empty() || statement.serves[static_cast<std::size_t>(i / size)];
      const double x = posterior.value.values[i];
      if (serves && !support->contains(x))
        config::fail(node, fmt::format("{} cannot be {}: {} makes {}", variable.name, x, statement.family->name(),
                                       outside_text(support->support, x)));
    }
  }
}

void read_one(const Node& node, Workspace& w) {
  const int v = latent_named(node.key, node.key_place, node.path, w);
  Posterior& posterior = w.model.posteriors[static_cast<std::size_t>(v)];
  const bool word =
      node.kind == Node::Kind::scalar && (node.text == "separate" || node.text.rfind("discrete_grid", 0) == 0);
  if (node.kind == Node::Kind::list || (w.variable(v).levels >= 0 && node.kind == Node::Kind::scalar && !word))
    return read_fixed(node, v, posterior, w);
  const Expression e = config::parse_expression(node);
  if (e.kind == Expression::Kind::number || e.kind == Expression::Kind::unary) {
    read_fixed(node, v, posterior, w);
  } else if (e.text == "discrete_grid" && (e.kind == Expression::Kind::call || e.kind == Expression::Kind::reference)) {
    if (w.variable(v).over.size() > 0)
      fail(e,
           fmt::format("a grid is for one number, and {} has factors over {}", node.key, w.names(w.variable(v).over)));
    if (w.variable(v).levels >= 0) fail(e, fmt::format("{} is categorical: its factors are free already", node.key));
    read_grid(e, posterior, w);
  } else if (e.text == "separate" && e.kind == Expression::Kind::reference) {
    fail(e, fmt::format("{} has one factor of q a cell already: separate cuts a chain, and chains are not there yet",
                        node.key));
  } else {
    fail(e, fmt::format("a factor is discrete_grid(cells = 400), a fixed number, or separate; its family otherwise "
                        "follows from the statements, got '{}'",
                        e.written));
  }
}

// One more variable of a joint block.
int joint_member(const Node& name, const std::vector<int>& before, const Workspace& w) {
  const int v = latent_named(name.string(), name.place, name.path, w);
  for (const auto& other : w.model.joint)
    if (std::find(other.begin(), other.end(), v) != other.end())
      config::fail(name, fmt::format("{} is in two joint blocks", name.text));
  if (std::find(before.begin(), before.end(), v) != before.end())
    config::fail(name, fmt::format("{} stands twice", name.text));
  if (!before.empty() && w.variable(v).plates != w.variable(before[0]).plates)
    config::fail(name, fmt::format("{} has the plates [{}], {} has [{}]: a joint block has one factor a cell of the "
                                   "same plates",
                                   name.text, w.names(w.variable(v).plates), w.variable(before[0]).name,
                                   w.names(w.variable(before[0]).plates)));
  return v;
}

void read_joint(const Node& node, Workspace& w) {
  const std::string usage = "joint is a list of lists of variables: joint: [[mu, tau]]";
  if (node.kind != Node::Kind::list || node.children().empty()) config::fail(node, usage);
  node.accept();
  w.for_each(node.children(), [&](const Node& group) {
    if (group.kind != Node::Kind::list) config::fail(group, usage);
    std::vector<int> variables;
    w.for_each(group.children(), [&](const Node& name) { variables.push_back(joint_member(name, variables, w)); });
    if (variables.size() < 2) config::fail(group, "a joint block has at least two variables");
    w.model.joint.push_back(std::move(variables));
  });
}

// Nested lists as an array; its dimensions are counted, not named, where they are not the variable's (a statistic's
// rows).
void fill(const Node& node, std::vector<double>& values, const Workspace& w) {
  if (node.kind != Node::Kind::list) return values.push_back(node.number());
  node.accept();
  w.for_each(node.children(), [&](const Node& child) { fill(child, values, w); });
}

// One number for all, or one a cell.
Array shaped(const Node& node, Array array, const Dimensions& dimensions, const Workspace& w) {
  array.dimensions = array.values.size() == 1 ? Dimensions{} : dimensions;
  const Index wanted = cells(w.plates(), dimensions);
  if (array.values.size() != 1 && array.values.size() != wanted)
    config::fail(node, fmt::format("expected {} ({}), got {}", counted(wanted, "number"),
                                   dimensions.empty() ? "one cell" : w.names(dimensions), array.values.size()));
  return array;
}

Array numbers(const Node& node, const Dimensions& dimensions, const Workspace& w) {
  std::vector<double> values;
  fill(node, values, w);
  return shaped(node, {{}, Eigen::Map<const Eigen::VectorXd>(values.data(), static_cast<Index>(values.size()))},
                dimensions, w);
}

// Starting moments and parameters: a number for all members, or one a member times the rows of the statistic.
void read_moments(const Node& node, const Variable& variable, Initialization& start, const Workspace& w) {
  start.kind = Initialization::Kind::moments;
  const Index members = cells(w.plates(), variable.plates), size = cells(w.plates(), variable.over);
  w.for_each(node.children(), [&](const Node& entry) {
    node.find(entry.key);
    std::vector<double> values;
    fill(entry, values, w);
    const auto n = static_cast<Index>(values.size());
    if (n != 1 && n % members != 0)
      config::fail(entry, fmt::format("{} has {}: expected one number, or a whole number of them for each, got {}",
                                      variable.name, counted(members, "factor"), n));
    const Index rows = n == 1 ? 1 : n / members;
    Array array{{}, Eigen::Map<const Eigen::VectorXd>(values.data(), n)};
    if (n > 1) array.dimensions = rows == size ? variable.dimensions() : variable.plates;
    start.numbers.emplace_back(entry.key, std::move(array));
  });
}

void read_start(const Node& node, Workspace& w) {
  const int v = latent_named(node.key, node.key_place, node.path, w);
  const Variable& variable = w.variable(v);
  Initialization& start = w.model.initializations[static_cast<std::size_t>(v)];
  if (node.kind == Node::Kind::map) {
    if (const Node* run = node.find("run")) {
      start.kind = Initialization::Kind::run;
      start.run = run->string();
      return;
    }
    return read_moments(node, variable, start, w);
  }
  double number = 0;
  if (node.kind == Node::Kind::list || (node.kind == Node::Kind::scalar && config::parse_number(node.text, number))) {
    if (w.model.posteriors[static_cast<std::size_t>(v)].kind == Posterior::Kind::grid) {
      start.kind = Initialization::Kind::value;
      start.numbers.emplace_back("x", numbers(node, variable.dimensions(), w));
      return;
    }
    const bool has_mean = std::any_of(variable.statements.begin(), variable.statements.end(), [&](int s) {
      const Distribution* family = w.model.statements[static_cast<std::size_t>(s)].family;
      return family && family->parameterizations()[0][0].name == "mean";
    });
    if (!has_mean)
      config::fail(node,
                   fmt::format("a number is a starting mean, which {} has none of: give parameters or moments by name "
                               "({{x: 1}})",
                               variable.name));
    start.kind = Initialization::Kind::moments;
    start.numbers.emplace_back("mean", numbers(node, variable.dimensions(), w));
    return;
  }
  const std::string& word = node.string();
  const std::vector<std::string> words = {"prior", "random", "kmeans"};
  const auto found = std::find(words.begin(), words.end(), word);
  if (found == words.end())
    config::fail(node,
                 fmt::format("a start is prior, random, kmeans, numbers, moments ({{x: 0, x2: 1}}) or a former run "
                             "({{run: folder}}), got '{}'; {}",
                             word, suggestion(word, words)));
  if (word == "kmeans" && variable.levels < 0)
    config::fail(node, fmt::format("kmeans is for a categorical that picks components, and {} is none", variable.name));
  if (word != "kmeans" && w.model.is_flat(v))
    config::fail(
        node, fmt::format("the prior of {} is flat: there is nothing to draw from; without a start it begins at what "
                          "the data say first, or give numbers",
                          variable.name));
  start.kind = word == "prior"    ? Initialization::Kind::prior
               : word == "random" ? Initialization::Kind::random
                                  : Initialization::Kind::kmeans;
}

template <class Use>
void each_entry(const Node& map, const std::string& usage, Workspace& w, Use use) {
  if (map.kind != Node::Kind::map) config::fail(map, usage);
  for (const Node& node : map.children()) {
    map.find(node.key);
    if (!w.keep_mistakes([&] { use(node); })) node.accept();
  }
}

}  // namespace

void read_posterior(const Node* posterior, Workspace& w) {
  if (!posterior) return;
  each_entry(*posterior, "posterior is a map: {x: discrete_grid, joint: [[mu, tau]]}", w, [&](const Node& node) {
    if (node.key == "joint" && w.find_variable("joint") < 0) return read_joint(node, w);
    read_one(node, w);
  });
}

void read_initialization(const Node& initialize, Workspace& w) {
  each_entry(initialize, "initialize is a map of variables to starts: {z: random}", w,
             [&](const Node& node) { read_start(node, w); });
}

void read_order(const Node& schedule, Workspace& w) {
  schedule.accept();
  w.for_each(schedule.children(), [&](const Node& name) {
    const int v = latent_named(name.string(), name.place, name.path, w);
    if (std::find(w.model.order.begin(), w.model.order.end(), v) != w.model.order.end())
      config::fail(name, fmt::format("{} stands twice", name.text));
    w.model.order.push_back(v);
  });
  std::vector<std::string> missing;
  for (std::size_t v = 0; v < w.model.variables.size(); ++v)
    if (w.model.variables[v].role == Variable::Role::latent &&
        std::find(w.model.order.begin(), w.model.order.end(), static_cast<int>(v)) == w.model.order.end() &&
        !w.is_broken(w.model.variables[v].name))
      missing.push_back(w.model.variables[v].name);
  if (!missing.empty() && w.broken.empty())
    config::fail(schedule,
                 fmt::format("a schedule by name has every latent variable; missing: {}", fmt::join(missing, ", ")));
}

}  // namespace kullback::language
