// kullback divergence.
#include "experiment/batch.hpp"
#include "experiment/report.hpp"
#include "model/density.hpp"
#include "parallel/parallel.hpp"
#include "session.hpp"

#include <kullback/error.hpp>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace kullback::command {

namespace {

using experiment::Json;

// A distribution written on the command line or in a line of JSON.
model::Known known(const Registry& registry, const std::string& name, const std::string& text) {
  const model::Scope scope(registry, {});
  const auto source = std::make_shared<const config::Source>(config::Source{name, text});
  return model::evaluate_distribution(scope, config::parse_expression(source, ""));
}

// The words to evaluate: those given, everything, or both directions of the relative entropy.
std::vector<std::string> words(const Registry& registry, const Options& options) {
  if (options.all) return experiment::all_divergences(registry);
  if (!options.only.empty()) return options.only;
  return {"kl", "reverse_kl"};
}

EvaluateOptions evaluate_options(const Options& options) {
  EvaluateOptions out;
  for (const std::string& method : options.allow)
    out.allow_monte_carlo = out.allow_monte_carlo || method == "monte_carlo";
  if (options.overrides.seed) out.seed = *options.overrides.seed;
  return out;
}

Json compare(const Registry& registry, const std::string& p, const std::string& q,
             const std::vector<std::string>& words, const EvaluateOptions& options, std::string* text) {
  const Members target = known(registry, "P", p).members;
  // An entropy looks at P alone.
  const auto values =
      experiment::compare(registry, target, q.empty() ? target : known(registry, "Q", q).members, words, options);
  if (text) *text = experiment::divergence_table(values);
  Json json = {{"p", p}, {"q", q}, {"divergences", Json::array()}};
  for (const auto& value : values) json["divergences"].push_back(experiment::to_json(value));
  return json;
}

// One line of --pairs; whatever is wrong with it becomes its answer.
Json answer(const Registry& registry, const std::string& line, const Options& options) {
  try {
    const Json question = Json::parse(line);
    const auto text = [&](const char* key) -> std::string {
      if (!question.is_object() || !question.contains(key) || !question[key].is_string())
        throw ConfigError(
            fmt::format("each line is an object with the texts \"p\" and \"q\", and \"divergence\" if one is wanted: "
                        "'{}' is missing",
                        key));
      return question[key].get<std::string>();
    };
    const bool one = question.is_object() && question.contains("divergence");
    const bool alone = one && question["divergence"] == "entropy" && !question.contains("q");
    return compare(registry, text("p"), alone ? "" : text("q"),
                   one ? std::vector<std::string>{text("divergence")} : words(registry, options),
                   evaluate_options(options), nullptr);
  } catch (const Json::exception& error) {
    return {{"error", fmt::format("this line is not JSON: {}", error.what())}};
  } catch (const Error& error) {
    return {{"error", error.what()}};
  }
}

// P and Q over the rows of a table.
int batch(const Session& session, const Options& options) {
  const parallel::ThreadLimit limit(options.overrides.threads.value_or(0));
  const std::vector<std::string> named =
      options.only.empty() && !options.all ? std::vector<std::string>{"kl"} : words(session.registry, options);
  const auto values =
      experiment::compare_columns(session.registry, experiment::read_columns(options.batch), options.p,
                                  options.q.empty() ? options.p : options.q, named, evaluate_options(options));
  const std::string text =
      options.out.ends_with(".npy") ? experiment::npy(experiment::to_array(values)) : experiment::to_csv(values);
  if (options.out.empty()) {
    fmt::print("{}", text);
    return session.exit(kOk);
  }
  std::ofstream file(options.out, std::ios::binary);
  if (!(file << text) || !file.flush())
    throw ConfigError(fmt::format("cannot write '{}': {}", options.out, std::strerror(errno)));
  return session.exit(kOk);
}

}  // namespace

int divergence(const Options& options) {
  Session session(options);
  if (!options.pairs.empty()) {
    std::ifstream file(options.pairs);
    if (!file) throw ConfigError(fmt::format("cannot read '{}': {}", options.pairs, std::strerror(errno)));
    for (std::string line; std::getline(file, line);)
      if (line.find_first_not_of(" \t\r") != std::string::npos)
        fmt::print("{}\n",
                   answer(session.registry, line, options).dump(-1, ' ', false, Json::error_handler_t::replace));
    return session.exit(kOk);
  }
  const bool alone = options.only == std::vector<std::string>{"entropy"} && !options.all;
  if (!options.batch.empty()) return batch(session, options);
  if (options.p.empty() || (options.q.empty() && !alone))
    throw ConfigError(
        "divergence needs two distributions, P and Q: kullback divergence 'normal(mean = 0, stddev = 1)' 'normal(mean "
        "= 1, stddev = 2)'");
  std::string text;
  const Json json = compare(session.registry, options.p, options.q, words(session.registry, options),
                            evaluate_options(options), &text);
  fmt::print("{}", options.json ? json.dump(2) + "\n" : text);
  return session.exit(kOk);
}

}  // namespace kullback::command
