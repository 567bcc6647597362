// What messages ask of factors: statistics by label, and whether a factor can take them.
#pragma once

#include "messages/terms.hpp"
#include "model/model_error.hpp"

#include <kullback/registry.hpp>

#include <map>
#include <set>
#include <string>
#include <utility>
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
  /// A statement at the nodes of grids sends its family's statistics to its own value.
  void add_own(const model::Statement& statement);

  /// Of every factor, whether it can take what is sent to it. Chooses wider families where there are such.
  void check(model::Kept& kept);
  /// The moments that are kept of each source.
  std::vector<Moments> finish();

  /// Numbers of which grids at the nodes of others would do, but whose factors cannot take all that is sent to them.
  const std::vector<int>& wanted_on_grids() const { return wanted_on_grids_; }

 private:
  void check(int source, const model::Statement& statement, const std::vector<std::string>& labels);
  void widen(int source);

  const Registry& registry_;
  const model::Model& model_;
  Sources& sources_;
  std::vector<Moments> moments_;
  std::map<std::pair<int, const model::Statement*>, std::vector<std::string>> sent_;
  std::set<int> by_statistics_;
  std::vector<int> wanted_on_grids_;
};

}  // namespace kullback::messages
