// Reads models from texts, with data files beside them.
#pragma once

#include "config/node.hpp"
#include "language/overview.hpp"
#include "language/read_model.hpp"
#include "language/symmetry.hpp"
#include "support/command.hpp"
#include "support/members.hpp"

#include <filesystem>
#include <map>
#include <string>

namespace kullback::language {

using TestFiles = std::map<std::string, std::string>;

/// The model of an experiment file `text` whose folder holds `files`. Throws ConfigError.
inline ModelFile read_text(const std::string& text, const TestFiles& files = {}, const ReadOptions& options = {}) {
  const std::string folder = test_support::temporary_directory();
  for (const auto& [name, content] : files) test_support::write_file(folder + "/" + name, content);
  const config::Node root = config::parse_yaml(std::make_shared<const config::Source>(config::Source{"m.yaml", text}));
  config::Diagnostics diagnostics;
  ModelFile file = read_model(root, registry(), folder, diagnostics, options);
  std::filesystem::remove_all(folder);
  diagnostics.throw_if_any();
  return file;
}

/// What is wrong with it; empty if nothing is.
inline std::string mistakes(const std::string& text, const TestFiles& files = {}) {
  return message_of<ConfigError>([&] { read_text(text, files); });
}

inline const model::Variable& variable(const ModelFile& file, const std::string& name) {
  const model::Variable* found = file.model.find(name);
  if (!found) throw std::runtime_error("no variable " + name);
  return *found;
}

/// The statement of a variable that has one.
inline const model::Statement& statement(const ModelFile& file, const std::string& name) {
  return file.model.statements[static_cast<std::size_t>(variable(file, name).statements.at(0))];
}

}  // namespace kullback::language
