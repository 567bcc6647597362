#include "experiment/explain.hpp"

#include "experiment/report.hpp"
#include "messages/model_joint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <set>

namespace kullback::experiment {

namespace {

using messages::ModelJoint;

std::string bytes_text(double bytes) {
  if (bytes < 1e3) return fmt::format("{:.0f} B", bytes);
  return bytes < 1e6 ? fmt::format("{:.1f} kB", bytes / 1e3) : bytes < 1e9 ? fmt::format("{:.1f} MB", bytes / 1e6) : fmt::format("{:.2f} GB", bytes / 1e9);
}

// A line of /proc/self/status, in bytes; 0 where there is none.
double process_memory(const std::string& field) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.rfind(field + ":", 0) == 0) return 1024 * std::stod(line.substr(field.size() + 1));
  return 0;
}

double block_bytes(const Block& block) { return sizeof(double) * static_cast<double>(block.eta.size() + block.m.size() + block.log_partition.size()); }

// Multiplications of one term done without any sharing: the cells of all its axes times its factors.
double operations(const messages::CompiledStatement& statement, const messages::Term& term) {
  std::set<int> axes;
  std::size_t factors = 0;
  const auto add = [&](const std::vector<int>& more) {
    axes.insert(more.begin(), more.end());
    ++factors;
  };
  for (const auto& f : term.known) add(f.axes);
  for (const auto& f : term.latent) add(f.axes);
  double cells = 1;
  for (int axis : axes) cells *= static_cast<double>(statement.sizes[static_cast<std::size_t>(axis)]);
  // Once for the bound and once for the message to each latent factor.
  return cells * static_cast<double>(factors) * static_cast<double>(1 + term.latent.size());
}

std::string rule_of(const messages::CompiledStatement& statement, const ModelJoint& joint) {
  std::set<std::string> passes;
  for (const auto& term : statement.terms)
    for (int p : term.passes) passes.insert(joint.model().variables[static_cast<std::size_t>(p)].name);
  return passes.empty() ? "closed form" : fmt::format("closed form, counted in the pass over {}", fmt::join(passes, ", "));
}

}  // namespace

std::string explain(const Experiment& experiment, const Registry& registry) {
  const auto joint = make_model_joint(registry, experiment.model.model);
  joint->initialize(experiment.settings.seed, 0);
  std::vector<std::vector<std::string>> rows = {{"block", "family", "factors", "numbers", "memory"}};
  double work = 0;  // bytes that a sweep needs beside what there is now
  for (const Block& block : joint->blocks()) {
    rows.push_back({block.name, std::string(block.family->name()), fmt::format("{}", block.members()), fmt::format("{}", block.eta.size()), bytes_text(block_bytes(block))});
    work += 2 * sizeof(double) * static_cast<double>(block.eta.size());
  }
  double cost = 0;
  for (std::size_t v = 0; v < experiment.model.model.variables.size(); ++v) {
    const messages::Pass* pass = joint->pass_of(static_cast<int>(v));
    if (!pass) continue;
    const double cells = static_cast<double>(pass->rows()) * static_cast<double>(pass->levels());
    rows.push_back({experiment.model.model.variables[v].name, fmt::format("categorical, made anew in each pass ({} levels)", pass->levels()), fmt::format("{}", pass->rows()), "0", bytes_text(pass->memory())});
    work += pass->memory();
    cost += 8 * cells;
  }
  std::string text = table(rows) + "\n";

  rows = {{"term", "rule", "products"}};
  for (const auto& statement : joint->compiled().statements) {
    rows.push_back({statement.name, rule_of(statement, *joint), fmt::format("{}", statement.terms.size())});
    for (const auto& term : statement.terms) cost += operations(statement, term);
  }
  text += table(rows) + "\n";

  std::vector<std::string> order;
  for (std::size_t b = 0; b < joint->blocks().size(); ++b) {
    for (Index p = 0; p < joint->passes(); ++p)
      if (joint->before_block(p) == static_cast<int>(b)) order.push_back(fmt::format("pass over {}", joint->pass_name(p)));
    const auto colors = joint->colors(static_cast<int>(b)).size();
    order.push_back(fmt::format("{} ({} color{})", joint->blocks()[b].name, colors, colors == 1 ? "" : "s"));
  }
  text += fmt::format("schedule: {}: {}\n", to_text(experiment.settings.schedule), fmt::join(order, ", "));
  text += fmt::format("cost: at most {:.2g} multiplications a sweep\n", cost);
  text += fmt::format("memory: about {} at the peak of a run\n", bytes_text(std::max(process_memory("VmHWM"), process_memory("VmRSS") + work)));
  return text;
}

}  // namespace kullback::experiment
