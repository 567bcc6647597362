// What the tests of this folder share.
#pragma once

#include "config/source.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace kullback::config {

inline std::shared_ptr<const Source> source_of(std::string text, std::string name = "f.yaml") {
  auto source = std::make_shared<Source>();
  source->name = std::move(name);
  source->text = std::move(text);
  return source;
}

/// What the ConfigError that `work` throws says; "(no error)" if it throws none.
template <typename Work>
std::string error_of(Work&& work) {
  try {
    work();
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "(no error)";
}

/// Only its first line.
template <typename Work>
std::string first_line_of(Work&& work) {
  const std::string message = error_of(work);
  return message.substr(0, message.find('\n'));
}

inline std::string data_path(const std::string& name) {
  return std::string(KULLBACK_SOURCE_DIR) + "/tests/data/" + name;
}

}  // namespace kullback::config
