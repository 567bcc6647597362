#include "progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdio>

namespace kullback::command {

namespace {

volatile std::sig_atomic_t interrupted = 0;

void on_signal(int signal) {
  if (interrupted) {
    std::signal(signal, SIG_DFL);
    std::raise(signal);
  }
  interrupted = 1;
}

// Seconds until the change reaches the tolerance, if it goes on falling as it did in the last sweep.
std::string time_left(const TraceRow& now, const TraceRow& before, const Settings& settings) {
  const double target = settings.tolerance * settings.damping * (1 + std::abs(now.bound));
  const double ratio = now.change / before.change;
  double sweeps = static_cast<double>(settings.max_sweeps - now.sweep);
  if (now.sweep > 1 && ratio > 0 && ratio < 1 && now.change > target)
    sweeps = std::min(sweeps, std::log(target / now.change) / std::log(ratio));
  const double seconds = sweeps * now.seconds / static_cast<double>(std::max<Index>(now.sweep, 1));
  return seconds < 100 ? fmt::format("{:.0f} s", seconds) : fmt::format("{:.0f} min", seconds / 60);
}

}  // namespace

void install_signal_handlers() {
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  std::signal(SIGXFSZ, SIG_IGN);
  std::signal(SIGPIPE, SIG_IGN);
}

Progress::Progress(bool quiet) : show_(!quiet && ::isatty(STDERR_FILENO)) {}
Progress::~Progress() { clear(); }

void Progress::on_start(const std::string& what) {
  what_ = what;
  last_shown_ = -1;
  previous_ = {};
}

void Progress::on_sweep(const TraceRow& row, const Settings& settings) {
  constexpr double kSecondsBetween = 0.1;
  if (show_ && row.seconds - last_shown_ >= kSecondsBetween) {
    const std::string bound = std::isnan(row.bound) ? "" : fmt::format("  bound {:.8g}", row.bound);
    fmt::print(stderr, "\r\033[K{}  sweep {}{}  change {:.2g}  about {} left", what_, row.sweep, bound, row.change,
               time_left(row, previous_, settings));
    std::fflush(stderr);
    drawn_ = true;
    last_shown_ = row.seconds;
  }
  previous_ = row;
}

void Progress::on_outcome(const experiment::Outcome&) { clear(); }

bool Progress::cancelled() { return interrupted != 0; }

void Progress::clear() {
  if (drawn_) fmt::print(stderr, "\r\033[K");
  drawn_ = false;
}

}  // namespace kullback::command
