#include "experiment/explain.hpp"

#include "experiment/execute_model.hpp"
#include "experiment/report.hpp"
#include "experiment/report_model.hpp"
#include "parallel/parallel.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

namespace kullback::experiment {

namespace {

using messages::ModelJoint;

std::string bytes_text(double bytes) {
  if (bytes < 1e3) return fmt::format("{:.0f} B", bytes);
  return bytes < 1e6   ? fmt::format("{:.1f} kB", bytes / 1e3)
         : bytes < 1e9 ? fmt::format("{:.1f} MB", bytes / 1e6)
                       : fmt::format("{:.2f} GB", bytes / 1e9);
}

// A line of /proc/self/status, in bytes; 0 where there is none.
double process_memory(const std::string& field) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.rfind(field + ":", 0) == 0) return 1024 * std::stod(line.substr(field.size() + 1));
  return 0;
}

double block_bytes(const Block& block) {
  return sizeof(double) * static_cast<double>(block.eta.size() + block.m.size() + block.log_partition.size());
}

// ", and as much as 1e+04 for each of up to 100 turns of z and theta": what iterations inside a sweep add.
std::string turns_text(const Experiment& experiment, const ModelJoint& joint) {
  std::string text;
  for (std::size_t v = 0; v < experiment.model.model.variables.size(); ++v) {
    const messages::Pass* pass = joint.pass_of(static_cast<int>(v));
    for (Index p = 0; pass && p < joint.passes(); ++p)
      if (joint.pass_name(p) == experiment.model.model.variables[v].name && joint.iterated_block(p) >= 0)
        text += fmt::format(", and up to {:.2g} for each of at most {} turns of {} and {}", pass->cost(),
                            experiment.inner->max_iterations, joint.pass_name(p),
                            joint.blocks()[static_cast<std::size_t>(joint.iterated_block(p))].name);
  }
  return text;
}

}  // namespace

std::string grids_text(const ModelJoint& joint) {
  std::string text;
  const model::Model& model = joint.model();
  for (const int v : joint.put_on_grids()) {
    if (!joint.sources()[static_cast<std::size_t>(v)].grid) continue;  // its empty cells are integrated out
    const model::Variable& variable = model.variables[static_cast<std::size_t>(v)];
    std::string why = "a statement that reads it has no closed form";
    for (const int s : variable.statements) {
      const model::Statement& prior = model.statements[static_cast<std::size_t>(s)];
      if (prior.family && !messages::can_be_updated(prior))
        why = capability<ExponentialFamily>(*prior.family, prior.layout)
                  ? fmt::format("a parameter of {} stays fixed", prior.family->name())
                  : fmt::format("{} is no exponential family", prior.family->name());
    }
    text +=
        fmt::format("{} is on a grid, since {}: slower, and exact but for the grid's resolution\n", variable.name, why);
  }
  return text;
}

namespace {

// What the results hold of so many numbers of a variable whose members are that many: its parameters, as they are
// reported and as predictions read them, moments of its coordinates, and one of these written to a file.
double results_bytes(double numbers, double coordinates) {
  return sizeof(double) * (2 * numbers + 2 * coordinates + std::max(numbers - coordinates, coordinates));
}

}  // namespace

std::string explain(const Experiment& experiment, const Registry& registry) {
  const auto joint = compile_model(experiment, registry);
  std::vector<std::vector<std::string>> rows = {{"block", "family", "factors", "numbers", "memory"}};
  // Bytes beside what there is now: for a sweep, for one more restart side by side, and for the results in the end.
  double work = 0, restart = 0, results = 0;
  for (const Block& block : joint->blocks()) {
    rows.push_back({block.name, std::string(block.family->name()), fmt::format("{}", block.members()),
                    fmt::format("{}", block.eta.size()), bytes_text(block_bytes(block))});
    const auto numbers = static_cast<double>(block.eta.size());
    work += 2 * sizeof(double) * numbers;
    restart += block_bytes(block) + sizeof(double) * numbers;
    results += results_bytes(numbers, static_cast<double>(block.layout.dimension * block.members()));
  }
  for (std::size_t v = 0; v < experiment.model.model.variables.size(); ++v) {
    const messages::Pass* pass = joint->pass_of(static_cast<int>(v));
    if (!pass) continue;
    rows.push_back({experiment.model.model.variables[v].name,
                    fmt::format("categorical, made anew in each pass ({} levels)", pass->levels()),
                    fmt::format("{}", pass->rows()), "0", bytes_text(pass->memory())});
    work += pass->memory();
    const auto shares = static_cast<double>(pass->rows() * pass->levels());
    if (pass->rows() * pass->levels() <= kMostResponsibilities) results += results_bytes(shares, 0);
  }
  std::string text = table(rows) + "\n";
  if (const std::string why = grids_text(*joint); !why.empty()) text += why + "\n";

  if (const auto flat = experiment.model.model.flat_priors(); !flat.empty())
    text += "bound: " + no_evidence(flat) + "\n\n";

  rows = {{"term", "rule", "products"}};
  for (std::size_t i = 0; i < joint->compiled().statements.size(); ++i) {
    const auto& statement = joint->compiled().statements[i];
    rows.push_back({statement.name, joint->rule(i), fmt::format("{}", statement.terms.size())});
  }
  text += table(rows) + "\n";

  std::vector<std::string> order;
  for (std::size_t b = 0; b <= joint->blocks().size(); ++b) {
    for (Index p = 0; p < joint->passes(); ++p) {
      if (joint->before_block(p) != static_cast<int>(b)) continue;
      order.push_back(fmt::format("pass over {}", joint->pass_name(p)));
      if (const int local = joint->iterated_block(p); local >= 0)
        order.back() =
            fmt::format("{} and {} in turn, up to {} times each until {} moves by less than {} on average{}",
                        joint->pass_name(p), joint->blocks()[static_cast<std::size_t>(local)].name,
                        experiment.inner->max_iterations, joint->blocks()[static_cast<std::size_t>(local)].name,
                        experiment.inner->tolerance, experiment.inner->fresh_start ? ", from equal shares too" : "");
    }
    if (b == joint->blocks().size()) break;  // passes after all blocks
    const auto colors = joint->colors(static_cast<int>(b)).size();
    order.push_back(fmt::format("{} ({} color{})", joint->blocks()[b].name, colors, colors == 1 ? "" : "s"));
  }
  text += fmt::format("schedule: {}: {}\n", to_text(experiment.settings.schedule), fmt::join(order, ", "));
  text += fmt::format("cost: about {:.2g} multiplications a sweep{}\n", joint->cost(), turns_text(experiment, *joint));
  const auto side_by_side = static_cast<double>(std::min<Index>(experiment.restarts - 1, parallel::threads()));
  const double more = side_by_side * (restart + work) + std::max(work, results);
  text += fmt::format("memory: about {} at the peak of a run\n",
                      bytes_text(std::max(process_memory("VmHWM"), process_memory("VmRSS") + more)));
  return text;
}

}  // namespace kullback::experiment
