// An experiment file, understood: cases to run, divergences, optimizer and settings.
#pragma once

#include "config/node.hpp"
#include "language/read_model.hpp"
#include "messages/local_group.hpp"
#include "model/evaluate.hpp"

#include <kullback/run.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kullback::experiment {

/// A divergence by the word of the file: "reverse_kl" is kl with the sides swapped, "forward_kl" and "kl" are kl(p, q);
/// "renyi(0.5)" or {renyi: 0.5} has a parameter.
struct Direction {
  std::string word;
  std::shared_ptr<const Divergence> divergence;
  bool reversed = false;
  config::Place place;
};

/// Throws UnsupportedError with a suggestion, and DomainError.
Direction direction_of(const Registry& registry, const std::string& word);

/// One start of the optimization: a member of the approximating family, and how it was written.
struct Start {
  std::string written;
  Members q;
};

/// One target with one approximation. A comparison if the approximation is a known distribution.
struct Case {
  std::string name;  ///< empty if the file has one case without a name
  std::string target_text, approximation_text;
  model::Known target;
  model::Approximation approximation;
  std::vector<Start> starts;      ///< empty: the default start
  std::optional<double> formula;  ///< comparisons: a value to print beside ours
  config::Place place;
};

struct Experiment {
  std::string path;
  config::Node resolved;  ///< the file with every default written out
  std::vector<Case> cases;
  bool is_model = false;
  language::ModelFile model;                     ///< where the file is a model, instead of cases
  Index restarts = 1;                            ///< models: starts that differ in their random numbers
  std::optional<messages::InnerSettings> inner;  ///< models: iterations of local factors inside a sweep
  config::Place inner_place;
  std::vector<Direction> directions;
  const Optimizer* optimizer = nullptr;  ///< null: the first that accepts the divergence
  Settings settings;
  bool cross_check = false;  ///< comparisons: also by quadrature
  bool allow_monte_carlo = false;
  std::vector<model::Scope::InputFile> inputs;
};

/// What the command line adds to the file.
struct Overrides {
  std::vector<std::string> set;  ///< "inference.max_sweeps=10"
  std::optional<std::uint64_t> seed;
  std::optional<int> threads;
};

/// Reads and checks the whole file: everything but the work. `loaded_plugins` are the ids the file's `plugins:` may
/// name. Throws ConfigError with every mistake that can be found at once.
Experiment load_experiment(const std::string& path, const Registry& registry,
                           const std::vector<std::string>& loaded_plugins, const Overrides& overrides);

/// The joint of a projection. Throws UnsupportedError, and InfiniteError.
std::unique_ptr<Joint> make_joint(const Registry& registry, const Case& c, const Direction& direction);

/// The optimizer that will be used, or why there is none. Throws ConfigError at the divergence.
const Optimizer& choose_optimizer(const Experiment& experiment, const Registry& registry, const Joint& joint,
                                  const Direction& direction);

}  // namespace kullback::experiment
