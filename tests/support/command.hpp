// Runs the built command the way a person does, and returns what it printed.
#pragma once

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

namespace test_support {

struct CommandResult {
  int exit_code = -1;  ///< 128 + N if signal N ended it
  std::string out, err;
};

/// A new empty directory of our own, where the system has its temporary files.
inline std::string temporary_directory() {
  std::random_device random;
  for (;;) {
    const std::filesystem::path path =
        std::filesystem::temp_directory_path() / ("kullback_test_" + std::to_string(random()));
    if (!std::filesystem::create_directory(path)) continue;  // somebody has that name
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path.string();
  }
}

inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

inline void write_file(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

/// Runs a program with its standard output and error in files; `prepare` runs in the child before the program.
template <class Prepare>
CommandResult run_program(const std::vector<std::string>& arguments, const std::string& directory, Prepare prepare) {
  const std::string folder = temporary_directory();
  const std::string out = folder + "/out", err = folder + "/err";
  const pid_t child = ::fork();
  if (child == 0) {
    if (!directory.empty() && ::chdir(directory.c_str()) != 0) ::_exit(126);
    ::dup2(::open("/dev/null", O_RDONLY), 0);
    ::dup2(::open(out.c_str(), O_WRONLY | O_CREAT, 0600), 1);
    ::dup2(::open(err.c_str(), O_WRONLY | O_CREAT, 0600), 2);
    prepare();
    std::vector<char*> argv;
    for (const std::string& a : arguments) argv.push_back(const_cast<char*>(a.c_str()));
    argv.push_back(nullptr);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  CommandResult result{WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), read_file(out),
                       read_file(err)};
  std::remove(out.c_str());
  std::remove(err.c_str());
  ::rmdir(folder.c_str());
  return result;
}

/// kullback with these arguments, in this directory.
inline CommandResult command(std::vector<std::string> arguments, const std::string& directory = "") {
  arguments.insert(arguments.begin(), KULLBACK_BINARY);
  return run_program(arguments, directory, [] {});
}

}  // namespace test_support
