// Members of a family as a file or the command line writes them.
#pragma once

#include "model/evaluate.hpp"
#include "support/plugins.hpp"

#include <memory>
#include <string>

namespace kullback {

inline Members parse(const std::string& text) {
  const auto source = std::make_shared<const config::Source>(config::Source{"test", text});
  return model::evaluate_distribution(model::Scope(registry(), {}), config::parse_expression(source, "")).members;
}

}  // namespace kullback
