// What messages ask of factors: statistics by label.
#pragma once

#include "messages/polynomial.hpp"
#include "messages/terms.hpp"
#include "model/model_error.hpp"

#include <kullback/registry.hpp>

#include <map>
#include <string>
#include <vector>

namespace kullback::messages {

/// A label as a person writes it: "log_x" is "log x".
std::string readable(std::string label);

/// What messages to every source need: its labels, in order of appearance.
class Demands {
 public:
  Demands(const Registry& registry, const model::Model& model, Sources& sources)
      : registry_(registry), model_(model), sources_(sources), moments_(sources.size()) {}

  void add(const Polynomial& polynomial, const model::Statement& statement);
  /// Of every factor, whether it can take what is sent to it. Chooses wider families where there are such.
  void check(model::Kept& kept);
  /// The moments that are kept of each source.
  std::vector<Moments> finish();

 private:
  void check(int source, const model::Statement& statement, const std::vector<std::string>& labels) const;
  void widen(int source);

  const Registry& registry_;
  const model::Model& model_;
  Sources& sources_;
  std::vector<Moments> moments_;
  std::map<std::pair<int, const model::Statement*>, std::vector<std::string>> sent_;
};

}  // namespace kullback::messages
