#include "experiment/experiment.hpp"

#include "experiment/former_run.hpp"
#include "experiment/inference_settings.hpp"
#include "inference/make_joint.hpp"
#include "language/symmetry.hpp"

#include <kullback/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <regex>

namespace kullback::experiment {

using config::Node;

namespace {

void read_starts(const Node& node, const model::Scope& scope, Case& c, Collector& errors) {
  for (const Node* item : items(node))
    errors.run([&] {
      const config::Expression expression = config::parse_expression(*item);
      Members start = model::evaluate_distribution(scope, expression).members;
      if (c.approximation.known)
        config::fail(*item, "the approximation is a known distribution: there is nothing to start");
      if (start.family != c.approximation.family || start.layout.dimension != c.approximation.layout.dimension)
        config::fail(*item, fmt::format("a start must be a member of the approximating family {} with {} coordinate{}",
                                        c.approximation.family->name(), c.approximation.layout.dimension,
                                        c.approximation.layout.dimension == 1 ? "" : "s"));
      c.starts.push_back({expression.written, std::move(start)});
    });
}

// Nothing where the target is wrong: its messages, and what can be said of the approximation without it, are collected.
std::optional<Case> read_case(const Node& node, const std::string& name, const model::Scope& scope, Collector& errors) {
  Case c;
  c.name = name;
  const Node* coordinates = node.find("coordinates");
  const Node* initialize = node.find("initialize");
  const Node* formula = node.find("formula");
  node.find("approximation");  // known here, whichever of the two is missing
  const Node& target = node.at("target");
  const Node& approximation = node.at("approximation");
  c.place = target.place;

  const bool target_read = errors.run([&] {
    const config::Expression p = config::parse_expression(target);
    c.target_text = p.written;
    c.target = model::evaluate_distribution(scope, p);
    if (!coordinates) return;
    const std::vector<const Node*> names = items(*coordinates);
    if (static_cast<Index>(names.size()) != c.target.members.layout.dimension)
      config::fail(*coordinates, fmt::format("the target has {} coordinates, got {} names",
                                             c.target.members.layout.dimension, names.size()));
    c.target.coordinates.clear();
    for (const Node* each : names) c.target.coordinates.push_back(each->string());
  });
  if (!target_read) {
    errors.run([&] { model::check_calls(scope, config::parse_expression(approximation)); });
    return std::nullopt;
  }
  const config::Expression q = config::parse_expression(approximation);
  c.approximation_text = q.written;
  c.approximation = model::evaluate_approximation(scope, q, c.target);
  if (initialize) read_starts(*initialize, scope, c, errors);
  if (formula) {
    if (!c.approximation.known)
      config::fail(*formula, "a formula belongs to a comparison: give the approximation all its parameters");
    c.formula = model::evaluate_number(scope, config::parse_expression(*formula));
  }
  return c;
}

void read_plugins(const Node& node, const std::vector<std::string>& loaded) {
  static const std::regex id("[a-z][a-z0-9_]{0,63}");
  for (const Node* item : items(node)) {
    const std::string& name = item->string();
    if (!std::regex_match(name, id))
      config::fail(
          *item,
          fmt::format(
              "'{}' is not a plugin's id: an experiment names ids, never paths; use --plugin-dir for a directory",
              name));
    if (std::find(loaded.begin(), loaded.end(), name) == loaded.end())
      config::fail(*item, fmt::format("plugin '{}' is not loaded; {}", name, suggestion(name, loaded)));
  }
}

// A model has one question: the posterior by reverse KL.
void read_model(const Node& root, const Registry& registry, Experiment& experiment, Collector& errors) {
  for (const char* key : {"target", "approximation", "cases"})
    if (const Node* node = root.find(key)) {
      node->accept();
      errors.run([&] {
        config::fail(
            node->key_place, node->path,
            fmt::format("a file has either a model or a {}: q of a model follows from its statements and posterior",
                        key));
      });
    }
  for (const Direction& d : experiment.directions)
    if (d.word != "reverse_kl")
      errors.run([&] {
        config::fail(
            d.place, "inference.divergence",
            fmt::format("the posterior of a model is found by reverse_kl; {} is not there yet for models", d.word));
      });
  experiment.model =
      language::read_model(root, registry, std::filesystem::path(experiment.path).parent_path(), errors.diagnostics);
  const Node* inference = root.find("inference");
  const Node* initialize = inference && inference->kind == Node::Kind::map ? inference->find("initialize") : nullptr;
  if (errors.diagnostics.empty() && initialize) errors.run([&] { read_former_runs(*initialize, experiment); });
  const auto& starts = experiment.model.model.initializations;
  const bool random = std::any_of(starts.begin(), starts.end(), [](const model::Initialization& start) {
    return start.kind == model::Initialization::Kind::random || start.kind == model::Initialization::Kind::kmeans;
  });
  if (experiment.restarts > 1 && !random && errors.diagnostics.empty()) {
    const Node& restarts = root.at("inference").at("restarts");
    errors.run([&] {
      config::fail(restarts, "all restarts would start alike: say what starts at random (initialize: {z: random})");
    });
  }
  if (errors.diagnostics.empty()) language::check_symmetric_starts(experiment.model.model, errors.diagnostics);
}

// Writes what was left to its default into the tree, so that the record of a run says everything.
void write_defaults(Experiment& experiment) {
  Node& root = experiment.resolved;
  const Node* inference = root.find("inference");
  const auto add = [&](const std::string& key, const std::string& value) {
    if (!inference || !inference->find(key)) config::set_value(root, "inference." + key + "=" + value);
    inference = root.find("inference");
  };
  const Settings& s = experiment.settings;
  std::vector<std::string> words;
  for (const Direction& d : experiment.directions) words.push_back(d.word);
  add("divergence", fmt::format("[{}]", fmt::join(words, ", ")));
  add("schedule", std::string(to_text(s.schedule)));
  add("damping", fmt::format("{}", s.damping));
  add("tolerance", fmt::format("{}", s.tolerance));
  add("max_sweeps", fmt::format("{}", s.max_sweeps));
  if (experiment.is_model) add("restarts", fmt::format("{}", experiment.restarts));
  if (const auto& inner = experiment.inner)
    config::set_value(root, fmt::format("inference.inner={{tolerance: {}, max_iterations: {}, fresh_start: {}}}",
                                        inner->tolerance, inner->max_iterations, inner->fresh_start));
  config::set_value(root, fmt::format("inference.seed={}", s.seed));
}

// What a fit can make small, and which side is fitted.
void check_fittable(const Direction& d) {
  const Functional kind = d.divergence->functional();
  if (kind == Functional::entropy)
    config::fail(d.place, "inference.divergence",
                 fmt::format("{} does not look at the distribution that is fitted", d.word));
  const bool sided = kind == Functional::relative_entropy && !d.divergence->symmetric();
  if (sided && !d.reversed && d.word.rfind("forward_", 0) != 0)
    config::fail(
        d.place, "inference.divergence",
        fmt::format(
            "say which side is fitted: reverse_{} (D(q, p), mode seeking) or forward_{} (D(p, q), mass covering)",
            d.word, d.word));
}

}  // namespace

Experiment load_experiment(const std::string& path, const Registry& registry,
                           const std::vector<std::string>& loaded_plugins, const Overrides& overrides) {
  Experiment experiment;
  experiment.path = path;
  experiment.resolved = config::parse_yaml(config::read_source(path));
  Node& root = experiment.resolved;
  for (const std::string& assignment : overrides.set) config::set_value(root, assignment);
  if (root.kind != Node::Kind::map)
    config::fail(root.place, "",
                 "an experiment file is a map with 'target' and 'approximation', or with 'plates', 'data' and 'model', "
                 "and 'inference'");

  Collector errors;
  model::Scope scope(registry, std::filesystem::path(path).parent_path());
  const bool is_model = experiment.is_model = root.find("model") != nullptr;
  bool lacks_model = false;
  if (!is_model)
    for (const char* part : {"plates", "posterior"})
      if (const Node* node = root.find(part)) {
        lacks_model = true;
        node->accept();
        errors.run([&] {
          config::fail(node->key_place, node->path,
                       fmt::format("{} belongs to a model: add 'model:' with its statements", part));
        });
      }
  if (const Node* plugins = root.find("plugins")) errors.run([&] { read_plugins(*plugins, loaded_plugins); });
  bool data_read = true;
  if (const Node* data = root.find("data"); data && !is_model) {
    data_read = errors.run([&] { scope.read_data(*data); });
    if (!data_read) data->accept();
  }
  errors.run([&] { read_inference(root.find("inference"), registry, experiment, errors); });
  if (overrides.seed) experiment.settings.seed = *overrides.seed;
  if (overrides.threads) experiment.settings.threads = *overrides.threads;

  if (const Node* description = root.find("description")) errors.run([&] { description->string(); });
  const Node* cases = is_model ? nullptr : root.find("cases");
  if (is_model) {
    read_model(root, registry, experiment, errors);
  } else if (!data_read || (lacks_model && !cases && !root.find("target"))) {
    // What follows from data that could not be read, or from a model that is not there, would only repeat the message.
    for (const char* key : {"cases", "target", "approximation", "coordinates", "initialize", "formula"})
      if (const Node* node = root.find(key)) node->accept();
  } else if (cases) {
    errors.run([&] {
      if (cases->kind != Node::Kind::map || cases->children().empty())
        config::fail(*cases, "cases must be a map of names to cases, each with a target and an approximation");
      if (const Node* target = root.find("target")) {
        root.accept();
        config::fail(target->key_place, target->path, "a file has either 'target' and 'approximation', or 'cases'");
      }
      for (const Node& node : cases->children()) {
        cases->find(node.key);
        errors.run([&] {
          if (node.kind != Node::Kind::map) config::fail(node, "a case is a map with a target and an approximation");
          if (auto read = read_case(node, node.key, scope, errors)) experiment.cases.push_back(std::move(*read));
        });
      }
    });
  } else {
    errors.run([&] {
      if (auto read = read_case(root, "", scope, errors)) experiment.cases.push_back(std::move(*read));
    });
  }
  // `initialize:` of a file with one case may stand under inference too, beside the other settings of the loop.
  if (const Node* inference = root.find("inference"); !is_model && inference && inference->kind == Node::Kind::map)
    if (const Node* initialize = inference->find("initialize"))
      errors.run([&] {
        if (experiment.cases.empty()) return initialize->accept();  // its case is an error already
        if (experiment.cases.size() != 1)
          config::fail(initialize->key_place, initialize->path,
                       "in a file with several cases each case has its own 'initialize'");
        read_starts(*initialize, scope, experiment.cases.front(), errors);
      });

  if (experiment.directions.empty()) {
    const bool comparison = !experiment.cases.empty() && experiment.cases.front().approximation.known.has_value();
    if (registry.find_divergence("kl"))
      experiment.directions.push_back(direction_of(registry, comparison ? "kl" : "reverse_kl"));
  }
  for (const Case& c : experiment.cases)
    for (const Direction& d : experiment.directions)
      if (!c.approximation.known) errors.run([&] { check_fittable(d); });

  root.report_unread(errors.diagnostics);
  errors.diagnostics.throw_if_any();
  experiment.inputs.push_back({path, path});
  for (const auto& file : scope.files()) experiment.inputs.push_back(file);
  if (is_model)
    for (const auto& file : experiment.model.inputs) experiment.inputs.push_back({file.name, file.path});
  write_defaults(experiment);
  return experiment;
}

std::unique_ptr<Joint> make_joint(const Registry& registry, const Case& c, const Direction& direction) {
  return inference::make_joint(registry,
                               {c.target.members, c.approximation.family, c.approximation.layout, c.target.coordinates},
                               {direction.divergence, direction.reversed}, direction.word);
}

const Optimizer& choose_optimizer(const Experiment& experiment, const Registry& registry, const Joint& joint,
                                  const Direction& direction) {
  if (experiment.optimizer) {
    if (const auto why = experiment.optimizer->refuses(joint, direction.word))
      config::fail(direction.place, "inference.divergence",
                   fmt::format("optimizer {} does not do {}: {}", experiment.optimizer->name(), direction.word, *why));
    return *experiment.optimizer;
  }
  std::string reasons;
  for (const std::string& name : registry.optimizers()) {
    const Optimizer& optimizer = registry.optimizer(name);
    const auto why = optimizer.refuses(joint, direction.word);
    if (!why) return optimizer;
    reasons += fmt::format("; {}: {}", name, *why);
  }
  config::fail(direction.place, "inference.divergence", fmt::format("no optimizer does {}{}", direction.word, reasons));
}

}  // namespace kullback::experiment
