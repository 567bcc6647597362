// A new empty folder that goes away with the test.
#pragma once

#include <filesystem>

#include "support/command.hpp"

namespace test_support {

class TemporaryFolder {
 public:
  TemporaryFolder() : path_(std::filesystem::canonical(temporary_directory())) {}
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  /// The path of a new file in it.
  std::string write(const std::string& name, const std::string& text) const {
    write_file((path_ / name).string(), text);
    return (path_ / name).string();
  }
  /// A message with the folder taken out.
  std::string without_folder(std::string text) const {
    const std::string prefix = path_.string() + "/";
    for (std::size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix))
      text.erase(at, prefix.size());
    return text;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace test_support
