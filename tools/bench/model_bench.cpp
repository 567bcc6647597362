// Where the time of a model goes: CPU seconds of reading, of compiling and of each sweep, and the peak of memory.
//   model_bench FILE.yaml [SWEEPS = 10] [THREADS = 1]
// Prints "name number" lines, then "bound SWEEP CPU_SECONDS BOUND" of every sweep; CPU seconds there count from the
// start of the first.
#include "experiment/execute_model.hpp"
#include "experiment/experiment.hpp"
#include "parallel/parallel.hpp"
#include "plugin/loader.hpp"

#include <kullback/error.hpp>

#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <string>
#include <vector>

using namespace kullback;

namespace {

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// The program's own: getrusage would count what its parent held when it was started.
double peak_megabytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.rfind("VmHWM:", 0) == 0) return std::strtod(line.c_str() + 6, nullptr) / 1024;
  return 0;
}

class Watch : public Observer {
 public:
  struct Sweep {
    double cpu, wall, bound;
  };
  Watch() : sweeps{{cpu_seconds(), wall_seconds(), 0}} {}
  void on_sweep(const TraceRow& row, const Settings&) override {
    sweeps.push_back({cpu_seconds(), wall_seconds(), row.bound});
  }
  std::vector<Sweep> sweeps;
};

void print(const char* name, double value) { std::printf("%s %.9g\n", name, value); }

int run(const char* path, Index sweeps, int threads) {
  Registry registry;
  std::vector<std::string> ids;
  for (const auto& p : plugin::load_plugins(registry, {KULLBACK_PLUGIN_DIR}).loaded) ids.push_back(p.id);
  experiment::Overrides overrides;
  overrides.threads = threads;
  print("peak_before", peak_megabytes());
  double begin = cpu_seconds();
  experiment::Experiment experiment = experiment::load_experiment(path, registry, ids, overrides);
  print("read", cpu_seconds() - begin);
  print("peak_read", peak_megabytes());
  experiment.settings.max_sweeps = sweeps;
  const parallel::ThreadLimit limit(threads);
  begin = cpu_seconds();
  const double begin_wall = wall_seconds();
  const auto joint = experiment::compile_model(experiment, registry);
  print("compile", cpu_seconds() - begin);
  print("compile_wall", wall_seconds() - begin_wall);
  print("peak_compile", peak_megabytes());
  begin = cpu_seconds();
  joint->initialize(experiment.settings.seed, 0);
  print("start", cpu_seconds() - begin);
  const Optimizer& optimizer =
      experiment::choose_optimizer(experiment, registry, *joint, experiment.directions.front());
  Watch watch;
  const Solution solution = solve(*joint, optimizer, experiment.settings, watch);
  std::vector<double> cpu, wall;
  for (std::size_t s = 1; s < watch.sweeps.size(); ++s) {
    cpu.push_back(watch.sweeps[s].cpu - watch.sweeps[s - 1].cpu);
    wall.push_back(watch.sweeps[s].wall - watch.sweeps[s - 1].wall);
  }
  std::sort(cpu.begin(), cpu.end());
  std::sort(wall.begin(), wall.end());
  print("total", watch.sweeps.back().cpu - watch.sweeps.front().cpu);
  print("total_wall", watch.sweeps.back().wall - watch.sweeps.front().wall);
  print("sweep", cpu[cpu.size() / 2]);
  print("sweep_least", cpu.front());
  print("sweep_wall_least", wall.front());
  print("sweeps", static_cast<double>(solution.sweeps));
  print("peak", peak_megabytes());
  print("final_bound", solution.bound);
  for (std::size_t s = 1; s < watch.sweeps.size(); ++s)
    std::printf("bound %zu %.6f %.10g\n", s, watch.sweeps[s].cpu - watch.sweeps.front().cpu, watch.sweeps[s].bound);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  // Temporary matrices stay in the process: fresh memory is slow.
  mallopt(M_MMAP_THRESHOLD, 1 << 25);
  mallopt(M_TRIM_THRESHOLD, 1 << 28);
  if (argc < 2) {
    std::fprintf(stderr, "model_bench FILE.yaml [SWEEPS = 10] [THREADS = 1]\n");
    return 2;
  }
  try {
    return run(argv[1], argc > 2 ? std::atoll(argv[2]) : 10, argc > 3 ? std::atoi(argv[3]) : 1);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
