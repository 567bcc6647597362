// The command: options in, text and exit codes out. Everything else is the library's.
#include "experiment/describe.hpp"
#include "experiment/execute_model.hpp"
#include "experiment/explain.hpp"
#include "experiment/outcome.hpp"
#include "experiment/predict.hpp"
#include "experiment/report.hpp"
#include "experiment/run_folder.hpp"
#include "language/overview.hpp"
#include "progress.hpp"
#include "session.hpp"

#include <malloc.h>

#include <kullback/abi.hpp>
#include <kullback/error.hpp>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <chrono>
#include <iostream>

namespace kullback::command {

namespace {

using experiment::Json;

int exit_code(const experiment::Results& results) {
  if (results.status == "converged" || results.status == "exact") return kOk;
  // Stopped as the file asked, with a result that says how far it came.
  if (results.status == "max_sweeps" || results.status == "stalled") {
    fmt::print(stderr, "warning: {}: {}\n", results.status, results.reason);
    return kOk;
  }
  // "cancelled between two sweeps" says its status already.
  const bool says = results.reason.rfind(results.status, 0) == 0;
  fmt::print(stderr, "error: {}{}\n", says ? "" : results.status + ": ", results.reason);
  return kRunFailed;
}

int run(const Options& options, const std::vector<std::string>& command_line) {
  Session session(options);
  const auto experiment = experiment::load_experiment(options.file, session.registry, session.ids(), options.overrides);
  const experiment::RunFolder folder(options.out, options.file);
  folder.write("config.yaml", config::to_yaml(experiment.resolved));
  const auto begin = std::chrono::steady_clock::now();
  const auto write_manifest = [&] {
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    folder.write(
        "manifest.json",
        experiment::manifest(experiment, session.plugins.loaded, command_line, seconds.count()).dump(2) + "\n");
  };
  experiment::Results results;
  try {
    Progress progress(options.quiet);
    results = experiment::execute(experiment, session.registry, progress);
    write_manifest();
    if (experiment.is_model)
      folder.write("model.json", experiment::model_record(experiment, results.outcomes.front()).dump() + "\n");
    folder.write_results(results);
  } catch (const std::exception& error) {
    folder.write_failure("failed", error.what());
    write_manifest();
    throw;
  }
  if (options.json) {
    const auto elsewhere = [&](const std::string& name, const Eigen::MatrixXd&) {
      return (folder.path() / (name + ".npy")).string();
    };
    fmt::print("{}\n", experiment::to_json(results, elsewhere).dump(2));
  } else if (!options.quiet) {
    fmt::print("{}", experiment::summary(results));
    std::fflush(stdout);
    fmt::print(stderr, "\nresults in {}\n", folder.path().string());
  }
  return session.exit(exit_code(results));
}

int explain(const Options& options) {
  Session session(options);
  const auto experiment = experiment::load_experiment(options.file, session.registry, session.ids(), options.overrides);
  if (!experiment.is_model)
    throw ConfigError(fmt::format("error: {} has no model: explain says what a run of a model will do", options.file));
  fmt::print("{}", experiment::explain(experiment, session.registry));
  return session.exit(kOk);
}

int predict(const Options& options) {
  Session session(options);
  const auto predictions = experiment::predict(session.registry, options.file, options.rows, options.draws,
                                               options.overrides.seed.value_or(1));
  fmt::print("{}",
             options.json ? experiment::to_json(predictions).dump(2) + "\n" : experiment::predictions_csv(predictions));
  return session.exit(kOk);
}

int check(const Options& options) {
  Session session(options);
  const auto experiment = experiment::load_experiment(options.file, session.registry, session.ids(), options.overrides);
  if (experiment.is_model) {
    const auto joint = experiment::compile_model(experiment, session.registry);
    if (!options.quiet) fmt::print("{}{}", language::overview(experiment.model), experiment::grids_text(*joint));
  }
  for (const auto& c : experiment.cases) {
    for (const auto& direction : experiment.directions) {
      std::string what = c.approximation.known ? "comparison" : "projection";
      if (!c.approximation.known) {
        try {
          const auto joint = experiment::make_joint(session.registry, c, direction);
          what += fmt::format(" by {}",
                              experiment::choose_optimizer(experiment, session.registry, *joint, direction).name());
        } catch (const UnsupportedError& error) {
          what += fmt::format(": cannot be done: {}", error.what());
        }
      }
      if (!options.quiet)
        fmt::print("{}{}p = {}, q = {}, {}: {}\n", c.name, c.name.empty() ? "" : ": ", c.target_text,
                   c.approximation_text, direction.word, what);
    }
  }
  return session.exit(kOk);
}

int plugins(const Options& options) {
  Session session(options);
  Json list = Json::array();
  std::vector<std::vector<std::string>> rows = {{"plugin", "version", "file", "sha256"}};
  for (const auto& each : session.plugins.loaded) {
    rows.push_back({each.id, each.version, each.file.string(), each.sha256.substr(0, 16)});
    list.push_back({{"id", each.id},
                    {"version", each.version},
                    {"file", each.file.string()},
                    {"sha256", each.sha256},
                    {"abi", each.abi}});
  }
  Json refused = Json::array();
  for (const auto& each : session.plugins.refused) refused.push_back({{"file", each.file.string()}, {"why", each.why}});
  fmt::print("{}",
             options.json ? Json{{"plugins", list}, {"refused", refused}}.dump(2) + "\n" : experiment::table(rows));
  return session.exit(kOk);
}

int describe(const Options& options) {
  Session session(options);
  fmt::print("{}", options.name.empty() ? experiment::describe_all(session.registry)
                                        : experiment::describe(session.registry, options.name));
  return session.exit(kOk);
}

// What went wrong, also where nobody reads it any more: a closed pipe is no mistake of its own.
void complain(const std::string& text) { std::fputs(text.c_str(), stderr); }

}  // namespace

int main(int argc, char** argv) {
  // Temporary matrices stay in the process: fresh memory is slow.
  mallopt(M_MMAP_THRESHOLD, 1 << 25);
  mallopt(M_TRIM_THRESHOLD, 1 << 28);
  CLI::App app(
      "Finds the distribution q of a family that is closest to a target p under a divergence, and says how close.",
      "kullback");
  app.set_version_flag("--version", KULLBACK_VERSION);
  app.require_subcommand(1);
  app.fallthrough();
  Options options;
  app.add_option("--plugin-dir", options.plugin_dirs, "A directory of further plugins (absolute path; may be repeated)")
      ->type_name("DIR")
      ->allow_extra_args(false);
  app.footer("Exit codes: 0 done, 1 the run failed, 2 wrong usage or file, 3 a plugin was refused.");

  const auto file_options = [&](CLI::App* command) {
    command->add_option("file", options.file, "The experiment file")->required()->type_name("FILE");
    command->add_option("--set", options.overrides.set, "Replace a value of the file: inference.max_sweeps=100")
        ->type_name("KEY=VALUE")
        ->allow_extra_args(false);
    command->add_option("--seed", options.overrides.seed, "Seed of every random choice")->type_name("N");
    command
        ->add_option("--threads", options.overrides.threads,
                     "Threads to use (all by default); the results are the same")
        ->type_name("N")
        ->check(CLI::Range(1, 4096));
    command->add_flag("-q,--quiet", options.quiet, "Print errors only");
  };
  auto* run_command = app.add_subcommand("run", "Run an experiment");
  file_options(run_command);
  run_command->add_option("--out", options.out, "The run folder to create (runs/NAME by default)")->type_name("DIR");
  run_command->add_flag("--json", options.json, "Print result.json instead of tables");
  auto* check_command = app.add_subcommand("check", "Check an experiment file: everything but the work");
  file_options(check_command);
  auto* explain_command = app.add_subcommand(
      "explain", "What a run of a model will do and cost: blocks, rules, schedule, operations and memory");
  file_options(explain_command);
  auto* predict_command = app.add_subcommand(
      "predict", "Predictive means, variances and log densities for new rows, from the folder of a run");
  predict_command->add_option("run", options.file, "The run folder")->required()->type_name("RUN");
  predict_command->add_option("rows", options.rows, "A CSV file with the columns that the model reads")
      ->required()
      ->type_name("CSV");
  predict_command->add_option("--draws", options.draws, "Draws of the posterior to average over")
      ->type_name("N")
      ->check(CLI::Range(2, 10'000'000));
  predict_command->add_option("--seed", options.overrides.seed, "Seed of the draws")->type_name("N");
  predict_command->add_flag("--json", options.json, "Print JSON instead of CSV");
  auto* divergence_command = app.add_subcommand("divergence", "How far one distribution is from another");
  divergence_command->add_option("p", options.p, "A distribution, e.g. 'normal(mean = 0, stddev = 1)'")->type_name("P");
  divergence_command->add_option("q", options.q, "Another")->type_name("Q");
  divergence_command
      ->add_option("--divergence", options.only, "This divergence: kl, reverse_kl, renyi(0.5), ... (may be repeated)")
      ->type_name("NAME")
      ->allow_extra_args(false);
  divergence_command
      ->add_option("--batch", options.batch,
                   "A table (CSV or NPY) whose columns P and Q refer to by name (c1, c2, ... of a NPY file)")
      ->type_name("FILE");
  divergence_command
      ->add_option("--out", options.out,
                   "With --batch: where the values go, .csv or .npy (standard output if left out)")
      ->type_name("FILE");
  divergence_command
      ->add_option("--threads", options.overrides.threads, "Threads to use (all by default); the results are the same")
      ->type_name("N")
      ->check(CLI::Range(1, 4096));
  divergence_command->add_flag("--all", options.all, "Every divergence there is");
  divergence_command
      ->add_option("--allow", options.allow, "Allow a method with a standard error instead of a bound: monte_carlo")
      ->type_name("METHOD")
      ->check(CLI::IsMember({"monte_carlo"}))
      ->allow_extra_args(false);
  divergence_command->add_option("--seed", options.overrides.seed, "Seed of Monte Carlo")->type_name("N");
  divergence_command
      ->add_option("--pairs", options.pairs,
                   "A file with one JSON object a line: {\"p\": ..., \"q\": ..., \"divergence\": ...}")
      ->type_name("FILE");
  divergence_command->add_flag("--json", options.json, "Print JSON");
  auto* plugins_command = app.add_subcommand("plugins", "List the plugins that are loaded");
  plugins_command->add_flag("--json", options.json, "Print JSON");
  auto* describe_command = app.add_subcommand("describe", "Describe a family, a divergence or an optimizer");
  describe_command->add_option("name", options.name, "Its name; everything if left out")->type_name("NAME");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kOk : kBadUsage;
  }
  install_signal_handlers();
  try {
    if (*run_command) return run(options, std::vector<std::string>(argv, argv + argc));
    if (*check_command) return check(options);
    if (*explain_command) return explain(options);
    if (*predict_command) return predict(options);
    if (*divergence_command) return divergence(options);
    if (*plugins_command) return plugins(options);
    return describe(options);
  } catch (const ConfigError& error) {
    const std::string what = error.what();
    complain(fmt::format("{}{}\n", what.find("error: ") == std::string::npos ? "error: " : "", what));
    return kBadUsage;
  } catch (const PluginError& error) {
    complain(fmt::format("error: {}\n", error.what()));
    return kPluginRefused;
  } catch (const UnsupportedError& error) {
    complain(fmt::format("error: {}\n", error.what()));
    return kBadUsage;
  } catch (const std::bad_alloc&) {
    complain("error: out of memory\n");
    return kRunFailed;
  } catch (const std::exception& error) {
    complain(fmt::format("error: {}\n", error.what()));
    return kRunFailed;
  }
}

}  // namespace kullback::command

int main(int argc, char** argv) { return kullback::command::main(argc, argv); }
