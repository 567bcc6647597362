#include "experiment/run_folder.hpp"

#include "config/data.hpp"
#include "parallel/parallel.hpp"

#include <kullback/abi.hpp>
#include <kullback/error.hpp>

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <boost/version.hpp>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <fstream>
#include <thread>

namespace kullback::experiment {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void fail(const std::string& what, const fs::path& path, int error) {
  throw Error(fmt::format("{} '{}': {}", what, path.string(), std::strerror(error)));
}

// Creates the folder itself; its parents may exist. False if it is there already.
bool create(const fs::path& path) {
  std::error_code error;
  if (path.has_parent_path()) fs::create_directories(path.parent_path(), error);
  if (error) fail("cannot create the folder", path.parent_path(), error.value());
  if (fs::create_directory(path, error)) return true;
  if (error && error.value() != EEXIST) fail("cannot create the run folder", path, error.value());
  return false;
}

}  // namespace

RunFolder::RunFolder(const std::string& out, const std::string& experiment_path) {
  if (!out.empty()) {
    path_ = out;
    if (!create(path_))
      throw Error(
          fmt::format("the folder '{}' exists; a run never overwrites one: choose another --out", path_.string()));
  } else {
    const std::string name = fs::path(experiment_path).stem().string();
    for (int i = 1;; ++i) {
      path_ = fs::path("runs") / (i == 1 ? name : fmt::format("{}-{}", name, i));
      if (create(path_)) break;
    }
  }
  write("result.json", Json{{"status", "running"}}.dump(2) + "\n");
}

void RunFolder::write(const std::string& name, const std::string& bytes) const {
  const fs::path final_path = path_ / name;
  const fs::path temporary = path_ / ("." + name + ".part");
  const int file = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) fail("cannot write", final_path, errno);
  const auto give_up = [&](int error) {
    ::close(file);
    ::unlink(temporary.c_str());
    fail("cannot write", final_path, error);
  };
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = ::write(file, bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) give_up(errno);
    if (n == 0) give_up(ENOSPC);
    done += static_cast<std::size_t>(n);
  }
  if (::fsync(file) != 0 && errno != EINVAL) give_up(errno);
  if (::close(file) != 0) fail("cannot write", final_path, errno);
  if (::rename(temporary.c_str(), final_path.c_str()) != 0) fail("cannot write", final_path, errno);
}

std::string RunFolder::store(const std::string& name, const Eigen::MatrixXd& array) const {
  const std::string file = name + ".npy";
  write(file, npy(array));
  return file;
}

void RunFolder::write_results(const Results& results) const {
  write("trace.csv", trace_csv(results));
  // Last, because its status says that everything else is there.
  const Json json =
      to_json(results, [this](const std::string& name, const Eigen::MatrixXd& array) { return store(name, array); });
  write("result.json", json.dump(2) + "\n");
}

void RunFolder::write_failure(const std::string& status, const std::string& reason) const {
  write("result.json", Json{{"status", status}, {"reason", reason}}.dump(2) + "\n");
}

namespace {

std::string processor() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.rfind("model name", 0) == 0) return line.substr(line.find(':') + 2);
  return "unknown";
}

}  // namespace

Json manifest(const Experiment& experiment, const std::vector<plugin::Loaded>& plugins,
              const std::vector<std::string>& command_line, double seconds) {
  Json json;
  json["kullback"] = KULLBACK_VERSION;
  json["abi"] = KULLBACK_ABI_LINE;
  json["versions"] = {
      {"compiler", __VERSION__},
      {"boost", fmt::format("{}.{}.{}", BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000, BOOST_VERSION % 100)},
      {"eigen", fmt::format("{}.{}.{}", EIGEN_WORLD_VERSION, EIGEN_MAJOR_VERSION, EIGEN_MINOR_VERSION)},
      {"fmt", FMT_VERSION}};
  json["finished"] = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
  json["seconds"] = seconds;
  json["command_line"] = command_line;
  json["seed"] = experiment.settings.seed;
  json["threads"] = experiment.settings.threads > 0 ? experiment.settings.threads : parallel::threads();
  utsname host{};
  ::uname(&host);
  json["host"] = {{"name", host.nodename},
                  {"system", fmt::format("{} {}", host.sysname, host.release)},
                  {"machine", host.machine},
                  {"processor", processor()},
                  {"cores", std::thread::hardware_concurrency()}};
  json["plugins"] = Json::array();
  for (const plugin::Loaded& plugin : plugins)
    json["plugins"].push_back({{"id", plugin.id},
                               {"version", plugin.version},
                               {"file", plugin.file.string()},
                               {"sha256", plugin.sha256},
                               {"abi", plugin.abi}});
  json["inputs"] = Json::array();
  for (const auto& input : experiment.inputs)
    json["inputs"].push_back({{"file", input.name}, {"sha256", config::sha256_file(input.path.string())}});
  return json;
}

}  // namespace kullback::experiment
