#include "experiment/inference_settings.hpp"

#include "divergence/direction.hpp"
#include "experiment/f_divergence.hpp"

#include <fmt/format.h>

namespace kullback::experiment {

using config::Node;

std::vector<const Node*> items(const Node& node) {
  std::vector<const Node*> all;
  if (node.kind != Node::Kind::list) return {&node};
  node.accept();
  for (const Node& child : node.children()) all.push_back(&child);
  return all;
}

namespace {

// "renyi(0.5)", or the map {renyi: 0.5}.
Direction read_direction(const Node& node, const Registry& registry) {
  std::string word;
  if (node.kind == Node::Kind::map) {
    node.accept();
    if (node.children().size() != 1) config::fail(node, "a divergence with a parameter is written {renyi: 0.5}");
    const Node& parameter = node.children().front();
    node.find(parameter.key);
    word = parameter.key == "f" ? fmt::format("f({})", parameter.string())
                                : fmt::format("{}({})", parameter.key, parameter.number());
  } else {
    word = node.string();
  }
  try {
    Direction direction = direction_of(registry, word);
    direction.place = node.place;
    return direction;
  } catch (const UnsupportedError&) {
    std::vector<std::string> known;
    for (const std::string& name : registry.divergences())
      known.insert(known.end(), {"reverse_" + name, "forward_" + name, name});
    config::fail(node, fmt::format("'{}' is not a divergence; {}", word, suggestion(word, known)));
  } catch (const DomainError& error) {
    config::fail(node, error.what());
  }
}

Schedule read_schedule(const Node& node) {
  const std::string& word = node.string();
  std::vector<std::string> known;
  for (Schedule s : {Schedule::sequential, Schedule::colored, Schedule::jacobi, Schedule::random, Schedule::residual}) {
    if (word == to_text(s)) return s;
    known.emplace_back(to_text(s));
  }
  config::fail(node, fmt::format("'{}' is not a schedule; {}", word, suggestion(word, known)));
}

// "inner: {tolerance: 1e-3, max_iterations: 100, fresh_start: true}"
messages::InnerSettings read_inner(const Node& node, Collector& errors) {
  messages::InnerSettings inner;
  if (node.kind != Node::Kind::map)
    config::fail(node, "inner is a map: {tolerance: 1e-3, max_iterations: 100, fresh_start: true}");
  const auto with = [&](const char* key, auto use) {
    if (const Node* n = node.find(key)) errors.run([&] { use(*n); });
  };
  with("tolerance", [&](const Node& n) { inner.tolerance = n.positive(); });
  with("max_iterations", [&](const Node& n) { inner.max_iterations = n.whole(1, 1'000'000); });
  with("fresh_start", [&](const Node& n) { inner.fresh_start = n.boolean(); });
  return inner;
}

}  // namespace

void read_inference(const Node* inference, const Registry& registry, Experiment& experiment, Collector& errors) {
  if (!inference) return;
  if (inference->kind != Node::Kind::map) config::fail(*inference, "inference must be a map");
  const auto with = [&](const char* key, auto use) {
    if (const Node* node = inference->find(key)) errors.run([&] { use(*node); });
  };
  Settings& settings = experiment.settings;
  with("divergence", [&](const Node& n) {
    for (const Node* item : items(n))
      errors.run([&] { experiment.directions.push_back(read_direction(*item, registry)); });
  });
  with("optimizer", [&](const Node& n) {
    experiment.optimizer = registry.find_optimizer(n.string());
    if (!experiment.optimizer)
      config::fail(
          n, fmt::format("'{}' is not an optimizer; {}", n.string(), suggestion(n.string(), registry.optimizers())));
  });
  with("schedule", [&](const Node& n) {
    if (experiment.is_model && n.kind == Node::Kind::list) {
      settings.schedule = Schedule::colored;  // blocks and passes by name, in this order
    } else {
      settings.schedule = read_schedule(n);
    }
  });
  if (experiment.is_model)
    with("restarts", [&](const Node& n) { experiment.restarts = static_cast<Index>(n.whole(1, 100'000)); });
  if (experiment.is_model)
    with("inner", [&](const Node& n) {
      experiment.inner = read_inner(n, errors);
      experiment.inner_place = n.place;
    });
  with("damping", [&](const Node& n) {
    settings.damping = n.positive();
    if (settings.damping > 1) config::fail(n, fmt::format("damping must be in (0, 1], got {}", settings.damping));
  });
  with("tolerance", [&](const Node& n) { settings.tolerance = n.positive(); });
  with("max_sweeps", [&](const Node& n) { settings.max_sweeps = n.whole(1, 1'000'000'000); });
  with("seed", [&](const Node& n) { settings.seed = static_cast<std::uint64_t>(n.whole(0, (1ll << 53))); });
  with("allow", [&](const Node& n) {
    for (const Node* item : items(n)) {
      if (item->string() != "monte_carlo")
        config::fail(*item,
                     fmt::format("'{}' is not a method that must be allowed; known: monte_carlo", item->string()));
      experiment.allow_monte_carlo = true;
    }
  });
  with("cross_check", [&](const Node& n) { experiment.cross_check = n.boolean(); });
}

Direction direction_of(const Registry& registry, const std::string& word) {
  Direction direction{word, nullptr, false, {}};
  // By its function: "f(t * log(t))".
  for (const Text prefix : {"f(", "reverse_f(", "forward_f("})
    if (word.starts_with(prefix) && word.ends_with(')')) {
      direction.reversed = prefix == "reverse_f(";
      direction.divergence = make_f_divergence(word.substr(prefix.size(), word.size() - prefix.size() - 1));
      return direction;
    }
  const divergence::Directed found = divergence::find_directed(registry, word);
  direction.divergence = found.divergence;
  direction.reversed = found.reversed;
  return direction;
}

}  // namespace kullback::experiment
