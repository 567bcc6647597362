// What a person at a terminal sees while a run goes on, and how Ctrl-C ends it.
#pragma once

#include "experiment/outcome.hpp"

#include <string>

namespace kullback::command {

/// One line on stderr, rewritten in place: bound, change and time left. Silent when stderr is no terminal, or `quiet`.
class Progress final : public experiment::Watcher {
 public:
  explicit Progress(bool quiet);
  ~Progress() override;
  void on_start(const std::string& what) override;
  void on_sweep(const TraceRow& row, const Settings& settings) override;
  void on_outcome(const experiment::Outcome& outcome) override;
  bool cancelled() override;

 private:
  void clear();
  bool show_;
  bool drawn_ = false;
  std::string what_;
  double last_shown_ = -1;
  TraceRow previous_;
};

/// From now on SIGINT and SIGTERM ask the run to stop at the next range; a second one ends the process. A full disk and
/// a closed pipe are errors of the write, not signals.
void install_signal_handlers();

}  // namespace kullback::command
