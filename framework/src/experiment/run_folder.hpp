// The folder that holds everything about one run, and says so truthfully at any moment.
#pragma once

#include "experiment/report.hpp"
#include "plugin/loader.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace kullback::experiment {

/// Creates the folder with a result.json that says "running"; every file is written beside its name and renamed when it
/// is complete, so that none is ever half there. Never writes into a folder that exists. Throws Error with the system's
/// reason.
class RunFolder {
 public:
  /// `out` empty: runs/<name of the experiment file>, or -2, -3, ... if that exists.
  RunFolder(const std::string& out, const std::string& experiment_path);

  const std::filesystem::path& path() const { return path_; }
  void write(const std::string& name, const std::string& bytes) const;
  std::string store(const std::string& name, const Eigen::MatrixXd& array) const;

  void write_results(const Results& results) const;
  /// The run ended without results: status "failed" or "cancelled" and the reason.
  void write_failure(const std::string& status, const std::string& reason) const;

 private:
  std::filesystem::path path_;
};

/// Facts about this run for manifest.json: versions, plugins, seed, threads, host, hashes of the files that were read.
Json manifest(const Experiment& experiment, const std::vector<plugin::Loaded>& plugins,
              const std::vector<std::string>& command_line, double seconds);

}  // namespace kullback::experiment
